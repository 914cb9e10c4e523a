"""Makes Tests/Reference/dgd-step from the golden fixture of that name.

    python dgd_step.py <folder of the fixture> <Tests/Reference/dgd-step>

The fixture holds what scDGD (Center-for-Health-Data-Science/scDGD, commit 1314903, torch 2.15.0) computed in
double precision; fixture.json beside it states settings and cells. Here every array becomes a member of a JSON
object: the bits of its 64-bit numbers, sixteen hexadecimal digits each, row-major, so that no bit is lost.
"""

import json
import pathlib
import sys

import h5py
import numpy

configurations = ["sigmoid-max", "softplus-max", "softmax-sum", "softplus-mean-isotropic"]
wanted = ("init/", "terms/log_prior_phi", "terms/mixture_per_cell", "terms/reconstruction_per_cell",
          "terms/component_density", "terms/scaling", "grad/", "after_3_epochs/")


def text(array):
    return numpy.ascontiguousarray(array, dtype=">f8").tobytes().hex()


def arrays(path, keep):
    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset) and keep(name):
            found[name] = text(item[()])

    with h5py.File(path) as file:
        file.visititems(visit)
    return found

source, target = map(pathlib.Path, sys.argv[1:])
target.mkdir(parents=True, exist_ok=True)
for name in configurations:
    members = arrays(source / f"{name}.h5", lambda key: key.startswith(wanted))
    (target / f"{name}.json").write_text(json.dumps(members, indent=0, sort_keys=True) + "\n")
members = arrays(source / "supervised.h5", lambda key: True)
members["labels"] = text(numpy.loadtxt(source / "label_code_train.tsv"))
(target / "supervised.json").write_text(json.dumps(members, indent=0, sort_keys=True) + "\n")
counts = numpy.concatenate(
    [numpy.loadtxt(source / f"counts_{part}.tsv", dtype=int) for part in ("train", "validation")])
(target / "counts.tsv").write_text(
    "\n".join("\t".join(map(str, row)) for row in counts) + "\n")
