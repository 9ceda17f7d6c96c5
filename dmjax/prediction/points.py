"""Model points of a signal: at a mass and a coupling, or at many as arrays."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from dmjax.constants import E_CHARGE
from dmjax.experiments import Experiment
from dmjax.flux import with_harmonics
from dmjax.models import DoubleMediator, VectorMediator, double_mediator, lifetime_ns, mediator
from dmjax.models.double import producer_of, scatterer_of
from dmjax.models.widths import unit_widths
from dmjax.numerics import safe_divide
from dmjax.prediction.signal import EVENTS, Signal, charges_of
from dmjax.units import M_PER_US, US_PER_NS

Scalar = Float[Array, ""]

REFERENCE = {"Y": 1e-10, "eps": 1e-4, "g": 1e-4, "alpha_B": 1e-8, "kappa_V": 1e-4, EVENTS: 1.0}
"""Coupling at which the strength of a signal is 1, by quantity."""

FLIGHT_FLOOR_M = 0.01
"""A mediator that gets no further decays where it is made, as far as any detector can tell."""


class Producer(eqx.Module):
    """Mass [MeV] and couplings of X, which makes χ; see `Signal`."""

    m_x: Float[Array, "..."]
    kappa_x: Float[Array, "..."]
    kappa_d_x: Float[Array, "..."]


class Numbers(eqx.Module):
    """The numbers of a signal at masses; every leaf of the shape of the masses, or None.

    Attributes:
        m_v, m_chi: [MeV].
        kappa: κ_f of V.
        alpha_d, splitting, lifetime_ns: see `Signal`.
        producer: X, or None.
    """

    m_v: Float[Array, "..."]
    m_chi: Float[Array, "..."]
    kappa: Float[Array, "..."]
    alpha_d: Float[Array, "..."]
    splitting: Float[Array, "..."]
    lifetime_ns: Float[Array, "..."] | None
    producer: Producer | None


class Kind(NamedTuple):
    """What of a signal is no number: hashable, so static under jit."""

    model: str
    charges: tuple[tuple[str, float], ...] | None
    model_x: str | None
    dm: str


def kind_of(chosen: Signal) -> Kind:
    """The static part of a signal's points."""
    return Kind(chosen.model, chosen.charges, chosen.model_x, chosen.dm)


def kappa_of(chosen: Signal, m_v: ArrayLike, coupling: ArrayLike) -> Array:
    """κ_f of V at a coupling in the signal's own quantity.

    Y = (κ/e)² α_D (m_χ/m_V)⁴, ε = κ/e, α_B = κ²/4π, g = κ_V = κ.

    >>> round(float(kappa_of(Signal(), 75.0, 6.1728e-11)) / E_CHARGE, 7)
    0.0001
    """
    value = jnp.asarray(coupling, float)
    if chosen.coupling == "Y":
        ratio = jnp.asarray(m_v, float) / chi_mass(chosen, m_v)
        return E_CHARGE * jnp.sqrt(value / chosen.alpha_d) * ratio * ratio
    if chosen.coupling == "eps":
        return E_CHARGE * value
    if chosen.coupling == "alpha_B":
        return jnp.sqrt(4.0 * jnp.pi * value)
    return value


def coupling_from_kappa(chosen: Signal, m_v: ArrayLike, kappa: ArrayLike) -> Array:
    """The signal's quantity at κ_f: the inverse of `kappa_of`."""
    kappa = jnp.asarray(kappa, float)
    if chosen.coupling == "Y":
        ratio = jnp.asarray(m_v, float) / chi_mass(chosen, m_v)
        return (kappa / E_CHARGE) ** 2 * chosen.alpha_d / ratio**4
    if chosen.coupling == "eps":
        return kappa / E_CHARGE
    if chosen.coupling == "alpha_B":
        return kappa * kappa / (4.0 * jnp.pi)
    return kappa


def chi_mass(chosen: Signal, m_v: ArrayLike) -> Array:
    """m_χ [MeV] at a mediator mass [MeV], of its shape."""
    m_v = jnp.asarray(m_v, float)
    if chosen.m_chi is not None:
        return jnp.full_like(m_v, chosen.m_chi)
    return m_v / jnp.asarray(chosen.mass_ratio, float)


def numbers_of(chosen: Signal, m_v: ArrayLike, coupling: ArrayLike | None = None) -> Numbers:
    """The numbers of a signal at masses [MeV] and couplings; None: the reference coupling."""
    m_v = jnp.asarray(m_v, float)
    quoted = REFERENCE[chosen.coupling or ""] if coupling is None else coupling

    def full(value: float | None) -> Array:
        return jnp.full_like(m_v, 0.0 if value is None else value)

    of_x = (chosen.m_x, chosen.kappa_x, chosen.kappa_d_x)

    return Numbers(
        m_v=m_v,
        m_chi=chi_mass(chosen, m_v),
        kappa=jnp.broadcast_to(kappa_of(chosen, m_v, quoted), m_v.shape),
        alpha_d=jnp.full_like(m_v, chosen.alpha_d),
        splitting=jnp.full_like(m_v, chosen.splitting),
        lifetime_ns=None if chosen.lifetime_ns is None else full(chosen.lifetime_ns),
        producer=Producer(*map(full, of_x)) if chosen.double else None,
    )


def point_at(kind: Kind, n: Numbers) -> VectorMediator | DoubleMediator:
    """The model point of scalar numbers."""
    model = charges_of(Signal(kind.model, charges=kind.charges))
    key = "eps" if kind.model == "dark-photon" else "g"
    value = n.kappa / E_CHARGE if key == "eps" else n.kappa
    shared = {key: value, "alpha_d": n.alpha_d, "dm": kind.dm, "splitting": n.splitting}
    if kind.dm != "pseudo-dirac":
        del shared["splitting"]
    if n.producer is None:
        return mediator(model, n.m_v, n.m_chi, lifetime_ns=n.lifetime_ns, **shared)
    return double_mediator(
        n.m_v,
        model=model,
        m_chi=n.m_chi,
        m_x=n.producer.m_x,
        model_x=kind.model_x or "baryonic",
        kappa_x=n.producer.kappa_x,
        kappa_d_x=n.producer.kappa_d_x,
        lifetime_ns=n.lifetime_ns,
        **shared,
    )


def point_of(
    chosen: Signal, m_v: ArrayLike, coupling: ArrayLike | None = None
) -> VectorMediator | DoubleMediator:
    """The model point of a signal at one mass.

    Args:
        chosen: the signal.
        m_v: mass of V [MeV], number or traced scalar.
        coupling: in `chosen.coupling`; None: the reference.

    Returns:
        A mediator, or two. Concrete masses for which V (or X) → χχ̄ is closed raise InputError.

    >>> point = point_of(Signal(), 75.0, 1e-10)
    >>> float(point.m_chi)
    25.0
    """
    return point_at(kind_of(chosen), numbers_of(chosen, m_v, coupling))


def mean_flight_m(point: VectorMediator | DoubleMediator) -> Scalar:
    """cτ of what makes χ times p/m of π⁻ → V at rest or 1 if larger [m]: how far it gets."""
    make = producer_of(point)
    boost = jnp.maximum(1.0, 138.0 / make.m_v)
    return lifetime_ns(make) * (US_PER_NS * M_PER_US) * boost


def in_flight(experiment: Experiment) -> Experiment:
    """The experiment with its beam prepared for mediators that fly; takes seconds."""
    return eqx.tree_at(lambda e: e.beam, experiment, with_harmonics(experiment.beam))


def strength_of(chosen: Signal, m_v: ArrayLike, coupling: ArrayLike, reference: ArrayLike) -> Array:
    """Strength of a signal at a coupling whose templates were made at another one.

    (κ/κ₀)⁴ BR(κ)/BR(κ₀) of one mediator, BR = 1/(1 + κ²b) its branching ratio into χχ̄ on the mass
    shell; (κ/κ₀)² where X makes the χ. "events": the ratio itself.
    """
    if chosen.model == EVENTS:
        return jnp.asarray(coupling, float) / jnp.asarray(reference, float)
    kappa, first = (kappa_of(chosen, m_v, x) for x in (coupling, reference))
    square = (kappa / first) ** 2
    if chosen.double:
        return square
    return strength_of_ratio(square, first * first * visible_share(chosen, m_v))


def coupling_of(chosen: Signal, m_v: ArrayLike, strength: ArrayLike, reference: ArrayLike) -> Array:
    """The coupling of a strength: the inverse of `strength_of`; inf stays inf.

    >>> round(float(coupling_of(Signal(), 75.0, 4.0, 1e-10)) * 1e10, 6)
    2.0
    """
    strength = jnp.maximum(jnp.asarray(strength, float), 0.0)
    reference = jnp.asarray(reference, float)
    if chosen.model == EVENTS:
        return strength * reference
    known = jnp.isfinite(strength) & (strength > 0.0)
    safe = jnp.where(known, strength, 1.0)
    first = kappa_of(chosen, m_v, reference)
    if chosen.double:
        kappa = first * jnp.sqrt(safe)
    else:
        ratio = ratio_of_strength(safe, first * first * visible_share(chosen, m_v))
        kappa = first * jnp.sqrt(ratio)
    return jnp.where(known, coupling_from_kappa(chosen, m_v, kappa), strength)


def strength_of_ratio(ratio: Array, visible: Array) -> Array:
    """r² (1 + c)/(1 + rc): production times scattering, and the branching ratio of V → χχ̄.

    Args:
        ratio: r = κ_f² over its reference.
        visible: c = κ₀²b, visible over dark width at the reference.
    """
    return ratio * ratio * (1.0 + visible) / (1.0 + ratio * visible)


def ratio_of_strength(strength: Array, visible: Array) -> Array:
    """The inverse of `strength_of_ratio`: the root of (1 + c) r² − s c r − s = 0, s > 0."""
    square = strength * strength * visible * visible + 4.0 * strength * (1.0 + visible)
    return 0.5 * (strength * visible + jnp.sqrt(square)) / (1.0 + visible)


def visible_share(chosen: Signal, m_v: ArrayLike) -> Array:
    """b of BR(V → χχ̄) = 1/(1 + κ²b): visible over dark width at κ_f = 1; 0 where χχ̄ is closed."""
    n = numbers_of(chosen, m_v)
    flat = jax.tree.map(jnp.ravel, n)
    return visible_of_rows(kind_of(chosen), flat).reshape(n.m_v.shape)


def visible_of_rows(kind: Kind, rows: Numbers) -> Array:
    """`visible_share` of the numbers of many points, (rows,)."""

    def one(row: Numbers) -> Scalar:
        visible, dark = unit_widths(scatterer_of(point_at(kind, row)))
        return safe_divide(visible, dark)

    return jax.vmap(one)(rows)
