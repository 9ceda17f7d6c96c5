"""`events`: equal to the templates, and its derivatives in everything."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import dmjax
from dmjax.analyses.lar2020 import lar2020_search
from dmjax.constants import M_CAPTURE_MAX, M_PI0
from dmjax.errors import InputError
from dmjax.models import mediator
from dmjax.prediction.events import events
from dmjax.prediction.search import search
from dmjax.prediction.signal import Signal
from dmjax.prediction.templates import templates
from tolerances import tolerance

ENERGIES = jnp.array([4.7, 10.2, 20.2, 35.3])
TIMES = jnp.array([0.3, 1.1, 2.3])
MASSES = jnp.array([M_PI0 - 0.5, M_CAPTURE_MAX + 0.2])


@pytest.fixture(scope="module")
def lar():
    built = dmjax.experiment("coherent-lar")
    return search(built, np.asarray(ENERGIES), np.asarray(TIMES))


def leaves(e):
    """Numbers of a detector that a derivative may be asked for."""
    r = e.response
    return (e.distance_m, e.mass_kg, e.pot, r.quenching.a, r.resolution.coefficient)


def packed(setting, m_v):
    """(m_v, ln coupling, factors of `leaves` and of the efficiency, edges) as one vector."""
    count = len(leaves(setting.experiment)) + 1
    parts = [m_v[None], jnp.array([np.log(1e-10)]), jnp.ones(count), ENERGIES, TIMES]
    return jnp.concatenate(parts)


def of_packed(setting, x):
    count = len(leaves(setting.experiment))
    numbers, factors, rest = x[:2], x[2 : 3 + count], x[3 + count :]
    old = leaves(setting.experiment)
    new = tuple(a * f for a, f in zip(old, factors[:-1], strict=True))
    experiment = eqx.tree_at(leaves, setting.experiment, new)
    efficiency = lambda e: e.response.efficiency.values  # noqa: E731
    experiment = eqx.tree_at(efficiency, experiment, efficiency(experiment) * factors[-1])
    changed = eqx.tree_at(lambda s: s.experiment, setting, experiment)
    energies, times = rest[: ENERGIES.size], rest[ENERGIES.size :]
    counts = events(
        changed, Signal(), numbers[0], jnp.exp(numbers[1]), energy_edges=energies, time_edges=times
    )
    return counts.ravel()


@pytest.fixture(scope="module")
def derivatives(lar):
    @jax.jit
    def all_of(masses):
        def one(m_v):
            x = packed(lar, m_v)
            f = lambda y: of_packed(lar, y)  # noqa: E731
            steps = 1e-5 * x
            shifts = jnp.concatenate([jnp.diag(steps), -jnp.diag(steps)])
            up, down = jnp.split(jax.vmap(f)(x[None, :] + shifts), 2)
            return (
                f(x),
                jax.jacfwd(f)(x),
                jax.jacrev(f)(x),
                ((up - down) / (2 * steps[:, None])).T,
                x,
            )

        return jax.vmap(one)(masses)

    return [np.asarray(part) for part in all_of(MASSES)]


def test_derivatives_in_everything(derivatives):
    """Masses below and above both thresholds, coupling, detector, energy and time edges."""
    value, forward, reverse, numeric, x = derivatives
    assert all(np.all(np.isfinite(part)) for part in derivatives)
    assert np.all(value > 0.0)
    scale = np.abs(forward) * np.abs(x)[:, None, :]
    size = np.maximum(scale.max((1, 2), keepdims=True), value.max(1)[:, None, None])
    off = np.abs(forward - numeric) * np.abs(x)[:, None, :]
    assert np.all(off <= tolerance("gradient") * size)
    assert np.all(np.abs(forward - reverse) * np.abs(x)[:, None, :] <= 1e-9 * size)


def test_a_closed_beam_gives_zero_with_zero_gradient(lar):
    only = Signal(channels=("pi0", "eta", "piminus", "exchange"))
    both = jax.jit(jax.value_and_grad(lambda m: events(lar, only, m).sum()))
    assert [float(x) for x in both(3.0 * M_CAPTURE_MAX / 2.0 + 1.0)] == [0.0, 0.0]


def test_own_bins_are_those_of_templates(lar):
    found = templates([lar], Signal(), [75.0])[0].nominal[0]
    ours = events(lar, Signal(), 75.0)
    assert np.allclose(ours.ravel(), found, rtol=tolerance("identity"))
    traced = events(lar, Signal(), 75.0, energy_edges=ENERGIES, time_edges=TIMES)
    assert np.allclose(traced, ours, rtol=tolerance("template"))


def test_a_mediator_that_flies_is_followed(lar):
    point = mediator("dark-photon", 75.0, 25.0, eps=1e-4, lifetime_ns=1e4)
    slow = Signal(lifetime_ns=1e4, coupling="eps")
    of_signal = jax.jit(lambda m: events(lar, slow, m, 1e-4))(75.0)
    assert np.allclose(events(lar, point), of_signal, rtol=tolerance("identity"))
    prompt = events(lar, point, long_lived=False)
    assert float(of_signal.sum()) < 0.5 * float(prompt.sum())


def test_the_snippet_of_the_readme():
    setting = lar2020_search()
    slope = jax.jit(jax.jacfwd(lambda m: dmjax.events(setting, Signal(), m).sum()))
    h = 1e-5  # the edge of a photon bin, a kink, lies 1e-4 away
    total = jax.jit(lambda m: dmjax.events(setting, Signal(), m).sum())
    numeric = (total(75.0 + h) - total(75.0 - h)) / (2.0 * h)
    assert abs(slope(75.0) / numeric - 1.0) < tolerance("gradient")


def test_bad_input(lar):
    point = mediator("dark-photon", 75.0, 25.0, eps=1e-4)
    csi = dmjax.experiment("coherent-csi")
    cases = [
        (lambda: events(lar, Signal()), "give m_v"),
        (lambda: events(lar, Signal(), [75.0, 80.0]), "jax.vmap"),
        (lambda: events(lar, Signal(), -1.0), "positive"),
        (lambda: events(lar, point, 75.0), "leave m_v"),
        (lambda: events(lar, Signal(), 75.0, channels=("pi0",)), "signal has its"),
        (lambda: events(lar, point, channels=("pi1",)), "pi1"),
        (lambda: events(lar, Signal(), 75.0, energy_edges=[3.0, 2.0]), "increasing"),
        (lambda: events(lar, Signal(), 75.0, time_edges=[3.0]), "at least two"),
        (lambda: events(lar, Signal(model="events"), 75.0), "events"),
        (
            lambda: jax.jit(
                lambda m: dmjax.predict(csi, mediator("dark-photon", m, 25.0, eps=1e-4)).total
            )(75.0),
            "use dmjax.events",
        ),
        (
            lambda: jax.jit(lambda t: dmjax.predict(csi, point, time_max=t).total)(2.0),
            "dmjax.events",
        ),
    ]
    for call, words in cases:
        with pytest.raises(InputError, match=words) as caught:
            call()
        assert "\n" not in str(caught.value)
