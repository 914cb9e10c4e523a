"""Writes Reference/medmagma/converged-flips.tsv: two EM steps of the published file (MED-MAGMA-NeurIPS2026@6c208ce,
MED_MAGMA.py, found in the folder given first) on the simulated matrices of the folder given second.

The published flips stop at a tolerance of 1e-5. Here each is led on to its solution by Newton steps; all else is the
published file's. Of matrices the first row, the last and the diagonal are written.
"""

import sys

import numpy

sys.path.insert(0, sys.argv[1])
import MED_MAGMA as published

published_solver = published.interior_exp


def converged(q, start, tol=1e-6):
    s = published_solver(q, start, tol=tol)
    s = s * numpy.sqrt(len(s) / (s @ q @ s))
    for _ in range(6):
        s = s - numpy.linalg.solve(q + numpy.diag(1 / s**2), q @ s - 1 / s)
    return s * numpy.exp(-numpy.log(s).mean())


published.interior_exp = converged


def line(name, values):
    values = numpy.atleast_2d(values)
    shape = [str(length) for length in values.shape]
    print("\t".join([name, *shape, "full", *("%.15g" % value for value in values.ravel())]))


arrays = {}
for text in open(sys.argv[2] + "/simulated.tsv"):
    name, rows, columns, kind, *values = text.rstrip("\n").split("\t")
    if kind == "full":
        arrays[name] = numpy.array(values, float).reshape(int(rows), int(columns))
for pattern, quotient in (("dense", "quotient"), ("sparse", "sparse_quotient")):
    y = arrays[quotient]
    rows, columns = y.shape
    omega1, omega2 = numpy.eye(rows), numpy.eye(columns)
    s1, s2 = arrays["s1_init"].ravel(), arrays["s2_init"].ravel()
    for step in (1, 2):
        z, s1, s2 = published.get_zstar(omega1, omega2, y, s1, s2)
        c2 = published.axis_curvature_final(omega1, omega2, rows, columns)
        c1 = published.axis_curvature_final(omega2, omega1, columns, rows)
        outer1, outer2 = z @ z.T - c1 / 2, z.T @ z - c2 / 2
        (e1, v1), (e2, v2) = numpy.linalg.eigh(outer1), numpy.linalg.eigh(outer2)
        ones = [numpy.ones(rows), numpy.ones(columns)]
        values = published.gmgm_kernel([e1, e2], ones, max_iter=1000)
        omega1 = v1 @ numpy.diag(values[0]) @ v1.T
        omega2 = v2 @ numpy.diag(values[1]) @ v2.T
        place = f"{pattern}/step{step}/"
        line(place + "s1", s1)
        line(place + "s2", s2)
        for name, matrix in (
            ("outer1", outer1), ("outer2", outer2), ("omega1", omega1), ("omega2", omega2),
        ):
            line(place + name, numpy.vstack([matrix[0], matrix[-1], numpy.diag(matrix)]))
