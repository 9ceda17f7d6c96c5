"""The integral over one parameter: against adaptive quadrature and finite differences."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from dmjax.errors import InputError
from dmjax.fits.fit import best_fit
from dmjax.fits.profiles import all_intervals
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.count_terms import log_bins, prepare
from dmjax.likelihood.effects import Component, Morph, Scale
from dmjax.likelihood.joint import JointModel, log_likelihood, observed_data
from dmjax.likelihood.marginal import Constraint, log_integral
from dmjax.likelihood.parameters import Parameter
from tolerances import tolerance

ALPHA = Parameter("alpha", 0.0, 0.28, lower=-1.0)
SIGNAL = Parameter("signal", 1.0, lower=0.0)


def model(name, on, off=None, off_term="integral", known=ALPHA):
    scale = Scale(known.name, 1.0, 1.0)
    shape = np.linspace(1.0, 2.0, len(on))
    parts = [
        Component("signal", 2.0 * shape, (Scale("signal"), scale)),
        Component("known", 3.0 / shape, (scale, Morph("tilt", 3.3 / shape**2))),
        Component("rest", 0.5 * shape),
    ]
    return CountModel(
        name, parts, [known, SIGNAL, Parameter("tilt", 0.0, 1.0)], on=on, off=off, off_term=off_term
    )


CASES = {
    "poisson": lambda: model("a", [7, 2, 4]),
    "integral": lambda: model("b", [9, 4, 3], [3, 1, 0]),
    "profile": lambda: model("c", [9, 4, 3], [3, 1, 2], "profile"),
    "at the edge": lambda: model("d", [0, 0], known=Parameter("alpha", -0.9, 0.28, lower=-1.0)),
    "far above": lambda: model("e", [30, 35, 40], known=Parameter("alpha", 0.0, 1.5, lower=-1.0)),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("per_bin", [False, True])
def test_it_is_the_integral_over_the_cut_normal_density(case, per_bin):
    only = CASES[case]()
    joint = JointModel(only, integrate="alpha:per-bin" if per_bin else "alpha")
    values = jnp.asarray([0.0, 0.7, 0.3])
    ours = float(log_likelihood(joint, values, observed_data(joint)))
    known, data = only.parameters[0], prepare(only, only.observed)
    terms = jax.jit(
        lambda x: log_bins(only, {"alpha": x, "signal": values[1], "tilt": values[2]}, data)
    )
    bins = range(only.observed.on.size)
    theirs = norm.logpdf(0.3)
    for chosen in [[b] for b in bins] if per_bin else [list(bins)]:

        def density(x, chosen=chosen):
            log_l = float(np.asarray(terms(x))[chosen].sum())
            return np.exp(log_l + 20.0) * norm.pdf(x, known.centre, known.sigma)

        top = known.centre + 20.0 * known.sigma
        area = quad(density, -1.0, top, epsabs=0.0, epsrel=1e-10, limit=200)[0]
        theirs += np.log(area / norm.sf(-1.0, known.centre, known.sigma)) - 20.0
    assert ours == pytest.approx(theirs, abs=tolerance("quadrature"))


@pytest.mark.parametrize("per_bin", [False, True])
def test_derivatives_are_those_of_finite_differences(per_bin):
    joint = JointModel(CASES["integral"](), integrate="alpha:per-bin" if per_bin else "alpha")
    data = observed_data(joint)

    def log_l(x):
        changed = eqx.tree_at(
            lambda j: (j.models[0].components[0].nominal, j.parameters.sigmas),
            joint,
            (
                joint.models[0].components[0].nominal * x[0],
                joint.parameters.sigmas * jnp.stack([x[1], jnp.ones(()), jnp.ones(())]),
            ),
        )
        return log_likelihood(changed, jnp.stack([jnp.zeros(()), x[2], x[3]]), data)

    x = jnp.asarray([1.1, 0.9, 0.7, 0.3])
    forward, reverse = jax.jit(jax.jacfwd(log_l))(x), jax.jit(jax.grad(log_l))(x)
    steps = 1e-4 * np.eye(4)
    call, slope = jax.jit(log_l), jax.jit(jax.grad(log_l))
    numeric = np.array([(call(x + h) - call(x - h)) / 2e-4 for h in steps])
    second = np.array([(slope(x + h) - slope(x - h)) / 2e-4 for h in steps])
    assert forward == pytest.approx(np.asarray(reverse), rel=tolerance("identity"))
    assert forward == pytest.approx(numeric, rel=tolerance("gradient"))
    bends = jax.jit(jax.jacfwd(jax.jacfwd(log_l)))(x)
    scale = np.abs(second).max()
    assert bends == pytest.approx(
        second, rel=tolerance("gradient"), abs=tolerance("gradient") * scale
    )


def test_parameters_and_models_that_it_does_not_touch_keep_their_likelihood():
    other = CountModel("other", [Component("all", [4.0], (Scale("signal"),))], [SIGNAL], on=[5])
    alone = JointModel(model("a", [7, 2, 4]), "alpha")
    both = JointModel([model("a", [7, 2, 4]), other], "alpha")
    values = jnp.asarray([0.0, 0.7, 0.3])
    added = log_likelihood(JointModel(other), values[1:2], observed_data(JointModel(other)))
    assert log_likelihood(both, values, observed_data(both)) == pytest.approx(
        float(log_likelihood(alone, values, observed_data(alone)) + added),
        rel=tolerance("identity"),
    )


def test_fits_leave_it_alone():
    joint = JointModel(CASES["integral"](), integrate="alpha")
    found = best_fit(joint)
    assert int(found.status) == 0
    assert found.values[0] == 0.0 and bool(found.at_bound[0]) and found.errors[0] == 0.0
    assert found.errors[2] > 0.0
    ends = all_intervals(joint, best=found)
    assert ends.lower[0] == ends.upper[0] == 0.0 and not ends.reached[0].any()
    assert ends.reached[2].all()


@pytest.mark.parametrize("name, text", [("alfa", "did you mean 'alpha'"), ("signal", "is free")])
def test_what_cannot_be_integrated_is_refused(name, text):
    with pytest.raises(InputError, match=text):
        JointModel(CASES["poisson"](), integrate=name)


@pytest.mark.parametrize("rate", [1e1, 1e3, 1e5, 1e7])
def test_a_peak_far_below_the_centre_is_found(rate):
    """∫ r^n e^{−rate·r} p(r − 1) dr with its peak at n/rate, in units of its own width."""
    known = Constraint(*(jnp.asarray(v) for v in (0.0, 0.28, -1.0, jnp.inf)))
    counts = 500.0

    def height(rate, x):
        return counts * jnp.log1p(x) - rate * (1.0 + x)

    ours = float(log_integral(height, jnp.asarray(rate), known))
    peak = counts / rate

    def density(t):
        r = t * peak
        log_l = counts * np.log(t) - counts * (t - 1.0)
        return np.exp(log_l + 600.0 * (rate < 100.0)) * norm.pdf(r - 1.0, 0.0, 0.28)

    inside = [0.02, 0.1, 1.0] if rate < 100.0 else [0.8, 1.0, 1.2]
    area = quad(density, 0.0, 4.0, points=inside, epsabs=0.0, epsrel=1e-10, limit=200)[0]
    theirs = np.log(area * peak / norm.sf(-1.0, 0.0, 0.28)) - 600.0 * (rate < 100.0)
    theirs += counts * np.log(peak) - counts
    assert ours == pytest.approx(theirs, abs=tolerance("quadrature"))
