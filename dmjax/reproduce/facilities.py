"""Stopped-pion facilities compared: what each is expected to exclude, in one convention."""

from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from dmjax.conventions import D20, Conventions
from dmjax.plots.canvas import new_figure
from dmjax.reproduce.asked import terms
from dmjax.reproduce.lines import frame
from dmjax.reproduce.made import Made
from dmjax.studies.check_result import CheckResult
from dmjax.studies.checking import run_check
from dmjax.studies.limits import run_limit
from dmjax.studies.settings import CheckSettings, LimitSettings

MASSES = np.array([3.0, 10.0, 30.0, 75.0, 100.0, 120.0, 130.0, 137.0])
"""m_V [MeV]."""

STATED = (10.0, 75.0, 130.0)
"""m_V [MeV] of the numbers in the note."""

YEARS = 3.0
"""Of 5000 h each."""


class Look(NamedTuple):
    """Text of the legend, colour, style of a line."""

    text: str
    colour: str
    style: str = "-"


DETECTORS = {
    "coherent-csi": Look("SNS, CsI[Na] 14.6 kg", "#b2182b"),
    "coherent-csi-cryo": Look("SNS, cryogenic CsI 10 kg", "#b2182b", "--"),
    "coherent-lar": Look("SNS, LAr 24 kg", "#2166ac"),
    "coherent-lar-610": Look("SNS, LAr 610 kg", "#2166ac", "--"),
    "coherent-ge": Look("SNS, Ge 10.7 kg", "#1b7837"),
    "ccm200": Look("Lujan, LAr 7 t", "#000000"),
    "jsns2": Look(r"MLF, scintillator 17 t ($e^-$)", "#e08214"),
    "csns-csi": Look("CSNS, cryogenic CsI 12 kg", "#8c6d00", ":"),
    "ess-csi": Look("ESS, cryogenic CsI 32 kg", "#762a83"),
    "ess-xe": Look("ESS, Xe gas 20 kg", "#762a83", "--"),
    "pip2-bd": Look("PIP-II, LAr 100 t", "#666666", "-."),
}


class Facility(NamedTuple):
    """One detector after `YEARS`.

    Attributes:
        experiment, title, beam: which.
        mass_kg, distance_m, angle_deg, pot: where it stands, and protons on target.
        threshold_kev: recoil of which half as many are accepted as at most [keV].
        time_bins, window_us: of the likelihood.
        neutrinos, steady, neutrons: events in its bins.
        signal_error: of every signal-like yield.
        y: median expected limit on Y at `MASSES`.
        method: of the limit: "asymptotic", "exact", "averaged", or several.
        assumed: keys of its files whose numbers are not published.
    """

    experiment: str
    title: str
    beam: str
    mass_kg: float
    distance_m: float
    angle_deg: float
    pot: float
    threshold_kev: float | None
    time_bins: int
    window_us: float
    neutrinos: float
    steady: float
    neutrons: float
    y: np.ndarray
    method: str
    assumed: list[str]


def make(conventions: Conventions = D20) -> Made:
    """One figure and one table of every facility.

    Args:
        conventions: profile.
    """
    found = compute(conventions)
    numbers = {"m_v": MASSES, "years": YEARS, "facilities": found}
    return Made(numbers, [_row(one) for one in found], draw(found), (), _note(found))


def compute(conventions: Conventions = D20) -> list[Facility]:
    """Every detector of `DETECTORS` after `YEARS`, without signal.

    Args:
        conventions: profile.
    """
    return [facility(name, conventions) for name in DETECTORS]


def facility(name: str, conventions: Conventions = D20) -> Facility:
    """One detector: exposure, threshold, backgrounds, and the median limit expected.

    The likelihood is Poisson in the detector's own bins of the observable and of time, all of them,
    with the backgrounds of its file and their errors; 90 % CLs.

    Args:
        name: a preset, or the path of a detector file.
        conventions: profile.
    """
    profile = terms(conventions)
    seen = run_check(CheckSettings(experiment=name, years=YEARS, **profile))
    m_v = tuple(MASSES.tolist())
    limit = run_limit(LimitSettings(where=(name,), m_v=m_v, expected=True, years=YEARS, **profile))
    return Facility(
        experiment=name,
        title=seen.title,
        beam=seen.beam,
        mass_kg=seen.mass_kg,
        distance_m=seen.distance_m,
        angle_deg=seen.angle_deg,
        pot=seen.pot,
        threshold_kev=seen.threshold_kev,
        time_bins=len(seen.time_edges_us) - 1,
        window_us=float(seen.time_edges_us[-1] - seen.time_edges_us[0]),
        neutrinos=_events(seen, "neutrino"),
        steady=_events(seen, "steady"),
        neutrons=_events(seen, "beam"),
        y=np.asarray(limit.limit),
        method=" and ".join(sorted(set(limit.methods or []))),
        assumed=seen.assumed,
    )


def _events(seen: CheckResult, kind: str) -> float:
    """Events of one kind of background."""
    return sum(n for name, n in seen.events.items() if seen.kinds[name] == kind)


def _row(one: Facility) -> dict[str, Any]:
    kept = {key: value for key, value in one._asdict().items() if key not in ("y", "assumed")}
    limits = {f"y_{m:g}_mev": y for m, y in zip(MASSES, one.y, strict=True)}
    return kept | limits | {"assumed": "; ".join(one.assumed)}


def _note(found: list[Facility]) -> str:
    """Who is deepest where, and what the comparison rests on."""
    deepest = []
    for m_v in STATED:
        at = [float(one.y[m_v == MASSES][0]) for one in found]
        order = np.argsort(at)[:3]
        named = ", ".join(f"{found[i].experiment} {at[i]:.2g}" for i in order)
        deepest.append(f"at {m_v:g} MeV {named}")
    firm = [one.experiment for one in found if not one.assumed]
    return (
        f"Y of the three deepest: {'; '.join(deepest)}. {YEARS:g} years of 5000 h each; Poisson "
        "likelihood in each detector's own bins of the observable and of time, all of them and "
        "not the cuts of Table 5, with the pulse of its beam; its neutrinos, steady state, "
        "neutrons and their errors; median 90 % CLs without signal. Where a detector declares no "
        "steady state or neutrons, neutrinos alone are counted, which is why jsns2, csns-csi and "
        "pip2-bd look as good as they do. An asterisk marks files with numbers that are not "
        f"published, named in the column assumed; without one are {', '.join(firm)}, of which "
        "jsns2 counts true recoils with no efficiency, as its projection is printed. Pulses of the "
        "ESS last 2860 us, so that its time tells nothing; ccm200 has one bin of 190 ns."
    )


def draw(found: list[Facility]) -> Figure:
    """Expected limits on Y against m_V.

    Args:
        found: facilities.
    """
    figure, axes = new_figure(4.6, 6.4)
    for one in found:
        look = DETECTORS[one.experiment]
        label = look.text + (" *" if one.assumed else "")
        axes.plot(MASSES, one.y, color=look.colour, ls=look.style, lw=1.5, label=label)
    axes.set_xscale("log")
    axes.set_yscale("log")
    frame(
        axes,
        MASSES,
        rf"Expected 90 % limits, {YEARS:g} years each: dark photon, Dirac $\chi$, "
        r"$\alpha_D$ = 0.5, $m_V = 3m_\chi$",
        6.5,
    )
    return figure
