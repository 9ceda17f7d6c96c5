"""Mediators that fly before they decay, against the brute-force Monte Carlo of Appendix B.

The Monte Carlo counts track lengths of χ through a thin shell about the target; it shares no code
with the package (crosscheck/montecarlo/lifetimes.py, crosscheck/reference/lifetime.json).
"""

import json
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dmjax.conventions import conventions
from dmjax.experiments import experiment
from dmjax.flux import chi_flux, with_harmonics
from dmjax.flux.long_lived import delay_nodes, delay_shares
from dmjax.models import mediator
from dmjax.prediction.recoils import expected_counts
from dmjax.response import all_recoils
from tolerances import tolerance

REFERENCE = json.loads((Path(__file__).parent / "reference" / "lifetime.json").read_text())
RECORDS = [r for r in REFERENCE["records"] if r["tau_proper_ns"] > 0.0]
DELAYS_US = np.array([1e-3 * float(x) for x in REFERENCE["about"]["delay_edges_ns"]])
D20 = conventions("d20")


@pytest.fixture(scope="module")
def beams():
    return {
        name: with_harmonics(experiment(name).beam) for name in ("coherent-csi", "coherent-lar")
    }


@eqx.filter_jit
def _late_flux(beam, point, k, lifetime, distance, channel):
    shares = delay_shares(beam, point, k, lifetime, distance, D20, (channel,))[0]
    return chi_flux(beam, point, k, D20, (channel,))[0][:, None] * shares


def _found(entry, beams):
    """(momentum nodes, χ per V at momentum and delay nodes), normalised by prompt V over 4π."""
    beam = beams["coherent-lar" if entry["angle_deg"] == 137.0 else "coherent-csi"]
    point = mediator("dark-photon", entry["m_x"], entry["m_chi"], eps=1e-6)
    k = jnp.geomspace(0.2, float(beam.k_max), 600)
    lifetime, distance = (
        jnp.asarray(x) for x in (1e-3 * entry["tau_proper_ns"], entry["distance_m"])
    )
    late = _late_flux(beam, point, k, lifetime, distance, entry["channel"])
    prompt = float(chi_flux(beam, point, k, D20, (entry["channel"],)).sum())
    return np.asarray(k), np.asarray(late) / prompt


def _label(entry):
    keys = ("channel", "angle_deg", "m_x", "m_chi", "gamma_tau_capture_ns")
    return "-".join(str(entry[key]) for key in keys)


@pytest.mark.parametrize("entry", RECORDS, ids=_label)
def test_fluence_energy_and_arrival(entry, beams):
    k, late = _found(entry, beams)
    allowed = tolerance("benchmark")
    value, error = entry["ratio_to_prompt"]
    assert abs(late.sum() - value) <= allowed * value + tolerance("sigmas") * error

    energy = np.sqrt(k**2 + entry["m_chi"] ** 2)
    mean, error = entry["mean_energy"]
    ours = (late.sum(1) @ energy) / late.sum()
    assert abs(ours - mean) <= allowed * mean + tolerance("sigmas") * error

    fluence, error = (np.array(column) for column in entry["by_delay"])
    total = fluence.sum()
    reference = np.cumsum(fluence)[:-1] / total
    cumulative = np.concatenate([[0.0], np.cumsum(late.sum(0)) / late.sum()])
    nodes = np.asarray(delay_nodes(float))
    middles = np.concatenate([[0.0], 0.5 * (nodes[1:] + nodes[:-1]), nodes[-1:] * 1.01])
    edges = DELAYS_US[1:-1]
    blur = 0.5 * np.interp(edges, nodes[1:], np.diff(nodes))
    earliest, latest = (np.interp(edges + sign * blur, middles, cumulative) for sign in (-1, 1))
    spread = tolerance("sigmas") * np.sqrt(np.cumsum(error**2)[:-1]) / total
    assert np.all(earliest - allowed - spread <= reference), (earliest, reference)
    assert np.all(reference <= latest + allowed + spread), (latest, reference)


def test_a_short_life_is_prompt(beams):
    """Counts in (energy, time) bins tend to those of a prompt mediator, in every channel."""
    detector = experiment("coherent-csi")
    detector = eqx.tree_at(lambda e: e.beam, detector, beams["coherent-csi"])
    recoils, times = all_recoils(np.array([0.0, 14.0, 26.0])), jnp.arange(0.0, 3.1, 0.5)
    channels = ("pi0", "piminus", "exchange", "cascade")
    counts = eqx.filter_jit(expected_counts)
    for profile in (D20, conventions("dmjax", width="narrow")):
        point = mediator("dark-photon", 75.0, 25.0, eps=1e-6, lifetime_ns=1e-6)
        late, prompt = (
            counts(detector, point, recoils, times, profile, channels, 96, long_lived)
            for long_lived in (True, False)
        )
        scale = np.asarray(prompt).max((1, 2), keepdims=True)
        off = np.abs(np.asarray(late) - np.asarray(prompt)) / scale
        assert off.max() < tolerance("template")


def test_derivatives_with_a_lifetime(beams):
    """In the masses and ln τ, against central differences."""
    detector = experiment("coherent-csi")
    detector = eqx.tree_at(lambda e: e.beam, detector, beams["coherent-csi"])
    recoils = all_recoils(np.array([14.0, 26.0]))

    @jax.jit
    def events(x):
        m_v, m_chi, log_tau = x
        tau = jnp.exp(log_tau)
        point = mediator("dark-photon", m_v, m_chi, eps=jnp.exp(-14.0), lifetime_ns=tau)
        times = jnp.asarray([0.0, 1.0, 6.0])
        return expected_counts(detector, point, recoils, times, D20, long_lived=True).sum((0, 1))

    x = jnp.array([75.0, 25.0, np.log(30.0)])
    slopes = jax.jacfwd(events)(x)
    for i, step in enumerate((1e-4, 1e-4, 1e-6)):
        shift = step * jnp.eye(3)[i]
        numeric = (events(x + shift) - events(x - shift)) / (2.0 * step)
        size = float(jnp.abs(slopes[:, i]).max())
        assert jnp.all(jnp.abs(slopes[:, i] - numeric) <= 10 * tolerance("gradient") * size)
    beyond = jax.jacfwd(events)(jnp.array([300.0, 160.0, np.log(30.0)]))
    assert jnp.all(beyond == 0.0)
