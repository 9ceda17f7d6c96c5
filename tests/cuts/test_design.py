"""What a limit depends on: finite differences, exact powers, forecasts and places."""

from functools import cache

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

import dmjax
from dmjax.analyses.projections import projected
from dmjax.cuts.forecast import best_place, fisher, floor_of, marginal_errors
from dmjax.cuts.knobs import StretchedPulse, stretched
from dmjax.cuts.plan import Plan, at_rest, log_limit, plan_of, plan_yields, slopes
from dmjax.cuts.strength import Level, expected_limit
from dmjax.prediction.signal import signal
from dmjax.timing import GaussianPulse, box_pulse
from tolerances import tolerance

LEVEL = Level(0.1, True)
STEP = 1e-3


@cache
def plan(name: str, cuts: bool, pot: float | None = None) -> Plan:
    return plan_of(
        projected(name, pot=pot), signal(source_errors=name == "coherent-csi"), 75.0, cuts
    )


@pytest.mark.parametrize(("name", "cuts"), [("ccm-tight", True), ("coherent-csi", True)])
def test_elasticities_are_those_of_finite_differences(name, cuts):
    made, value = plan(name, cuts), eqx.filter_jit(log_limit)
    _, found = slopes(made, LEVEL, at_rest(made))
    for knob in made.names:
        sides = [
            float(value(made, LEVEL, at_rest(made) | {knob: jnp.asarray(side)}))
            for side in (STEP, -STEP)
        ]
        differences = (sides[0] - sides[1]) / (2.0 * STEP)
        assert float(found[knob]) == pytest.approx(differences, abs=tolerance("fit_parameter"))


def test_powers_are_exact_without_background_and_deep_in_it():
    made = plan("ccm-tight", True)
    still = at_rest(made)

    def log(mass: float, exposure: float) -> float:
        x = still | {"mass": jnp.asarray(mass), "exposure": jnp.asarray(exposure)}
        return 0.5 * float(expected_limit(made.rules, plan_yields(made, x), LEVEL).log)

    empty, full = np.log(1e-14), np.log(1e8)
    assert log(0.1, empty) - log(0.0, empty) == pytest.approx(-0.05, abs=tolerance("limit"))
    assert log(0.1, full) - log(0.0, full) == pytest.approx(-0.025, abs=tolerance("gradient"))


def test_the_verb_gives_what_the_plan_does():
    found = dmjax.design("ccm-tight", m_v=75.0, cuts=True, source_errors=False)
    value = float(
        jnp.exp(log_limit(plan("ccm-tight", True), LEVEL, at_rest(plan("ccm-tight", True))))
    )
    assert found.value == pytest.approx(value, rel=tolerance("limit"))
    assert -0.5 < found.elasticities["mass"] < -0.25
    assert found.elasticities["distance"] > 0.5
    assert found.plot().axes


def test_a_stretched_pulse_is_the_pulse_in_stretched_time():
    factor = jnp.asarray(2.0)
    gaussian = stretched(GaussianPulse(jnp.asarray(0.7), jnp.asarray(0.15)), factor)
    assert isinstance(gaussian, GaussianPulse) and float(gaussian.sigma) == 0.3
    box = stretched(box_pulse(0.0, 0.1), factor)
    assert isinstance(box, StretchedPulse)
    wide = box_pulse(0.0, 0.2)
    for time in (0.05, 0.15, 0.4):
        at, life = jnp.asarray(time), jnp.asarray(0.026)
        assert float(box.cdf(at)) == pytest.approx(float(wide.cdf(at)))
        assert float(box.decayed_cdf(at, life)) == pytest.approx(float(wide.decayed_cdf(at, life)))


def test_a_forecast_is_the_inverse_of_its_information():
    made = plan("ccm-loose", False)
    matrix = np.asarray(fisher(made, jnp.asarray(1e-9)))
    assert np.allclose(matrix, matrix.T) and np.linalg.det(matrix) > 0.0
    first, second, both = marginal_errors(matrix)
    assert first >= 1.0 / np.sqrt(matrix[0, 0]) and second >= 1.0 / np.sqrt(matrix[1, 1])
    assert -1.0 < both < 1.0
    # Without background counts grow as the square: four times the coupling, 16 times the events.
    assert fisher(made, jnp.asarray(4e-9))[1, 1] > 4.0 * matrix[1, 1]


def test_the_best_place_is_nearest_and_forward_where_nothing_else_counts():
    made = plan("ccm-tight", True)
    found = best_place(made, LEVEL, floor_of(made, (5.0, 15.0, 6.0, 20.0)))
    here = float(log_limit(made, LEVEL, at_rest(made)))
    assert found.log_limit < here
    assert found.distance_m == pytest.approx(np.hypot(5.0, 6.0), rel=0.1)


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("csi2017", {}, "is a data set"),
        ("ccm-tight", {"floor": (1.0, 2.0)}, "four numbers"),
        ("ccm-tight", {"floor": (1.0, 2.0, 3.0, 2.0)}, "from < to"),
        ("ccm-tight", {"floor": (1.0, 2.0, 0.0, 2.0)}, "beside the beam"),
        ("ccm-tight", {"model": "events"}, "name a model"),
        ("ccm-tight", {"lifetime_ns": 100.0}, "decay where they are made"),
        ("ccm-tight", {"cl": 0.4}, "between 0.5 and 1"),
    ],
)
def test_bad_input_is_one_line(name, options, said):
    with pytest.raises(dmjax.InputError, match=said) as problem:
        dmjax.design(name, m_v=75.0, **options)
    assert "\n" not in str(problem.value)
