"""The closed form against automatic derivatives; fits that fail; fits against SciPy's."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import minimize

from counting_models import known, on_off, shapes
from dmjax.fits.curvature import linear_point
from dmjax.fits.fit import best_fit, fit
from dmjax.fits.minimise import Status, box_of, minimise
from dmjax.fits.pseudo_data import most_counts, throw
from dmjax.fits.retry import ATTEMPTS, start_at, tried_again
from dmjax.fits.secant import minimise_surely
from dmjax.likelihood.joint import JointModel, log_likelihood, observed_data
from dmjax.likelihood.parameters import values_of
from dmjax.prediction.signal import Signal
from dmjax.studies.setting import one_mass, setting_of
from dmjax.studies.settings import ModelOptions
from tolerances import tolerance


def models() -> dict[str, JointModel]:
    both = JointModel([*shapes([55.0, 71.0, 13.0]).models, *on_off([3, 0], [2, 1]).models])
    return {
        "shapes": shapes([55.0, 71.0, 13.0]),
        "profile": on_off([30.0, 4.0, 0.0], [20.0, 6.0, 0.0]),
        "integral": on_off([3, 0, 5], [2, 1, 4], "integral"),
        "known": known(3.0, 4.0),
        "both": both,
    }


def away(joint: JointModel):
    """A point inside the ranges where no derivative is 0."""
    shifts = {"signal": 0.3, "lumi": 1.07, "shape": 0.4}
    return values_of(
        joint.parameters, {k: v for k, v in shifts.items() if k in joint.parameters.names}
    )


def compare(joint: JointModel, data, values) -> None:
    def height(v):
        return -log_likelihood(joint, v, data)

    found = jax.jit(lambda v: linear_point(joint, data, v))(values)
    value, gradient = jax.value_and_grad(height)(values)
    scale = tolerance("identity") * (1.0 + jnp.max(jnp.abs(gradient)))
    assert np.isclose(found.value, value, rtol=tolerance("identity"))
    assert np.allclose(found.gradient, gradient, rtol=1e3 * tolerance("identity"), atol=100 * scale)
    assert np.min(np.linalg.eigvalsh(found.safe)) >= -tolerance("identity")
    way = jnp.linspace(0.5, 1.5, values.size)
    along = jax.jvp(jax.grad(height), (values,), (way,))[1]
    scale = tolerance("limit") * (1.0 + jnp.max(jnp.abs(along)))
    assert np.allclose(found.hessian @ way, along, rtol=tolerance("limit"), atol=scale)


@pytest.mark.parametrize("name", list(models()))
def test_value_and_gradient_are_those_of_the_likelihood(name):
    joint = models()[name]
    compare(joint, observed_data(joint), away(joint))


@pytest.mark.parametrize("where", ["csi2017", "csi2021", "lar2020", "ccm120"])
def test_they_are_for_every_data_set_with_systematics(where):
    systematics = where != "ccm120"
    setting = setting_of((where,), ModelOptions(systematics=systematics), Signal())
    joint, _, data, _ = one_mass(setting, 30.0)
    spread = jnp.where(jnp.isfinite(joint.parameters.sigmas), joint.parameters.sigmas, 0.5)
    compare(joint, data, joint.parameters.centres + 0.1 * spread)


def test_jwj_is_exact_where_counts_equal_their_expectation():
    """Residuals weigh what JᵀWJ leaves out: Asimov data have none."""
    joint = shapes()
    data = observed_data(joint)
    values = values_of(joint.parameters)
    exact = jax.hessian(lambda v: -log_likelihood(joint, v, data))(values)
    assert np.allclose(linear_point(joint, data, values).safe, exact, atol=tolerance("limit"))


@pytest.mark.parametrize("name", ["shapes", "profile", "integral"])
def test_toys_have_the_minimum_that_scipy_finds(name):
    joint = models()[name]
    truth = away(joint)
    most = most_counts(joint, truth)
    ours = jax.jit(lambda toy: fit(joint, toy, truth))
    for seed in range(4):
        toy = throw(joint, truth, jax.random.key(seed), most)
        height = jax.jit(lambda v, toy=toy: -2.0 * log_likelihood(joint, v, toy))
        ends = list(
            zip(
                *(np.asarray(e) for e in (joint.parameters.lower, joint.parameters.upper)),
                strict=True,
            )
        )
        theirs = min(
            minimize(
                height,
                np.clip(start, *np.array(ends).T),
                bounds=ends,
                method="Nelder-Mead",
                options={"xatol": 1e-9, "fatol": 1e-10, "maxiter": 9999},
            ).fun
            for start in (truth, joint.parameters.centres)
        )
        found = ours(toy)
        assert int(found.status) == 0
        assert abs(float(found.two_nll) - theirs) < tolerance("fit")


def test_bfgs_then_newton_finds_what_newton_finds():
    def valley(x):
        return (1.0 - x[0]) ** 2 + 100.0 * (x[1] - x[0] ** 2) ** 2

    ends = jnp.full(2, 2.0)
    start = jnp.asarray([-1.9, -1.5])
    found = minimise_surely(valley, start, box_of(start, -ends, ends, None))
    assert int(found.status) == 0
    assert np.allclose(found.x, minimise(valley, start, -ends, ends).x, atol=tolerance("fit"))
    low = jnp.asarray([-2.0, 1.5])
    held = minimise_surely(valley, start, box_of(start, low, ends, None))
    assert int(held.status) == 0 and float(held.x[1]) == 1.5


def test_a_fit_that_fails_is_tried_again_elsewhere():
    """A start that is no number fails; the centres, the third attempt, do not."""
    joint = shapes([55.0, 71.0, 13.0])
    data, nowhere = observed_data(joint), jnp.full(3, jnp.nan)
    tried = []

    def make(rows, attempt):
        tried.append(attempt)
        start = start_at(joint.parameters, nowhere, jax.random.key(1), jnp.asarray(attempt))
        found = fit(joint, data, start, way="sure" if attempt else "precise")
        full = np.full(rows.size, float(found.two_nll))
        return full, np.full(rows.size, int(found.status))

    first = make(np.arange(1), 0)
    assert first[1][0] == Status.BAD_START and np.isnan(first[0][0])
    value, status = tried_again(make, first)
    assert tried == [0, 1, 2] and status[0] == 0
    assert np.isclose(value[0], float(best_fit(joint).two_nll), rtol=tolerance("identity"))


def test_what_fails_every_time_stays_failed_and_costs_no_other_row():
    def make(rows, attempt):
        return np.full(rows.size, 7.0), np.full(rows.size, int(Status.BUDGET))

    found = tried_again(make, (np.array([1.0, 2.0]), np.array([0, 3])))
    assert found[0].tolist() == [1.0, 2.0] and found[1].tolist() == [0, 3]
    assert ATTEMPTS > 2


def test_starts_of_attempts_are_inside_the_ranges():
    parameters = shapes().parameters
    usual = parameters.centres + 0.2
    starts = [start_at(parameters, usual, jax.random.key(i), jnp.asarray(i)) for i in range(4)]
    assert np.array_equal(starts[1], usual) and np.array_equal(starts[2], parameters.centres)
    inside = (starts[3] >= parameters.lower) & (starts[3] <= parameters.upper)
    assert bool(jnp.all(inside)) and not np.array_equal(starts[3], usual)
