"""Our quadrature against the brute-force Monte Carlo: detectors, spins, widths, η.

The Monte Carlo samples whole decay chains of the raw lists and shares no code with the package
(tests/crosscheck). Each comparison allows its statistical error (`sigmas`) on top of 1 %
(`benchmark`).
"""

import json
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dmjax.constants import M_CAPTURE_MAX
from dmjax.conventions import conventions
from dmjax.experiments import experiment
from dmjax.flux import boxes, make_beam, mesons_in_flight
from dmjax.flux.mass_shell import mass_nodes
from dmjax.flux.mesons import meson_yield
from dmjax.models import mediator
from dmjax.prediction.recoils import expected_counts
from dmjax.response import all_recoils
from dmjax.sources import boost
from tolerances import tolerance

FOLDER = Path(__file__).parent / "reference"
DETECTORS, SPINS, WIDTHS, ETA = (
    json.loads((FOLDER / f"{name}.json").read_text())
    for name in ("lar_ccm_jsns", "spins", "finite_width", "eta")
)
NAMES = {"coherent-lar": "coherent-lar", "ccm": "ccm-tight", "jsns2": "jsns2"}
CEILING_KEV = {"coherent-csi": 2e3, "coherent-lar": 5e3, "ccm": 5e3, "jsns2": 1.5e6}


def agrees(ours, reference, everything: float = 0.0) -> bool:
    """1 % and the reference's own error; what is less than 1e−4 of `everything` counts as none.

    Windows that only the last few χ of a sharp spectrum reach are decided by the momentum grid.
    """
    value, error = reference
    allowed = tolerance("benchmark") * value + tolerance("sigmas") * error
    return abs(float(ours) - value) <= allowed + tolerance("endpoint") * everything + 1e-9


_counts = eqx.filter_jit(expected_counts)


def _detector(name: str, facts: dict):
    """The preset with the exposure and the pulse of the reference."""
    found = experiment(NAMES.get(name, name))
    numbers = tuple(jnp.asarray(facts[key], float) for key in ("mass_kg", "distance_m", "pot"))
    return eqx.tree_at(lambda e: (e.mass_kg, e.distance_m, e.pot), found, numbers)


def _profile(decay: str, **changes):
    return conventions("d20", transverse_v=decay != "isotropic", **changes)


def _events(about: dict, entry: dict, low: float, high: float, times: list[float]):
    """Events in a window of true recoils [MeV], arrived by each of the times [µs]."""
    name = entry["experiment"]
    point = mediator(
        "dark-photon",
        entry["m_v"],
        entry["m_chi"],
        eps=about["eps"],
        alpha_d=about["alpha_d"],
        dm=entry["dm"],
        splitting=entry.get("splitting", 0.0),
    )
    counts = _counts(
        _detector(name, about["experiments"][name]),
        point,
        all_recoils(np.array([1e3 * low, min(1e3 * high, CEILING_KEV[name])])),
        jnp.asarray([-1.0, *times]),
        _profile(entry.get("decay", "isotropic")),
        (entry["channel"],),
        384,
    )
    return np.cumsum(np.asarray(counts)[0, 0])


def _label(entry: dict) -> str:
    keys = ("experiment", "channel", "decay", "m_v", "m_chi", "dm", "splitting", "alpha_d")
    return "-".join(
        f"{entry[key]:g}" if isinstance(entry[key], float) else entry[key]
        for key in keys
        if key in entry
    )


def _windows(about: dict, entry: dict):
    """Windows of the reference; of JSNS² those above its threshold."""
    facts = about["experiments"][entry["experiment"]]
    for window, ends in facts["windows_mev"].items():
        if window == "all" and "threshold" in facts["windows_mev"]:
            continue
        yield window, *map(float, ends), facts["times_us"]


@pytest.mark.parametrize("entry", DETECTORS["events"], ids=_label)
def test_events_at_lar_ccm_jsns(entry):
    for window, low, high, cuts in _windows(DETECTORS["about"], entry):
        found = _events(DETECTORS["about"], entry, low, high, [*cuts, 1e4])
        keys = [*(f"{window}_t{cut:g}" for cut in cuts), window]
        for ours, key in zip(found, keys, strict=True):
            assert agrees(ours, entry[key], entry["all"][0]), (key, ours, entry[key], entry["all"])


OPEN = [e for e in SPINS["events"] if 2.0 * e["m_chi"] + e["splitting"] < e["m_v"]]


@pytest.mark.parametrize("entry", OPEN, ids=_label)
def test_events_of_every_spin(entry):
    for window, low, high, _ in _windows(SPINS["about"], entry):
        ours = _events(SPINS["about"], entry, low, high, [1e4])[0]
        assert agrees(ours, entry[window], entry["all"][0]), (
            window,
            ours,
            entry[window],
            entry["all"],
        )


@pytest.mark.parametrize("entry", WIDTHS["ratios"], ids=_label)
def test_finite_width_against_adaptive_quadrature(entry):
    """physics.md §2: yield with the Breit–Wigner over the narrow one, to 0.5 %."""
    point = mediator("dark-photon", entry["m_v"], entry["m_chi"], eps=1e-6, dm=entry["dm"])
    beam = experiment("coherent-csi").beam
    limit = {"pi0": beam.channels["pi0"].mesons.mass, "piminus": M_CAPTURE_MAX}[entry["channel"]]

    def produced(width: str) -> float:
        profile = conventions("d20", width=width)
        nodes = mass_nodes(point, limit, profile)
        mesons = beam.channels["pi0"].mesons
        shape = (
            jax.vmap(lambda mass: meson_yield(mesons, point, mass, profile))(nodes.mass)
            if entry["channel"] == "pi0"
            else jnp.ones_like(nodes.mass)
        )
        return float(nodes.weight @ shape)

    ratio = produced("fixed") / produced("narrow")
    assert abs(ratio / entry["ratio"] - 1.0) < tolerance("template")


@pytest.mark.parametrize("width", ["fixed", "running"])
@pytest.mark.parametrize("alpha_d", [1e-3, 1e-6, 1e-12])
def test_the_width_vanishes_with_the_coupling(width, alpha_d):
    csi = experiment("coherent-csi")
    point = mediator("dark-photon", 75.0, 25.0, eps=1e-6, alpha_d=alpha_d)
    recoils = all_recoils(np.array([14.0, 26.0]))
    broad, narrow = (
        _counts(csi, point, recoils, jnp.asarray([-1.0, 6.0]), conventions("dmjax", width=w))
        for w in (width, "narrow")
    )
    difference = np.abs(np.asarray(broad - narrow)).sum() / float(narrow.sum())
    assert difference < tolerance("template") + 10.0 * alpha_d


@pytest.mark.parametrize("entry", WIDTHS["events"], ids=_label)
def test_events_with_finite_width(entry):
    about = WIDTHS["about"]
    profile = conventions("d20", width="fixed")
    point = mediator("dark-photon", entry["m_v"], entry["m_chi"], eps=about["eps"], dm=entry["dm"])
    detector = _detector("coherent-csi", about["experiment"])
    edges = np.array([0.0, 14.0, 26.0, 2000.0])
    counts = _counts(
        detector,
        point,
        all_recoils(edges),
        jnp.asarray([-1.0, 1e4]),
        profile,
        (entry["channel"],),
        384,
    )[0, :, 0]
    assert agrees(counts.sum(), entry["all_recoils"]), (counts.sum(), entry["all_recoils"])
    assert agrees(counts[1], entry["window_14_26"]), (counts[1], entry["window_14_26"])


@eqx.filter_jit
def _eta_counts(detector, point, recoils, profile):
    times = jnp.asarray([-1.0, 1e4])
    return expected_counts(detector, point, recoils, times, profile, ("eta",), 384)[0, 0, 0]


@pytest.mark.parametrize("entry", ETA["records"], ids=_label)
def test_eta_against_five_known_mesons(entry, monkeypatch):
    """Five lines make cusps that a real list smooths out; they take finer grids than ours."""
    monkeypatch.setattr(boxes, "N_BOX_NODES", 160)
    monkeypatch.setattr(boost, "STEP", 0.01)
    about = ETA["about"]
    found = _detector("jsns2", about["experiment"])
    kinetic, angle = np.array(about["mesons_kinetic_mev_and_angle_deg"]).T
    cells = (kinetic, np.cos(np.radians(angle)), np.full(5, 0.2))
    eta = eqx.tree_at(
        lambda m: (m.kinetic_energy, m.cos_theta, m.weight, m.per_pot),
        found.beam.channels["eta"].mesons,
        (*(jnp.asarray(c) for c in cells), jnp.asarray(about["eta_per_pot"])),
    )
    old, pi0 = found.beam, found.beam.channels["pi0"].mesons
    fresh = {name: mesons_in_flight(one, old.angle) for name, one in (("pi0", pi0), ("eta", eta))}
    beam = make_beam({**old.channels, **fresh}, old.angle)
    detector = eqx.tree_at(lambda e: e.beam, found, beam)
    for dm in [dm for dm in ("dirac", "scalar") if f"{dm}_cut" in entry]:
        point = mediator("dark-photon", entry["m_v"], entry["m_chi"], eps=about["eps"], dm=dm)
        for window, low in (("threshold", 2.6), ("cut", 30.0)):
            recoils = all_recoils(np.array([1e3 * low, CEILING_KEV["jsns2"]]))
            ours = _eta_counts(detector, point, recoils, _profile(entry["decay"]))
            reference = entry[f"{dm}_{window}"]
            assert agrees(ours, reference), (dm, window, ours, reference)
