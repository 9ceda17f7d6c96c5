"""Post-fit yields and bands against MINUIT with every bin's background explicit, and toys."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from counting_models import shapes
from dmjax.fits.fit import best_fit, fit
from dmjax.fits.postfit import STEADY, axis_sums, projections
from dmjax.fits.pseudo_data import throw
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.count_terms import expected_components
from dmjax.likelihood.effects import BinFactor, Component, Scale
from dmjax.likelihood.joint import JointModel, observed_data
from dmjax.likelihood.parameters import Parameter, named
from minuit import minuit_of
from tolerances import tolerance

ON, OFF = np.array([30.0, 21.0, 45.0]), np.array([20.0, 12.0, 33.0])
TEMPLATE = np.array([1.0, 2.0, 1.5])
FREE = Parameter("n", 5.0, lower=0.0)
EFFICIENCY = Parameter("eff", 1.0, 0.15, lower=0.0)


def whole(joint, best):
    """The only row of the sum over all bins, and every bin."""
    bins = joint.models[0].observed.on.size
    return projections(joint, best, joint.models[0], [np.ones((1, bins)), np.eye(bins)])


def explicit() -> JointModel:
    """On and off counts of one model as two plain ones, with a free background in every bin."""
    scales = [Scale("n"), Scale("eff")]
    floats = [Parameter(f"b{i}", float(x), lower=0.0) for i, x in enumerate(OFF)]
    factors = tuple(BinFactor(f"b{i}", i, 3) for i in range(3))
    background = Component("b", np.ones(3), factors)
    return JointModel(
        [
            CountModel(
                "on",
                [Component("s", TEMPLATE, tuple(scales)), background],
                [FREE, EFFICIENCY, *floats],
                on=ON,
            ),
            CountModel("off", [background], floats, on=OFF),
        ]
    )


def test_a_measured_background_has_the_errors_of_explicit_ones():
    part = Component("s", TEMPLATE, (Scale("n"), Scale("eff")))
    more = {"on": ON, "off": OFF, "off_term": "profile"}
    joint = JointModel(CountModel("on-off", [part], [FREE, EFFICIENCY], **more))
    total, bins = whole(joint, best_fit(joint))
    other = explicit()
    fitter = minuit_of(other, observed_data(other))
    fitter.hesse()
    names = other.parameters.names
    values, covariance = np.array(fitter.values), np.array(fitter.covariance)

    def counts(values):
        parts = expected_components(other.models[0], named(other.parameters, jnp.asarray(values)))
        return {name: np.asarray(x) for name, x in parts.items()}

    def spread(pick):
        step = 1e-4
        rows = [
            (pick(counts(values + step * unit)) - pick(counts(values - step * unit))) / (2 * step)
            for unit in np.eye(len(names))
        ]
        return np.sqrt(np.einsum("ir,ij,jr->r", rows, covariance, rows))

    close = {"rtol": tolerance("fit_parameter")}
    wanted = counts(values)
    assert np.allclose(bins.components["s"], wanted["s"], **close)
    assert np.allclose(bins.components[STEADY], wanted["b"], **close)
    assert np.allclose(bins.component_errors["s"], spread(lambda c: c["s"]), **close)
    assert np.allclose(bins.component_errors[STEADY], spread(lambda c: c["b"]), **close)
    every = spread(lambda c: c["s"] + c["b"])
    assert np.allclose(bins.error, every, **close)
    one = spread(lambda c: (c["s"] + c["b"]).sum(keepdims=True))
    assert np.allclose(total.error, one, **close)


def test_errors_are_the_scatter_of_refitted_toys():
    joint = shapes(on=(60.0, 75.0, 25.0))
    best = best_fit(joint)
    total, _ = whole(joint, best)
    keys = jax.random.split(jax.random.key(2), 1500)

    @jax.jit
    def refit(key):
        values = fit(joint, throw(joint, best.values, key), best.values).values
        parts = expected_components(joint.models[0], named(joint.parameters, values))
        return {name: jnp.sum(x) for name, x in parts.items()}

    made = {name: np.asarray(x) for name, x in jax.vmap(refit)(keys).items()}
    made["total"] = made["signal"] + made["b"]
    stated = total.component_errors | {"total": total.error}
    for name, values in made.items():
        spread = values.std()
        # Errors are those of large samples: 3 % beside the error of a standard deviation.
        assert abs(stated[name][0] - spread) < (0.03 + tolerance("sigmas") / 55.0) * spread
    assert (
        total.error[0] < np.hypot(total.component_errors["signal"], total.component_errors["b"])[0]
    )


def test_a_free_normalisation_gives_the_observed_count_and_its_root():
    part = Component("all", [0.2, 0.3, 0.5], (Scale("n"),))
    joint = JointModel(CountModel("one", [part], [FREE], on=[10, 20, 34]))
    total, bins = whole(joint, best_fit(joint))
    assert np.isclose(total.total[0], 64.0) and np.isclose(total.error[0], 8.0)
    assert np.allclose(bins.error, 8.0 * np.array([0.2, 0.3, 0.5])) and total.data[0] == 64.0


def test_an_undetermined_yield_has_no_finite_error():
    parts = [Component("a", [1.0], (Scale("n"),)), Component("z", [0.0], (Scale("eff"),))]
    free = [FREE, Parameter("eff", 1.0, lower=0.0)]
    joint = JointModel(CountModel("flat", parts, free, on=[9]))
    total, _ = whole(joint, best_fit(joint))
    assert np.isclose(total.error[0], 3.0) and total.component_errors["z"][0] == 0.0


def test_projections_add_up():
    joint = shapes()
    model = joint.models[0]
    assert axis_sums(model) == {}
    made = projections(joint, best_fit(joint), model, [np.ones((1, 3))])[0]
    assert np.isclose(sum(x[0] for x in made.components.values()), made.total[0])
    with pytest.raises(KeyError):
        made.components[STEADY]
