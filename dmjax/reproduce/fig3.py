"""Fig. 3 of arXiv:2006.09386: arrival times of dark matter against those of neutrinos."""

from dataclasses import replace
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dmjax._version import __version__
from dmjax.constants import BR_KAON_MUON
from dmjax.conventions import D20, Conventions, describe
from dmjax.experiments import Experiment, experiment
from dmjax.prediction.ceiling import recoil_ceiling_kev
from dmjax.prediction.points import in_flight
from dmjax.prediction.predict import TIME_CEILING_US
from dmjax.reproduce.made import Check, Made, said
from dmjax.reproduce.panels import BLUE, COLOURS, ORANGE, RED, blank
from dmjax.reproduce.spectra import PROMPT_PARTS, Mass, dark_matter, dark_photon, neutrinos
from dmjax.response import all_recoils
from dmjax.sources.neutrinos import stopped_pion_neutrinos


class Point(NamedTuple):
    """One dark-matter histogram: masses [MeV], proper lifetime [ns], colour, text."""

    mass: Mass
    lifetime_ns: float
    colour: str
    text: str


POINTS = {
    "75 MeV, 1 ns": Point(Mass(75.0, 25.0), 1.0, BLUE, r"75 MeV, $\tau\leq$ 1 ns"),
    "75 MeV, 1 us": Point(Mass(75.0, 25.0), 1000.0, RED, r"75 MeV, $\tau$ = 1 $\mu$s"),
    "138 MeV, 1 us": Point(Mass(138.0, 5.0), 1000.0, ORANGE, r"138 MeV, $\tau$ = 1 $\mu$s"),
}
"""τ ≤ 1 ns is drawn at 1 ns: prompt decays differ by less than 1 % of the peak in every bin. m_χ is
our choice; at 138 MeV it is small because χ of 46 MeV from X at rest lift an electron to 1.2 MeV
at most, below the threshold of JSNS²."""

NOTE = (
    "As in the paper, prompt decays follow the beam pulse and end within the time cuts, X of 75 "
    "MeV that live 1 us are nearly as early, and X of 138 MeV leave a tail like that of delayed "
    "neutrinos. That tail drops when X has flown past the detector, which the paper does not "
    "mention. Lifetimes are proper; m_chi is our choice, since the legends are not in the paper's "
    "text."
)
CAPTION = (
    "Arrival times of dark matter (all production channels) and of neutrinos (prompt and delayed "
    "stacked, together unit-normalised) above the thresholds of Table 2, no efficiency; every "
    "histogram is normalised to the times shown. Bins are finer than the detectors' own: 0.1, "
    "0.03 and 0.05 us. Lifetimes are proper; m_chi = 25 MeV at 75 MeV, 5 MeV at 138 MeV. "
    "Neutrinos of K+ and in flight count as prompt. JSNS2: both pulses, 0.44 us apart, start at 0 "
    "and 0.54 us."
)


class Setup(NamedTuple):
    """One panel: detector, title, threshold of [D20] Table 2 [keV], bins [µs]."""

    experiment: str
    title: str
    threshold_kev: float
    n_bins: int
    bin_us: float


SETUPS = (
    Setup("coherent-csi", "COHERENT", 6.5, 40, 0.1),
    Setup("ccm-loose", "CCM", 25.0, 40, 0.03),
    Setup("jsns2", r"JSNS$^2$ (two pulses)", 2.6e3, 24, 0.05),
)


class TimePanel(NamedTuple):
    """Arrival times at one detector; shares of events per bin.

    Attributes:
        experiment, title: which.
        threshold_kev: lowest recoil [keV].
        time_edges_us: bins [µs].
        dark: point → shares that sum to one.
        prompt, delayed: neutrino shares that sum to one together.
        later: dark-matter point or "prompt", "delayed" → share of its events after the last bin.
    """

    experiment: str
    title: str
    threshold_kev: float
    time_edges_us: np.ndarray
    dark: dict[str, np.ndarray]
    prompt: np.ndarray
    delayed: np.ndarray
    later: dict[str, float]


class Fig3(NamedTuple):
    """Numbers of Fig. 3, one panel per detector."""

    caption: str
    conventions: dict
    version: str
    panels: tuple[TimePanel, ...]


def by_pulse(detector: Experiment) -> Experiment:
    """The detector with neutrino times that are the pulse ⊗ decays, not a release's tables."""
    old = detector.neutrinos
    new = stopped_pion_neutrinos(
        old.per_pot,
        detector.pulse,
        kaons_per_pot=old.kaon_per_pot / BR_KAON_MUON,
        inflight=old.inflight,
    )
    return eqx.tree_at(lambda e: e.neutrinos, detector, new)


def compute(conventions: Conventions = D20) -> Fig3:
    """Unit-normalised arrival-time spectra.

    Args:
        conventions: profile; both pulses of JSNS² are in one clock with any.

    Returns:
        Fig3. As in the paper, prompt X (blue) follow the beam pulse: all but 0.1 % come within
        the paper's time cuts, about two pulse widths. Most X of 75 MeV that live for 1 µs (red)
        fly past the detector, and those that decay before it come some 20 ns later on average.
        At 138 MeV (orange) π⁻ capture makes X of β = 0.06, with a long tail as that of delayed
        neutrinos; it drops when X has flown past the detector (L/β = 1.1 µs after the pulse at
        COHERENT), which the paper does not mention.
    """
    panels = tuple(_panel(setup, conventions) for setup in SETUPS)
    return Fig3(CAPTION, describe(conventions), __version__, panels)


def _panel(setup: Setup, conventions: Conventions) -> TimePanel:
    detector = in_flight(by_pulse(experiment(setup.experiment)))
    conventions = replace(conventions, one_clock=True)
    recoils = all_recoils(np.array([setup.threshold_kev, recoil_ceiling_kev(detector)]))
    edges = setup.bin_us * np.arange(setup.n_bins + 1.0)
    all_edges = np.append(edges, TIME_CEILING_US)
    events = {}
    for name, point in POINTS.items():
        flying = dark_photon(point.mass, point.lifetime_ns)
        found = dark_matter(detector, flying, recoils, all_edges, conventions, long_lived=True)
        events[name] = found.sum(0)
    background = neutrinos(detector, recoils, jnp.asarray(all_edges), conventions)
    parts = {name: np.asarray(values).sum(0) for name, values in background.items()}
    prompt = sum(parts[name] for name in PROMPT_PARTS if name in parts)
    events |= {"prompt": prompt, "delayed": parts["delayed"]}
    shown = {name: values[:-1] for name, values in events.items()}
    both = shown["prompt"].sum() + shown["delayed"].sum()
    return TimePanel(
        experiment=setup.experiment,
        title=setup.title,
        threshold_kev=setup.threshold_kev,
        time_edges_us=edges,
        dark={name: shown[name] / shown[name].sum() for name in POINTS},
        prompt=shown["prompt"] / both,
        delayed=shown["delayed"] / both,
        later={name: float(values[-1] / values.sum()) for name, values in events.items()},
    )


def make(conventions: Conventions = D20) -> Made:
    """The figure, its numbers, and what the paper says of them."""
    result = compute(conventions)
    checks = tuple(check for panel in result.panels for check in _checks(panel))
    return Made(result, _rows(result), draw(result), checks, NOTE)


def _rows(result: Fig3) -> list[dict[str, Any]]:
    return [
        {
            "experiment": panel.experiment,
            "component": name,
            "start_us": panel.time_edges_us[i],
            "stop_us": panel.time_edges_us[i + 1],
            "share": share,
        }
        for panel in result.panels
        for name, shares in _parts(panel).items()
        for i, share in enumerate(shares)
    ]


def _parts(panel: TimePanel) -> dict[str, np.ndarray]:
    return panel.dark | {"prompt": panel.prompt, "delayed": panel.delayed}


def _checks(panel: TimePanel) -> tuple[Check, ...]:
    centres = 0.5 * (panel.time_edges_us[1:] + panel.time_edges_us[:-1])
    mean = {name: np.dot(x, centres) / x.sum() for name, x in _parts(panel).items()}
    prompt, late, slow = (mean[name] for name in POINTS)
    where, tail = panel.experiment, (slow - prompt) / (mean["delayed"] - prompt)
    return (
        said(
            f"{where}: how much later X of 75 MeV come that live 1 us [us]",
            "about as early as prompt ones",
            late - prompt,
            0.0 < late - prompt < 0.03,
        ),
        said(
            f"{where}: delay at 138 MeV over that of delayed neutrinos",
            "similar to delayed neutrinos",
            tail,
            0.5 < tail < 2.0,
        ),
    )


def draw(result: Fig3) -> Figure:
    """Three panels as in the paper, two above and one below, and the legend beside it."""
    figure, grid = blank(2, 2, 5.6)
    axes = grid.ravel()
    for one, panel in zip(axes, result.panels, strict=False):
        _draw_panel(one, panel)
    for spare in axes[len(result.panels) :]:
        spare.axis("off")
    handles, labels = axes[0].get_legend_handles_labels()
    axes[-1].legend(handles, labels, loc="center", fontsize=8.5, frameon=False)
    profile = result.conventions["conventions"]
    figure.suptitle(
        f"arXiv:2006.09386 Fig. 3 by dmjax, conventions {profile}: dark photon, proper lifetimes",
        fontsize=8.5,
    )
    return figure


def _draw_panel(axes: Axes, panel: TimePanel) -> None:
    edges = panel.time_edges_us
    stack = panel.prompt + panel.delayed
    axes.stairs(panel.prompt, edges, fill=True, color=COLOURS["prompt"], label=r"prompt $\nu$")
    axes.stairs(
        stack,
        edges,
        baseline=panel.prompt,
        fill=True,
        color=COLOURS["delayed"],
        label=r"delayed $\nu$",
    )
    for name, point in POINTS.items():
        shares = panel.dark[name]
        axes.stairs(shares, edges, baseline=None, color=point.colour, lw=1.4, label=point.text)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0.0, 1.15 * max(stack.max(), *(values.max() for values in panel.dark.values())))
    axes.set_xlabel(r"arrival time $t$ [$\mu$s]", fontsize=8.5)
    axes.set_ylabel(rf"share / {edges[1] - edges[0]:.3g} $\mu$s", fontsize=8.5)
    axes.set_title(panel.title, fontsize=8.5)
