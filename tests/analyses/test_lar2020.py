"""COHERENT LAr 2020: the published fit, its significance, and what enters it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dmjax.analyses.lar2020 import lar2020, lar2020_moves, lar2020_search
from dmjax.data import load_table
from dmjax.errors import InputError
from dmjax.fits.fit import best_fit, fit
from dmjax.fits.minimise import Status
from dmjax.likelihood.count_model import Counts
from dmjax.likelihood.joint import (
    Data,
    JointModel,
    asimov_data,
    joint_expected,
    log_likelihood,
    observed_data,
)
from dmjax.likelihood.parameters import values_of
from dmjax.models import mediator
from dmjax.prediction.neutrinos import neutrino_background
from dmjax.prediction.search import dark_matter_counts, in_slices, neutrino_counts, neutrino_knots
from minuit import minuit_of
from tolerances import tolerance

PUBLISHED = {
    "n_cevns": (159.0, 43.0),
    "n_brn_prompt": (553.0, 34.0),
    "n_brn_delayed": (10.0, 11.0),
    "n_ss": (3131.0, 23.0),
}
SHAPE = (12, 8, 10)
TABLE = load_table("lar2020_counts").columns


@pytest.fixture(scope="module")
def joint():
    return JointModel(lar2020(systematics=False))


def test_fit_is_the_published_one(joint):
    """Values and errors of LArParametersAnlA, statistics and priors only, within two events."""
    found = best_fit(joint)
    assert int(found.status) == Status.CONVERGED
    assert joint.parameters.names == tuple(PUBLISHED)
    for i, (value, error) in enumerate(PUBLISHED.values()):
        assert abs(found.values[i] - value) < tolerance("events")
        assert abs(found.errors[i] - error) < tolerance("events")


def test_significance_is_the_published_one(joint):
    """3.9 standard deviations, statistics only (arXiv:2003.10630)."""
    q0 = best_fit(joint, fixed={"n_cevns": 0.0}).two_nll - best_fit(joint).two_nll
    assert round(float(np.sqrt(q0)), 1) == 3.9


def test_minimum_is_that_of_iminuit():
    joint = JointModel(lar2020())
    data = observed_data(joint)
    fitter = minuit_of(joint, data)
    assert abs(float(best_fit(joint, data).two_nll) - fitter.fval) < tolerance("fit")


def test_constrained_cevns_shares_the_flux():
    joint = JointModel(lar2020(cevns="predicted"))
    assert "sns_flux" in joint.parameters.names
    found = best_fit(joint)
    names = joint.parameters.names
    n, flux = (float(found.values[names.index(key)]) for key in ("n_cevns", "sns_flux"))
    assert 128.0 < n * (1.0 + 0.1 * flux) < 160.0


def test_shapes_are_in_the_fit_and_leave_the_published_numbers_within_their_errors():
    found, plain = (best_fit(JointModel(lar2020(systematics=s))) for s in (True, False))
    assert int(found.status) == Status.CONVERGED
    names = JointModel(lar2020()).parameters.names
    for name, (value, error) in PUBLISHED.items():
        assert abs(found.values[names.index(name)] - value) < 1.5 * error
    assert found.errors[0] > plain.errors[0]


def test_a_later_beam_moves_cevns_as_the_release_says():
    """Its alternate of the mean time, +0.2 µs, against ours: events per time bin of 128."""
    rows = neutrino_knots(lar2020_search())["lar_time"].reshape(-1, *SHAPE).sum((1, 2))
    knots = lar2020_moves()[0].nuisance.knots
    ours = [128.0 * row / row.sum() for row in (rows[knots.index(0.0)], rows[knots.index(0.2)])]
    theirs = [TABLE[key].reshape(SHAPE).sum((0, 1)) for key in ("cevns", "cevns_time")]
    change = np.asarray(ours[1] - ours[0]) - (theirs[1] - theirs[0])
    assert np.abs(change).max() < tolerance("benchmark") * 128.0


def test_asimov_fit_is_exact(joint):
    truth = values_of(joint.parameters, {"n_cevns": 100.0, "n_ss": 3140.0})
    found = best_fit(joint, asimov_data(joint, truth))
    assert np.allclose(found.values, truth, rtol=tolerance("fit_parameter"))


def test_every_toy_converges(joint):
    """Many of them with delayed neutrons at their bound of zero."""
    truth = best_fit(joint).values
    rng = np.random.default_rng(2020)
    counts = rng.poisson(joint_expected(joint, truth)[0], (200, 960))
    sigmas = np.where(np.isfinite(joint.parameters.sigmas), joint.parameters.sigmas, 0.0)
    centres = np.asarray(truth) + rng.normal(size=(200, 4)) * sigmas
    data = Data((Counts(jnp.asarray(counts, float)),), jnp.asarray(centres))
    found = jax.jit(jax.vmap(lambda toy: fit(joint, toy)))(data)
    assert np.all(np.asarray(found.status) == Status.CONVERGED)
    assert np.any(np.asarray(found.at_bound[:, 2]))
    spread = np.asarray(found.values[:, 0]).std()
    assert abs(spread / 42.6 - 1.0) < tolerance("sigmas") / np.sqrt(2 * 200)


def test_table_has_the_published_sums():
    sums = {"data": 3752.0, "cevns": 128.0, "brn_prompt": 497.0, "brn_delayed": 33.0}
    sums |= {"steady": 3152.0, "brn_time_up": 497.0, "cevns_f90_up": 128.0}
    for key, value in sums.items():
        assert np.isclose(TABLE[key].sum(), value, rtol=tolerance("table"))


def test_release_is_what_ships(shared_data):
    """Against the files themselves, and the steady state's error in a window five times as long."""
    for key, name in (("data", "datanobkgsub"), ("steady", "bkgpdf")):
        rows = np.loadtxt(shared_data / "lar2020" / f"{name}.txt")
        assert np.allclose(TABLE[key], rows[:, 3], rtol=tolerance("table"))
    assert round(np.sqrt(5 * TABLE["steady"].sum()) / 5) == 25


def test_our_neutrinos_have_the_energies_of_the_release():
    """Flux, cross section, quenching and acceptance together: the 128 ± 17 to within its error."""
    setting = lar2020_search()
    ours = np.asarray(neutrino_counts(setting)).sum(1)
    theirs = TABLE["cevns"].reshape(SHAPE).sum((1, 2))
    assert abs(ours.sum() - 128.0) < 17.0
    assert np.all(np.abs(ours - theirs)[:4] < 0.15 * theirs.sum())
    plain = neutrino_background(setting.experiment, setting.recoils, setting.time_edges)
    assert np.isclose(sum(x.sum() for x in plain.values()), ours.sum(), rtol=tolerance("identity"))


def test_signal_takes_f90_of_recoils_and_its_own_time():
    setting = lar2020_search()
    point = mediator("dark-photon", 75.0, 25.0, eps=1e-4)
    counts = np.asarray(dark_matter_counts(setting, point)).reshape(SHAPE)
    ours, cevns = (x.sum(2)[:4] for x in (counts, TABLE["cevns"].reshape(SHAPE)))
    shares = (x / x.sum(1, keepdims=True) for x in (ours, cevns))
    assert np.allclose(*shares, atol=tolerance("normalisation"))
    late = counts[..., 4:].sum() / counts.sum()
    assert late < 0.02 < TABLE["cevns"].reshape(SHAPE)[..., 4:].sum() / 128.0


def test_signal_is_fitted_with_its_own_uncertainty():
    signal = np.asarray(in_slices(lar2020_search(), jnp.ones((12, 10))))
    joint = JointModel(lar2020(signal, cevns="predicted"))
    assert {"signal", "lar_response", "sns_flux"} <= set(joint.parameters.names)
    found = best_fit(joint)
    assert int(found.status) == Status.CONVERGED
    assert np.isfinite(log_likelihood(joint, found.values, observed_data(joint)))


def test_wrong_choices_are_refused():
    with pytest.raises(InputError, match="cevns must be one of"):
        lar2020(cevns="fixed")
    with pytest.raises(InputError, match="has 3 bins"):
        lar2020(np.ones(3))
