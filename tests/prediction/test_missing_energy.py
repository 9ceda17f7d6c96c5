"""Missing-energy events: printed yields, couplings, thresholds, gradients."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dmjax.constants import ALPHA_EM
from dmjax.experiments.missing_energy import MISSING_SEARCHES, missing_energy
from dmjax.models import PRESETS, Charges, mediator
from dmjax.prediction.growth import missing_coupling, missing_strength
from dmjax.prediction.missing_energy import invisible_share, missing_events
from dmjax.prediction.signal import Signal, signal
from dmjax.prediction.templates import templates
from tolerances import tolerance

NARROW = {"coupling": "eps", "alpha_d": 1e-4}
YIELDS = {
    "ldmx-4gev": {3.0: 2.63e12, 10.0: 3.86e11, 30.0: 3.80e10, 100.0: 1.72e9, 300.0: 3.73e7},
    "ldmx-8gev": {3.0: 6.75e13, 10.0: 1.08e13, 30.0: 1.21e12, 100.0: 6.53e10, 300.0: 2.21e9},
}
"""N/ε² before efficiency, printed."""
MUONIC = Charges(muon=1.0, nu_mu=1.0, tau=-1.0, nu_tau=-1.0)


def counted(search, chosen, masses, coupling=1e-4):
    return np.asarray(templates([search], chosen, masses, coupling)[0].nominal)[:, 0]


@pytest.mark.parametrize("name", YIELDS)
def test_yields_of_thin_targets_are_those_printed(name):
    search, masses = missing_energy(name), list(YIELDS[name])
    found = counted(search, signal(**NARROW), masses) * 1e8 / float(search.efficiency[0])
    assert np.allclose(found, list(YIELDS[name].values()), rtol=tolerance("benchmark"))


def test_secondary_positrons_of_na64_are_those_printed():
    search = missing_energy("na64-2019")
    printed = {230.0: 1.29e8, 250.0: 6.7e7, 280.0: 2.0e7}
    for m_v, events in printed.items():
        v = mediator("dark-photon", m_v, m_v / 3.0, eps=1e-4, alpha_d=1e-4)
        found = float(missing_events(search, v)["annihilation"]) * 1e8 / 0.55
        assert np.isclose(found, events, rtol=tolerance("benchmark"))


def test_positron_beam_is_as_printed():
    search = missing_energy("na64-positron")
    printed = {230.0: 2.76e7, 250.0: 2.31e7, 280.0: 2.01e7, 300.0: 2.18e7, 310.0: 2.71e7}
    for m_v, events in printed.items():
        v = mediator("dark-photon", m_v, m_v / 3.0, eps=1e-4, alpha_d=1e-4)
        found = float(missing_events(search, v)["annihilation"]) * 1e8 / 0.5
        assert np.isclose(found, events, rtol=tolerance("benchmark"))


@pytest.mark.parametrize("name", ["na64-2019", "na64-muon"])
def test_events_grow_as_the_coupling_squared(name):
    search = missing_energy(name)
    low, high = (counted(search, signal(**NARROW), [30.0], x) for x in (1e-6, 1e-5))
    assert np.isclose(high / low, 100.0, rtol=tolerance("gradient"))


def test_electrons_alone_are_seen_by_electron_beams_alone():
    """An anomaly-free vector of electrons, and one of muons."""
    electronic = Charges(electron=1.0, nu_e=1.0)
    for model, seen in ((electronic, "electron"), (MUONIC, "muon"), (PRESETS["baryonic"], "none")):
        for name in MISSING_SEARCHES:
            search = missing_energy(name)
            v = mediator(model, 20.0, 20.0 / 3.0, g=1e-4)
            events = sum(float(n) for n in missing_events(search, v).values())
            assert (events > 0.0) == (search.lepton == seen)


def test_no_hadronic_channel_sees_electrons_alone():
    from dmjax.analyses.ccm120 import ccm120_search

    chosen = signal(Charges(electron=1.0, nu_e=1.0), channels=("pi0", "eta", "piminus"))
    assert not np.any(np.asarray(templates([ccm120_search()], chosen, [30.0])[0].nominal))


def test_neutrinos_are_not_seen_either():
    """Without dark matter below threshold V of L_µ − L_τ decays to neutrinos, below 2m_µ alone."""

    def share(m_v, m_chi):
        return invisible_share(mediator(MUONIC, m_v, m_chi, g=1e-3, alpha_d=1e-9, role="scatterer"))

    assert np.isclose(float(share(20.0, 30.0)), 1.0, rtol=tolerance("identity"))
    assert 0.3 < float(share(1e3, 1e3)) < 0.6


def closed(search, m_v, m_chi=5.0):
    v = mediator("dark-photon", 10.0, 2.0, eps=1e-4)
    v = eqx.tree_at(lambda v: (v.m_v, v.m_chi), v, (m_v, jnp.asarray(m_chi)))
    return sum(missing_events(search, v).values(), jnp.zeros(()))


@pytest.mark.parametrize("m_v", [8.0, 10.0])
def test_closed_is_zero_with_zero_gradient(m_v):
    one = jax.value_and_grad(partial(closed, missing_energy("na64-2019")))
    value, slope = one(jnp.asarray(m_v))
    assert float(value) == 0.0 and float(slope) == 0.0


@pytest.mark.parametrize("name", ["na64-positron", "na64-muon"])
def test_gradients_in_the_masses(name):
    search = missing_energy(name)
    one = jax.jit(jax.value_and_grad(partial(closed, search), argnums=(0, 1)))
    for m_v, m_chi in ((20.0, 6.0), (260.0, 80.0)):
        _, slopes = one(jnp.asarray(m_v), m_chi)
        for i, slope in enumerate(slopes):
            step = 1e-4 * (m_v, m_chi)[i]
            moved = [
                float(one(jnp.asarray(m_v + d * (i == 0)), m_chi + d * (i == 1))[0])
                for d in (step, -step)
            ]
            rough = (moved[0] - moved[1]) / (2.0 * step)
            scale = abs(moved[0]) / m_v
            assert abs(float(slope) - rough) <= 30.0 * tolerance("gradient") * scale


@pytest.mark.parametrize("name", ["na64-2019", "m3-phase2"])
def test_many_points_are_finite(name):
    rng = np.random.default_rng(7)
    m_v, m_chi = (jnp.asarray(10.0 ** rng.uniform(-3.0, 6.0, 10_000)) for _ in range(2))
    one = jax.value_and_grad(partial(closed, missing_energy(name)), argnums=(0, 1))
    found = jax.jit(jax.vmap(one))(m_v, m_chi)
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(found))
    assert np.all(np.asarray(found[0]) >= 0.0)


@pytest.mark.parametrize(
    "chosen",
    [
        signal(alpha_d=1e-9, coupling="eps"),
        signal(MUONIC, alpha_d=1e-9, m_chi=400.0),
        Signal(model="le-lmu", alpha_d=1e-6),
    ],
)
def test_coupling_is_the_inverse_of_strength_and_of_the_counts(chosen):
    search = eqx.tree_at(
        lambda s: s.positrons, missing_energy("na64-2019"), None, is_leaf=lambda x: x is None
    )
    m_v, reference = 300.0, 1e-3
    for coupling in (1e-5, 1e-3, 5e-2):
        strength = float(missing_strength(chosen, m_v, coupling, reference))
        back = float(missing_coupling(chosen, m_v, strength, reference))
        assert np.isclose(back, coupling, rtol=tolerance("gradient"))
        both = [counted(search, chosen, [m_v], x)[0] for x in (coupling, reference)]
        if both[1] > 0.0:
            assert np.isclose(both[0] / both[1], strength, rtol=tolerance("quadrature"))


def test_no_coupling_reaches_more_than_the_saturated_share():
    chosen = signal(alpha_d=1e-9, coupling="eps")
    assert np.isinf(float(missing_coupling(chosen, 300.0, 1e12, 1e-3)))


def test_narrow_annihilation_is_the_closed_form():
    """2π² ε² α/m_e times the density of positrons at m_V²/2m_e."""
    search, m_v = missing_energy("na64-2019"), 240.0
    v = mediator("dark-photon", m_v, m_v / 3.0, eps=1.0, alpha_d=1e-6)
    v = eqx.tree_at(lambda v: v.log_kappa, v, v.log_kappa - 20.0)
    at = (m_v**2 - 2.0 * 0.51099895**2) / (2.0 * 0.51099895)
    density = np.interp(at, search.positrons.energy, search.positrons.density)
    whole = 2.0 * np.pi**2 * ALPHA_EM / 0.51099895 * density * 0.55 * np.exp(-40.0)
    found = float(missing_events(search, v)["annihilation"])
    assert np.isclose(found, whole, rtol=tolerance("template"))
