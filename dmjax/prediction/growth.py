"""How missing-energy counts grow with the coupling: as κ², times the share of invisible decays."""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from dmjax.models import branching_ratios
from dmjax.prediction.points import (
    Kind,
    Numbers,
    coupling_from_kappa,
    kappa_of,
    kind_of,
    numbers_of,
    point_at,
)
from dmjax.prediction.signal import EVENTS, Signal
from dmjax.sources.positron_annihilation import NEUTRINOS

Scalar = Float[Array, ""]


def missing_strength(
    chosen: Signal, m_v: ArrayLike, coupling: ArrayLike, reference: ArrayLike
) -> Array:
    """Strength of a missing-energy signal at a coupling, templates made at another one.

    r (d + rn)/[(d + rv)(d + n)], r = (κ/κ₀)²; d, n and v the shares of χχ̄, neutrinos and all but
    χχ̄ in the decays at κ₀. "events": the ratio itself.
    """
    if chosen.model == EVENTS:
        return jnp.asarray(coupling, float) / jnp.asarray(reference, float)
    kappa, first = (kappa_of(chosen, m_v, x) for x in (coupling, reference))
    r = (kappa / first) ** 2
    dark, hidden, rest = _shares(chosen, m_v, reference)
    top, bottom = r * (dark + r * hidden), (dark + r * rest) * (dark + hidden)
    return jnp.where(bottom > 0.0, top / jnp.where(bottom > 0.0, bottom, 1.0), r)


def missing_coupling(
    chosen: Signal, m_v: ArrayLike, strength: ArrayLike, reference: ArrayLike
) -> Array:
    """The coupling of a strength: the inverse of `missing_strength`; inf where none is as strong.

    >>> round(float(missing_coupling(Signal(), 75.0, 4.0, 1e-10)) * 1e10, 4)
    4.0
    """
    strength = jnp.maximum(jnp.asarray(strength, float), 0.0)
    reference = jnp.asarray(reference, float)
    if chosen.model == EVENTS:
        return strength * reference
    known = jnp.isfinite(strength) & (strength > 0.0)
    dark, hidden, rest = _shares(chosen, m_v, reference)
    wanted = jnp.where(known, strength, 1.0) * (dark + hidden)
    half = dark - wanted * rest
    root = jnp.sqrt(half * half + 4.0 * hidden * wanted * dark)
    falling = half < 0.0
    top = jnp.where(falling, root - half, 2.0 * wanted * dark)
    bottom = jnp.where(falling, 2.0 * hidden, half + root)
    there = bottom > 0.0
    r = jnp.where(there, top / jnp.where(there, bottom, 1.0), jnp.inf)
    kappa = kappa_of(chosen, m_v, reference) * jnp.sqrt(r)
    return jnp.where(known, coupling_from_kappa(chosen, m_v, kappa), strength)


def _shares(chosen: Signal, m_v: ArrayLike, reference: ArrayLike) -> tuple[Array, Array, Array]:
    """Shares of χχ̄, of neutrinos, and of all but χχ̄ in the decays at a coupling."""
    m_v, reference = jnp.broadcast_arrays(jnp.asarray(m_v, float), jnp.asarray(reference, float))
    rows = jax.tree.map(jnp.ravel, numbers_of(chosen, m_v, reference))
    dark, hidden = (x.reshape(m_v.shape) for x in _of_rows(kind_of(chosen), rows))
    return dark, hidden, 1.0 - dark


@partial(jax.jit, static_argnums=0)
def _of_rows(kind: Kind, rows: Numbers) -> tuple[Array, Array]:
    def one(row: Numbers) -> tuple[Scalar, Scalar]:
        shares = branching_ratios(point_at(kind, row))  # pyright: ignore[reportArgumentType]
        return shares["chi"], sum((shares[name] for name in NEUTRINOS), jnp.zeros_like(row.m_v))

    return jax.vmap(one)(rows)
