"""Where a test works: a folder for its files, a virtual cluster of its own, the program."""
import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from harness import Failed, Skipped, expect, within

repository = Path(__file__).resolve().parents[2]
# As for the job scripts, DISTFIT names another program than the build beside them.
distfit = Path(os.environ.get("DISTFIT") or repository / ".build/release/distfit")

# One cluster of this name at a time (the runner holds a lock and hands out the slots); a crash's remains
# are cleared by the next.
_name = hashlib.sha256(str(repository).encode()).hexdigest()[:8]
state = Path("/run") / f"distfit-tests-{_name}-{os.environ.get('DISTFIT_TEST_SLOT', '0')}"

environment = dict(
    os.environ,
    DISTFIT_CLUSTER_DIR=str(state),
    OMPI_ALLOW_RUN_AS_ROOT="1",
    OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
    # More ranks than cores: every node believes it has all of them for itself.
    OMPI_MCA_mpi_yield_when_idle="1",
    OPENBLAS_NUM_THREADS="1",
    SWIFT_BACKTRACE="enable=no",
    PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin",
)
# A job that runs these tests has settings of its own, which are not meant for the jobs within.
for name in list(environment):
    if name.startswith(("SLURM_", "SBATCH_", "PMIX_", "DISTFIT_LAUNCHER", "DISTFIT_LOSSES")):
        del environment[name]


class Workplace:
    """A folder and a program; `cluster()` starts the nodes. Everything goes when the test ends."""

    def __init__(self, name):
        self.folder = Path(tempfile.mkdtemp(prefix="distfit-cluster-test-"))
        self._started = []
        self._is_up = False
        self.program = distfit
        if not distfit.exists():
            raise Failed(f"{distfit} is not built: swift build -c release")

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        for process in self._started:
            if process.poll() is None:
                process.kill()
                process.wait()
        if self._is_up:
            down()
        shutil.rmtree(self.folder, ignore_errors=True)

    # Programs on this machine

    def run(self, *words, seconds=240, **extra):
        """Runs a program in the folder to its end; returns what subprocess.run returns."""
        return subprocess.run(
            [str(word) for word in words], cwd=self.folder, env=dict(environment, **extra),
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds)

    def start(self, *words, **extra):
        """Starts a program in the folder; its output goes to a file, `process.log`."""
        log = self.folder / f"output-{len(self._started)}.log"
        with open(log, "w") as output:
            process = subprocess.Popen(
                [str(word) for word in words], cwd=self.folder, env=dict(environment, **extra),
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                # Where these tests run in a shell's background, Ctrl-C is ignored by all that they start.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        process.log = log
        self._started.append(process)
        return process

    def distfit(self, *words, seconds=240):
        """Runs distfit alone on this machine; it has to succeed."""
        outcome = self.run(distfit, *words, seconds=seconds)
        expect(outcome.returncode == 0, f"{words}: {outcome}")
        return outcome

    # The cluster

    def cluster(self, nodes=4):
        """Starts the nodes."""
        for attempt in (1, 2):
            self._is_up = True
            outcome = self.run(repository / "cluster/up", nodes, seconds=180)
            if outcome.returncode == 0:
                return
            down()
            if outcome.returncode == 77:
                raise Skipped(outcome.stderr.strip().removeprefix("up: skipped: "))
        raise Failed(f"cluster/up: {outcome.stdout}{outcome.stderr}")

    def on(self, node, *words, **extra):
        """Runs a command on a node, to its end."""
        return self.run(state / "on", node, *words, **extra)

    def node(self, action, name, value=None):
        """Breaks or mends a node; what this kernel cannot do skips the test."""
        words = [action, name] + ([value] if value is not None else [])
        outcome = self.run(repository / "cluster/node", *words)
        if outcome.returncode != 0 and action in ("rate", "loss"):
            raise Skipped(f"this kernel cannot make a link so: {outcome.stderr.strip()}")
        expect(outcome.returncode == 0, f"cluster/node {words}: {outcome.stderr}")
        return outcome.stdout.strip()

    def bytes_sent(self, node):
        """Bytes that a node has sent over its link."""
        return int(self.node("bytes", node))

    def processes(self, node, *programs):
        """The processes of these programs on a node, by their numbers on this machine."""
        space = self.run(
            "bash", "-c", f"source {repository}/cluster/support/common.sh; "
            f"source {repository}/cluster/support/nodes.sh; ip netns pids $(namespace {node})")
        found = []
        for number in space.stdout.split():
            try:
                words = Path(f"/proc/{number}/cmdline").read_bytes().decode().split("\0")
            except OSError:
                continue
            if any(Path(word).name in programs for word in words[:2]):
                found.append(int(number))
        return found

    def submit(self, options, script, *words, **extra):
        """Submits one of the job scripts as it is shipped."""
        words = ["sbatch", "--parsable", *options, repository / "slurm" / script, *words]
        outcome = self.on("ctl", *words, **extra)
        expect(outcome.returncode == 0, f"sbatch: {outcome.stdout}{outcome.stderr}")
        return Job(self, outcome.stdout.strip())

    # Fits

    def bits(self, name):
        """A fingerprint of a fit without the record of the run: a JSON text padded to 4096 bytes."""
        data = (self.folder / name).read_bytes()
        start = data.find(b'{"blas"')
        expect(start >= 0, f"{name} has no record of its run")
        return hashlib.sha256(data[:start] + data[start + 4096:]).hexdigest()

    def _has_checkpoint(self, name):
        return any(
            re.fullmatch(r"step-\d+", path.name)
            for path in (self.folder / f"{name}.checkpoints").glob("step-*"))

    def _ranks(self, name):
        """The processes of the fit that writes this file, on all nodes."""
        found = []
        for number in filter(str.isdigit, os.listdir("/proc")):
            try:
                words = Path(f"/proc/{number}/cmdline").read_bytes().decode().split("\0")
                if (Path(words[0]).name == distfit.name and f"--output={name}" in words
                        and Path(os.readlink(f"/proc/{number}/cwd")) == self.folder):
                    found.append(int(number))
            except OSError:
                pass
        return found

    def halt(self, name, said):
        """Waits until a fit under way has a complete checkpoint and makes its ranks stand still, so that
        what befalls them then does so before the fit is over, however fast or busy the machine is."""
        within(240, lambda: self._has_checkpoint(name), said, pause=0.02)
        self._signal(name, signal.SIGSTOP)
        expect(not (self.folder / name).exists(), f"{name} was over before it could be halted")

    def go_on(self, name):
        """Lets those ranks of a halted fit go on that are left."""
        self._signal(name, signal.SIGCONT)

    def _signal(self, name, which):
        for number in self._ranks(name):
            try:
                os.kill(number, which)
            except ProcessLookupError:
                pass


class Job:
    """A job of the virtual cluster's Slurm, or an array of them."""

    def __init__(self, workplace, number):
        self.workplace = workplace
        self.number = number

    def records(self):
        """What Slurm knows, one dictionary for each job of an array."""
        outcome = self.workplace.on("ctl", "scontrol", "--oneliner", "show", "job", self.number)
        return [
            dict(word.split("=", 1) for word in line.split() if "=" in word)
            for line in outcome.stdout.splitlines()]

    def states(self):
        return [record.get("JobState", "?") for record in self.records()]

    @property
    def restarts(self):
        return int(self.records()[0]["Restarts"])

    @property
    def exit_status(self):
        return int(self.records()[0]["ExitCode"].split(":")[0])

    def log(self):
        """What the job (all of an array) has said so far."""
        paths = self.workplace.folder.glob(f"distfit*-{self.number}*.log")
        return "".join(path.read_text(errors="replace") for path in sorted(paths))

    def wait(self, seconds):
        """Waits until all jobs of it have ended for good."""
        final = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "OUT_OF_MEMORY"}

        def ended():
            # A controller that is too busy to answer says something else, or nothing.
            states = self.states()
            return bool(states) and set(states) <= final

        def seen():
            reasons = [record.get("Reason") for record in self.records()]
            return f"the end of job {self.number}: {self.states()} {reasons}\n{self.log()}"

        within(seconds, ended, seen)

    def kill(self, nodes):
        """SIGKILL to the script and all that it started, on all nodes, without a warning."""
        for node in nodes:
            for number in self.workplace.processes(
                    node, "slurm_script", "mpirun", "orted", "srun", distfit.name):
                try:
                    os.kill(number, signal.SIGKILL)
                except ProcessLookupError:
                    pass

    def cancel(self):
        """Ends it as a user does."""
        self.workplace.on("ctl", "scancel", self.number)


def down():
    """Stops the cluster of the tests, also what a crash left of one."""
    subprocess.run(
        [str(repository / "cluster/down")], env=environment, stdin=subprocess.DEVNULL,
        capture_output=True, timeout=60)
