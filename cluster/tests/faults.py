"""Ranks, nodes and links that go, in a job as it is shipped; bad links."""
import os
import re
import signal
import time

import fits
from harness import expect, test, within
from workplace import state

epochs = 60


def _survives(place, damage, named, ended="distfit ended with status", mend=lambda: None):
    """A fit on six ranks of three nodes meets `damage`: its run must end within 60 s (the log says
    `ended`) and name what was lost (`named`, a regular expression), and the next run must end with
    the bits of one rank."""
    place.cluster()
    fits.simulate(place)
    expected = fits.bits_of_one_rank(place, epochs)
    job = place.submit(
        ["--nodes=3", "--ntasks-per-node=2"], "fit.sbatch", *fits.words("fit.h5ad", epochs))
    place.halt("fit.h5ad", job.log)
    damage(job)
    place.go_on("fit.h5ad")
    within(60, lambda: ended in job.log(), job.log)
    expect(re.search(named, job.log()), f"nothing about {named}:\n{job.log()}")
    mend()
    job.wait(500)
    log = job.log()
    expect(job.states() == ["COMPLETED"], f"{job.states()}\n{log}")
    expect(job.restarts > 0 and "continuing after step" in log, f"not continued:\n{log}")
    expect(place.bits("fit.h5ad") == expected, f"other bits than without a loss\n{log}")


@test
def a_killed_rank_ends_the_run_and_the_next_continues(place):
    _survives(
        place, lambda job: os.kill(place.processes("n2", "distfit")[0], signal.SIGKILL),
        r"rank \d with PID \d+ on node n2 exited on signal 9")


@test
def a_node_without_power_ends_the_run_and_the_next_continues(place):
    _survives(
        place, lambda job: place.node("kill", "n3"),
        r"lost communication with a remote daemon[^$]*n3")


@test
def the_loss_of_the_first_node_is_noticed_by_slurm_and_the_next_run_continues(place):
    # The script and mpirun were there: it is Slurm that puts the job back into the queue, and the next run
    # that names what was lost.
    _survives(
        place, lambda job: place.node("kill", "n1"), r"ended without a word: lost n1 \(down",
        ended="ended without a word")


@test
def a_cut_link_ends_the_run_and_the_next_continues(place):
    _survives(
        place, lambda job: place.node("cut", "n2"),
        r"lost communication with a remote daemon[^$]*n2", mend=lambda: place.node("join", "n2"))


@test
def bad_links_change_the_time_and_not_the_bits(place):
    place.cluster()
    # Few cells and many genes: little work and large messages.
    fits.simulate(place, cells=300, genes=2000)

    def fit(name):
        start, sent = time.monotonic(), place.bytes_sent("n2")
        outcome = place.run(
            state / "mpirun", "-n", "4", "--map-by", "node", place.program, "fit",
            *fits.words(name, 10, hidden=128, batch=64), seconds=240)
        expect(outcome.returncode == 0, f"{outcome}")
        return time.monotonic() - start, place.bytes_sent("n2") - sent

    normal, _ = fit("normal.h5ad")
    expected = place.bits("normal.h5ad")
    for node in ("n1", "n2", "n3", "n4"):
        place.node("rate", node, "200mbit")
    slow, sent = fit("slow.h5ad")
    expect(place.bits("slow.h5ad") == expected, "other bits on slow links")
    expect(sent > 20_000_000, f"only {sent} bytes: the links were not used")
    # No wall clock of a busy machine is compared, only what the wire allows.
    expect(slow > 0.8 * sent * 8 / 200e6, f"{slow:.1f} s, normally {normal:.1f} s")
    for node in ("n1", "n2", "n3", "n4"):
        place.node("normal", node)
        place.node("loss", node, "1")
    fit("lossy.h5ad")
    expect(place.bits("lossy.h5ad") == expected, "other bits on links that lose packets")
    for node in ("n1", "n2", "n3", "n4"):
        rules = place.on(node, "nft", "list", "ruleset").stdout
        dropped = re.search(r"counter packets (\d+)", rules)
        expect(dropped and int(dropped[1]) > 0, f"{node} lost no packet: {rules}")
