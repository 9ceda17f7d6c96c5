"""Mediators that fly before they decay, against the brute-force Monte Carlo of Appendix B.

The Monte Carlo counts track lengths of χ through a thin shell about the target; it shares no code
with the package (tests/montecarlo/lifetimes.py, tests/reference/lifetime.json).
"""

import json
from pathlib import Path

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from dmjax.experiments import experiment
from dmjax.flux import chi_flux, with_harmonics
from dmjax.flux.long_lived import delay_nodes, delay_shares
from dmjax.models import mediator
from dmjax.profiles import conventions
from dmjax.yields import expected_counts
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
    ours = np.interp(DELAYS_US[1:-1], middles, cumulative)
    spread = tolerance("sigmas") * np.sqrt(np.cumsum(error**2)[:-1]) / total
    blur = tolerance("delay_grid")
    assert np.all(np.abs(ours - reference) <= blur + spread), (ours, reference)
