"""Makes Tests/Reference/ldvae-step from the golden fixtures ldvae-step-zinb and ldvae-step-poisson.

    python ldvae_step.py <folder of the fixtures> <Tests/Reference/ldvae-step>

The fixtures hold what scvi.module.LDVAE of scvi-tools 1.4.2 (torch 2.15.0, numpy 2.4.6) computed in double precision
for 48 cells and 80 genes of pbmc3k with two batches; fixture.json beside them states settings and cells. Of each
configuration the first forward and backward pass are kept: parameters, activations, gradients of the loss (a mean over
cells) by the decoder, running statistics. Every array becomes a member of a JSON object: the bits of its 64-bit
numbers, sixteen hexadecimal digits each, row-major, so that no bit is lost.
"""

import json
import pathlib
import shutil
import sys

import h5py
import numpy

configurations = {
    "ldvae-step-zinb": ["zinb-normal-bn", "zinb-normal-nobn"],
    "ldvae-step-poisson": ["poisson-normal-bn"],
}
kept = ("init/", "activations/", "grad/decoder", "grad/px_r", "running_after_first_forward/")
kept += ("terms/reconstruction_loss",)

source, target = map(pathlib.Path, sys.argv[1:])
target.mkdir(parents=True, exist_ok=True)
for folder, names in configurations.items():
    for name in names:
        arrays = {}

        def keep(path, item):
            if isinstance(item, h5py.Dataset) and path.startswith(kept):
                numbers = numpy.asarray(item[()], dtype=">f8")
                arrays[path] = numbers.tobytes().hex()

        with h5py.File(source / folder / f"{name}.h5") as file:
            file.visititems(keep)
        text = json.dumps(arrays, indent=0, sort_keys=True)
        (target / f"{name}.json").write_text(text + "\n")
for name in ["counts.tsv", "batch.tsv"]:
    shutil.copyfile(source / "ldvae-step-zinb" / name, target / name)
