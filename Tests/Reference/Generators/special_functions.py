"""Special functions on grids, 50 digits: python3 special_functions.py > ../Probability/special-functions.json

Every argument is a double, taken exactly; every value is rounded once, to the nearest double.
"""
import json, sys
import mpmath as mp

mp.mp.dps = 50
SMALL = mp.mpf(10) ** -40


def m(x):
    return mp.mpf(x)


def grid(function, arguments):
    return [list(a) + [float(function(*[m(x) for x in a]))] for a in arguments]


def pairs(xs, ys):
    return [(x, y) for x in xs for y in ys]


def log_ncdf(x):
    return mp.log(mp.erfc(-x / mp.sqrt(2)) / 2)


def nquantile(p):
    return mp.sqrt(2) * mp.erfinv(2 * p - 1) if p > m(1e-10) else mp.findroot(
        lambda x: log_ncdf(x) - mp.log(p), -mp.sqrt(-2 * mp.log(p)))


def log_gamma_lower(a, x, digits=40):
    """x^a e^-x / Gamma(a) times the sum of x^n / (a (a+1) ... (a+n)): positive terms."""
    term = 1 / a
    total = term
    n = 0
    small = mp.mpf(10) ** -digits
    while term > total * small:
        n += 1
        term *= x / (a + n)
        total += term
    return a * mp.log(x) - x - mp.loggamma(a) + mp.log(total)


def log_gamma_upper(a, x):
    """By the complement near the mean, beyond it by Legendre's continued fraction (Lentz)."""
    if x < a + 2 * mp.sqrt(a) + 5:
        with mp.workdps(100):
            return mp.log1p(-mp.exp(log_gamma_lower(a, x, 95)))
    b = x + 1 - a
    c = mp.mpf(10) ** 300
    d = 1 / b
    h = d
    n = 0
    change = mp.mpf(0)
    while abs(change - 1) > SMALL:
        n += 1
        b += 2
        d = 1 / (n * (a - n) * d + b)
        c = b + n * (a - n) / c
        change = c * d
        h *= change
    return a * mp.log(x) - x - mp.loggamma(a) + mp.log(h)


def log_beta_lower(a, b, x):
    """Series of DLMF 8.17.8; terms are positive. By the complement above one half and the mean."""
    if x > 0.5 and x > a / (a + b):
        return mp.log1p(-mp.exp(log_beta_lower(b, a, 1 - x)))
    term = mp.mpf(1)
    total = mp.mpf(1)
    n = 0
    while term > total * SMALL:
        term *= (a + b + n) / (a + 1 + n) * x
        total += term
        n += 1
    return (a * mp.log(x) + b * mp.log(1 - x) - mp.log(a) + mp.log(total)
            + mp.loggamma(a + b) - mp.loggamma(a) - mp.loggamma(b))


def log_t(t, d):
    return log_beta_lower(d / 2, mp.mpf(1) / 2, d / (d + t * t))


def log_f(f, d1, d2):
    return log_beta_lower(d2 / 2, d1 / 2, d2 / (d2 + d1 * f))


positive = [1e-300, 1e-20, 1e-5, .01, .1, .25, .5, .75, .9, .999, 1.001, 1.25, 1.4, 1.5, 2, 2.5, 3.7, 5, 7.3, 8.99, 9, 9.5,
            10, 10.5, 12.2, 15, 20, 33.3, 50, 100, 1234.5, 1e5, 1e8, 1e15]
values = {
    "digamma": grid(mp.digamma, [(x,) for x in positive + [-.5, -1.25, -3.9, -20.3]]),
    "trigamma": grid(lambda x: mp.psi(1, x), [(x,) for x in positive[1:]]),
    "logGamma": grid(lambda x: mp.log(abs(mp.gamma(x))) if x < 1e6 else mp.loggamma(x), [(x,) for x in positive]),
    "logGammaDifference": grid(lambda x, k: mp.loggamma(x + k) - mp.loggamma(x),
                               pairs([1e-8, .1, 1.5, 8, 10, 30.5, 1000, 1e6, 1e10, 1e14], [1, 2, 3.5, 10, 12, 13, 100, 1e5])),
    "logBeta": grid(lambda a, b: mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b),
                    pairs([1e-10, .1, .5, 1.5, 9, 10, 40, 1e3, 1e6, 1e10], [1e-10, .3, 1, 2.5, 9.9, 11, 200, 1e5, 1e10])),
    "logBinomial": grid(lambda n, k: mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1),
                        [(1, 1), (5, 2), (10, 5), (52, 5), (1000, 3), (1000, 500), (1e6, 7), (1e9, 5e8)]),
    "normalCDF": grid(mp.ncdf, [(x,) for x in [-38, -30, -20, -10, -5, -2.5, -1, -.3, -1e-9, 0, .2, 1, 3, 6]]),
    "normalLogCDF": grid(log_ncdf, [(x,) for x in [-1e4, -300, -40, -20.1, -20, -19.9, -10, -3, -1, 0, .5, 2, 5, 8]]),
    "normalQuantile": grid(nquantile, [(p,) for p in [1e-300, 1e-100, 1e-20, 1e-12, 1e-11, 1e-6, .001, .02, .0749, .0751,
                                                      .2, .4, .6, .9249, .9251, .99, .999999]]),
    "logGammaLower": grid(log_gamma_lower, [(a, x) for a in [1e-4, .1, .5, 1, 3.3, 9.9, 10, 50, 1000, 1e5]
                                            for r in [1e-8, .01, .3, .9, 1, 1.1, 2, 5] for x in [a * r] if abs(r - 1) * a < 4000]),
    "logGammaUpper": grid(log_gamma_upper, [(a, x) for a in [1e-4, .1, .5, 1, 3.3, 9.9, 10, 50, 1000, 1e5]
                                            for r in [1e-8, .01, .3, .9, 1, 1.1, 2, 5, 60] for x in [a * r]
                                            if abs(r - 1) * a < 4000]),
    "logBetaLower": grid(log_beta_lower, [(a, b, x) for a in [1e-3, .5, 2.5, 9.9, 30, 1e3] for b in [1e-3, 1, 3, 11, 400, 1e4]
                                          for x in [1e-200, 1e-6, .01, .25, .7, .97]]),
    "studentTLogTwoSided": grid(log_t, pairs([1e-6, .1, 1, 2.5, 10, 40, 100, 1e5, 1e80, 1e160], [1, 3.7, 10, 48, 200])),
    "fisherFLogUpper": grid(log_f, [(f, d1, d2) for f in [.01, .5, 1, 2, 10, 300] for d1 in [1, 3, 10] for d2 in [2, 20, 500]]),
    "log1mExp": grid(lambda x: mp.log1p(-mp.exp(x)) if x < -1 else mp.log(-mp.expm1(x)), [(x,) for x in [-1e-300, -1e-20, -1e-5, -.5, -.69, -.7, -2, -40, -700]]),
    "log1pExp": grid(lambda x: mp.log1p(mp.exp(x)), [(x,) for x in [-700, -40, -20, -1, 0, 1, 20, 40, 700]]),
    "sigmoid": grid(lambda x: 1 / (1 + mp.exp(-x)), [(x,) for x in [-700, -40, -3, -1, 0, .5, 1, 40]]),
}
if __name__ == '__main__':
    json.dump({"what": "special functions, 50 digits, rounded to double; rows are arguments then value",
             "tool": "mpmath " + mp.__version__ + ", python " + sys.version.split()[0], "values": values}, sys.stdout, indent=0)
