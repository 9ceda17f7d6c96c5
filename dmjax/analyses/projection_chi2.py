"""The χ² by which [D20] (arXiv:2006.09386) projects limits of detectors without data."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.analyses.projections import Projection, projected_backgrounds
from dmjax.conventions import DMJAX, Conventions
from dmjax.likelihood.signals import SignalLike, as_signal
from dmjax.numerics import safe_divide

Bins = Float[Array, " bins"]
Scalar = Float[Array, ""]
RISE = 2.71
"""χ² at 90 %."""


def chi2_systematic(signal: Bins, neutrinos: Bins, background: Bins, sigma: float) -> Scalar:
    """χ² = Σ N_χ²/[B (1 + σ²B)] with B = N_ν + N_bg: σ applied to every bin on its own.

    Args:
        signal, neutrinos, background: expected events per bin.
        sigma: relative uncertainty: 0.28 for CsI, 0.085 for LAr.

    Returns:
        χ² of the signal. Bins without any background do not count.

    Source: [D20] (arXiv:2006.09386) Eq. 6.6.

    >>> one = jnp.ones(1)
    >>> round(float(chi2_systematic(10.0 * one, 50.0 * one, 50.0 * one, 0.1)), 3)
    0.5
    """
    known = neutrinos + background
    return jnp.sum(safe_divide(signal * signal, known * (1.0 + sigma * sigma * known)))


def chi2_neutrinos(signal: Bins, neutrinos: Bins) -> Scalar:
    """χ² = Σ N_χ²/N_ν, for CCM and JSNS².

    Args:
        signal, neutrinos: expected events per bin.

    Returns:
        χ² of the signal. Bins without neutrinos do not count.

    Source: [D20] Eq. 6.7.

    >>> float(chi2_neutrinos(jnp.asarray([2.0, 3.0]), jnp.asarray([4.0, 0.0])))
    1.0
    """
    return jnp.sum(safe_divide(signal * signal, neutrinos))


def chi2_of(
    setting: Projection, signal: SignalLike, conventions: Conventions = DMJAX
) -> Float[Array, " masses"]:
    """χ² of signals in a detector without data: Eq. 6.6, or Eq. 6.7 without other backgrounds.

    It grows as the square of the strength; add those of several detectors. A Gaussian measure,
    meant for the paper's bins: in bins of few counts it finds more than there is.

    Args:
        setting: detector, bins, exposure, backgrounds; its signal error is σ of Eq. 6.6.
        signal: events per bin at strength 1, (masses, bins).
        conventions: of the neutrinos.

    Returns:
        χ², (masses,). Bins without neutrinos do not count.

    Source: [D20] Eqs. 6.6, 6.7.
    """
    counts = as_signal(signal).nominal
    known = projected_backgrounds(setting, conventions)
    names = [one.name for one in setting.backgrounds]
    zero = jnp.zeros(counts.shape[-1])
    others = sum((n for name, n in known.items() if name in names), zero)
    neutrinos = sum((n for name, n in known.items() if name not in names), zero)
    if not setting.backgrounds:
        return jax.vmap(lambda n: chi2_neutrinos(n, neutrinos))(counts)
    sigma = setting.search.experiment.signal_error
    seen = jnp.where(neutrinos > 0.0, counts, 0.0)
    return jax.vmap(lambda n: chi2_systematic(n, neutrinos, others, sigma))(seen)
