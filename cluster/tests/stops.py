"""Fits that are told to stop: by the time limit of a job, by Ctrl-C."""
import signal

import fits
from harness import expect, test, within
from workplace import repository

epochs = 60


@test
def a_fit_that_meets_its_time_limit_goes_on_in_the_next_run(place):
    place.cluster()
    fits.simulate(place)
    uninterrupted = fits.bits_of_one_rank(place, epochs)
    job = place.submit(
        ["--time=1", "--ntasks-per-node=2"], "fit.sbatch", *fits.words("limited.h5ad", epochs))
    # Slurm looks at time limits every 30 s: the fit stands still until then.
    place.halt("limited.h5ad", job.log)
    # A job that begins shortly before Slurm looks may have been told, and started again, before.
    within(120, lambda: "told to stop at" in job.log().rpartition("\njob  ")[2], job.log)
    place.go_on("limited.h5ad")
    job.wait(240)
    log = job.log()
    expect(job.states() == ["COMPLETED"], f"{job.states()}\n{log}")
    for line in (
            "told to stop at", "distfit ended with status 75",
            "goes back into the queue: it was stopped and has a checkpoint", "start 2, ",
            "continuing after step", "distfit ended with status 0"):
        expect(line in log, f"the log has no line '{line}':\n{log}")
    expect(job.restarts > 0 and "was lost" not in log, f"taken for a loss:\n{log}")
    expect(place.bits("limited.h5ad") == uninterrupted, f"other bits than uninterrupted\n{log}")


@test
def ctrl_c_writes_a_checkpoint_and_the_same_command_continues(place):
    fits.simulate(place)
    command = [
        repository / "slurm/stoppable", "mpirun", "--oversubscribe", "--bind-to", "none", "-n", "3",
        place.program, "fit", *fits.words("fit.h5ad", epochs), "--resume"]
    first = place.start(*command)
    place.halt("fit.h5ad", first.log.read_text)
    first.send_signal(signal.SIGINT)
    within(60, lambda: "told to stop" in first.log.read_text(), first.log.read_text)
    place.go_on("fit.h5ad")
    status = first.wait(timeout=120)
    expect(status == 75, f"status {status}: {first.log.read_text()}")
    second = place.run(*command)
    expect(second.returncode == 0, f"{second}")
    expect("continuing after step" in second.stderr, f"not continued: {second.stderr}")
    expect(place.bits("fit.h5ad") == fits.bits_of_one_rank(place, epochs), "other bits")
