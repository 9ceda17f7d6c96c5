"""T3R in argon and a CH detector up to 50 MeV against the brute-force Monte Carlo.

reference/make_nuclei.py samples whole decay chains and shares no code with the package.
"""

import json
from dataclasses import replace
from pathlib import Path

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from dmjax.constants import E_CHARGE
from dmjax.conventions import conventions
from dmjax.experiments import experiment
from dmjax.models import mediator
from dmjax.nuclei import target_nuclei
from dmjax.prediction.ceiling import recoil_ceiling_kev
from dmjax.prediction.recoils import expected_counts
from dmjax.response import all_recoils
from tolerances import tolerance

REFERENCE = json.loads((Path(__file__).parent / "reference" / "nuclei.json").read_text())
PROFILE = conventions("d20", single_radius=False, two_term_form=True)
KAPPA = REFERENCE["about"]["kappa_over_e"]


def of(name):
    """Detector and mediator of a record."""
    facts, about = REFERENCE["about"]["experiments"][name], REFERENCE["about"]
    masses = about["m_v"], about["m_chi"]
    numbers = tuple(jnp.asarray(facts[key], float) for key in ("mass_kg", "distance_m", "pot"))
    if name == "t3r":
        found, v = experiment("coherent-lar"), mediator("t3r-1", *masses, g=KAPPA * E_CHARGE)
    else:
        found, v = ch_detector(), mediator("dark-photon", *masses, eps=KAPPA)
    return eqx.tree_at(lambda e: (e.mass_kg, e.distance_m, e.pot), found, numbers), v


def ch_detector():
    """JSNS² with one carbon-12 to one hydrogen, whose nuclei are seen."""
    target = target_nuclei({"C12": 1, "H1": 1})
    return replace(
        experiment("jsns2"),
        nuclei=target.nuclei,
        nuclei_per_kg=jnp.asarray(target.nuclei_per_kg),
        recoil="nucleus",
    )


@pytest.mark.parametrize("entry", REFERENCE["events"], ids=lambda e: e["name"])
def test_bins_of_the_recoil(entry):
    detector, v = of(entry["name"])
    edges = 1e3 * np.array(REFERENCE["about"]["edges_mev"][entry["name"]])
    times = jnp.asarray([-1.0, 1e4])
    counts = eqx.filter_jit(expected_counts)(
        detector, v, all_recoils(edges), times, PROFILE, ("pi0",), 384
    )
    value, error = (np.array(column) for column in entry["counts"])
    allowed = tolerance("benchmark") * value + tolerance("sigmas") * error
    assert np.all(np.abs(counts[0, :, 0] - value) <= allowed), (counts[0, :, 0] / value, error)


def test_all_recoils_of_hydrogen_end_where_the_beam_ends():
    """A fixed 2 MeV would lose a part of what CH sees, 50 MeV less of it."""
    ceiling = recoil_ceiling_kev(ch_detector())
    k = float(ch_detector().beam.k_max)
    assert ceiling == pytest.approx(1e3 * 2.0 * k**2 / (938.272 + 2.0 * k), rel=1e-2)
    assert ceiling > 1e5
