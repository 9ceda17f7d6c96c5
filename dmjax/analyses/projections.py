"""Sensitivity of detectors without data: the χ² of [D20] and the Poisson likelihood instead."""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from dmjax.analyses.ingredients import pull, signal_parts
from dmjax.errors import InputError
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.effects import Component, Scale
from dmjax.likelihood.signals import SignalLike
from dmjax.numerics import safe_divide

Bins = Float[Array, " bins"]
Scalar = Float[Array, ""]


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


def projection(
    name: str,
    signal: SignalLike,
    neutrinos: ArrayLike,
    background: ArrayLike | float = 0.0,
    sigma: float = 0.0,
) -> CountModel:
    """The Poisson likelihood of a detector without data; its counts are the expected background.

    μ_b = (1 + σθ)(strength N_χ + N_ν) + N_bg, θ a standard-normal pull "<name>_signal" common to
    all bins: unlike Eq. 6.6, where every bin has its own.

    Args:
        name: of the detector.
        signal: events per bin at strength 1.
        neutrinos: events per bin.
        background: events per bin, or in all bins together, then spread evenly.
        sigma: relative uncertainty of every signal-like yield; 0: none.

    Returns:
        `CountModel` whose data are Asimov counts at strength 0.

    Source: the likelihood in place of [D20] Eqs. 6.6, 6.7.

    >>> model = projection("toy", [1.0, 2.0], [10.0, 20.0], 4.0, 0.085)
    >>> model.observed.on.tolist()
    [12.0, 22.0]
    """
    known = jnp.ravel(jnp.asarray(neutrinos, float))
    if sigma < 0.0:
        raise InputError(f"{name}: sigma must not be negative, got {sigma:g}")
    flat = jnp.ravel(jnp.asarray(background, float))
    if flat.size not in (1, known.size):
        raise InputError(f"{name}: background has {flat.size} bins, neutrinos {known.size}")
    steady = flat if flat.size == known.size else jnp.full(known.shape, flat[0] / known.size)
    nuisance = pull(f"{name}_signal")
    effects = (Scale(nuisance.name, 1.0, sigma),) if sigma > 0.0 else ()
    added = signal_parts(signal, effects, (nuisance,) if sigma > 0.0 else ())
    return CountModel(
        name,
        [Component("neutrinos", known, effects), Component("steady", steady), *added.components],
        added.parameters,
        on=known + steady,
        expected_data=True,
    )
