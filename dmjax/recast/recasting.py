"""A published curve for another model, α_D, mass ratio, quantity or axis ([D20] §6.4).

Events are kept: for what scatters q²κ²BR(V → χχ̄) · Q²κ²α_D, for what is missed x_e²κ²BR(V →
invisible), neutrinos among it.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import ArrayLike

from dmjax.constants import E_CHARGE, M_PI0
from dmjax.errors import InputError, unknown_name
from dmjax.recast.charges import detection, production
from dmjax.recast.curve import (
    Curve,
    mediator_masses,
    piece_at,
    plain_terms,
    terms_of,
    values_at,
)
from dmjax.recast.domain import check_rule, cuts_of, remarks, seen_by_scattering
from dmjax.recast.quantities import AXES, MEANINGS, Setting, eps_of, quantity_of
from dmjax.recast.rates import (
    ALL_DARK,
    Widths,
    invisible,
    kappa2_invisible,
    kappa2_scattered,
    scattered,
    widths_at,
)
from dmjax.recast.terms import Producer, Terms, charges_of

KEPT = (
    *("name", "label", "cl", "made", "detected", "target"),
    *("role", "simulated", "provenance", "source", "licence"),
)
"""Of a curve, whatever it is recast to."""

BLOCK = 256
"""Points of a program."""


class Points(NamedTuple):
    """Points of a curve: m_V [MeV], y and band by field, number, piece of the curve."""

    m_v: np.ndarray
    limits: dict[str, np.ndarray]
    index: np.ndarray
    piece: np.ndarray


def recast(
    curve: Curve,
    wanted: Terms,
    quantity: str | None = None,
    axis: str | None = None,
    masses: np.ndarray | None = None,
) -> Curve:
    """The curve for other terms.

    Onto its own terms and quantity it is the identity. Where a curve states no α_D, V is taken to
    decay to dark matter alone, as its authors do; with an α_D, a spin and m_χ branching ratios are
    computed (tree level, without hadrons).

    Args:
        curve: published, of one's own, or recast before.
        wanted: model, spin, α_D, masses; see `terms.merged`.
        quantity: key of `MEANINGS`; None: the curve's own.
        axis: "m_V" or "m_chi"; None: the curve's own.
        masses: m_V [MeV] to interpolate at; None: the curve's own points.

    Returns:
        A curve whose notes say what was cut and what is not corrected.

    Raises:
        InputError: no rule leads there, something needed is not stated, or nothing is left.

    Source: [D20] Eqs. 6.8–6.10 with the corrections of docs/recast.md.
    """
    quantity, axis = quantity or curve.y_quantity, axis or curve.x_quantity
    for kind, name, known in (("quantity", quantity, MEANINGS), ("mass axis", axis, AXES)):
        if name not in known:
            raise unknown_name(kind, name, known)
    check_rule(curve, wanted, quantity)
    _check_axis(wanted, axis)
    points, notes = _kept(curve, wanted, _points(curve, masses))
    eps = {k: _eps(curve, wanted, points.m_v, y, quantity) for k, y in points.limits.items()}
    reached = np.isfinite(eps["y"])
    if not np.all(reached):
        notes.append(_said(points.m_v[~reached], "no coupling makes enough invisible decays"))
        points, eps = _chosen(points, reached), {k: one[reached] for k, one in eps.items()}
        _need_points(curve, points.m_v, notes)
    at = Setting(points.m_v, wanted.chi_masses(points.m_v), _dark(wanted, quantity))
    limits = {name: quantity_of(quantity, values, at) for name, values in eps.items()}
    notes += remarks(curve, wanted, eps["y"], points.m_v)
    axes = {"x_quantity": axis, "y_quantity": quantity}
    return _made(curve, wanted, points, notes, **limits, **axes)


def _check_axis(wanted: Terms, axis: str) -> None:
    if axis == "m_chi" and wanted.mass_ratio is None:
        held = "states no m_V/m_chi" if wanted.m_chi is None else f"holds m_chi = {wanted.m_chi:g}"
        raise InputError(f"an axis of m_chi needs a mass ratio, and the curve {held}: --mass-ratio")


def _points(curve: Curve, masses: np.ndarray | None) -> Points:
    """The curve's own points, or those at masses; NaN where there is no limit."""
    m_v = mediator_masses(curve)
    held = {"y": curve.y, "low": curve.low, "high": curve.high}
    limits = {name: values for name, values in held.items() if values is not None}
    if masses is None:
        return Points(m_v, limits, np.arange(m_v.size), curve.piece)
    x = masses * (curve.x[0] / m_v[0])
    near = {name: values_at(curve, x, values) for name, values in limits.items()}
    return Points(masses, near, np.arange(masses.size), piece_at(curve, x))


def _chosen(points: Points, which: np.ndarray) -> Points:
    limits = {name: values[which] for name, values in points.limits.items()}
    return Points(points.m_v[which], limits, points.index[which], points.piece[which])


def _kept(curve: Curve, wanted: Terms, points: Points) -> tuple[Points, list[str]]:
    """Points inside of the domain, and a line for each cut."""
    absent = np.isnan(points.limits["y"])
    notes = [_said(points.m_v[absent], "the curve has no limit there")] if absent.any() else []
    gone = absent
    for cut in cuts_of(curve, wanted, points.m_v):
        new = cut.gone & ~gone
        if new.any():
            notes.append(_said(points.m_v[new], cut.why))
        gone = gone | cut.gone
    left = _chosen(points, ~gone)
    _need_points(curve, left.m_v, notes)
    return left, notes


def _need_points(curve: Curve, left: np.ndarray, notes: list[str]) -> None:
    if left.size == 0:
        raise InputError(f"nothing is left of {curve.name}: {'; '.join(notes)}")


def _said(masses: np.ndarray, why: str) -> str:
    low, high = f"{masses.min():.4g}", f"{masses.max():.4g}"
    where = low if low == high else f"{low} to {high}"
    return f"cut at m_V = {where} MeV: {why}"


def _dark(terms: Terms, quantity: str) -> float | None:
    """α_D; 1 where a quantity holds it already and it is not stated."""
    held = terms.alpha_d is None and quantity == "eps4_alpha_D"
    return 1.0 if held else terms.alpha_d


def _eps(curve: Curve, wanted: Terms, m_v: np.ndarray, y: np.ndarray, quantity: str) -> np.ndarray:
    """κ/e in the wanted terms; inf where no coupling reaches the rate.

    In blocks of one length, so that one program serves every curve.
    """
    own, size = terms_of(curve), m_v.size
    m_v, y = (np.pad(x, (0, -size % BLOCK), mode="edge") for x in (m_v, y))
    at = Setting(m_v, own.chi_masses(m_v), _dark(own, curve.y_quantity))
    eps = eps_of(curve.y_quantity, y, at)
    if curve.simulated:
        return eps[:size]
    kappa2 = (E_CHARGE * eps) ** 2
    rule = _by_scattering if seen_by_scattering(curve) else _by_missing
    found = rule(curve, wanted, Event(m_v, kappa2, at.alpha_d, quantity))
    return np.sqrt(np.asarray(found))[:size] / E_CHARGE


class Event(NamedTuple):
    """Points of the curve: m_V [MeV], κ², α_D; and the quantity that is wanted."""

    m_v: np.ndarray
    kappa2: np.ndarray
    alpha_d: float | None
    quantity: str


def _by_missing(curve: Curve, wanted: Terms, at: Event) -> ArrayLike:
    """κ² where V is missed ([D20] Eq. 6.9 with the branching ratios)."""
    own = terms_of(curve)
    share = _weight(curve, own) / _weight(curve, wanted)
    rate = share * np.asarray(invisible(at.kappa2, _widths(own, at.m_v)))
    return kappa2_invisible(rate, _widths(wanted, at.m_v))


def _by_scattering(curve: Curve, wanted: Terms, at: Event) -> ArrayLike:
    """κ² where χ scatters ([D20] Eqs. 6.8, 6.10)."""
    own, target = terms_of(curve), _dark(wanted, at.quantity)
    if at.alpha_d is None or target is None:
        raise InputError(f"{at.quantity} of {curve.name} needs alpha_D: give --alpha-d")
    rate = np.asarray(scattered(at.kappa2, _widths(own, at.m_v))) * at.alpha_d / target
    if wanted.producer is not None:
        return _by_producer(curve, wanted, wanted.producer, at.m_v, rate)
    share = _weight(curve, own) / _weight(curve, wanted)
    return kappa2_scattered(share * rate, _widths(wanted, at.m_v))


def _widths(terms: Terms, m_v: np.ndarray) -> Widths:
    """Widths of V; all dark where the terms do not state what they follow from."""
    m_chi = terms.chi_masses(m_v)
    if terms.alpha_d is None or terms.dm is None or m_chi is None or terms.producer is not None:
        return ALL_DARK
    return widths_at(terms.charges, terms.dm, m_v, m_chi, terms.alpha_d)


def _weight(curve: Curve, terms: Terms) -> float:
    """What events go with, of the charges: production times what is struck."""
    if curve.made == "kaon":
        return 1.0
    made = production(terms.charges, curve.made)
    return made * detection(terms.charges, curve.detected, curve.target)


def _by_producer(
    curve: Curve, wanted: Terms, x: Producer, m_v: np.ndarray, rate: np.ndarray
) -> np.ndarray:
    """κ_V² beside X, by κ_X² q_X² BR_X (1 − m_X²/m_π²)³ κ_V² Q_V² = κ⁴ q² Q² (1 − m_V²/m_π²)³.

    [D20] Eq. 6.10, with the mass factor and the branching ratio that its text omits.
    """
    own, charges = terms_of(curve), charges_of(x.model)
    widths = widths_at(
        charges, wanted.dm or "", x.m_x, wanted.m_chi or 0.0, x.kappa_d**2 / (4.0 * np.pi)
    )
    share = float(scattered(x.kappa**2, widths)) / x.kappa**2
    made = production(charges, "pi0") * share
    if made == 0.0:
        raise InputError(f"X = {x.model} is not made in pi0 decays: choose another --model-x")
    before = _weight(curve, own) * (1.0 - (m_v / M_PI0) ** 2) ** 3
    after = made * (1.0 - (x.m_x / M_PI0) ** 2) ** 3
    struck = detection(wanted.charges, curve.detected, curve.target)
    return rate * before / (after * struck)


def _made(curve: Curve, wanted: Terms, points: Points, notes: list[str], **fields) -> Curve:
    """The recast curve."""
    m_chi = wanted.chi_masses(points.m_v)
    return Curve(
        x=points.m_v if m_chi is None or fields["x_quantity"] == "m_V" else m_chi,
        piece=np.cumsum(
            (np.diff(points.index, prepend=points.index[0]) > 1)
            | (np.diff(points.piece, prepend=points.piece[0]) > 0)
        ),
        notes=[*curve.notes, *(note for note in notes if note not in curve.notes)],
        configuration={"curve": curve.name, "from": terms_of(curve).words()},
        **plain_terms(wanted),
        **{name: getattr(curve, name) for name in KEPT},
        **fields,
    )
