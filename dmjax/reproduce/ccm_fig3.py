"""Fig. 3 of arXiv:2109.14146: leptophobic dark matter in CCM120, and what CCM200 will see."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from dmjax.conventions import D20, Conventions
from dmjax.plots.canvas import new_figure
from dmjax.plots.limits import LABELS
from dmjax.reproduce.asked import terms
from dmjax.reproduce.made import Check, Made, near, said
from dmjax.studies.limits import run_limit
from dmjax.studies.relic import run_relic
from dmjax.studies.relic_settings import RelicSettings
from dmjax.studies.settings import LimitSettings

RATIO, ALPHA_D = 2.1, 0.5
M_CHI = np.union1d(np.geomspace(1.0, 62.0, 18), [9.0, 13.0, 50.0])
"""[MeV]."""

SCENARIOS = {
    "current-filtered": ("current shielding, filtered", "#2166ac"),
    "improved-filtered": ("improved shielding, filtered", "#e08214"),
    "improved-underground": ("improved shielding, underground", "#d01c8b"),
}
RULE = 1.5e-11
"""α_B α_χ (MeV/m_V)⁴ of the paper's estimate far from the pole."""

NOTE = (
    "With the pole of the thermal average resolved our limit excludes the relic line from 8 MeV "
    "on, in print from 9 on; up to 62 MeV, where our axis ends, in print up to 50: ours has V of "
    "pi- capture beside those of pi0 decay, the paper's generator pi0 alone. The paper's estimate "
    "of the line far from the pole, with (m_V^2 - 4 m_chi^2)^2 for m_V^4, lies above ours from 3 "
    "MeV on and would be excluded from 4.5 MeV on. Limits are CLs of the one counted number by "
    "formulas, not Feldman-Cousins with the energies. CCM200: the paper prints no background of "
    "its three scenarios; ours are stated in the detector's file, and their order agrees."
)
MISSING = ("MiniBooNE, NA62 and anomalon limits at m_V = 2.1 m_chi: not public in numbers",)


class CcmFig3(NamedTuple):
    """Numbers of Fig. 3, α_B = g_B²/4π against m_χ.

    Attributes:
        m_chi: [MeV].
        observed: upper limit of CCM120.
        expected: without signal at −2, −1, 0, 1, 2 σ, (m_chi, 5).
        ccm200: scenario → median expected.
        relic: target of the thermal average, with the pole.
        rule: the paper's estimate, its m_V⁴ as (m_V² − 4m_χ²)².
        excluded: first and last m_χ [MeV] of the relic line above the observed limit.
        excluded_by_rule: the same of `rule`.
    """

    m_chi: np.ndarray
    observed: np.ndarray
    expected: np.ndarray
    ccm200: dict[str, np.ndarray]
    relic: np.ndarray
    rule: np.ndarray
    excluded: tuple[float, float]
    excluded_by_rule: tuple[float, float]


def make(conventions: Conventions = D20) -> Made:
    """The figure, its numbers, and what the paper says of them."""
    result = compute(conventions)
    columns = {
        "m_chi_mev": result.m_chi,
        "observed": result.observed,
        **{f"expected_{s:+d}sigma": result.expected[:, i] for i, s in enumerate(range(-2, 3))},
        **{f"ccm200_{name}": values for name, values in result.ccm200.items()},
        "relic": result.relic,
        "rule": result.rule,
    }
    rows: list[dict[str, Any]] = [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]
    return Made(result, rows, _draw(result), _checks(result), NOTE, MISSING)


def compute(conventions: Conventions = D20) -> CcmFig3:
    """Limits of CCM120 and CCM200, and the thermal target."""
    asked = LimitSettings(
        where=("ccm120",),
        m_v=tuple((RATIO * M_CHI).tolist()),
        model="leptophobic",
        dm="scalar",
        mass_ratio=RATIO,
        alpha_d=ALPHA_D,
        coupling="alpha_B",
        method="asymptotic",
        bands=True,
        **terms(conventions),
    )
    seen = run_limit(asked)
    later = replace(asked, where=("ccm200",), expected=True, method="auto", bands=False)
    ccm200 = {name: run_limit(replace(later, background=name)) for name in SCENARIOS}
    line, rule = _relic(), RULE * (RATIO**2 - 4.0) ** 2 * M_CHI**4 / ALPHA_D
    observed = np.asarray(seen.limit)
    return CcmFig3(
        m_chi=M_CHI,
        observed=observed,
        expected=np.asarray(seen.expected),
        ccm200={name: np.asarray(found.limit) for name, found in ccm200.items()},
        relic=line,
        rule=rule,
        excluded=excluded(observed, line),
        excluded_by_rule=excluded(observed, rule),
    )


def _relic() -> np.ndarray:
    """α_B of the thermal target."""
    settings = RelicSettings(
        chi_masses=tuple(M_CHI.tolist()),
        model="leptophobic",
        dm="scalar",
        mass_ratio=RATIO,
        alpha_d=ALPHA_D,
    )
    return np.asarray(run_relic(settings).coupling) ** 2 / (4.0 * np.pi)


def excluded(limit: np.ndarray, line: np.ndarray) -> tuple[float, float]:
    """First and last m_χ [MeV] at which a line is above a limit, log–log between points.

    Returns:
        NaN twice where it never is.
    """
    above = np.log(line / limit)
    fine = np.geomspace(M_CHI[0], M_CHI[-1], 2000)
    inside = fine[np.interp(np.log(fine), np.log(M_CHI), above) > 0.0]
    return (float(inside[0]), float(inside[-1])) if inside.size else (np.nan, np.nan)


def _checks(result: CcmFig3) -> tuple[Check, ...]:
    (low, high), by_rule = result.excluded, result.excluded_by_rule
    middle = np.searchsorted(M_CHI, 13.0)
    order = [result.ccm200[name][middle] for name in SCENARIOS]
    falls = order[0] > order[1] > order[2]
    return (
        near("relic line excluded from m_chi [MeV], pole resolved", 9.0, low, 0.15),
        near("relic line excluded up to m_chi [MeV], pole resolved", 50.0, high, 0.15),
        near("the same from [MeV], line by the paper's estimate", 9.0, by_rule[0], 0.15),
        near("the same up to [MeV], line by the paper's estimate", 50.0, by_rule[1], 0.15),
        said(
            "CCM200 best over worst scenario at 13 MeV",
            "in the order named",
            order[2] / order[0],
            falls,
        ),
    )


def _draw(result: CcmFig3) -> Figure:
    figure, axes = new_figure(4.2, 5.4)
    m_chi, bands = result.m_chi, result.expected
    axes.fill_between(
        m_chi, bands[:, 0], bands[:, 4], color="#fee08b", lw=0, label=r"expected $\pm 2\sigma$"
    )
    axes.fill_between(
        m_chi, bands[:, 1], bands[:, 3], color="#7fbf7b", lw=0, label=r"expected $\pm 1\sigma$"
    )
    axes.plot(m_chi, bands[:, 2], "k:", label="CCM120 median")
    axes.plot(m_chi, result.observed, "k-", lw=1.6, label="CCM120 observed")
    for name, (text, colour) in SCENARIOS.items():
        axes.plot(m_chi, result.ccm200[name], ":", color=colour, lw=1.6, label=f"CCM200: {text}")
    axes.plot(m_chi, result.relic, color="#1b7837", lw=1.8, label="relic density, with the pole")
    axes.plot(m_chi, result.rule, "--", color="#1b7837", lw=1.2, label="the paper's estimate")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(m_chi[0], m_chi[-1])
    axes.set_xlabel(r"$m_\chi$ [MeV]")
    axes.set_ylabel(LABELS["alpha_B"])
    axes.set_title(
        r"arXiv:2109.14146 Fig. 3 by dmjax: scalar $\chi$, $m_V = 2.1m_\chi$, $\alpha_\chi$ = 0.5",
        fontsize=8.0,
    )
    axes.legend(fontsize=7, frameon=False, loc="upper left")
    return figure
