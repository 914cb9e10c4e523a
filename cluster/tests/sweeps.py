"""Sweeps that are killed and submitted again."""
import random
import time

import fits
from harness import expect, test, within

_plan = """\
model: dgd
input: counts.h5ad
latent: 3
hidden: 8
batch: 64
lanes: 4
epochs: 160
embedding-steps: 2
threads: 1
sweep:
  components: [2, 3, 4, 5]
  seed: 1..10
exclude:
  - {components: 5, seed: [8, 9, 10]}
include:
  - {input: missing.h5ad}
  - {input: damaged.h5ad}
  - {likelihood: nonsense}
"""


def _prepare(place):
    fits.simulate(place, cells=300, genes=100)
    whole = (place.folder / "counts.h5ad").read_bytes()
    (place.folder / "damaged.h5ad").write_bytes(whole[:len(whole) // 2])
    (place.folder / "plan.yaml").write_text(_plan)
    place.cluster()


def _table(place, folder):
    place.distfit("sweep", "plan.yaml", "--output", folder, "--collect", f"{folder}.tsv", "--overwrite")
    lines = (place.folder / f"{folder}.tsv").read_text().splitlines()
    header = lines[0].split("\t")
    return [dict(zip(header, line.split("\t"))) for line in lines[1:]]


def _ended(folder):
    """How many attempts have ended: their files have a second line."""
    return sum(
        path.read_text().count("\n") > 1 for path in (folder / "attempts").glob("[!.]*"))


def _survives_kills(place, options, more=()):
    """Submits the sweep, kills all of it, submits it again, cancels it, submits it a third time;
    returns the bits of its fits."""
    folder = "sweep"
    chance = random.Random()
    for run in range(3):
        before = sum(row["status"] == "done" for row in _table(place, folder)) if run else 0
        job = place.submit(
            options, "sweep.sbatch", "plan.yaml", folder, "--claim-timeout", "6", *more)
        if run == 2:
            job.wait(500)
            ends = job.log().count("distfit ended with status 2")
            expect(ends == len(job.records()), f"jobs that ended as they should: {ends}\n{job.log()}")
            break
        within(
            90, lambda: _ended(place.folder / folder) > before,
            job.log)
        time.sleep(chance.uniform(0, 1))
        if run == 0:
            job.kill(["n1", "n2", "n3", "n4"])
        else:
            job.cancel()
        job.wait(60)
        end = "FAILED" if run == 0 else "CANCELLED"
        expect(set(job.states()) == {end}, f"not {end}: {job.states()}\n{job.log()}")
        expect("status 2" not in job.log(), f"it was over before it was ended\n{job.log()}")
    table = _table(place, folder)
    seen = "\n".join("  ".join(row.values()) for row in table) + job.log()
    expect(len(table) == 40 and len({row["point"] for row in table}) == 40, f"points: {seen}")
    statuses = [row["status"] for row in table]
    expect(statuses.count("done") == 37 and statuses.count("failed") == 3, f"statuses: {seen}")
    for name, reason in (("missing", "missing.h5ad"), ("damaged", "damaged.h5ad"),
                         ("nonsense", "nonsense")):
        row = next(row for row in table if name in row["point"])
        expect(row["status"] == "failed" and reason in row["message"], f"{name}: {seen}")
    again = sum(int(row["attempts"]) > 1 for row in table)
    expect(again > 0, f"the kills met no point at work: {seen}")
    bits = {}
    for row in table:
        point = place.folder / folder / "points" / row["point"]
        expect((row["status"] == "done") == (point / "fit.h5ad").exists(), f"{row}: {seen}")
        expect(not list(point.glob("*.partial")), f"half-written files in {point}")
        if row["status"] == "done":
            bits[row["point"]] = place.bits(point / "fit.h5ad")
    return bits


@test
def a_sweep_killed_twice_loses_and_repeats_nothing(place):
    _prepare(place)
    together = _survives_kills(
        place, ["--nodes=4", "--ntasks=8"], ["--ranks-per-fit", "2"])
    (place.folder / "sweep").rename(place.folder / "together")
    array = _survives_kills(place, ["--array=1-4", "--ntasks=2", "--output=distfit-sweep-%A_%a.log"])
    expect(array == together, "the array's fits have other bits than those of the allocation")
