"""Makes Tests/Reference/multidgd-step from the golden fixture of that name.

    python multidgd_step.py <folder of the fixture> <Tests/Reference/multidgd-step>

The fixture holds what multiDGD (Center-for-Health-Data-Science/multiDGD, commit 3887a98, torch 2.15.0) computed in
double precision on 65 cells of sci-CAR; fixture.json beside it states settings and cells. Here every array becomes a
member of a JSON object: the bits of its 64-bit numbers, sixteen hexadecimal digits each, row-major, so that no bit is
lost. Counts: training cells, then validation cells.
"""

import json
import pathlib
import sys

import h5py
import numpy

configurations = {
    "covariate-l1": ("init/", "terms/", "grad/", "missing_modality/", "gene2peak/", "after_3_epochs/two_minibatches/"),
    "rna-only-nocovariate-nol1": ("init/", "grad/", "after_3_epochs/fullbatch/"),
}
left_out = ("terms/profile", "gene2peak/profile_atac_before", "gene2peak/profile_rna_before")


def text(array):
    return numpy.ascontiguousarray(array, dtype=">f8").tobytes().hex()


def arrays(path, keep):
    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset) and name.startswith(keep) and not name.startswith(left_out):
            found[name] = text(item[()])

    with h5py.File(path) as file:
        file.visititems(visit)
    return found


source, target = map(pathlib.Path, sys.argv[1:])
target.mkdir(parents=True, exist_ok=True)
for name, keep in configurations.items():
    members = arrays(source / f"{name}.h5", keep)
    if name == "covariate-l1":
        members["labels"] = text(numpy.loadtxt(source / "covariate_code.tsv"))
    (target / f"{name}.json").write_text(json.dumps(members, indent=0, sort_keys=True) + "\n")
for kind in ("rna", "atac"):
    counts = numpy.concatenate(
        [numpy.loadtxt(source / f"{part}_{kind}.tsv", dtype=int) for part in ("counts", "validation")])
    (target / f"{kind}.tsv").write_text("\n".join("\t".join(map(str, row)) for row in counts) + "\n")
