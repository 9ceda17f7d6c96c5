"""Settings of the verbs that compare with curves of others: recast, plot world."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class TermOptions:
    """What curves shall hold for; None: what they hold for themselves."""

    model: str | None = None
    charges: tuple[tuple[str, float], ...] | None = None
    dm: str | None = None
    mass_ratio: float | None = None
    m_chi: float | None = None
    alpha_d: float | None = None
    m_x: float | None = None
    model_x: str | None = None
    kappa_x: float | None = None
    kappa_d_x: float | None = None
    coupling: str | None = None
    axis: str | None = None


@dataclass(frozen=True, kw_only=True)
class RecastSettings(TermOptions):
    """Of `recast`: one curve for other terms."""

    curve: str
    m_v: tuple[float, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class WorldSettings(TermOptions):
    """Of `plot world`: curves of others, one's own limits and lines in one figure."""

    results: tuple[str, ...] = ()
    curves: tuple[str, ...] = ("all",)
    y_limits: tuple[float, float] | None = None
