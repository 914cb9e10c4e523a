"""Fits that are told to stop: by the time limit of a job, by Ctrl-C."""
import signal
import time

import fits
from harness import expect, test, within
from workplace import repository


@test
def a_fit_that_meets_its_time_limit_goes_on_in_the_next_run(place):
    place.cluster()
    started = time.monotonic()
    fits.simulate(place)
    epochs = fits.epochs_for(place, seconds=40)
    # Slurm looks at time limits every 30 s, beginning when its controller starts. A job that begins
    # in the middle is told to stop in the middle. A fit that is faster than that is made longer.
    for attempt in range(3):
        output = f"limited-{attempt}.h5ad"
        uninterrupted = fits.bits_of_one_rank(place, epochs)
        time.sleep((16 - (time.monotonic() - started)) % 30)
        job = place.submit(
            ["--time=1", "--ntasks-per-node=2"], "fit.sbatch", *fits.words(output, epochs))
        job.wait(500)
        log = job.log()
        expect(job.states() == ["COMPLETED"], f"{job.states()}\n{log}")
        if job.restarts > 0:
            break
        epochs *= 2
    expect(job.restarts > 0, f"the limit was never met:\n{log}")
    for line in (
            "told to stop at", "distfit ended with status 75",
            "goes back into the queue: it was stopped and has a checkpoint", "start 2, ",
            "continuing after step", "distfit ended with status 0"):
        expect(line in log, f"the log has no line '{line}':\n{log}")
    expect("was lost" not in log, f"taken for a loss:\n{log}")
    expect(place.bits(output) == uninterrupted, f"other bits than without interruption\n{log}")


@test
def ctrl_c_writes_a_checkpoint_and_the_same_command_continues(place):
    fits.simulate(place)
    epochs = fits.epochs_for(place, seconds=5)
    command = [
        repository / "slurm/stoppable", "mpirun", "--oversubscribe", "--bind-to", "none", "-n", "3",
        place.program, "fit", *fits.words("fit.h5ad", epochs), "--resume"]
    first = place.start(*command)
    within(240, lambda: place.has_checkpoint("fit.h5ad"), first.log.read_text)
    first.send_signal(signal.SIGINT)
    status = first.wait(timeout=60)
    expect(status == 75, f"status {status}: {first.log.read_text()}")
    expect(not (place.folder / "fit.h5ad").exists(), "it was over before it was stopped")
    second = place.run(*command)
    expect(second.returncode == 0, f"{second}")
    expect("continuing after step" in second.stderr, f"not continued: {second.stderr}")
    expect(place.bits("fit.h5ad") == fits.bits_of_one_rank(place, epochs), "other bits")
