"""Our quadrature against an independent brute-force Monte Carlo (reference/coherent_csi.json).

The Monte Carlo samples whole decay chains of the raw π⁰ list and shares no code with the package.
Each comparison allows its statistical error (`sigmas`) on top of the stated accuracy.
"""

import json
from pathlib import Path

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from dmjax.conventions import conventions
from dmjax.experiments import experiment
from dmjax.flux import chi_flux
from dmjax.flux.mesons import meson_yield
from dmjax.models import mediator
from dmjax.prediction.recoils import expected_counts
from dmjax.response import accepted_recoils, all_recoils
from dmjax.sources import boost_kernel, doppler_table
from tolerances import tolerance

REFERENCE = json.loads((Path(__file__).parent / "reference" / "coherent_csi.json").read_text())
ABOUT = REFERENCE["about"]["events"]
# Smeared photon energies are what the package describes: photons uniform inside their bins.
EVENTS = [e for e in REFERENCE["events"] if e.get("photon_energy") != "centre"]


def _profile(decay: str, radius) -> dict:
    return {"transverse_v": decay != "isotropic", "single_radius": radius != "charge"}


def _point(entry: dict):
    dm = entry.get("dm") or ("scalar" if entry["decay"] == "scalar" else "dirac")
    return mediator("dark-photon", entry["m_v"], entry["m_chi"], eps=1e-4, alpha_d=0.5, dm=dm)


def _agree(ours, reference, kind: str) -> None:
    value, error = (np.asarray(x) for x in reference)
    sampled = value > 1e-5 * value.sum()  # emptier bins hold a handful of entries at most
    ours, value, error = np.asarray(ours)[sampled], value[sampled], error[sampled]
    allowed = tolerance(kind) * np.abs(value) + tolerance("sigmas") * error
    assert np.all(np.abs(ours - value) <= allowed), (ours, value, error)


def _label(entry: dict) -> str:
    return "-".join(str(entry.get(key, "")) for key in ("section", "m_v", "angle_deg", "dm"))


@eqx.filter_jit
def _flux(beam, point, k, profile):
    mesons = beam.channels["pi0"].mesons
    v_per_pot = mesons.per_pot * meson_yield(mesons, point, point.m_v, profile)
    return chi_flux(beam, point, k, profile, ("pi0",))[0] / v_per_pot


@pytest.mark.parametrize("entry", REFERENCE["flux"], ids=_label)
def test_flux_per_parent(entry):
    csi = experiment("coherent-csi")
    table = doppler_table(csi.beam.channels["pi0"].mesons, np.radians(entry["angle_deg"]))
    kernel = boost_kernel(table, float(csi.beam.k_max))
    beam = eqx.tree_at(lambda b: b.channels["pi0"].kernel, csi.beam, kernel)
    k = jnp.geomspace(0.01, 900.0, 1500)
    flux = _flux(beam, _point(entry), k, conventions("d20", **_profile(entry["decay"], 4.7)))
    energy = jnp.sqrt(k**2 + entry["m_chi"] ** 2)
    _agree(flux.sum(), entry["dn_domega"], "template")
    _agree((flux * energy).sum() / flux.sum(), entry["mean_energy"], "template")


_counts = eqx.filter_jit(expected_counts)


DENSE = 1000
"""Momenta for bins that hold a thousandth of the events."""


def _events(entry, recoils, times, momenta=384):
    csi = eqx.tree_at(lambda e: e.pot, experiment("coherent-csi"), jnp.asarray(ABOUT["pot"], float))
    profile = conventions("d20", **_profile(entry["decay"], entry["r_n_fm"]))
    return _counts(
        csi, _point(entry), recoils, jnp.asarray(times), profile, (entry["channel"],), momenta
    )[0]


@pytest.mark.parametrize("entry", EVENTS, ids=_label)
def test_events_without_acceptance(entry):
    recoils = all_recoils(np.array([0.0, 14.0, 26.0, 2000.0]))
    counts = _events(entry, recoils, [0.0, 1e4])[:, 0]
    _agree(counts.sum(), entry["all_recoils"], "template")
    _agree(counts[1], entry["window_14_26"], "template")


@pytest.mark.parametrize("entry", [e for e in EVENTS if "counts" in e], ids=_label)
def test_binned_counts_with_acceptance(entry):
    recoils = accepted_recoils(experiment("coherent-csi").response, np.array(ABOUT["pe_edges"]))
    counts = _events(entry, recoils, ABOUT["time_edges_us"])
    _agree(counts, entry["counts"], "benchmark")


@pytest.mark.parametrize("dm", ["dirac", "scalar"])
@pytest.mark.parametrize("width", [0.5, 0.1])
def test_arrival_times_of_slow_dark_matter(dm, width):
    """χ near rest arrives up to microseconds late; the (energy, time) correlation is kept."""
    entry = REFERENCE["times"][0] | {"decay": "isotropic", "dm": dm}
    edges = np.linspace(0.0, 6.0, round(6.0 / width) + 1)
    counts = _events(entry, all_recoils(np.array([0.0, 2000.0])), edges, DENSE)[0]
    _agree(counts, entry[f"{dm} all_recoils {width}"], "benchmark")
