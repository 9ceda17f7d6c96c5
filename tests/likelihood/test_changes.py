"""Nuisances with another constraint, without one, or held: what a user may ask for."""

import jax.numpy as jnp
import numpy as np
import pytest

from dmjax.errors import InputError
from dmjax.fits.fit import best_fit
from dmjax.likelihood.changes import changed
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.count_terms import expected
from dmjax.likelihood.effects import Component, Scale
from dmjax.likelihood.joint import JointModel
from dmjax.likelihood.parameters import Parameter
from dmjax.likelihood.signals import with_signal
from dmjax.likelihood.smooth_effects import SoftSpline, spline_heights
from dmjax.prediction.templates import SignalCounts
from tolerances import tolerance


def model(name="first"):
    late = SoftSpline("late", (-1.0, 0.0, 1.0), spline_heights(jnp.asarray([[4.0], [5.0], [7.0]])))
    parts = [
        Component("background", [10.0], (Scale("n"),)),
        Component("signal", [5.0], (Scale("signal"), late)),
    ]
    known = [
        Parameter("n", 1.0, 0.1, lower=0.0),
        Parameter("signal", 0.0, lower=0.0),
        Parameter("late", 0.0, 1.0, lower=-3.0, upper=3.0),
    ]
    return CountModel(name, parts, known, on=[17])


def parameter(models, name):
    return next(p for p in models[0].parameters if p.name == name)


@pytest.mark.parametrize(
    ("text", "kind", "centre", "sigma"),
    [
        ("1.2±0.3", "normal", 1.2, 0.3),
        ("1.2+-0.3", "normal", 1.2, 0.3),
        ("log-normal:1.1±0.5", "log-normal", 1.1, 0.5),
        ("gamma:2±1", "gamma", 2.0, 1.0),
        ("uniform:0.5..3", "uniform", 1.0, None),
        ("free", "free", 1.0, None),
    ],
)
def test_every_constraint_can_be_asked_for(text, kind, centre, sigma):
    found = parameter(changed([model()], {"n": text}, {}), "n")
    assert (found.kind, found.centre, found.sigma) == (kind, centre, sigma)


def test_a_change_acts_in_every_model_and_a_held_value_leaves_the_parameters():
    models = changed([model(), model("second")], {"n": "2±0.5"}, {"late": 1.0})
    joint = JointModel(models)
    assert joint.parameters.names == ("n", "signal")
    assert float(joint.parameters.centres[0]) == 2.0


def test_held_is_what_a_fixed_fit_gives_and_goes_with_another_signal():
    free, held = JointModel(model()), JointModel(changed([model()], {}, {"late": 1.0}))
    ours, theirs = best_fit(held), best_fit(free, fixed={"late": 1.0})
    assert np.allclose(ours.values, theirs.values[:2], rtol=tolerance("fit_parameter"))
    moved = {"late": jnp.asarray([[1.0], [2.0], [6.0]])}
    other = with_signal(held.models[0], SignalCounts(jnp.asarray([2.0]), moved=moved))
    values = {"n": jnp.asarray(0.0), "signal": jnp.asarray(1.0)}
    assert np.isclose(expected(other, values)[0], 6.0, rtol=1e-6)


@pytest.mark.parametrize(
    ("nuisance", "fix", "match"),
    [
        ({"m": "free"}, {}, "unknown nuisance 'm'"),
        ({"signal": "free"}, {}, "strength of the signal"),
        ({"n": "1±0"}, {}, "sigma must be a number above 0"),
        ({"n": "1±x"}, {}, "nuisance 'n' takes CENTRE±SIGMA"),
        ({"n": "normal:1"}, {}, "nuisance 'n' takes CENTRE±SIGMA"),
        ({"n": "lognormal:1±0.1"}, {}, "did you mean 'log-normal'"),
        ({"n": "uniform:-1..2"}, {}, "uniform needs LOW < HIGH inside"),
        ({"n": "-1±2"}, {}, "must lie in"),
        ({"n": "free"}, {"n": None}, "choose one"),
        ({}, {"late": 7.0}, r"must lie in \[-3, 3\]"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(nuisance, fix, match):
    with pytest.raises(InputError, match=match):
        changed([model()], nuisance, fix)
