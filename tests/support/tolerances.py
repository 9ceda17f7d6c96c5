"""The one table of tolerances: relative, keyed by kind of check and by dtype.

A test names the kind; it never writes a number. Why each is what it is:

identity      closed form against closed form; rounding only.
quadrature    our fixed nodes against adaptive integration of the same smooth integrand.
nbg           the analytic background integral against numerical quadrature (stated goal 1e-10).
template      the binned prediction against dense quadrature or Monte Carlo (stated goal 0.5 %).
endpoint      share of a spectrum that may leak past a kinematic edge, by the width of its grid.
benchmark     numbers quoted from outside to about 0.5 %, to be matched to 1 %.
gradient      automatic derivatives against central finite differences.
fit           minima against scipy, in twice the log-likelihood.
fit_parameter fitted parameters and limits against scipy, relative.
limit         a limit solved twice from one likelihood (stated goal 1e-6).
events        published numbers of events, absolute: what the release rounds and leaves open.
parity        an exported likelihood against the same one in pyhf, per change of −2 ln L.
cls           p-values and CLs against pyhf, absolute (stated goal 1e-3).
evidence      ln Z of nested sampling against the dense grid, absolute (stated goal 0.2).
normalisation spectra, time densities and response columns that must sum to one.
table         a rebuilt table against the shipped one, which is rounded in print.
relic         thermal targets against another program, printed to three digits (stated goal 3 %).
beams         dark bremsstrahlung and showers against another program (stated goal 2 %).
published     couplings against published curves, with one assumed efficiency (stated goal 20 %).
sigmas        statistical checks: this many standard deviations of the test's own Monte Carlo error.
"""

TOLERANCES: dict[str, dict[str, float]] = {
    "float64": {
        "identity": 1e-12,
        "quadrature": 1e-8,
        "nbg": 1e-10,
        "template": 5e-3,
        "endpoint": 1e-4,
        "benchmark": 1e-2,
        "gradient": 1e-4,
        "fit": 1e-4,
        "fit_parameter": 1e-3,
        "limit": 1e-6,
        "events": 2.0,
        "parity": 1e-6,
        "cls": 1e-3,
        "evidence": 0.2,
        "normalisation": 1e-6,
        "table": 1e-5,
        "relic": 3e-2,
        "beams": 2e-2,
        "published": 0.2,
        "sigmas": 5.0,
    },
    "float32": {
        "identity": 1e-5,
        "template": 1e-2,
        "gradient": 1e-2,
        "normalisation": 1e-5,
    },
}


def tolerance(kind: str, dtype: str = "float64") -> float:
    return TOLERANCES[dtype][kind]
