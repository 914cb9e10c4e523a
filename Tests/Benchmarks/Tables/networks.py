"""The table of methods of networks on labelled sets, and which default a set left out would have been given.

    python networks.py PROGRAM DATA FOLDER [CELLS [SEEDS]]

PROGRAM is distfit, DATA the folder of data sets (each with matrix.mtx.gz, features.tsv.gz and labels.tsv, or the
same with the prefix rna_), FOLDER where everything is written, CELLS the largest number of cells (1000), SEEDS how many starts (1). It prepares
the sets, runs one sweep (which may be stopped and begun again), and prints two tables in Markdown: the AMI of every
method on every set, best over the grid of graphs and resolutions, the mean over the seeds of the start; and for every
set the method of the largest mean AMI on all other sets, beside the best one. Needs numpy, scipy and anndata.
"""

import csv
import gzip
import pathlib
import statistics
import subprocess
import sys

import anndata
import scipy.io

# Name, model, settings: the first is the published default.
METHODS = [
    ("published", "medmagma", {"curvature": "minus", "penalty": 0, "quotient-passes": 1}),
    ("minus", "medmagma", {"curvature": "minus", "penalty": 0, "quotient-passes": "none"}),
    ("none", "medmagma", {"curvature": "none", "penalty": 0, "quotient-passes": "none"}),
    ("none, .01", "medmagma", {"curvature": "none", "penalty": 0.01, "quotient-passes": "none"}),
    ("none, .01, 1 pass", "medmagma", {"curvature": "none", "penalty": 0.01, "quotient-passes": 1}),
    ("none, .1", "medmagma", {"curvature": "none", "penalty": 0.1, "quotient-passes": "none"}),
    ("gmgm", "gmgm", {"method": "gmgm"}),
    ("gmgm, .01", "gmgm", {"method": "gmgm", "penalty": 0.01}),
    ("skeptic", "gmgm", {"method": "gmgm-skeptic"}),
    ("quotient-gmgm", "gmgm", {"method": "quotient-gmgm"}),
    ("quotient-gmgm, .01", "gmgm", {"method": "quotient-gmgm", "penalty": 0.01}),
]
REALS = ("rpkm", "fpkm")


def prepare(folder, target, limit):
    """Writes a set with its labels as .h5ad; False where it has none, or too many cells."""
    labels = folder / "labels.tsv"
    prefix = "" if (folder / "matrix.mtx.gz").exists() else "rna_"
    if not labels.exists() or not (folder / f"{prefix}matrix.mtx.gz").exists():
        return False
    with open(labels) as file:
        lines = list(csv.reader(file, delimiter="\t"))
    names, classes = [line[0] for line in lines[1:]], [line[1] for line in lines[1:]]
    if len(names) > limit:
        return False
    if not target.exists():
        with gzip.open(folder / f"{prefix}matrix.mtx.gz") as file:
            matrix = scipy.io.mmread(file).tocsr().T.tocsr()
        with gzip.open(folder / f"{prefix}features.tsv.gz", "rt") as file:
            features = [line.split("\t")[0].strip() for line in file]
        data = anndata.AnnData(matrix.astype("float32"))
        data.obs_names, data.var_names = names, features
        data.obs["label"] = classes
        data.write_h5ad(target)
    return True


def plan(sets, seeds):
    """The sweep's plan, as YAML."""
    lines = ["labels: label", "include:"]
    for _, model, settings in METHODS:
        for reals in (False, True):
            own = [str(path) for path in sets if path.stem.endswith(REALS) == reals]
            if not own:
                continue
            words = {"model": model, **settings, "values": "reals" if reals else "counts"}
            if model == "medmagma":
                words["seed"] = "[" + ", ".join(str(seed) for seed in range(seeds)) + "]"
            members = ", ".join(f"{name}: {value}" for name, value in words.items())
            lines.append(f"  - {{{members}, datasets: [{', '.join(own)}]}}")
    return "\n".join(lines) + "\n"


def method_of(line):
    for name, model, settings in METHODS:
        default = {"penalty": "0", "components": "", "quotient-passes": "none"}
        wanted = {key: str(value) for key, value in settings.items()}
        if line["model"] != model:
            continue

        def same(key):
            found = line.get(key) or default.get(key, "")
            other = wanted.get(key, default.get(key, ""))
            try:
                return float(found) == float(other)
            except ValueError:
                return found == other

        keys = ["curvature", "penalty", "quotient-passes"]
        if model == "gmgm":
            keys = ["method", "penalty", "components"]
        if all(same(key) for key in keys):
            return name
    return None


def read(results):
    """AMI by set and method: a list over seeds."""
    scores = {}
    with open(results) as file:
        for line in csv.DictReader(file, delimiter="\t"):
            if line["status"] != "done" or not line["AMI"]:
                continue
            name = pathlib.Path(line.get("dataset") or line["datasets"]).stem
            scores.setdefault(name, {}).setdefault(method_of(line), []).append(float(line["AMI"]))
    return scores


def tables(scores):
    methods = [name for name, _, _ in METHODS]
    # A sweep that was stopped has sets without all of their points.
    scores = {name: row for name, row in scores.items() if all(m in row for m in methods)}
    means = {
        name: {method: statistics.mean(row[method]) for method in methods}
        for name, row in scores.items()
    }
    print("| | " + " | ".join(methods) + " |\n|---|" + "---|" * len(methods))
    for name in sorted(means):
        print(f"| {name} | " + " | ".join(f"{means[name][m]:.2f}" for m in methods) + " |")
    for title, figure in (("median", statistics.median), ("mean", statistics.mean)):
        values = [figure([row[method] for row in means.values()]) for method in methods]
        print(f"| **{title}** | " + " | ".join(f"{value:.2f}" for value in values) + " |")
    near = [
        sum(row[method] >= max(row.values()) - 0.02 for row in means.values()) for method in methods
    ]
    print("| within .02 of the best | " + " | ".join(str(count) for count in near) + " |")
    spread = []
    for method in methods:
        ranges = [max(row[method]) - min(row[method]) for row in scores.values()]
        spread.append(f"{statistics.median(ranges):.2f} / {max(ranges):.2f}")
    print("| range over starts, median / largest | " + " | ".join(spread) + " |")
    print("\n| left out | chosen on the others | its AMI | best | its AMI |\n|---|---|---|---|---|")
    chosen_scores = []
    for name in sorted(means):
        others = [row for other, row in means.items() if other != name]
        chosen = max(methods, key=lambda method: statistics.mean(row[method] for row in others))
        best = max(methods, key=lambda method: means[name][method])
        chosen_scores.append(means[name][chosen])
        print(
            f"| {name} | {chosen} | {means[name][chosen]:.2f} | {best} | {means[name][best]:.2f} |"
        )
    print(f"\nmean AMI of what was chosen on the other sets: {statistics.mean(chosen_scores):.3f}")


def main():
    program, data, folder = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    limit = int(sys.argv[4]) if len(sys.argv) > 4 else 1000
    seeds = int(sys.argv[5]) if len(sys.argv) > 5 else 1
    (folder / "data").mkdir(parents=True, exist_ok=True)
    sets = []
    for source in sorted(data.iterdir()):
        target = folder / "data" / f"{source.name}.h5ad"
        if source.is_dir() and prepare(source, target, limit):
            sets.append(target.absolute())
    (folder / "plan.yaml").write_text(plan(sets, seeds))
    plan_file, sweep = str(folder / "plan.yaml"), str(folder / "sweep")
    subprocess.run([program, "sweep", plan_file, "--output", sweep], check=False)
    tables(read(folder / "sweep" / "results.tsv"))


main()
