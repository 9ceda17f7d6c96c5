"""Goodness of fit, pulls, impacts and correlations, against MINUIT, scipy and closed forms."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from dmjax.errors import InputError
from dmjax.fits.diagnostics import correlations, diagnose, impacts, pulls
from dmjax.fits.fit import best_fit
from dmjax.fits.goodness import goodness_of_fit, profiled
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.effects import Component, Scale
from dmjax.likelihood.joint import Data, JointModel, observed_data
from dmjax.likelihood.parameters import Parameter
from dmjax.plots.diagnosis import draw_diagnosis, plot_correlations, plot_pulls, plot_tornado
from dmjax.store.plain import to_plain
from minuit import minuit_of
from tolerances import tolerance

N = Parameter("n", 100.0, lower=0.0)
EFF = Parameter("eff", 0.0, 1.0, lower=-9.0, upper=9.0)
BACKGROUND = Parameter("b", 40.0, 8.0, lower=0.0)
LEFT, RIGHT = np.array([0.7, 0.2, 0.1]), np.array([0.1, 0.2, 0.7])


def joint(on=(90.0, 40.0, 45.0), background=BACKGROUND, **options):
    components = [
        Component("signal", LEFT, (Scale("n"), Scale("eff", 1.0, 0.1))),
        Component("background", RIGHT, (Scale("b"),)),
    ]
    return JointModel(
        CountModel("bins", components, [N, EFF, background], on=np.array(on), **options)
    )


def flat(on, **options):
    part = Component("flat", np.ones(len(on)), (Scale("n"),))
    parameter = Parameter("n", 5.0, lower=0.0)
    return JointModel(CountModel("bins", [part], [parameter], on=np.array(on), **options))


def test_statistic_is_the_deviance():
    """Of a flat model: 2 Σ n ln(n/n̄)."""
    on = np.array([4.0, 9.0, 5.0, 0.0])
    found = goodness_of_fit(flat(on))
    deviance = 2.0 * np.sum(on[:3] * np.log(on[:3] / on.mean()))
    assert np.isclose(found.statistic, deviance, rtol=tolerance("fit"))
    assert found.dof == 3 and found.bins == 4
    assert found.p_asymptotic is None  # 4.5 expected in every bin
    more = goodness_of_fit(flat(10.0 * on))
    expected = stats.chi2(3).sf(10.0 * deviance)
    assert np.isclose(more.p_asymptotic, expected, rtol=tolerance("fit_parameter"))


def test_sparse_bins_are_judged_by_toys_alone():
    """Flat 0.5 per bin: the deviance of toys has another mean than its degrees of freedom."""
    on = np.random.default_rng(4).poisson(0.5, size=40).astype(float)
    found = goodness_of_fit(flat(on), toys=400, seed=2)
    rng, thrown = np.random.default_rng(5), []
    for row in rng.poisson(on.mean(), size=(4000, 40)):
        seen = row[row > 0]
        thrown.append(2.0 * np.sum(seen * np.log(seen / row.mean())))
    share = np.mean(np.array(thrown) >= found.statistic)
    error = np.hypot(found.p_error, np.sqrt(share * (1.0 - share) / 4000))
    assert found.p_asymptotic is None and abs(found.p_toys - share) < tolerance("sigmas") * error


def test_off_measurement_takes_part():
    """On and off counts of one bin with nothing else: 2 [ln P(n;n)P(m;m) − ln P(n;b)P(m;b)]."""
    part = Component("none", np.zeros(1), (Scale("n"),))
    options = {"on": [9.0], "off": [4.0]}
    model = CountModel("bin", [part], [Parameter("n", 1.0, 0.5, lower=0.0)], **options)
    found = goodness_of_fit(JointModel(model))
    pair, mean = np.array([9.0, 4.0]), 6.5
    expected = 2.0 * np.sum(stats.poisson.logpmf(pair, pair) - stats.poisson.logpmf(pair, mean))
    assert np.isclose(found.statistic, expected, rtol=tolerance("fit"))
    assert profiled(JointModel(model)).models[0].off_term == "profile"


def test_toys_agree_with_chi2_where_counts_are_large():
    on = np.random.default_rng(3).poisson(400.0, size=12).astype(float)
    found = goodness_of_fit(flat(on), toys=300, seed=5)
    assert found.failed == 0 and found.toys == 300
    assert abs(found.p_toys - found.p_asymptotic) < tolerance("sigmas") * found.p_error


def test_pulls_and_correlations_agree_with_minuit():
    model = joint()
    best = best_fit(model)
    fitter = minuit_of(model, observed_data(model))
    fitter.limits = [(None, None)] * 3  # MINUIT's coordinate near limits bends the errors
    fitter.hesse()
    found = correlations(model, best)
    reference = np.asarray(fitter.covariance.correlation())
    assert np.allclose(found.matrix, reference, atol=tolerance("fit_parameter"))
    pulled = pulls(model, best)
    assert pulled.names == ("eff", "b")
    centres, sigmas = np.array([0.0, 40.0]), np.array([1.0, 8.0])
    values, errors = (np.asarray(part)[1:] for part in (fitter.values, fitter.errors))
    assert np.allclose(pulled.pulls, (values - centres) / sigmas, atol=tolerance("fit_parameter"))
    assert np.allclose(pulled.errors, errors / sigmas, rtol=tolerance("fit_parameter"))


def test_impacts_agree_with_minuit():
    model = joint()
    data, best = observed_data(model), best_fit(model)
    found = impacts(model, best, "n")
    shifts = dict(zip(found.names, zip(found.down, found.up, strict=True), strict=True))
    for i, name in ((1, "eff"), (2, "b")):
        for side, shift in zip((-1.0, 1.0), shifts[name], strict=True):
            fitter = minuit_of(model, data)
            fitter.values[name] = float(best.values[i] + side * best.errors[i])
            fitter.fixed[name] = True
            fitter.migrad()
            reference = fitter.values["n"] - float(best.values[0])
            assert np.isclose(shift, reference, rtol=tolerance("fit_parameter"))
    assert set(found.status) == {"converged"}
    larger = np.maximum(np.abs(found.down), np.abs(found.up))
    assert np.all(np.diff(larger) <= 0)


def test_pulls_are_from_the_data_that_were_fitted():
    model = joint()
    known = observed_data(model)
    moved = Data(known.counts, known.centres.at[2].add(4.0))
    best = best_fit(model, moved)
    found = pulls(model, best, moved)
    expected = (float(best.values[2]) - 44.0) / 8.0
    assert np.isclose(found.pulls[1], expected, rtol=tolerance("identity"))


def test_parameter_at_its_bound_moves_by_its_constraint():
    """Too few counts on the right: b is held at 0, its impact is that of +σ alone."""
    model = joint(on=(700.0, 200.0, 20.0), background=Parameter("b", 4.0, 8.0, lower=0.0))
    best = best_fit(model)
    assert bool(best.at_bound[2])
    found = impacts(model, best, "n")
    place = found.names.index("b")
    assert found.down[place] == 0.0 and found.up[place] < 0.0
    row = np.asarray(correlations(model, best).matrix)[2]
    assert row.tolist() == [0.0, 0.0, 1.0]


def test_diagnosis_is_plain_data_and_draws(tmp_path):
    plain = to_plain(diagnose(joint()))
    assert plain["impacts"]["poi"] == "n" and plain["status"] == "converged"
    files = draw_diagnosis(plain, tmp_path)
    wanted = {f"{n}.{s}" for n in ("pulls", "tornado", "correlations") for s in ("pdf", "png")}
    assert {path.name for path in files} == wanted == {p.name for p in tmp_path.iterdir()}


def test_figures_show_the_numbers():
    plain = to_plain(diagnose(joint()))
    left, right = plot_tornado(plain).axes
    widths = [bar.get_width() for bar in left.patches]
    assert widths == plain["impacts"]["up"] + plain["impacts"]["down"]
    assert [text.get_text() for text in left.get_yticklabels()] == plain["impacts"]["names"]
    assert right.get_xlabel() == "pull"
    (axes,) = plot_pulls(plain).axes
    assert [text.get_text() for text in axes.get_yticklabels()] == ["eff", "b"]
    image = plot_correlations(plain).axes[0].images[0]
    assert np.allclose(image.get_array(), plain["correlations"]["matrix"])


def test_bad_input_is_one_line():
    alone = flat([4.0, 6.0])
    with pytest.raises(InputError, match="only parameter"):
        impacts(alone, best_fit(alone), "n")
    with pytest.raises(InputError, match="parameter 'm'"):
        diagnose(joint(), poi="m")
    with pytest.raises(InputError, match="toys must be"):
        goodness_of_fit(alone, toys=-1)
    with pytest.raises(InputError, match="no tornado"):
        plot_tornado(to_plain(diagnose(alone)))
    assert jnp.isfinite(diagnose(alone).goodness.statistic)
