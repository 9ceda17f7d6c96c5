"""The count model: effects commute, likelihood is that of scipy, fits are those of iminuit."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, stats

from counting_models import projection
from dmjax.analyses.ingredients import signal_parts
from dmjax.analyses.projection_chi2 import chi2_neutrinos, chi2_systematic
from dmjax.errors import InputError
from dmjax.fits.fit import best_fit, fit
from dmjax.fits.minimise import Status, covariance, minimise
from dmjax.fits.profiles import all_intervals, profile_points
from dmjax.likelihood.constraints import log_constraint
from dmjax.likelihood.count_model import CountModel, Counts
from dmjax.likelihood.count_terms import (
    asimov_counts,
    expected,
    log_counts,
    prepare,
)
from dmjax.likelihood.effects import Component, Morph, Scale, component_counts
from dmjax.likelihood.joint import (
    Data,
    JointModel,
    asimov_data,
    joint_expected,
    log_likelihood,
    observed_data,
)
from dmjax.likelihood.onoff import OnOffCounts, log_onoff, onoff_counts
from dmjax.likelihood.parameters import Parameter, merge, named, values_of
from dmjax.likelihood.poisson import FLOOR, log_onoff_profiled, log_poisson
from minuit import minuit_of
from tolerances import tolerance

RNG = np.random.default_rng(4)
BINS = 12
SIGNAL = 40.0 * stats.norm(5.0, 1.5).pdf(np.arange(BINS))
FALLING = 120.0 * np.exp(-0.3 * np.arange(BINS))
UP, DOWN = FALLING * (1.0 + 0.03 * np.arange(BINS)), FALLING * (1.0 - 0.02 * np.arange(BINS))
MU = Parameter("mu", 1.0, lower=0.0)
FLUX = Parameter("flux", 0.0, 1.0, lower=-9.0, upper=9.0)
TILT = Parameter("tilt", 0.0, 1.0, lower=-9.0, upper=9.0)
N_FALLING = Parameter("n_falling", 1.0, 0.2, lower=0.0)


def close(a, b, kind):
    return np.allclose(np.asarray(a), np.asarray(b), rtol=tolerance(kind), atol=tolerance(kind))


def example(name="example", seed=1, **options) -> CountModel:
    components = [
        Component("signal", SIGNAL, (Scale("mu"), Scale("flux", 1.0, 0.1))),
        Component(
            "falling", FALLING, (Scale("n_falling"), Morph("tilt", jnp.array(UP), jnp.array(DOWN)))
        ),
    ]
    counts = np.random.default_rng(seed).poisson(SIGNAL + FALLING)
    return CountModel(name, components, [MU, FLUX, TILT, N_FALLING], on=counts, **options)


def test_effects_commute():
    effects = (Scale("a"), Morph("b", jnp.array(UP), jnp.array(DOWN)), Scale("c", 1.0, 0.1))
    values = {"a": jnp.asarray(1.3), "b": jnp.asarray(0.4), "c": jnp.asarray(-0.7)}
    first, *others = (
        component_counts(Component("x", FALLING, order), values)
        for order in itertools.permutations(effects)
    )
    assert all(close(first, other, "identity") for other in others)


@pytest.mark.parametrize("x", [-2.5, -1.0, -0.4, 0.0, 0.3, 1.0, 3.0])
def test_morph_is_code_4p_of_histfactory(x):
    """Written out per bin: linear outside ±1, a sixth-order polynomial within."""
    morph = Morph("b", jnp.array(UP), jnp.array(DOWN))
    up, down = UP - FALLING, FALLING - DOWN
    if abs(x) >= 1.0:
        offset = x * up if x > 0 else x * down
    else:
        offset = x * (
            0.5 * (up + down) + (up - down) / 16.0 * x * (15.0 + x * x * (3.0 * x * x - 10.0))
        )
    assert close(morph.offset(jnp.asarray(x), jnp.array(FALLING)), offset, "identity")


def test_morph_is_smooth_and_its_component_positive():
    part = Component("x", FALLING, (Morph("b", jnp.array(UP), jnp.array(0.1 * FALLING)),))

    def at(x):
        return component_counts(part, {"b": x})

    for x in (-1.0, 1.0):
        for order in (at, jax.jacfwd(at), jax.jacfwd(jax.jacfwd(at))):
            sides = (order(jnp.asarray(x + e)) for e in (-1e-7, 1e-7))
            assert np.allclose(*sides, atol=1e-3)
    assert np.all(at(jnp.asarray(-4.0)) >= 0.0)
    assert np.all(np.isfinite(jax.jacfwd(at)(jnp.asarray(-4.0))))


def test_likelihood_is_that_of_scipy():
    joint = JointModel(example())
    values = values_of(joint.parameters, {"mu": 0.7, "flux": 0.5, "tilt": -0.3, "n_falling": 1.1})
    means = joint_expected(joint, values)[0]
    terms = stats.poisson.logpmf(joint.models[0].observed.on, means).sum()
    pulls = stats.norm.logpdf([0.5, -0.3]).sum() + stats.norm.logpdf(1.1, 1.0, 0.2)
    ours = log_likelihood(joint, values, observed_data(joint))
    assert close(ours, terms + pulls, "identity")


@pytest.mark.parametrize("n", [0.0, 1.0, 7.0])
def test_zero_and_tiny_expectations_are_safe(n):
    def f(mu):
        return log_poisson(jnp.array([n]), mu[None])[0]

    for mu in (0.0, 1e-300, 1e-9, FLOOR):
        values = [g(jnp.asarray(mu)) for g in (f, jax.grad(f), jax.jacfwd(jax.jacfwd(f)))]
        assert np.all(np.isfinite(values))
    exact = stats.poisson.logpmf(n, 2.0 * FLOOR)
    assert close(f(jnp.asarray(2.0 * FLOOR)), exact, "identity")


def test_empty_templates_fit_without_nan():
    components = [
        Component("nothing", np.zeros(3), (Scale("a"),)),
        Component("some", np.array([0.0, 1.0, 2.0]), (Scale("b"),)),
    ]
    model = CountModel(
        "holes", components, [Parameter("a", 1.0), Parameter("b", 1.0, lower=0.0)], on=[0, 3, 4]
    )
    found = best_fit(JointModel(model))
    assert int(found.status) == Status.CONVERGED
    assert close(found.values, [1.0, 7.0 / 3.0], "fit_parameter")
    assert np.isinf(found.errors[0]) and np.isfinite(found.errors[1])


@pytest.mark.parametrize(("n", "m"), [(3, 1), (0, 0), (0, 4), (5, 0), (12, 9)])
def test_profiled_off_term_is_the_maximum(n, m):
    grid = np.concatenate([[1e-12], np.geomspace(1e-6, 40.0, 200_001)])
    for s in (0.0, 0.5, 4.0, 30.0):
        best = np.max(stats.poisson.logpmf(n, s + grid) + stats.poisson.logpmf(m, grid))
        ours = log_onoff_profiled(jnp.array([float(n)]), jnp.array([float(m)]), jnp.array([s]))
        assert np.isclose(float(ours[0]), best, atol=tolerance("fit"))


def test_traced_onoff_counts_are_those_made_outside():
    n, m = RNG.integers(0, 30, 20), RNG.integers(0, 30, 20)
    s = jnp.asarray(RNG.uniform(0.0, 30.0, 20))
    made = jax.jit(onoff_counts)(jnp.array(n, float), jnp.array(m, float))
    assert close(log_onoff(made, s), log_onoff(OnOffCounts(n, m), s), "nbg")


def test_second_derivative_of_the_integral_is_that_of_quadrature():
    counts = OnOffCounts([6], [3])

    def exact(s):
        def integrand(b):
            return stats.poisson.pmf(6, s + b) * stats.poisson.pmf(3, b)

        return np.log(integrate.quad(integrand, 0.0, 60.0, epsabs=0.0, epsrel=1e-12)[0])

    step = 1e-2
    reference = (exact(2.0 + step) - 2.0 * exact(2.0) + exact(2.0 - step)) / step**2
    ours = jax.jacfwd(jax.jacfwd(lambda s: log_onoff(counts, s[None])[0]))(jnp.asarray(2.0))
    assert np.isclose(ours, reference, rtol=10 * tolerance("gradient"))


def test_fit_agrees_with_iminuit():
    joint = JointModel([example("one", 1), example("two", 2)])
    data = observed_data(joint)
    ours = best_fit(joint, data)
    fitter = minuit_of(joint, data)
    assert int(ours.status) == Status.CONVERGED
    assert abs(float(ours.two_nll) - fitter.fval) < tolerance("fit")
    fitter.hesse()
    scale = np.asarray(ours.errors)
    assert np.all(np.abs(np.asarray(ours.values) - np.array(fitter.values)) < 1e-2 * scale)
    assert np.allclose(scale, np.array(fitter.errors), rtol=1e-2)
    fitter.minos()
    ends = all_intervals(joint, data, ours)
    for i, name in enumerate(joint.parameters.names):
        theirs = fitter.merrors[name]
        assert np.isclose(ends.lower[i] - ours.values[i], theirs.lower, rtol=1e-2)
        assert np.isclose(ends.upper[i] - ours.values[i], theirs.upper, rtol=1e-2)


def test_bound_is_respected_and_reported():
    part = Component("all", [1.0], (Scale("n"),))
    flat = Component("flat", [9.0])
    model = CountModel("deficit", [part, flat], [Parameter("n", 3.0, lower=0.0)], on=[5])
    joint = JointModel(model)
    found = best_fit(joint)
    assert float(found.values[0]) == 0.0 and bool(found.at_bound[0])
    assert int(found.status) == Status.CONVERGED and float(found.errors[0]) == 0.0
    ends = all_intervals(joint)
    assert not bool(ends.reached[0, 0]) and bool(ends.reached[0, 1])

    def q(n):
        return 2.0 * (n - 5.0 * np.log((9.0 + n) / 9.0)) - 1.0

    assert abs(q(float(ends.upper[0]))) < tolerance("fit_parameter")


def test_shared_parameters_are_one():
    joint = JointModel([example("one", 1), example("two", 2)])
    assert joint.parameters.names == ("mu", "flux", "tilt", "n_falling")
    single = [best_fit(JointModel(example("one", seed))).errors[0] for seed in (1, 2)]
    together = best_fit(joint).errors[0]
    assert together < min(single)


@pytest.mark.parametrize("off_term", ["integral", "profile"])
def test_asimov_data_give_back_their_parameters(off_term):
    joint = JointModel(
        [example("one"), example("two", 2, off=np.full(BINS, 20), off_term=off_term)]
    )
    truth = values_of(joint.parameters, {"mu": 1.7, "flux": 0.4, "tilt": -0.5})
    found = best_fit(joint, asimov_data(joint, truth))
    assert np.allclose(found.values, truth, atol=tolerance("fit_parameter"))


def test_toys_and_asimov_reuse_one_compilation():
    joint = JointModel(example())
    traces = []

    @jax.jit
    def fitted(data):
        traces.append(1)
        return jax.vmap(lambda d: fit(joint, d))(data)

    truth = values_of(joint.parameters, {"mu": 4.0})
    means = joint_expected(joint, truth)[0]

    def toys(seed):
        rng = np.random.default_rng(seed)
        sigmas = np.asarray(joint.parameters.sigmas)
        spread = np.where(np.isfinite(sigmas), sigmas, 0.0)
        centres = jnp.asarray(np.asarray(truth) + rng.normal(size=(300, truth.size)) * spread)
        return Data((Counts(jnp.asarray(rng.poisson(means, (300, BINS)), float)),), centres)

    found = [fitted(toys(seed)) for seed in (1, 2)]
    assert len(traces) == 1
    assert all(np.all(np.asarray(f.status) == Status.CONVERGED) for f in found)
    pulls = (np.asarray(found[0].values[:, 0]) - 4.0) / np.asarray(found[0].errors[:, 0])
    assert abs(pulls.mean()) < tolerance("sigmas") / np.sqrt(300)
    assert abs(pulls.std() - 1.0) < tolerance("sigmas") / np.sqrt(600)


def test_profile_in_two_parameters_has_its_minimum_at_the_fit():
    joint = JointModel(example())
    data = observed_data(joint)
    best = best_fit(joint, data)
    indices = jnp.array([0, 3])
    points = jnp.stack([best.values[indices], best.values[indices] + best.errors[indices]])
    q, status = profile_points(joint, data, best, indices, points)
    assert abs(float(q[0])) < tolerance("fit") and float(q[1]) > 1.0
    assert np.all(np.asarray(status) == Status.CONVERGED)


@pytest.mark.parametrize("start", [-1.9, 0.0, 1.9])
def test_minimiser_on_a_curved_valley(start):
    def rosenbrock(x):
        return (1.0 - x[0]) ** 2 + 100.0 * (x[1] - x[0] ** 2) ** 2

    box = jnp.full(2, 2.0)
    found = minimise(rosenbrock, jnp.asarray([start, -1.5]), -box, box)
    assert int(found.status) == Status.CONVERGED
    assert np.allclose(found.x, 1.0, atol=tolerance("fit_parameter"))
    exact = np.linalg.inv(np.array([[802.0, -400.0], [-400.0, 200.0]]))
    assert np.allclose(covariance(found), exact, rtol=1e-2)


def test_minimiser_reports_what_went_wrong():
    ends = jnp.asarray([-5.0]), jnp.asarray([5.0])
    bad = minimise(lambda x: jnp.log(x[0]), jnp.asarray([-1.0]), *ends)
    assert int(bad.status) == Status.BAD_START
    assert float(bad.x[0]) == -1.0 and np.isnan(bad.value)
    lost = minimise(lambda x: jnp.cosh(x[0]), jnp.asarray([jnp.nan]), *ends)
    assert int(lost.status) == Status.BAD_START and np.isnan(lost.x[0])
    short = minimise(lambda x: jnp.cosh(3.0 * x[0]), jnp.asarray([4.0]), *ends, steps=3)
    assert int(short.status) == Status.BUDGET


def test_onoff_model_matches_its_integral_and_its_asimov_maximum():
    part = Component("signal", [5.0, 2.0], (Scale("mu"),))
    model = CountModel("onoff", [part], [MU], on=[9, 3], off=[4, 1])
    values = {"mu": jnp.asarray(0.8)}
    ours = log_counts(model, values, prepare(model, model.observed))
    assert close(ours, log_onoff(OnOffCounts([9, 3], [4, 1]), jnp.asarray([4.0, 1.6])).sum(), "nbg")
    made = asimov_counts(model, values)
    assert made.off is not None
    assert close(made.on - made.off, expected(model, values), "identity")


def test_projection_chi2_agree_with_the_likelihood_where_counts_are_large():
    """Eq. 6.7 is the Gaussian limit of the Poisson likelihood, without a systematic."""
    signal, known = jnp.asarray([30.0, 10.0]), jnp.asarray([4e4, 9e4])
    joint = JointModel(projection("big", signal, known))
    data = observed_data(joint)
    at = [-2.0 * log_likelihood(joint, jnp.asarray([mu]), data) for mu in (0.0, 1.0)]
    chi2 = chi2_neutrinos(signal, known)
    assert np.isclose(at[1] - at[0], chi2, rtol=tolerance("benchmark"))
    assert close(chi2_systematic(signal, known, 0.0 * known, 0.0), chi2, "identity")


def test_projection_with_a_systematic_is_weaker():
    def error(sigma):
        joint = JointModel(projection("one", [20.0, 5.0], [100.0, 80.0], 50.0, sigma))
        return float(all_intervals(joint, level=2.706).upper[0])

    assert error(0.28) > error(0.085) > error(0.0) > 0.0


def test_constraint_is_a_normalised_density():
    known = JointModel(example()).parameters
    shifted = values_of(known, {"n_falling": 1.3})
    exact = 2.0 * stats.norm.logpdf(0.0) + stats.norm.logpdf(1.3, 1.0, 0.2)
    assert close(log_constraint(known, shifted, known.centres), exact, "identity")
    assert set(named(known, shifted)) == {"mu", "flux", "tilt", "n_falling"}


def test_gradients_are_finite_everywhere_in_the_range():
    joint = JointModel(example())
    data = observed_data(joint)
    for mu, flux, tilt, falling in itertools.product(
        (0.0, 5.0), (-9.0, 9.0), (-9.0, 9.0), (0.0, 3.0)
    ):
        values = jnp.asarray([mu, flux, tilt, falling])
        slope = jax.grad(lambda v: log_likelihood(joint, v, data))(values)
        assert np.all(np.isfinite(slope))


def test_gradient_at_a_bound_is_the_one_sided_one():
    joint = JointModel(example())
    data = observed_data(joint)
    slope = jax.grad(lambda v: log_likelihood(joint, v, data))
    at, near = (slope(jnp.asarray([mu, 0.3, 0.2, 1.0])) for mu in (0.0, 1e-9))
    assert np.allclose(at, near, rtol=tolerance("gradient"))


PART = Component("all", [1.0, 2.0], (Scale("n"),))
N = Parameter("n", 1.0, lower=0.0)
BAD = {
    "whole numbers": lambda: CountModel("x", [PART], [N], on=[1.5, 2]),
    "bin 1 has -2": lambda: CountModel("x", [PART], [N], on=[1, -2]),
    "nan": lambda: CountModel("x", [PART], [N], on=[1, np.nan]),
    "the counts have 3": lambda: CountModel("x", [PART], [N], on=[1, 2, 3]),
    "off counts": lambda: CountModel("x", [PART], [N], on=[1, 2], off=[1]),
    "off_term": lambda: CountModel("x", [PART], [N], on=[1, 2], off=[1, 1], off_term="x"),
    "is not defined": lambda: CountModel("x", [PART], [], on=[1, 2]),
    "has no effect": lambda: CountModel("x", [PART], [N, MU], on=[1, 2]),
    "must differ": lambda: CountModel("x", [PART, PART], [N], on=[1, 2]),
    "at least one component": lambda: CountModel("x", [], [], on=[1, 2]),
    "axes of": lambda: CountModel("x", [PART], [N], on=[1, 2], axes=[("e", [0, 1])]),
    "finite and not negative": lambda: Component("x", [1.0, -1.0]),
    "one flat list": lambda: Component("x", [[1.0]]),
    "the alternate of": lambda: Component("x", [1.0], (Morph("b", jnp.ones(2)),)),
    "has no range": lambda: Parameter("x", 0.0, lower=1.0, upper=1.0),
    "must be finite and lie in": lambda: Parameter("x", -1.0, lower=0.0),
    "sigma must be": lambda: Parameter("x", 0.0, 0.0),
    "needs a name": lambda: Parameter("", 0.0),
    "defined twice": lambda: merge([N], [Parameter("n", 2.0)]),
    "distinct names": lambda: JointModel([example(), example()]),
    "did you mean 'mu'": lambda: best_fit(JointModel(example()), fixed={"mv": 1.0}),
    "sigma must not": lambda: projection("x", [1.0], [1.0], sigma=-1.0),
    "background has": lambda: projection("x", [1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [1.0, 2.0]),
}


@pytest.mark.parametrize("message", BAD)
def test_bad_input_is_one_clear_line(message):
    with pytest.raises(InputError) as problem:
        BAD[message]()
    assert message in str(problem.value) and "\n" not in str(problem.value)


def test_no_signal_adds_nothing():
    assert signal_parts(None, (), ()) == ((), ())
