"""Ranks on several nodes, started in every way that there is."""
import fits
from harness import expect, test
from workplace import state

epochs = 12


def _crosses_links(place, fit):
    """Runs `fit` and checks that every node sent more than what starting it needs."""
    nodes = ["n1", "n2", "n3", "n4"]
    before = [place.bytes_sent(node) for node in nodes]
    fit()
    sent = [place.bytes_sent(node) - start for node, start in zip(nodes, before)]
    # 16 sums of 300 × 32 weights and more in each of 12 epochs: megabytes.
    expect(min(sent) > 1_500_000, f"bytes sent by {nodes}: {sent}")


def _job(place, launcher):
    def fit():
        job = place.submit(
            ["--nodes=4", "--ntasks-per-node=2"], "fit.sbatch",
            *fits.words(f"{launcher}.h5ad", epochs), DISTFIT_LAUNCHER=launcher)
        job.wait(300)
        log = job.log()
        expect(job.states() == ["COMPLETED"], f"{job.states()}\n{log}")
        for line in ("nodes    4: n[1-4]", f"ranks    8, each with 1 CPUs, started by {launcher}",
                     "distfit on 8 ranks × 1 thread, n1, n2, n3, n4", "kernels"):
            expect(line in log, f"the log has no line '{line}':\n{log}")

    _crosses_links(place, fit)
    expect(place.bits(f"{launcher}.h5ad") == fits.bits_of_one_rank(place, epochs), "other bits")


@test
def eight_ranks_of_mpirun_on_four_nodes_of_a_job_give_the_bits_of_one(place):
    place.cluster()
    fits.simulate(place)
    _job(place, "mpirun")


@test
def eight_ranks_of_srun_on_four_nodes_of_a_job_give_the_bits_of_one(place):
    place.cluster()
    fits.simulate(place)
    _job(place, "srun")


@test
def eight_ranks_of_mpirun_on_four_nodes_without_slurm_give_the_bits_of_one(place):
    place.cluster()
    fits.simulate(place)

    def fit():
        outcome = place.run(
            state / "mpirun", "-n", "8", "--map-by", "node", place.program, "fit", *fits.words("plain.h5ad", epochs))
        expect(outcome.returncode == 0, f"{outcome}")

    _crosses_links(place, fit)
    expect(place.bits("plain.h5ad") == fits.bits_of_one_rank(place, epochs), "other bits")


@test
def thirty_two_ranks_with_sixteen_lanes_give_the_bits_of_one(place):
    fits.simulate(place)
    outcome = place.run(
        "mpirun", "--oversubscribe", "--bind-to", "none", "-n", "32", place.program, "fit",
        *fits.words("many.h5ad", epochs), seconds=240)
    expect(outcome.returncode == 0, f"{outcome}")
    expect("16 ranks have nothing to do" in outcome.stderr, f"no warning: {outcome.stderr}")
    expect(place.bits("many.h5ad") == fits.bits_of_one_rank(place, epochs), "other bits")
