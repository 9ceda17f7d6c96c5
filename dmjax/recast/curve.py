"""`Curve`: a limit against a mass that knows what it is quoted in and what it holds for."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from dmjax._version import __version__
from dmjax.errors import InputError, unknown_name
from dmjax.models.vector import CUSTOM
from dmjax.recast.quantities import AXES, MEANINGS, Setting
from dmjax.recast.terms import Producer, Terms, charges_of
from dmjax.store.fields import column, number
from dmjax.store.result import AbstractResult, container

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROLES = ("exclusion", "projection", "target")


@container
class Curve(AbstractResult):
    """A limit on one quantity against m_V or m_χ, in one or more pieces.

    Attributes:
        name, label: of the curve; the label is drawn.
        x, x_quantity: masses [MeV], rising in each piece; "m_V" or "m_chi".
        y, y_quantity: upper limits and their quantity, a key of `recast.quantities.MEANINGS`.
        low, high: band around y, where there is one.
        piece: number of the piece of each point; between pieces there is no limit.
        model, charges: of V; charges by name where the model is "custom".
        dm, alpha_d, mass_ratio, m_chi: see `Terms`; None where the curve states none and, in its
            own quantity, depends on none.
        producer: model, m_x, kappa, kappa_d of X, where V only scatters.
        cl: confidence level; None where it states none.
        made, detected: how V is made, what is detected; see `recast.charges`.
        target: element → atoms of what is struck.
        role: "exclusion", "projection" (what an experiment expects), or "target" (a line to
            reach, which excludes nothing).
        simulated: command that predicts this experiment, in place of a rule; "" where there is
            none.
        provenance: who read the numbers, and how.
        source, licence: of the numbers.
        notes: what must be said beside them, a line each.
        configuration: what was asked for.
        version: of the package.
    """

    kind: ClassVar[str] = "curve"
    axis: ClassVar[str] = "x"

    name: str
    label: str
    x: np.ndarray = column("x", unit="MeV")
    y: np.ndarray = column("x", unit="1")
    x_quantity: str
    y_quantity: str
    low: np.ndarray | None = column("x", unit="1", default=None)
    high: np.ndarray | None = column("x", unit="1", default=None)
    piece: np.ndarray = column("x")
    model: str
    charges: dict[str, float] | None = None
    dm: str | None = None
    alpha_d: float | None = None
    mass_ratio: float | None = None
    m_chi: float | None = number("MeV", default=None)
    producer: dict | None = None
    cl: float | None = None
    made: str
    detected: str
    target: dict[str, float]
    role: str = "exclusion"
    simulated: str = ""
    provenance: str
    source: str
    licence: str
    notes: list[str]
    configuration: dict
    version: str = __version__

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.x_quantity not in AXES:
            raise unknown_name("mass axis", self.x_quantity, AXES)
        if self.y_quantity not in MEANINGS:
            raise unknown_name("quantity of a curve", self.y_quantity, MEANINGS)
        if self.role not in ROLES:
            raise unknown_name("role of a curve", self.role, ROLES)
        if self.x.size == 0:
            raise InputError(f"{self.name}: a curve needs at least one point")
        for name, values in (("x", self.x), ("y", self.y)):
            if not np.all(values > 0.0):
                raise InputError(f"{self.name}: every {name} must be above 0")
        same = np.diff(self.piece) == 0
        if np.any(np.diff(self.piece) < 0) or np.any(np.diff(self.x)[same] <= 0.0):
            raise InputError(f"{self.name}: masses must rise along a curve")

    def plot(self, *others: "Curve") -> "Figure":
        """This curve, or several of the same terms and quantities, with labels on them."""
        from dmjax.plots.world import plot_world

        for other in others:
            require_same_terms(self, other)
        return plot_world([self, *others])


def terms_of(curve: Curve) -> Terms:
    """What a curve holds for."""
    return Terms(
        model=curve.model,
        charges=charges_of(curve.model, curve.charges),
        dm=curve.dm,
        alpha_d=curve.alpha_d,
        mass_ratio=curve.mass_ratio,
        m_chi=curve.m_chi,
        producer=None if curve.producer is None else Producer(**curve.producer),
    )


def plain_terms(terms: Terms) -> dict[str, Any]:
    """Terms as fields of a curve."""
    custom = {k: x for k, x in asdict(terms.charges).items() if x} if _is_custom(terms) else None
    held = {
        name: getattr(terms, name) for name in ("model", "dm", "alpha_d", "mass_ratio", "m_chi")
    }
    producer = None if terms.producer is None else asdict(terms.producer)
    return held | {"charges": custom, "producer": producer}


def _is_custom(terms: Terms) -> bool:
    return terms.model == CUSTOM


def mediator_masses(curve: Curve) -> np.ndarray:
    """m_V [MeV] of each point.

    Raises:
        InputError: the curve runs against m_χ and states no ratio.
    """
    if curve.x_quantity == "m_V":
        return curve.x
    if curve.mass_ratio is None:
        raise InputError(
            f"{curve.name} runs against m_chi and states no m_V/m_chi: give mass_ratio"
        )
    return curve.x * curve.mass_ratio


def setting_of(curve: Curve) -> Setting:
    """Masses and α_D at each point."""
    m_v = mediator_masses(curve)
    return Setting(m_v, terms_of(curve).chi_masses(m_v), curve.alpha_d)


def values_at(curve: Curve, x: np.ndarray, of: np.ndarray | None = None) -> np.ndarray:
    """The limit at masses, log–log between points; NaN outside of every piece.

    Args:
        curve: any.
        x: masses of the curve's own axis [MeV].
        of: values at its points; None: the limit.
    """
    of = curve.y if of is None else of
    found = np.full(np.shape(x), np.nan)
    for piece in np.unique(curve.piece):
        inside = curve.piece == piece
        held = np.log(curve.x[inside])
        near = np.interp(np.log(x), held, np.log(of[inside]), left=np.nan, right=np.nan)
        found = np.where(np.isnan(near), found, np.exp(near))
    return found


def piece_at(curve: Curve, x: np.ndarray) -> np.ndarray:
    """Number of the piece at masses of the curve's own axis [MeV]; −1 where there is none."""
    found = np.full(np.shape(x), -1)
    for piece in np.unique(curve.piece):
        held = curve.x[curve.piece == piece]
        found = np.where((x >= held[0]) & (x <= held[-1]), piece, found)
    return found


def require_same_terms(a: Curve, b: Curve) -> None:
    """Raise unless two curves can stand on one pair of axes as they are.

    Raises:
        InputError: with the call that would mend it.
    """
    wanted, own = terms_of(a), terms_of(b)
    axes = {"x_quantity": "axis", "y_quantity": "coupling"}
    differ = [word for field, word in axes.items() if getattr(a, field) != getattr(b, field)]
    names = ("model", "charges", "dm", "alpha_d", "mass_ratio", "m_chi", "producer")
    differ += [n for n in names if getattr(wanted, n) != getattr(own, n)]
    if not differ:
        return
    held = {"axis": a.x_quantity, "coupling": a.y_quantity}
    asked = {n: held[n] if n in held else getattr(wanted, n) for n in differ if n != "charges"}
    call = ", ".join(f"{n}={v!r}" for n, v in asked.items() if v is not None)
    raise InputError(
        f"{b.name} ({b.y_quantity} against {b.x_quantity}; {own.words()}) and {a.name} "
        f"({a.y_quantity} against {a.x_quantity}; {wanted.words()}) mix conventions: first "
        f"dmjax.recast('{b.name}', {call})"
    )
