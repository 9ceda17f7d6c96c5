"""What the figures share: the model points they draw, and counts with and without a time cut."""

from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from dmjax.conventions import CHANNELS, Conventions
from dmjax.experiments import Experiment
from dmjax.models import VectorMediator, mediator
from dmjax.prediction.neutrinos import neutrino_background
from dmjax.prediction.predict import N_MOMENTA_WINDOW
from dmjax.prediction.recoils import expected_counts
from dmjax.response import RecoilGrid

EPS = 1e-4
"""Kinetic mixing at which events are counted; where decays are prompt they scale as its fourth
power."""

PROMPT_PARTS = ("prompt", "kaon", "in-flight")
"""Neutrino components that come within tens of ns of the pulse."""

counts = eqx.filter_jit(expected_counts)
neutrinos = eqx.filter_jit(neutrino_background)


class Mass(NamedTuple):
    """A dark photon and its dark matter [MeV]."""

    m_v: float
    m_chi: float


MASSES = (Mass(75.0, 25.0), Mass(138.0, 5.0))
"""Our choice for Figs. 4 and 5: the legends of the paper are not in its text."""


class EnergyPanel(NamedTuple):
    """Recoil spectra of one detector.

    Attributes:
        experiment, title: which.
        edges_kev: bins in nuclear or electron recoil energy [keV].
        energy_cut_kev: limits of the paper's energy cut [keV].
        time_cut_us: the time cut [µs].
        window_us: end of what "before" counts [µs].
        before, after: component → events per bin, without and with the time cut; dark matter under
            its `label`.
        eps: label → kinetic mixing at which that dark matter is drawn.
    """

    experiment: str
    title: str
    edges_kev: np.ndarray
    energy_cut_kev: tuple[float, ...]
    time_cut_us: float
    window_us: float
    before: dict[str, np.ndarray]
    after: dict[str, np.ndarray]
    eps: dict[str, float]


class RecoilFigure(NamedTuple):
    """Numbers of a figure of recoil spectra, one panel per detector."""

    caption: str
    conventions: dict
    version: str
    panels: tuple[EnergyPanel, ...]


def label(mass: Mass) -> str:
    """Name of a model point in a figure.

    >>> label(Mass(75.0, 25.0))
    '(75, 25) MeV'
    """
    return f"({mass.m_v:g}, {mass.m_chi:g}) MeV"


def dark_photon(mass: Mass, lifetime_ns: float | None = None) -> VectorMediator:
    """A dark photon at ε = `EPS` and α_D = 0.5, Dirac χ."""
    return mediator("dark-photon", mass.m_v, mass.m_chi, eps=EPS, lifetime_ns=lifetime_ns)


def dark_matter(
    detector: Experiment,
    point: VectorMediator,
    recoils: RecoilGrid,
    time_edges: np.ndarray,
    conventions: Conventions,
    long_lived: bool = False,
) -> np.ndarray:
    """Events of all channels together, (energy bins, time bins)."""
    edges = jnp.asarray(time_edges, float)
    per_channel = counts(
        detector, point, recoils, edges, conventions, CHANNELS, N_MOMENTA_WINDOW, long_lived
    )
    return np.asarray(per_channel.sum(0))


def cut_in_time(
    detector: Experiment,
    recoils: RecoilGrid,
    cut_us: float,
    window_us: float,
    conventions: Conventions,
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Neutrinos and both dark-matter points per energy bin: t < `window_us`, and t < `cut_us`."""
    edges = np.array([0.0, cut_us, window_us])
    found = neutrinos(detector, recoils, jnp.asarray(edges), conventions)
    events = {name: np.asarray(values) for name, values in found.items()}
    for mass in MASSES:
        point = dark_photon(mass)
        events[label(mass)] = dark_matter(detector, point, recoils, edges, conventions)
    before = {name: values.sum(1) for name, values in events.items()}
    return before, {name: values[:, 0] for name, values in events.items()}


def as_bright_as_delayed(
    before: dict[str, np.ndarray], after: dict[str, np.ndarray]
) -> dict[str, float]:
    """Scale each dark-matter point, in place, to the delayed neutrinos before the cut; its ε."""
    eps = {}
    for mass in MASSES:
        name = label(mass)
        scale = float(before["delayed"].sum() / before[name].sum())
        before[name], after[name] = scale * before[name], scale * after[name]
        eps[name] = EPS * scale**0.25
    return eps


def energy_panel(
    detector: Experiment,
    title: str,
    recoils: RecoilGrid,
    edges_kev: np.ndarray,
    window_us: float,
    conventions: Conventions,
    energy_cut_kev: tuple[float, ...] | None = None,
    measured: tuple[dict[str, np.ndarray], dict[str, np.ndarray]] = ({}, {}),
) -> EnergyPanel:
    """Spectra of one detector before and after the time cut of its selection.

    Args:
        detector, title: which.
        recoils, edges_kev: bins of the recoil energy.
        window_us: end of what counts as before the cut [µs].
        conventions: profile.
        energy_cut_kev: limits of the energy cut; None: the selection's lowest recoil.
        measured: other backgrounds, before and after the cut.
    """
    chosen = detector.selection
    before, after = cut_in_time(detector, recoils, chosen.time_max_us, window_us, conventions)
    before, after = before | measured[0], after | measured[1]
    eps = as_bright_as_delayed(before, after)
    return EnergyPanel(
        experiment=detector.name,
        title=title,
        edges_kev=edges_kev,
        energy_cut_kev=energy_cut_kev or (chosen.recoil_min_kev,),
        time_cut_us=chosen.time_max_us,
        window_us=window_us,
        before=before,
        after=after,
        eps=eps,
    )


def panel_rows(panels: tuple[EnergyPanel, ...]) -> list[dict[str, Any]]:
    """One row per bin and component: events before and after the time cut."""
    return [
        {
            "experiment": panel.experiment,
            "component": name,
            "low_kev": panel.edges_kev[i],
            "high_kev": panel.edges_kev[i + 1],
            "events_before": before,
            "events_after": panel.after[name][i],
        }
        for panel in panels
        for name, events in panel.before.items()
        for i, before in enumerate(events)
    ]


def share_above(panel: EnergyPanel, name: str, kev: float) -> float:
    """Share of a component before the time cut in bins that start at or above an energy [keV]."""
    events = panel.before[name]
    return float(events[panel.edges_kev[:-1] >= kev * (1.0 - 1e-12)].sum() / events.sum())


def share_kept(panel: EnergyPanel, name: str) -> float:
    """Share of a component that the time cut leaves."""
    return float(panel.after[name].sum() / panel.before[name].sum())
