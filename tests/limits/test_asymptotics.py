"""Large-sample limits and CLs against pyhf and closed forms; no limit is ever NaN."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

from counting_models import BACKGROUND, DOWN, LUMI, SIGNAL, UP, data_of, known, on_off, shapes
from dmjax.errors import InputError
from dmjax.likelihood.joint import asimov_off_term, observed_data, off_term_of, with_off_term
from dmjax.limits.asymptotic_limits import (
    LimitStatus,
    asymptotic_limit,
    asymptotic_limits,
)
from dmjax.limits.asymptotics import (
    SIGMAS,
    asymptotic_p_values,
    discovery,
    strength_test,
)
from dmjax.limits.test_statistics import check_test, strength
from tolerances import tolerance

LIMIT = eqx.filter_jit(asymptotic_limit)
TEST = eqx.filter_jit(strength_test)
DISCOVERY = eqx.filter_jit(discovery)


def sample(name: str, counts, *modifiers) -> dict:
    keys = ("name", "type", "data")
    return {
        "name": name,
        "data": [float(x) for x in counts],
        "modifiers": [dict(zip(keys, m, strict=True)) for m in modifiers],
    }


MU, LUMINOSITY = ("mu", "normfactor", None), ("lumi", "lumi", None)
PARAMETERS = [
    {
        "name": "lumi",
        "auxdata": [1.0],
        "sigmas": [LUMI],
        "bounds": [[0.0, 10.0]],
        "inits": [1.0],
    },
    {"name": "mu", "bounds": [[0.0, 60.0]], "inits": [1.0]},
]


def reference_model(channels: dict):
    pyhf = pytest.importorskip("pyhf")
    spec = {
        "channels": [{"name": name, "samples": samples} for name, samples in channels.items()],
        "parameters": PARAMETERS,
    }
    settings = {"histosys": {"interpcode": "code4p"}}
    return pyhf, pyhf.Model(spec, poi_name="mu", modifier_settings=settings)


def compare(joint, data, pyhf, model, counts, cl: float = 0.95, tests: bool = True):
    """Limits, bands and (`tests`) p-values to the tolerance of external fits."""
    chosen, rtol = strength(joint), tolerance("fit_parameter")
    full = [*counts, *model.config.auxdata]
    found = LIMIT(joint, chosen, data, cl)
    limits = pyhf.infer.intervals.upper_limits
    observed, expected = limits.upper_limit(full, model, level=1.0 - cl, rtol=1e-6)
    assert np.isclose(found.limit, observed, rtol=rtol)
    assert np.allclose(found.expected, expected, rtol=rtol)
    assert int(found.status) == 0 and not np.asarray(found.expected_status).any()
    if not tests:
        return
    tested = TEST(joint, chosen, data, jnp.asarray(1.0))
    observed, expected = pyhf.infer.hypotest(1.0, full, model, return_expected_set=True)
    assert np.isclose(tested.cls, observed, rtol=rtol)
    assert np.allclose(tested.expected_cls, expected, rtol=rtol)
    p_value = pyhf.infer.hypotest(0.0, full, model, test_stat="q0")
    assert np.isclose(DISCOVERY(joint, chosen, data).p_value, p_value, rtol=rtol)


@pytest.mark.parametrize("on", [BACKGROUND, (60.0, 85.0, 31.0), (42.0, 50.0, 15.0)])
def test_a_shape_analysis_agrees_with_pyhf(on):
    shape = ("shape", "histosys", {"hi_data": list(UP), "lo_data": list(DOWN)})
    samples = [sample("signal", SIGNAL, MU, LUMINOSITY), sample("b", BACKGROUND, shape)]
    joint = shapes()
    compare(joint, data_of(joint, on), *reference_model({"on": samples}), on)


def test_an_on_off_analysis_agrees_with_pyhf():
    on, off = [14.0, 9.0], [11.0, 6.0]
    unit = [sample(f"b{i}", np.eye(2)[i], (f"n{i}", "normfactor", None)) for i in range(2)]
    signal = sample("signal", [1.0, 2.0], MU, LUMINOSITY)
    channels = {"1 on": [signal, *unit], "2 off": unit}  # pyhf sorts them by name
    pyhf, model = reference_model(channels)
    suggested = model.config.suggested_bounds()
    for name in ("n0", "n1"):
        suggested[model.config.par_slice(name).start] = (0.0, 60.0)
    model.config.suggested_bounds = lambda: suggested
    joint = on_off(on, off)
    compare(joint, data_of(joint, on, off), pyhf, model, [*on, *off], tests=False)


def rise(n: float, mu: float, background: float) -> float:
    mean = mu + background
    return 2.0 * (mean - n + n * np.log(n / mean))


@pytest.mark.parametrize("n", [92.0, 100.0, 117.0])
def test_q_of_one_bin_is_its_closed_form(n):
    """q with a strength that may fall below 0, without CLs: Φ(√q) = cl."""
    background, cl = 100.0, 0.9
    joint = known(background, n, lower=-50.0)
    found = LIMIT(joint, strength(joint), data_of(joint, [n]), cl, "q", False)
    wanted = norm.ppf(cl)

    def excess(mu):
        return np.sqrt(max(rise(n, mu, background), 0.0)) - wanted

    assert np.isclose(found.best_fit, n - background, atol=tolerance("fit_parameter"))
    exact = brentq(excess, n - background, 100.0)
    assert np.isclose(found.limit, exact, rtol=tolerance("fit_parameter"))
    for shift, value, status in zip(SIGMAS, found.expected, found.expected_status, strict=True):
        if wanted + shift <= 0:
            assert float(value) == 0.0 and int(status) == LimitStatus.AT_ZERO
            continue
        level = (wanted + shift) ** 2
        exact = brentq(lambda mu, level=level: rise(background, mu, background) - level, 1e-6, 200)
        assert np.isclose(value, exact, rtol=tolerance("fit_parameter"))


def test_p_values_stay_finite_far_out():
    for q, q_asimov in ((0.0, 0.0), (5.0, 0.0), (0.0, 5.0), (1e4, 1.0), (1e4, 1e4)):
        for test in ("q", "qtilde"):
            found = asymptotic_p_values(q, q_asimov, test)
            assert all(np.isfinite(part) and part <= 0 for part in found)


def test_a_limit_that_does_not_exist_is_infinite_with_a_status():
    joint = shapes()
    tables = (jnp.asarray([SIGNAL, np.zeros(3), 1e-7 * np.array(SIGNAL), 1e7 * np.array(SIGNAL)]),)
    found = asymptotic_limits(joint, strength(joint), observed_data(joint), tables, 0.9)
    assert found.status.tolist() == [0, LimitStatus.UNREACHED, 0, 0]
    assert not np.isnan(np.concatenate([np.ravel(field) for field in found])).any()
    assert np.isinf(found.limit[1]) and np.isinf(found.expected[1]).all()
    scales = np.array([1.0, 1e7, 1e-7])
    kept = np.array([0, 2, 3])
    rtol = tolerance("fit_parameter")
    assert np.allclose(found.limit[kept], found.limit[0] * scales, rtol=rtol)
    wanted = np.asarray(found.expected[0]) * scales[:, None]
    assert np.allclose(found.expected[kept], wanted, rtol=rtol)


def test_fits_that_fail_are_a_status():
    """Inside jit nothing can be raised: counts that are not numbers."""
    joint = shapes()
    chosen, data = strength(joint), data_of(joint, [np.nan, 2.0, 3.0])
    found = LIMIT(joint, chosen, data, 0.95)
    assert int(found.status) == LimitStatus.FIT_FAILED
    assert (np.asarray(found.expected_status) == LimitStatus.FIT_FAILED).all()
    tested = TEST(joint, chosen, data, jnp.asarray(1.0))
    discovered = DISCOVERY(joint, chosen, data)
    assert int(tested.status) > 0 and int(discovered.status) > 0
    assert np.isnan(tested.q)  # no number is made of one that is not
    made = (found, tested._replace(q=tested.q_asimov), discovered)
    parts = [np.ravel(part) for result in made for part in result]
    assert not np.isnan(np.concatenate(parts)).any()


def test_bad_questions_are_one_line():
    joint = shapes()
    chosen, data = strength(joint), observed_data(joint)
    with pytest.raises(InputError, match="use qtilde"):
        check_test("q", chosen)
    with pytest.raises(InputError, match="did you mean 'qtilde'"):
        check_test("qtilda", chosen)
    with pytest.raises(InputError, match=r"cl must lie between 0\.5 and 1"):
        asymptotic_limit(joint, chosen, data, 0.3)
    with pytest.raises(InputError, match="takes the test q or qtilde"):
        asymptotic_limit(joint, chosen, data, 0.9, "t")
    with pytest.raises(InputError, match=r"counts have shape \(2,\), the model's \(3,\)"):
        LIMIT(joint, chosen, data_of(joint, [3.0, 4.0]), 0.9)
    with pytest.raises(InputError, match="on counts must be >= 0, bin 1 has -2"):
        asymptotic_limit(joint, chosen, data_of(joint, [3.0, -2.0, 1.0]))
    with pytest.raises(InputError, match="off counts have shape"):
        asymptotic_limit(joint, chosen, data_of(joint, [3.0, 2.0, 1.0], [1.0, 1.0, 1.0]))
    with pytest.raises(InputError, match=r"whole numbers >= 0, bin 0 has 1\.5"):
        shapes([1.5, 2.0, 3.0])
    with pytest.raises(InputError, match="is constrained"):
        strength(joint, "lumi")


def test_bands_of_an_integral_are_those_of_the_profile():
    """Without signal both fits leave the nuisance at its centre, so that Asimov data are equal."""
    integral, profile = (on_off([9, 14], [5, 6], term) for term in ("integral", "profile"))
    assert (off_term_of(integral), asimov_off_term(integral)) == ("integral", "profile")
    assert with_off_term(integral, "profile").models[0].off_term == "profile"
    ours, theirs = (LIMIT(j, strength(j), observed_data(j), 0.9) for j in (integral, profile))
    assert np.asarray(ours.expected) == pytest.approx(
        np.asarray(theirs.expected), rel=tolerance("fit_parameter")
    )
    assert int(ours.status) == int(theirs.status) == 0
    assert float(ours.limit) != pytest.approx(float(theirs.limit), rel=tolerance("benchmark"))
