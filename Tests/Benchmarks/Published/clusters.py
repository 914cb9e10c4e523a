"""How well the components of a DGD fit agree with labels, next to other ways of clustering.

    python clusters.py --distfit .build/release/distfit --data ../shared/data --seeds 5 pbmc3k pbmc4k-top2000 …

Each set is a folder with matrix.mtx.gz (features × cells), barcodes.tsv.gz, features.tsv.gz and labels.tsv (barcode,
label). For every set and seed: `distfit fit dgd` with as many components as there are labels and nothing else set;
k-means and a mixture of diagonal Gaussians on 20 principal components of scaled log counts; Leiden on their
neighbours, its resolution searched for as many clusters. Prints a table in Markdown: median and range of the adjusted
Rand index over the seeds, and the test loss with its distance from the mean profile.

Needs anndata, h5py, numpy, scanpy, scikit-learn, scipy; Leiden besides leidenalg and igraph, and is left out without.
"""

import argparse
import gzip
import json
import os
import statistics
import subprocess
import tempfile

import anndata
import numpy
import scanpy
import scipy.io
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture


def read(folder):
    matrix = scipy.io.mmread(gzip.open(os.path.join(folder, "matrix.mtx.gz"))).T.tocsr()
    with open(os.path.join(folder, "labels.tsv")) as lines:
        labels = [line.rstrip("\n").split("\t")[1] for line in lines][1:]
    data = anndata.AnnData(matrix.astype(numpy.float32))
    data.obs["label"] = labels
    data.obs["label"] = data.obs["label"].astype("category")
    return data


def components(data):
    """20 principal components of scaled log counts."""
    data = data.copy()
    scanpy.pp.normalize_total(data)
    scanpy.pp.log1p(data)
    scanpy.pp.scale(data, max_value=10)
    scanpy.pp.pca(data, n_comps=min(20, data.n_vars - 1))
    return data


def leiden(data, count, seed):
    """Leiden of about so many clusters; None where it is not installed."""
    try:
        import leidenalg  # noqa: F401
    except ImportError:
        return None
    low, high = 0.01, 5.0
    for _ in range(15):
        resolution = (low * high) ** 0.5
        scanpy.tl.leiden(data, resolution=resolution, random_state=seed)
        found = data.obs["leiden"].nunique()
        if found == count:
            break
        low, high = (resolution, high) if found < count else (low, resolution)
    return data.obs["leiden"]


def fit(program, path, seed, folder, threads):
    """Components and test figures of a fit by distfit."""
    out = os.path.join(folder, "fit.h5ad")
    command = [
        program, "fit", "dgd", path, "--output", out, "--overwrite", "--components", "labels",
        "--labels", "label", "--seed", str(seed), "--threads", str(threads), "--quiet",
    ]
    subprocess.run(command, check=True)
    figures = os.path.join(folder, "figures.json")
    subprocess.run(
        [program, "evaluate", out, "--labels", "label", "--output", figures, "--overwrite"],
        check=True, stdout=subprocess.DEVNULL)
    with open(figures) as file:
        return json.load(file)


def text(values):
    values = [value for value in values if value is not None]
    if not values:
        return "–"
    return f"{statistics.median(values):.3f} ({min(values):.3f}–{max(values):.3f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--distfit", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("sets", nargs="+")
    options = parser.parse_args()
    print("| Data | DGD | k-means | diagonal mixture | Leiden | test loss a count | minus mean profile |")
    print("|---|---|---|---|---|---|---|")
    for name in options.sets:
        data = read(os.path.join(options.data, name))
        truth = data.obs["label"]
        count = truth.nunique()
        reduced = components(data)
        points = reduced.obsm["X_pca"]
        scanpy.pp.neighbors(reduced)
        rows = {"dgd": [], "kmeans": [], "mixture": [], "leiden": []}
        losses = []
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "data.h5ad")
            data.write_h5ad(path)
            for seed in range(1, options.seeds + 1):
                figures = fit(options.distfit, path, seed, folder, options.threads)
                rows["dgd"].append(figures["ARI"])
                losses.append(
                    (
                        figures["test NLL per count"], figures["test NLL minus null per count"],
                        figures["test standard error of that"],
                    ))
                means = KMeans(count, n_init=10, random_state=seed).fit_predict(points)
                rows["kmeans"].append(adjusted_rand_score(truth, means))
                mixture = GaussianMixture(
                    count, covariance_type="diag", n_init=5, random_state=seed)
                rows["mixture"].append(adjusted_rand_score(truth, mixture.fit_predict(points)))
                found = leiden(reduced, count, seed)
                rows["leiden"].append(
                    None if found is None else adjusted_rand_score(truth, found))
        middle = sorted(losses)[len(losses) // 2]
        print(
            f"| {name} | {text(rows['dgd'])} | {text(rows['kmeans'])} | {text(rows['mixture'])} "
            f"| {text(rows['leiden'])} | {middle[0]:.4f} | {middle[1]:.4f} ± {middle[2]:.4f} |",
            flush=True)


if __name__ == "__main__":
    main()
