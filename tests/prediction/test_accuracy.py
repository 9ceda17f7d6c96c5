"""The stated errors of the nodes: templates and predictions against dense ones, near edges too."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dmjax.conventions import CHANNELS, DMJAX
from dmjax.experiments import experiment
from dmjax.flux import boxes, cascade, mass_shell
from dmjax.models import mediator
from dmjax.prediction.predict import N_MOMENTA_WINDOW, NODES_ERROR
from dmjax.prediction.recoils import N_MOMENTA, TEMPLATE_ERROR, USUAL_ERROR, expected_counts
from dmjax.response import accepted_recoils

EDGES = {"coherent-csi": np.arange(6.0, 31.0, 2.0), "ccm120": None, "jsns2": None}
POINTS = [  # m_V [MeV], m_V/m_χ: near m_V = 2m_χ, the masses of π⁰ and of capture, and far away
    (1.0, 2.0005),
    (1.0, 10.0),
    (75.0, 2.02),
    (75.0, 3.0),
    (130.0, 2.0005),
    (134.9, 2.0005),
    (134.9, 2.1),
    (138.2, 2.0005),
    (138.2, 2.1),
    (140.0, 2.1),
    (200.0, 2.0005),
    (200.0, 3.0),
]


def counts(detector, edges, dm, momenta, order):
    """(points, bins) of all channels, with the node counts of the modules as they stand."""
    recoils = accepted_recoils(detector.response, edges, order=order)
    channels = tuple(name for name in CHANNELS if name in detector.beam.channels)

    def one(x):
        v = mediator("dark-photon", x[0], x[0] / x[1], eps=1e-4, dm=dm)
        times = jnp.asarray([-1.0, 1e4])
        found = expected_counts(detector, v, recoils, times, DMJAX, channels, momenta)
        return found.sum((0, 2))

    return np.asarray(jax.jit(lambda q: jax.lax.map(one, q))(jnp.asarray(POINTS)))


@pytest.mark.parametrize(
    ("name", "dm"), [("coherent-csi", "scalar"), ("ccm120", "dirac"), ("jsns2", "majorana")]
)
def test_node_counts_hold_their_stated_error(name, dm, monkeypatch):
    detector = experiment(name)
    edges = EDGES[name] if EDGES[name] is not None else np.asarray(detector.edges)
    template = counts(detector, edges, dm, N_MOMENTA, 2)
    window = counts(detector, edges, dm, N_MOMENTA_WINDOW, 2)
    for module, constant, dense in (
        (boxes, "N_BOX_NODES", 24),
        (mass_shell, "N_NODES", 48),
        (cascade, "N_MASSES", 48),
    ):
        monkeypatch.setattr(module, constant, dense)
    dense = counts(detector, edges, dm, 600, 6)
    total = dense.sum(1)
    assert np.all(total > 0.0)
    for ours, bound in ((template, TEMPLATE_ERROR), (window, NODES_ERROR)):
        assert np.all(np.abs(ours.sum(1) / total - 1.0) < bound)
        assert np.all(np.abs(ours - dense).max(1) / total < bound)
    usual = [m_v <= 130.0 and ratio >= 2.02 for m_v, ratio in POINTS]
    assert np.all(np.abs(template - dense).max(1)[usual] / total[usual] < USUAL_ERROR)
    assert np.all(np.abs(template.sum(1) / total - 1.0)[usual] < USUAL_ERROR)
