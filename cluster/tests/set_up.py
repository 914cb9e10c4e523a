"""cluster/up and cluster/down themselves: without root, beside a Slurm that is there, after a crash."""
import os
import signal
import subprocess
import sys
import time

from harness import Skipped, expect, test, within
from workplace import environment, repository, state

# The number of "nobody", who owns nothing.
_nobody = "65534"


def _as_nobody(place, *words):
    return place.run(
        "setpriv", f"--reuid={_nobody}", f"--regid={_nobody}", "--clear-groups", *words)


@test
def without_root_the_cluster_says_so_and_its_tests_are_skipped(place):
    reason = "the virtual cluster needs root"
    if _as_nobody(place, "test", "-r", repository / "cluster/up").returncode != 0:
        raise Skipped(f"only root may read {repository}")
    for script in ("up", "down", "node"):
        words = [repository / "cluster" / script] + (["cut", "n1"] if script == "node" else [])
        outcome = _as_nobody(place, *words)
        expect(outcome.returncode == 77 and reason in outcome.stderr, f"{script}: {outcome}")
    # Not by its runner, which would wait for the end of this one.
    outcome = _as_nobody(
        place, sys.executable, repository / "cluster/tests/run", "--only",
        "ctrl_c_writes_a_checkpoint_and_the_same_command_continues")
    expect(outcome.returncode == 0, f"a test without a cluster: {outcome}")
    name = "eight_ranks_of_mpirun_on_four_nodes_without_slurm_give_the_bits_of_one"
    outcome = _as_nobody(place, sys.executable, repository / "cluster/tests/run", "--only", name)
    expect(outcome.returncode == 0, f"a test of the cluster: {outcome}")
    expect(outcome.stdout.startswith(f"skipped {name} ") and reason in outcome.stdout, f"{outcome}")


_other_slurm = """\
ClusterName=other
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
AuthInfo=socket={folder}/munge.sock
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SlurmdParameters=config_overrides
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=2
PartitionName=main Nodes={host} Default=YES
"""


class _OtherSlurm:
    """A Slurm of this machine itself, outside of all virtual clusters, on ports of its own."""

    def __init__(self, place):
        self.place = place
        self.folder = place.folder / "other"
        (self.folder / "state").mkdir(parents=True)
        host = os.uname().nodename.split(".")[0]
        (self.folder / "slurm.conf").write_text(
            _other_slurm.format(host=host, folder=self.folder))
        (self.folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")
        (self.folder / "munge.key").write_bytes(os.urandom(128))
        (self.folder / "munge.key").chmod(0o600)

    def run(self, *words):
        return self.place.run(*words, SLURM_CONF=str(self.folder / "slurm.conf"))

    def __enter__(self):
        folder = self.folder
        self.daemons = [
            self.place.start(*words, SLURM_CONF=str(folder / "slurm.conf")) for words in (
                ["munged", "--foreground", "--force", f"--socket={folder}/munge.sock",
                 f"--key-file={folder}/munge.key", f"--pid-file={folder}/munged.pid",
                 f"--log-file={folder}/munged.log", f"--seed-file={folder}/munge.seed"],
                ["slurmctld", "-D"], ["slurmd", "-D"])]
        within(30, lambda: "idle" in self.run("sinfo", "--noheader", "--format=%T").stdout, self.said)
        return self

    def __exit__(self, kind, error, trace):
        # slurmd, slurmctld, munge.
        for daemon in reversed(self.daemons):
            daemon.terminate()
            try:
                daemon.wait(timeout=20)
            except subprocess.TimeoutExpired:
                daemon.kill()

    def said(self):
        return "\n".join(daemon.log.read_text() for daemon in self.daemons)

    def works(self):
        """Whether its daemons are the same as ever and a job runs."""
        expect(all(daemon.poll() is None for daemon in self.daemons), f"it ended: {self.said()}")
        outcome = self.run("srun", "--mpi=none", "--immediate=20", "hostname")
        expect(outcome.stdout.split() == [os.uname().nodename], f"{outcome} {self.said()}")


@test
def a_slurm_that_is_already_there_is_left_alone(place):
    with _OtherSlurm(place) as other:
        other.works()
        place.cluster(2)
        outcome = place.on("ctl", "srun", "--nodes=2", "hostname")
        expect(sorted(outcome.stdout.split()) == ["n1", "n2"], f"{outcome}")
        other.works()
        outcome = place.run(repository / "cluster/down")
        expect(outcome.returncode == 0, f"{outcome}")
        other.works()


def _remains():
    """What a cluster of this folder could leave: namespaces, processes, files."""
    listed = subprocess.run(
        ["bash", "-c", f"source {repository}/cluster/support/common.sh; "
         f"source {repository}/cluster/support/nodes.sh; namespaces"],
        env=environment, capture_output=True, text=True).stdout.split()
    processes = []
    for number in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{number}/cmdline", "rb") as file:
                words = file.read().decode(errors="replace").replace("\0", " ")
        except OSError:
            continue
        if f"{state}/" in words or words.rstrip().endswith(str(state)):
            processes.append(words)
    return listed + processes + ([str(state)] if state.exists() else [])


@test
def what_a_killed_set_up_leaves_is_cleared(place):
    # At several moments: namespaces half made, nodes without daemons, Slurm without its nodes.
    for seconds in (0.05, 0.1, 0.3, 0.6, 1.0):
        starting = subprocess.Popen(
            [str(repository / "cluster/up"), "3"], env=environment, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        os.killpg(starting.pid, signal.SIGKILL)
        starting.wait()
    place.cluster(3)
    outcome = place.on("ctl", "srun", "--nodes=3", "hostname")
    expect(sorted(outcome.stdout.split()) == ["n1", "n2", "n3"], f"{outcome}")
    outcome = place.run(repository / "cluster/down")
    expect(outcome.returncode == 0 and not _remains(), f"{outcome}: {_remains()}")
