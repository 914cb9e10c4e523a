"""The fits that the tests make: small DGD fits of simulated counts."""

_settings = {
    "latent": 5, "hidden": 32, "components": 4, "batch": 256, "lanes": 16, "embedding-steps": 3,
    "threads": 1, "checkpoint-epochs": 2,
}
_bits = {}


def simulate(place, cells=1000, genes=300):
    """Makes `counts.h5ad` in the workplace; always the same."""
    place.distfit(
        "simulate", "dgd", "--cells", cells, "--genes", genes, "--components", "4", "--latent", "4",
        "--density", "0.3", "--seed", "7", "--output", "counts.h5ad")


def words(output, epochs, **settings):
    """What follows `distfit fit`."""
    named = dict(_settings, output=output, epochs=epochs, **settings)
    return ["dgd", "counts.h5ad", *(f"--{name}={value}" for name, value in named.items())]


def bits_of_one_rank(place, epochs):
    """The bits of the fit that one rank makes without interruption; computed once for all tests."""
    if epochs not in _bits:
        output = f"alone-{epochs}.h5ad"
        place.distfit("fit", *words(output, epochs), seconds=400)
        _bits[epochs] = place.bits(output)
    return _bits[epochs]

