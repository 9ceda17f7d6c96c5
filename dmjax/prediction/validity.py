"""Where a prediction leaves the range in which it holds: a code and one line of text for each."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import ArrayLike

from dmjax.constants import E_CHARGE, M_PI0, M_PION
from dmjax.conventions import CHANNELS
from dmjax.experiments import Experiment
from dmjax.experiments.missing_energy import MissingEnergy
from dmjax.models import (
    PRESETS,
    Charges,
    DoubleMediator,
    VectorMediator,
    heavier_mass,
    producer_of,
    scatterer_of,
)
from dmjax.models.charges import LOOP_MIXING
from dmjax.models.couplings import LARGEST_EPS
from dmjax.prediction.points import chi_mass, kappa_of
from dmjax.prediction.signal import EVENTS, Signal, charges_of
from dmjax.sources.brem_table import heaviest_mev
from dmjax.sources.cascade import LOWEST_PHOTON_MEV

Detector = Experiment | MissingEnergy


class _Point(NamedTuple):
    """What the statements ask of a model point.

    Attributes:
        mass: of what makes χ [MeV]; threshold: 2m_χ + Δ [MeV].
        eps: largest κ_f/e.
        charges: of what makes χ.
        dark: (κ_f, κ_D) of X where another mediator scatters, else None.
    """

    mass: float
    threshold: float
    eps: float
    charges: Charges
    dark: tuple[float, float] | None


def notes(
    experiment: Detector,
    point: VectorMediator | DoubleMediator,
    channels: tuple[str, ...] = CHANNELS,
) -> dict[str, str]:
    """What the prediction of a model point leaves out, or stretches.

    Args:
        experiment: detector and beam.
        point: with concrete numbers.
        channels: of the prediction.

    Returns:
        Code → one line: "cascade-fit" (electrons below 50 MeV), "cascade-isotropic" (a detector
        behind the target), "large-coupling" (ε > 0.1), "virtual-mediator" (V → χχ̄ closed),
        "hadronic-widths" (V above 2m_π, or above m_π⁰ where it couples to baryon number alone),
        "no-loop-mixing" (X of a double mediator that decays to χχ̄ alone). Empty: none of them.

    >>> from dmjax.experiments import experiment
    >>> from dmjax.models import mediator
    >>> lar = experiment("coherent-lar")
    >>> sorted(notes(lar, mediator("dark-photon", 20.0, 5.0, eps=0.2)))
    ['cascade-fit', 'cascade-isotropic', 'large-coupling']
    """
    make, hit = producer_of(point), scatterer_of(point)
    kappas = [float(np.exp(v.log_kappa)) for v in (make, hit)]
    dark = math.sqrt(4.0 * math.pi * float(np.exp(make.log_alpha_d)))
    seen = _Point(
        float(make.m_v),
        float(make.m_chi + heavier_mass(make)),
        max(kappas) / E_CHARGE,
        make.charges,
        (kappas[0], dark) if isinstance(point, DoubleMediator) else None,
    )
    return _statements(experiment, seen, channels)


def signal_notes(
    experiments: Sequence[Detector],
    signal: Signal,
    masses: ArrayLike,
    couplings: ArrayLike,
) -> dict[str, str]:
    """The statements that hold at any of many points, e.g. along a limit.

    Args:
        experiments: detectors of the result.
        signal: what was searched for; "events" has no physics, and so none.
        masses: of V [MeV], (masses,).
        couplings: in `signal.coupling`, of their shape or one; not finite: not looked at.

    Returns:
        Code → one line, of the first point that has it, and the range of m_V where it holds.

    >>> from dmjax.experiments import experiment
    >>> found = signal_notes([experiment("ccm120")], Signal(), [10.0, 20.0, 75.0], 1e-10)
    >>> found["cascade-fit"].endswith("(m_V = 10 to 20 MeV)")
    True
    """
    if signal.model == EVENTS:
        return {}
    m_v = np.atleast_1d(np.asarray(masses, float))
    values = np.broadcast_to(np.asarray(couplings, float), m_v.shape)
    first: dict[str, str] = {}
    where: dict[str, list[float]] = {}
    for mass, value in zip(m_v.tolist(), values.tolist(), strict=True):
        seen = _point_of(signal, mass, value)
        for one in experiments:
            for code, text in _statements(one, seen, signal.channels).items():
                first.setdefault(code, text)
                where.setdefault(code, []).append(mass)
    return {code: f"{text} (m_V = {_range(where[code])} MeV)" for code, text in first.items()}


def _range(masses: list[float]) -> str:
    low, high = min(masses), max(masses)
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _point_of(signal: Signal, mass: float, coupling: float) -> _Point:
    known = math.isfinite(coupling) and coupling > 0.0
    kappa = float(kappa_of(signal, mass, coupling)) if known else 0.0
    threshold = 2.0 * float(chi_mass(signal, mass)) + signal.splitting
    if not signal.double:
        model = charges_of(signal)
        charges = model if isinstance(model, Charges) else PRESETS[model]
        return _Point(mass, threshold, kappa / E_CHARGE, charges, None)
    dark = (signal.kappa_x or 0.0, signal.kappa_d_x or 0.0)
    eps = max(kappa, dark[0]) / E_CHARGE
    charges = PRESETS[signal.model_x or "baryonic"]
    return _Point(signal.m_x or 0.0, threshold, eps, charges, dark)


def _statements(experiment: Detector, point: _Point, channels: tuple[str, ...]) -> dict[str, str]:
    found = {
        "large-coupling": _large_coupling(point),
        "virtual-mediator": _virtual(point),
        "hadronic-widths": _hadronic(point),
        "no-loop-mixing": _unmixed(point),
    }
    if isinstance(experiment, MissingEnergy):
        found["search"] = f"{experiment.name}: {experiment.note}" if experiment.note else ""
        found["beyond-table"] = _beyond(experiment, point)
        found["approximate"] = _approximate(experiment)
        return {code: text for code, text in found.items() if text}
    radiates = "cascade" in channels and "cascade" in experiment.beam.channels
    if radiates and point.charges.electron != 0.0:
        found["cascade-fit"] = _cascade_fit(point)
        found["cascade-isotropic"] = _backward(experiment)
    return {code: text for code, text in found.items() if text}


def _beyond(search: MissingEnergy, point: _Point) -> str:
    end = heaviest_mev(search.table)
    if point.mass <= end:
        return ""
    return f"V of {point.mass:g} MeV is beyond the table of bremsstrahlung, which ends at {end:g}"


def _approximate(search: MissingEnergy) -> str:
    if search.method == "exact":
        return ""
    return (
        "the improved Weizsaecker-Williams approximation is 4 % above the exact cross section at "
        "10 MeV and 1.4 to 2 times it above 50 MeV: limits are too strong"
    )


def _large_coupling(point: _Point) -> str:
    if point.eps <= LARGEST_EPS:
        return ""
    return f"a coupling of {point.eps:.2g} e: fluxes and widths are first order, for ε below 0.1"


def _virtual(point: _Point) -> str:
    if point.mass > point.threshold:
        return ""
    return f"V of {point.mass:g} MeV is always virtual in V -> chi chi: such χ are not counted"


def _hadronic(point: _Point) -> str:
    x = point.charges
    if x.up == x.down == 0.0:
        return ""
    lightest, pair = (M_PI0, "pi0 gamma") if x.up == x.down else (2.0 * M_PION, "pi pi")
    if point.mass <= lightest:
        return ""
    return (
        f"V of {point.mass:g} MeV decays to {pair} too: hadronic widths are left out, so that its "
        "lifetime and BR(V -> chi chi) are upper bounds"
    )


def _unmixed(point: _Point) -> str:
    x = point.charges
    if point.dark is None or x.electron != 0.0:
        return ""
    kappa, dark = point.dark
    visible = (kappa * LOOP_MIXING) ** 2
    share = dark**2 / (dark**2 + visible)
    return (
        f"X has no loop mixing: with ε_X = e κ_X/(4π)² (model_x = leptophobic) about {share:.2g} "
        "of it would decay to χ"
    )


def _cascade_fit(point: _Point) -> str:
    if point.mass >= LOWEST_PHOTON_MEV:
        return ""
    return (
        f"cascade: V of {point.mass:g} MeV comes in part from electrons below 50 MeV, where the "
        "fit makes 10 to 1000 times too many"
    )


def _backward(experiment: Experiment) -> str:
    angle = experiment.beam.angle
    if angle is None or math.degrees(angle) <= 90.0 + 1e-6:
        return ""
    return (
        f"cascade: isotropic, so that at {math.degrees(angle):.0f} degrees, behind the target, "
        "there are too many V"
    )
