"""Signals: what they accept, how their couplings scale, and their templates in searches."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dmjax.analyses.catalogue import search_of
from dmjax.conventions import D20
from dmjax.errors import InputError
from dmjax.models import branching_ratios
from dmjax.prediction.points import REFERENCE, coupling_of, point_of, strength_of
from dmjax.prediction.search import dark_matter_counts
from dmjax.prediction.signal import Signal, describe_signal, read_signal, signal
from dmjax.prediction.templates import signal_events, templates
from tolerances import tolerance

MASSES = np.array([30.0, 75.0, 120.0])
SEVERAL = (
    Signal(),
    signal("b-l"),
    signal("baryonic", mass_ratio=2.1, dm="scalar"),
    signal(charges={"up": 0.3, "electron": -1.0}),
    Signal(m_chi=10.0, conventions=D20),
    Signal(dm="pseudo-dirac", splitting=0.5),
)


@pytest.mark.parametrize("chosen", SEVERAL, ids=lambda s: f"{s.model} {s.dm}")
def test_templates_are_the_counts_of_single_points(chosen):
    search = search_of("ccm120")
    found = templates([search], chosen, MASSES)[0].nominal[:, 0]
    alone = [
        dark_matter_counts(search, point_of(chosen, m), chosen.conventions, chosen.channels)[0]
        for m in MASSES
    ]
    assert np.allclose(found, np.array(alone), rtol=tolerance("identity"), atol=0.0)


@pytest.mark.parametrize("chosen", [*SEVERAL, Signal(m_x=75.0)], ids=lambda s: f"{s.model} {s.dm}")
def test_strength_and_coupling_are_inverse(chosen):
    reference = REFERENCE[chosen.coupling]
    at = reference * np.geomspace(1e-3, 1e3, 7)
    strength = strength_of(chosen, 75.0, at, reference)
    back = coupling_of(chosen, 75.0, strength, reference)
    assert np.allclose(back, at, rtol=tolerance("identity"), atol=0.0)
    assert float(strength_of(chosen, 75.0, reference, reference)) == 1.0


def test_the_strength_holds_the_branching_ratio():
    chosen = signal("b-l", alpha_d=1e-8)
    one, two = (branching_ratios(point_of(chosen, 75.0, g))["chi"] for g in (1e-4, 2e-3))
    expected = (2e-3 / 1e-4) ** 4 * float(two / one)
    found = float(strength_of(chosen, 75.0, 2e-3, 1e-4))
    assert found == pytest.approx(expected, rel=tolerance("identity"))


def test_narrow_templates_scale_as_the_strength_says():
    chosen = signal("b-l", alpha_d=1e-8, conventions=D20)
    one, two = (
        float(signal_events(templates([search_of("ccm120")], chosen, [75.0], [g]))[0])
        for g in (1e-4, 2e-3)
    )
    wanted = float(strength_of(chosen, 75.0, 2e-3, 1e-4))
    assert two / one == pytest.approx(wanted, rel=tolerance("quadrature"))


def test_closed_masses_have_no_counts():
    found = templates([search_of("ccm120")], Signal(m_chi=20.0), [30.0, 75.0])
    assert float(found[0].nominal[0, 0]) == 0.0 < float(found[0].nominal[1, 0])


def test_a_long_lived_producer_is_followed():
    slow, prompt = (
        float(signal_events(templates([search_of("ccm120")], chosen, [30.0]))[0])
        for chosen in (Signal(m_x=75.0), Signal(m_x=75.0, lifetime_ns=1e-6))
    )
    assert 0.0 < slow < prompt


@pytest.mark.parametrize("chosen", [*SEVERAL, Signal(m_x=75.0), signal("events")])
def test_a_signal_is_read_back(chosen):
    assert read_signal(describe_signal(chosen), chosen.conventions) == chosen


def test_the_limit_coupling_is_differentiable():
    slope = jax.grad(lambda mu: coupling_of(Signal(), 75.0, mu, 1e-10))(jnp.asarray(4.0))
    assert float(slope) == pytest.approx(0.25e-10, rel=tolerance("quadrature"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"model": "dark-foton"}, "did you mean 'dark-photon'"),
        ({"charges": {"strange_quark": 1.0}}, "unknown charge"),
        ({"model": "b-l", "charges": {"up": 1.0}}, "not both"),
        ({"mass_ratio": 3.0, "m_chi": 10.0}, "not both"),
        ({"mass_ratio": 1.5}, "above 2"),
        ({"splitting": 1.0}, "pseudo-dirac"),
        ({"kappa_x": 1e-3}, "m_x"),
        ({"m_x": 3.0}, "m_chi < m_x/2"),
        ({"channels": ("pi0", "pi0")}, "twice"),
        ({"coupling": "Z"}, "coupling"),
        ({"massratio": 3.0}, "did you mean 'mass_ratio'"),
        ({"m_chi": float("nan")}, "m_chi"),
    ],
)
def test_bad_signals_say_what_would_be_right(options, said):
    with pytest.raises(InputError, match=said) as problem:
        signal(**options)
    assert "\n" not in str(problem.value)
