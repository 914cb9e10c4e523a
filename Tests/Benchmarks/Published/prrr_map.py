"""Maximum of the log joint of PRRR and nn-PRRR by Adam, as published (own restatement in PyTorch), beside distfit.

    OPENBLAS_NUM_THREADS=1 python prrr_map.py X.tsv Y.tsv size_factor.tsv path/to/distfit

One thread each; seconds are processor time: of the 2000 steps alone for Adam, of the whole program (reading and
writing included) for distfit.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time

import anndata
import numpy
import pandas
import torch

torch.set_num_threads(1)


def adam(x, y, s, k, nonnegative, seed, steps=2000, rate=0.01):
    """The log joint after `steps` steps of full-batch Adam, and its processor time."""
    generator = torch.Generator().manual_seed(seed)
    (n, p), q = x.shape, y.shape[1]

    def start(rows, columns, deviation):
        return deviation * torch.randn(rows, columns, generator=generator, dtype=torch.float32)

    raw = [start(p, k, p**-0.5), start(k, q, q**-0.5)]
    if not nonnegative:
        raw.append(start(1, q, q**-0.5))
    raw = [r.requires_grad_() for r in raw]
    constant = -torch.lgamma(y + 1).sum()
    optimiser = torch.optim.Adam(raw, lr=rate, eps=1e-7)

    def loss():
        if nonnegative:
            u, v = (torch.nn.functional.softplus(r) for r in raw)
            mean = s * (x @ u @ v)
            # Gamma(2, 1).
            prior = sum((t.log() - t).sum() for t in (u, v))
            return -((y * mean.log() - mean).sum() + constant + prior)
        eta = x @ raw[0] @ raw[1] + raw[2] + s.log()
        prior = sum((-0.5 * r * r - 0.9189385332).sum() for r in raw)
        return -((y * eta - eta.exp()).sum() + constant + prior)

    begin = time.process_time()
    for _ in range(steps):
        optimiser.zero_grad()
        value = loss()
        value.backward()
        optimiser.step()
    return -float(loss()), time.process_time() - begin


def distfit(program, folder, nonnegative, k, restarts):
    """The log joint of distfit's best start, and the processor time of the whole program."""
    words = [program, "fit", "nn-prrr" if nonnegative else "prrr", folder + "/data.h5ad"]
    words += ["--covariates", "x*", "--size-factor-column", "size", "--rank", str(k)]
    words += ["--inference", "map", "--output", folder + "/fit.h5ad", "--overwrite", "--threads", "1"]
    words += ["--restarts", str(restarts)]
    if not nonnegative:
        words += ["--scaling", "none", "--intercept-centre", "zero"]
        words += ["--covariate-deviation", "1", "--gene-deviation", "1"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    fit = anndata.read_h5ad(folder + "/fit.h5ad").uns["distfit"]
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return float(fit["objective"]), seconds


def main(design, counts, sizes, program):
    x = pandas.read_csv(design, sep="\t", header=None)
    y = pandas.read_csv(counts, sep="\t", header=None)
    s = pandas.read_csv(sizes, sep="\t", header=None)
    x = x.select_dtypes("number").to_numpy(dtype=float)
    y = y.select_dtypes("number").to_numpy(dtype=float)
    s = s.select_dtypes("number").to_numpy(dtype=float).reshape(-1, 1)
    folder = tempfile.mkdtemp()
    rows = pandas.DataFrame({f"x{i}": x[:, i] for i in range(x.shape[1])})
    rows["size"] = s[:, 0]
    rows.index = rows.index.astype(str)
    anndata.AnnData(y.astype(numpy.float32), obs=rows).write_h5ad(folder + "/data.h5ad")
    tensors = [torch.tensor(a, dtype=torch.float32) for a in (x, y, s)]
    for nonnegative in (False, True):
        name = "nn-prrr" if nonnegative else "prrr"
        for seed in (1, 2, 3):
            value, seconds = adam(*tensors, 3, nonnegative, seed)
            print(f"{name} Adam, seed {seed}: log joint {value:.1f} in {seconds:.3f} s")
        for restarts in (1, 3):
            value, seconds = distfit(program, folder, nonnegative, 3, restarts)
            print(f"{name} distfit, {restarts} starts: log joint {value:.1f} in {seconds:.3f} s")


if __name__ == "__main__":
    main(*sys.argv[1:])
