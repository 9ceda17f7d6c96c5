"""Fits of one or more published data sets together, with or without dark matter."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from dmjax.analyses.catalogue import analysis, known_analysis, search_of
from dmjax.analyses.csi2017 import NAME as NSI_DATA
from dmjax.analyses.nsi2017 import csi2017_nsi
from dmjax.analyses.signal import Y_REF
from dmjax.conventions import CHANNELS, DMJAX, Conventions, check_channels
from dmjax.errors import InputError, unknown_name
from dmjax.fits.fit import Fit, all_intervals, best_fit
from dmjax.fits.minimise import STATUS_TEXT
from dmjax.likelihood.joint import JointModel
from dmjax.models import eps_from_y, mediator
from dmjax.models.vector import check_dark_sector
from dmjax.prediction.templates import SignalCounts, dark_matter_signal
from dmjax.studies.nsi_fit import nearest_minimum

SIGNALS = ("none", "dark-photon", "nsi")


@dataclass(frozen=True)
class DarkPhoton:
    """A dark-photon signal at fixed masses; its strength is (Y/Y_REF)².

    Attributes:
        m_v: mediator mass [MeV].
        mass_ratio, alpha_d, dm, channels, conventions: the rest of the prediction.
    """

    m_v: float
    mass_ratio: float = 3.0
    alpha_d: float = 0.5
    dm: str = "dirac"
    channels: tuple[str, ...] = CHANNELS
    conventions: Conventions = DMJAX


@dataclass(frozen=True)
class Nsi:
    """Flavour-diagonal NSI, for csi2017 alone: ε_ee and ε_µµ free.

    Attributes:
        quarks: which quarks carry ε: "u", "d" or "u=d".
    """

    quarks: str = "u"


Point = DarkPhoton | Nsi


class FitSummary(NamedTuple):
    """A fit as it is reported.

    Attributes:
        datasets: names.
        signal: one of `SIGNALS`.
        parameters: name → value, error (inverse Hessian), lower and upper end of the interval
            with −2Δ ln L < 1; None where an end lies outside the allowed range. Of NSI, whose
            counts are parabolas in ε, the solution nearest to ε = 0.
        significance: name → √(−2Δ ln L) between 0 and the best fit, of every free parameter that
            starts at 0.
        two_nll: −2 ln L at the best fit, constants included.
        status: "converged", or why not.
        y: best Y of a dark-photon signal, else None.
    """

    datasets: tuple[str, ...]
    signal: str
    parameters: dict[str, dict[str, float | None]]
    significance: dict[str, float]
    two_nll: float
    status: str
    y: float | None


def _template(name: str, point: DarkPhoton) -> SignalCounts:
    """Events of a data set at Y = Y_REF."""
    m_v = jnp.asarray(point.m_v, float)
    m_chi, eps = m_v / point.mass_ratio, eps_from_y(Y_REF, point.alpha_d, point.mass_ratio)
    model = mediator("dark-photon", m_v, m_chi, eps=eps, alpha_d=point.alpha_d, dm=point.dm)
    setting = search_of(name)
    return dark_matter_signal(setting, model, point.conventions, point.channels)


def _check(names: list[str], point: Point | None) -> None:
    if not names:
        raise InputError("name at least one data set")
    if isinstance(point, Nsi):
        if names != [NSI_DATA]:
            raise InputError(
                f"signal nsi is built for {NSI_DATA} alone, not for {', '.join(names)}"
            )
        return
    if point is None:
        return
    check_channels(point.channels)
    if not (point.m_v > 0 and math.isfinite(point.m_v)):
        raise InputError(f"m_v must be a mass above 0 MeV, got {point.m_v}")
    check_dark_sector(point.mass_ratio, point.alpha_d)


def joint_model(
    names: list[str], point: Point | None = None, systematics: bool = False
) -> JointModel:
    """The joint likelihood of named data sets.

    Args:
        names: of data sets, each once.
        point: a dark-photon signal, then CEvNS is predicted, else it is free; or NSI.
        systematics: with the shape and response nuisances of the releases.
    """
    _check(names, point)
    if isinstance(point, Nsi):
        return JointModel(csi2017_nsi(quarks=point.quarks))
    models = []
    for name in dict.fromkeys(names):
        known = known_analysis(name)
        wanted = {"systematics": systematics, "cevns": "free" if point is None else "predicted"}
        options = {key: value for key, value in wanted.items() if key in known.options}
        models.append(analysis(name, None if point is None else _template(name, point), **options))
    return JointModel(models)


def _significance(joint: JointModel, best: Fit) -> dict[str, float]:
    limits = joint.parameters
    free = (~jnp.isfinite(limits.sigmas)) & (limits.lower == 0.0)
    found = {}
    for name in np.array(limits.names)[np.asarray(free)].tolist():
        without = best_fit(joint, fixed={name: 0.0})
        found[name] = math.sqrt(max(float(without.two_nll - best.two_nll), 0.0))
    return found


def fit_datasets(
    names: list[str], point: Point | None = None, systematics: bool = False
) -> FitSummary:
    """Fit published data sets together: nuisances of one name are one parameter.

    Args:
        names: data sets, e.g. ["csi2021", "lar2020"].
        point: a dark-photon signal at fixed masses, NSI, or None for the backgrounds alone.
        systematics: with the shape and response nuisances of the releases.

    Returns:
        `FitSummary`.

    >>> found = fit_datasets(["ccm120"])
    >>> round(found.parameters["n_excess"]["value"], 1), found.status
    (16.5, 'converged')
    """
    joint = joint_model(names, point, systematics)
    best = nearest_minimum(joint) if isinstance(point, Nsi) else best_fit(joint)
    ends = all_intervals(joint, best=best)
    parameters: dict[str, dict[str, float | None]] = {}
    for i, name in enumerate(joint.parameters.names):
        reached = np.asarray(ends.reached[i])
        parameters[name] = {
            "value": float(best.values[i]),
            "error": float(best.errors[i]),
            "lower": float(ends.lower[i]) if reached[0] else None,
            "upper": float(ends.upper[i]) if reached[1] else None,
        }
    strength = parameters["signal"]["value"] if isinstance(point, DarkPhoton) else None
    return FitSummary(
        datasets=tuple(model.name for model in joint.models),
        signal={DarkPhoton: "dark-photon", Nsi: "nsi"}.get(type(point), "none"),
        parameters=parameters,
        significance=_significance(joint, best),
        two_nll=float(best.two_nll),
        status=STATUS_TEXT[int(best.status)],
        y=None if strength is None else Y_REF * math.sqrt(max(strength, 0.0)),
    )


def signal_point(signal: str, m_v: float | None, quarks: str = "u", **rest) -> Point | None:
    """The signal of a name: "none", "nsi", or "dark-photon" with its mass."""
    if signal not in SIGNALS:
        raise unknown_name("signal", signal, SIGNALS)
    if signal == "none":
        return None
    if signal == "nsi":
        return Nsi(quarks)
    if m_v is None:
        raise InputError("a dark-photon signal needs its mass, e.g. --mv 30")
    return DarkPhoton(m_v, **rest)
