"""Counts of a selection and how nuisances move them, as in `projected_model`."""

import math
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.analyses.ingredients import WIDE
from dmjax.numerics import safe_divide

Scalar = Float[Array, ""]
Pulls = Float[Array, " pulls"]
Bins = Float[Array, " bins"]


class Rules(NamedTuple):
    """What is static of a detector's counts.

    Attributes:
        components: names of the backgrounds, neutrinos first.
        kinds: "neutrino", "steady" or "beam", of each.
        moved: index in `pulls` of what moves each; −1: nothing.
        errors: relative error of each per unit of its pull.
        pulls: names of the nuisances: the shared one first, those of the sources last.
        shared: relative error of the signal and of neutrinos by the first pull; 0: there is none.
        sources: number of pulls of the sources.
    """

    components: tuple[str, ...]
    kinds: tuple[str, ...]
    moved: tuple[int, ...]
    errors: tuple[float, ...]
    pulls: tuple[str, ...]
    shared: float
    sources: int


class Yields(eqx.Module):
    """Expected events in the bins of a selection, at strength 1 and nominal nuisances.

    Attributes:
        signal: all of it, then what each pull of the sources adds at 1, (1 + sources, bins).
        background: (components, bins).
        source_errors: (sources,).
        scales: what every pull is multiplied by: sizes of the systematics over their own, (pulls,);
            None: 1.
        count: of a toy, of one bin; None: what is expected without signal.
    """

    signal: Float[Array, "parts bins"]
    background: Float[Array, "components bins"]
    source_errors: Float[Array, " sources"]
    scales: Float[Array, " pulls"] | None = None
    count: Float[Array, ""] | None = None


def means(rules: Rules, yields: Yields, strength: Scalar, pulls: Pulls) -> Bins:
    """Expected counts per bin.

    λ = f(θ₀) [μ (S + Σ_p S_p ((1 + e_p)^θ_p − 1)/e_p) + N_ν] + Σ_k f_k(θ_k) B_k; see `factor`.

    Args:
        rules, yields: of the selection.
        strength: μ ≥ 0.
        pulls: θ, in standard deviations.

    Returns:
        λ, (bins,).
    """
    pulls = pulls if yields.scales is None else pulls * yields.scales
    signal, first = yields.signal[0], len(rules.pulls) - rules.sources
    for i in range(rules.sources):
        error = yields.source_errors[i]
        grown = jnp.expm1(pulls[first + i] * jnp.log1p(error))
        signal = signal + safe_divide(grown, error) * yields.signal[1 + i]
    total = strength * signal
    if rules.shared > 0.0:
        total = total * factor(rules.shared, pulls[0])
    for k, (which, error) in enumerate(zip(rules.moved, rules.errors, strict=True)):
        part = yields.background[k]
        total = total + (part if which < 0 else part * factor(error, pulls[which]))
    return total


def factor(error: float, pull: Scalar) -> Scalar:
    """1 + σθ, or (1 + σ)^θ where σ > `WIDE`: `yield_factor` to 1e−5, written for speed.

    >>> round(float(factor(0.28, jnp.asarray(2.0))), 4)
    1.6384
    """
    return jnp.exp(pull * math.log1p(error)) if error > WIDE else 1.0 + error * pull


def background_of(yields: Yields) -> Bins:
    """Events of all backgrounds per bin."""
    return jnp.sum(yields.background, axis=0)


def count_of(yields: Yields) -> Scalar:
    """Events that are counted: of a toy, or what is expected without signal."""
    return jnp.sum(background_of(yields)) if yields.count is None else yields.count
