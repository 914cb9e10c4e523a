"""Log densities on grids, 50 digits: python3 densities.py > ../Probability/densities.json

Every argument is a double, taken exactly; every value is rounded once, to the nearest double.
"""
import json, sys
from itertools import product
import mpmath as mp

mp.mp.dps = 50
lg, log = mp.loggamma, mp.log


def grid(function, *axes):
    return [list(a) + [float(function(*[mp.mpf(x) for x in a]))] for a in product(*axes)]


def nb(k, m, r):
    return lg(k + r) - lg(r) - lg(k + 1) + k * log(m / (r + m)) + r * log(r / (r + m))


def zinb(k, m, r, l):
    p = 1 / (1 + mp.exp(-l))
    return log((p if k == 0 else 0) + (1 - p) * mp.exp(nb(k, m, r)))


def kl_gamma(a, b, c, d):
    return (a - c) * mp.digamma(a) - lg(a) + lg(c) + c * log(b / d) + a * (d - b) / b


def kl_beta(a, b, c, d):
    return (lg(a + b) - lg(a) - lg(b) - lg(c + d) + lg(c) + lg(d) + (a - c) * (mp.digamma(a) - mp.digamma(a + b))
            + (b - d) * (mp.digamma(b) - mp.digamma(a + b)))


counts = [0, 1, 2, 7, 12, 13, 300, 1e5]
values = {
    "poisson": grid(lambda k, m: k * log(m) - m - lg(k + 1), counts, [1e-8, .3, 5, 1e4]),
    "negativeBinomial": grid(nb, counts, [1e-6, .2, 3, 1e4], [.01, 1, 2.7, 50, 1e8, 1e12]),
    "zeroInflated": grid(zinb, [0, 1, 9, 400], [1e-3, 2, 500], [.3, 4, 1e6], [-30, -1, 0, 2, 40]),
    "bernoulli": grid(lambda x, l: x * l - log(1 + mp.exp(l)), [0, .3, 1], [-40, -2, 0, 1, 40]),
    "binomial": grid(lambda k, n, p: mp.log(mp.binomial(n, k)) + k * log(p) + (n - k) * mp.log1p(-p), [0, 1, 2], [2, 11, 1000],
                     [1e-12, .2, .5, .999]),
    "normal": grid(lambda x, m, s: -((x - m) / s) ** 2 / 2 - log(s) - log(2 * mp.pi) / 2, [-3, 0, 1.5, 1e4], [0, 2], [1e-3, 1, 30]),
    "logNormal": grid(lambda x, m, s: -((log(x) - m) / s) ** 2 / 2 - log(s * x) - log(2 * mp.pi) / 2, [1e-5, 1, 20], [0, -2], [.1, 1, 3]),
    "gamma": grid(lambda x, a, b: a * log(b) - lg(a) + (a - 1) * log(x) - b * x, [1e-5, .8, 30], [.01, 1, 2, 70], [.1, 1, 5]),
    "beta": grid(lambda x, a, b: (a - 1) * log(x) + (b - 1) * mp.log1p(-x) - log(mp.beta(a, b)), [1e-9, .25, .75], [.1, 1, 40], [.5, 1, 900]),
    "gammaDivergence": grid(kl_gamma, [.2, 3, 50], [1, 7], [1, 2], [.5, 7]),
    "betaDivergence": grid(kl_beta, [.2, 3, 50], [1, 7], [1, 2], [.5, 7]),
    "normalDivergence": grid(lambda a, s, b, t: log(t / s) + (s * s + (a - b) ** 2) / (2 * t * t) - mp.mpf(1) / 2, [0, 1], [.01, 1, 5], [1],
                             [1, 1.000001, 3]),
}
json.dump({"what": "log densities and divergences, 50 digits, rounded to double; rows are arguments then value",
           "tool": "mpmath " + mp.__version__ + ", python " + sys.version.split()[0], "values": values}, sys.stdout, indent=0)
