"""A signal on a fine grid of masses: for samplers, which need thousands of single masses."""

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.constants import M_CAPTURE_MAX
from dmjax.errors import InputError
from dmjax.experiments.missing_energy import MissingEnergy
from dmjax.prediction.points import (
    REFERENCE,
    kappa_of,
    ratio_of_strength,
    strength_of_ratio,
    visible_share,
)
from dmjax.prediction.signal import EVENTS, Signal
from dmjax.prediction.templates import AnySearch, SignalCounts, templates

Scalar = Float[Array, ""]


class SignalTable(eqx.Module):
    """Counts of a signal against the mass, and how they follow the coupling.

    Attributes:
        log_m_v: increasing nodes, ln MeV.
        counts: at strength 1, (nodes, bins), one per search.
        visible: visible over dark width of what makes χ, at the reference coupling, (nodes,); 0
            where another mediator makes it.
        quantity: of the coupling, as `Signal.coupling` (static).
        reference: coupling of strength 1 (static).
        power: of the coupling in κ_f² (static): 1 for Y and α_B, else 2.
        double: whether another mediator makes χ, so that counts go as κ_f², not κ_f⁴ (static).
    """

    log_m_v: Float[Array, " nodes"]
    counts: tuple[SignalCounts, ...]
    visible: Float[Array, " nodes"]
    quantity: str = eqx.field(static=True, default="Y")
    reference: float = eqx.field(static=True, default=REFERENCE["Y"])
    power: int = eqx.field(static=True, default=1)
    double: bool = eqx.field(static=True, default=False)


def mass_nodes(m_min: float, m_max: float, nodes: int) -> np.ndarray:
    """Equal steps in ln m_V [ln MeV], with a double node where π⁻ capture closes with a step.

    >>> np.exp(mass_nodes(1.0, 200.0, 3)).round(1).tolist()
    [1.0, 14.1, 138.3, 138.3, 200.0]
    """
    log_m_v = np.linspace(np.log(m_min), np.log(m_max), nodes)
    step = np.log(M_CAPTURE_MAX) + np.array([-1e-9, 1e-9])
    return np.union1d(log_m_v, step[(step > log_m_v[0]) & (step < log_m_v[-1])])


def signal_table(searches: Sequence[AnySearch], signal: Signal, log_m_v: np.ndarray) -> SignalTable:
    """Templates of a signal at some masses, usually `mass_nodes`.

    Linear interpolation with step h is off by (h²/8) d²T/d(ln m)²: from 1 to 200 MeV by 7e−4 for
    400 nodes, 1e−4 for 1000.

    Args:
        searches: detectors in the bins of their data.
        signal: the signal.
        log_m_v: increasing, ln MeV, at least two.

    Raises:
        InputError: the model "events", which has no mass; a search for missing energy, whose
            counts grow with another power of the coupling.
    """
    if any(isinstance(search, MissingEnergy) for search in searches):
        raise InputError("missing energy has limits, fits and toys, but no posterior or evidence")
    if signal.model == EVENTS or signal.coupling is None:
        raise InputError("model 'events' has no mass and no coupling: name a mediator")
    m_v, reference = np.exp(log_m_v), REFERENCE[signal.coupling]
    visible = jnp.zeros(m_v.shape)
    if not signal.double:
        kappa = kappa_of(signal, m_v, reference)
        visible = kappa * kappa * visible_share(signal, m_v)
    return SignalTable(
        log_m_v=jnp.asarray(log_m_v),
        counts=templates(searches, signal, m_v),
        visible=visible,
        quantity=signal.coupling,
        reference=reference,
        power=1 if signal.coupling in ("Y", "alpha_B") else 2,
        double=signal.double,
    )


def coupling_name(table: SignalTable) -> str:
    """What the coupling is called among the parameters of a fit: "y" for Y, else as it is."""
    return "y" if table.quantity == "Y" else table.quantity


def _interpolated(table: SignalTable, values, m_v: Scalar):
    """A tree of (nodes, …), linear in ln m_V between the nodes, constant beyond the ends."""
    log_m_v = jnp.log(m_v)
    last = table.log_m_v.shape[0] - 2
    i = jnp.clip(jnp.searchsorted(table.log_m_v, log_m_v) - 1, 0, last)
    low, high = table.log_m_v[i], table.log_m_v[i + 1]
    share = jnp.clip((log_m_v - low) / (high - low), 0.0, 1.0)
    return jax.tree.map(lambda rows: rows[i] + share * (rows[i + 1] - rows[i]), values)


def counts_at(table: SignalTable, m_v: Scalar) -> tuple[SignalCounts, ...]:
    """Counts at strength 1 of one mass [MeV], one per search."""
    return _interpolated(table, table.counts, m_v)


def strength_at(table: SignalTable, m_v: Scalar, coupling: Scalar) -> Scalar:
    """Strength of a coupling: r² (1 + c)/(1 + rc), r = κ_f² over its reference, c = `visible`.

    The power of production times scattering, and the branching ratio of V → χχ̄; r where another
    mediator makes χ.

    >>> table = SignalTable(jnp.log(jnp.asarray([1.0, 2.0])), (), jnp.zeros(2))
    >>> round(float(strength_at(table, jnp.asarray(1.5), jnp.asarray(3e-10))), 6)
    9.0
    """
    ratio = (coupling / table.reference) ** table.power
    if table.double:
        return ratio
    c = _interpolated(table, table.visible, m_v).astype(ratio.dtype)
    return strength_of_ratio(ratio, c)


def coupling_at(table: SignalTable, m_v: Scalar, strength: Scalar) -> Scalar:
    """The coupling of a strength > 0: the inverse of `strength_at`."""
    ratio = strength
    if not table.double:
        c = _interpolated(table, table.visible, m_v).astype(strength.dtype)
        ratio = ratio_of_strength(strength, c)
    return table.reference * ratio ** (1.0 / table.power)


def strength_slope(table: SignalTable, m_v: Scalar, coupling: Scalar) -> Scalar:
    """d ln strength/d ln coupling ≥ its power: what a change of variables needs."""
    ratio = (coupling / table.reference) ** table.power
    if table.double:
        return jnp.full_like(ratio, table.power)
    c = _interpolated(table, table.visible, m_v).astype(ratio.dtype)
    return table.power * (2.0 - ratio * c / (1.0 + ratio * c))
