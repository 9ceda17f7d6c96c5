"""Fig. 5 of arXiv:2006.09386: recoil spectra at CCM (argon) and at JSNS² (electrons)."""

import numpy as np
from matplotlib.figure import Figure

from dmjax._version import __version__
from dmjax.conventions import D20, Conventions, describe
from dmjax.experiments import experiment
from dmjax.reproduce.made import Check, Made, said
from dmjax.reproduce.panels import draw_recoils
from dmjax.reproduce.spectra import (
    MASSES,
    EnergyPanel,
    RecoilFigure,
    energy_panel,
    label,
    panel_rows,
    share_above,
    share_kept,
)
from dmjax.response import all_recoils

CCM_EDGES_KEV = np.linspace(5.0, 200.0, 40)
JSNS2_EDGES_KEV = np.linspace(5e3, 3e5, 60)
NOTE = (
    "As in the paper, prompt neutrinos of pions end below the cuts, dark matter goes beyond the "
    "neutrinos, and the time cut leaves dark matter alone. Model points and their couplings are "
    "ours, since the legends are not in the paper's text; bins too."
)
CAPTION = (
    "Recoil spectra of argon at CCM and of electrons at JSNS2 for one year, before and after the "
    "time cut, without efficiency or resolution; before: t < 2 us at CCM, t < 1 us at JSNS2, "
    "whose protons are all in the first pulse. CCM: the loose cut. Dashed: the energy cuts. "
    "Electrons recoil from neutrinos by elastic scattering alone. Dark matter: dark photon, "
    "alpha_D = 0.5, prompt decays, at an arbitrary coupling (each point has as many events as the "
    "delayed neutrinos before the time cut; eps is stated)."
)


def compute(conventions: Conventions = D20) -> RecoilFigure:
    """Recoil spectra before and after the time cut of Table 5.

    Args:
        conventions: profile.

    Returns:
        CCM, then JSNS². As in the paper, prompt neutrinos of pions end below the cuts (47.6 keV and
        29.5 MeV), those of kaons fall off at 235 MeV, and dark matter goes beyond the neutrinos.
        The time cut leaves every dark-matter event and a fifth of the delayed neutrinos. χ of
        (138, 5) MeV come from π⁻ capture and give electrons at most 54 MeV; the rest is from η and
        the cascade.
    """
    panels = (
        _panel("ccm-loose", "CCM, LAr", CCM_EDGES_KEV, conventions),
        _panel("jsns2", r"JSNS$^2$, Gd-LS", JSNS2_EDGES_KEV, conventions),
    )
    return RecoilFigure(CAPTION, describe(conventions), __version__, panels)


def _panel(name: str, title: str, edges: np.ndarray, conventions: Conventions) -> EnergyPanel:
    detector = experiment(name)
    window = detector.time_edges[-1]
    return energy_panel(detector, title, all_recoils(edges), edges, window, conventions)


def make(conventions: Conventions = D20) -> Made:
    """The figure, its numbers, and what the paper says of them."""
    result = compute(conventions)
    checks = tuple(check for panel in result.panels for check in _checks(panel))
    return Made(result, panel_rows(result.panels), draw(result), checks, NOTE)


def _checks(panel: EnergyPanel) -> tuple[Check, ...]:
    where, dark = panel.title, [label(mass) for mass in MASSES]
    prompt = share_above(panel, "prompt", panel.energy_cut_kev[0])
    kept = min(share_kept(panel, name) for name in dark)
    delayed = share_kept(panel, "delayed")
    return (
        said(f"{where}: prompt neutrinos above the cut", "none", prompt, prompt < 1e-3),
        said(f"{where}: dark matter that the time cut leaves", "nearly all", kept, kept > 0.99),
        said(f"{where}: delayed neutrinos that it leaves", "few", delayed, delayed < 0.25),
    )


def draw(result: RecoilFigure) -> Figure:
    """CCM above, JSNS² below; before the time cut on the left, after it on the right."""
    return draw_recoils(result.panels, 5, result.conventions, log_y=True)
