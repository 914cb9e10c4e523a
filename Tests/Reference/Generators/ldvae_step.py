"""Makes Tests/Reference/ldvae-step from the golden fixtures ldvae-step-*.

    python ldvae_step.py <folder of the fixtures> <Tests/Reference/ldvae-step>

The fixtures hold what scvi.module.LDVAE of scvi-tools 1.4.2 (torch 2.15.0, numpy 2.4.6) computed in double precision
for 48 cells and 80 genes of pbmc3k with two batches; fixture.json beside them states settings and cells. Of each
configuration the first forward and backward pass are kept: parameters, activations, gradients of the loss (a mean over
cells) by the decoder, running statistics. Of others the whole way is kept, in files named steps-*: parameters before,
gradients of all of them, losses of three steps of Adam, parameters and running statistics after. Every array becomes a member of a JSON object: the bits of its 64-bit
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

whole = {
    "ldvae-step-nb": ["nb-ln-bn"],
    "ldvae-step-zinb": ["zinb-ln-bn"],
    "ldvae-step-poisson": ["poisson-ln-nobn"],
    "ldvae-step-variants": [
        "nb-normal-bn-genebatch",
        "nb-normal-bn-observedlib",
        "nb-normal-nobn-twolayers",
    ],
}
kept_whole = ("init/", "grad/", "after_3_steps/", "losses_3_steps", "terms/", "library_log")

source, target = map(pathlib.Path, sys.argv[1:])
target.mkdir(parents=True, exist_ok=True)


def write(file_name, target_name, kept):
    arrays = {}

    def keep(path, item):
        if isinstance(item, h5py.Dataset) and path.startswith(kept):
            numbers = numpy.asarray(item[()], dtype=">f8")
            arrays[path] = numbers.tobytes().hex()

    with h5py.File(source / file_name) as file:
        file.visititems(keep)
    text = json.dumps(arrays, indent=0, sort_keys=True)
    (target / target_name).write_text(text + "\n")


for folder, names in configurations.items():
    for name in names:
        write(f"{folder}/{name}.h5", f"{name}.json", kept)
for folder, names in whole.items():
    for name in names:
        write(f"{folder}/{name}.h5", f"steps-{name}.json", kept_whole)
write("ldvae-step-nb/noise.h5", "noise.json", "")
for name in ["counts.tsv", "batch.tsv"]:
    shutil.copyfile(source / "ldvae-step-zinb" / name, target / name)
