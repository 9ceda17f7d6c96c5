"""NSI in CsI 2017: counts of the full prediction, fits against SciPy, what the papers argue."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from command import answer
from scipy import optimize, stats

from dmjax.analyses.csi2017 import csi2017
from dmjax.analyses.datasets import load_dataset
from dmjax.analyses.nsi2017 import REGIONS, csi2017_nsi, in_region, region_mask, select_bins
from dmjax.errors import InputError
from dmjax.likelihood.count_terms import expected_components
from dmjax.likelihood.joint import JointModel, log_likelihood, observed_data
from dmjax.plots.nsi import plot_nsi
from dmjax.prediction.neutrinos import neutrino_spectra
from dmjax.response import accepted_recoils
from dmjax.scattering import nsi
from dmjax.store.plain import to_plain
from dmjax.studies.nsi_fit import fit_nsi
from tolerances import tolerance


@pytest.fixture(scope="module")
def found():
    return {c: fit_nsi("u", c, 11 if c == "both" else 0) for c in ("both", "ee", "mumu")}


def test_counts_are_the_parabola_of_the_full_prediction():
    """ε that were not used to build it, in a window with its own bins."""
    data = load_dataset("csi2017", "cuts")
    model = csi2017_nsi("cuts", "u=d")
    values = {"csi_signal": 0.1, "eps_ee": 0.21, "eps_mumu": -0.13}
    ours = expected_components(model, {k: jnp.asarray(v) for k, v in values.items()})
    pairs = {"ee": 0.21, "mumu": -0.13}
    interaction = nsi({pair: {"u": eps, "d": eps} for pair, eps in pairs.items()})
    recoils = accepted_recoils(data.experiment.response, data.pe_edges)
    spectra = neutrino_spectra(data.experiment, recoils, data.conventions, nsi=interaction)
    plain = neutrino_spectra(data.experiment, recoils, data.conventions)
    for name in ("prompt", "delayed"):
        times = np.asarray(getattr(data, name)).sum(0)
        kept = times.sum() / float(jnp.sum(plain[name]))
        found = np.asarray(ours[name]).reshape(data.on.shape).sum(1)
        expected = 1.1 * kept * np.asarray(spectra[name])
        assert np.allclose(found, expected, rtol=tolerance("quadrature"))


def test_without_nsi_it_is_the_ordinary_analysis():
    ours, plain = JointModel(csi2017_nsi("cuts")), JointModel(csi2017(window="cuts"))
    at = jnp.asarray([0.2, 0.0, 0.0])
    first = log_likelihood(ours, at, observed_data(ours))
    second = log_likelihood(plain, at[:1], observed_data(plain))
    assert float(first) == pytest.approx(float(second), rel=tolerance("identity"))


def test_regions_divide_the_bins():
    cuts, whole, outside = (region_mask(region) for region in REGIONS)
    assert whole.all() and (cuts ^ outside).all() and cuts.sum() == 21
    model = csi2017(window="no-cuts")
    assert [int(in_region(model, r).observed.on.sum()) for r in REGIONS] == [97, 567, 470]
    with pytest.raises(InputError, match="one flag per bin"):
        select_bins(model, np.zeros(model.observed.on.size, bool), "none")
    with pytest.raises(InputError, match="region"):
        region_mask("cut")


def test_minima_are_those_of_scipy(found):
    joint = JointModel(csi2017_nsi("no-cuts"))
    data = observed_data(joint)

    compiled = jax.jit(lambda x: -2.0 * log_likelihood(joint, x, data))

    def two_nll(x):
        return float(compiled(jnp.asarray(x)))

    region = found["both"].regions["no-cuts"]
    best = region.minima[0]
    start = [best.alpha + 0.05, best.eps_ee + 0.03, best.eps_mumu - 0.03]
    options = {"xatol": 1e-6, "fatol": 1e-7, "maxiter": 600}
    other = optimize.minimize(two_nll, start, method="Nelder-Mead", options=options)
    assert abs(other.fun - region.two_nll) < tolerance("fit")
    assert all(r.status == "converged" for fit in found.values() for r in fit.regions.values())


def test_every_solution_has_its_mirror_images(found):
    """The weak charge is linear in ε: (Q + cε)² has two roots, whose sum is −2Q/c.

    0.400 for u quarks where protons and neutrons have one form factor; those of neutrons are up to
    8 % smaller at these recoils.
    """
    for region in found["both"].regions.values():
        assert len(region.minima) == 4
        ee = sorted(m.eps_ee for m in region.minima)
        assert ee[0] + ee[-1] == pytest.approx(0.400, rel=0.08)
    assert len(found["ee"].regions["cuts"].minima) == 2


def test_one_epsilon_does_not_explain_both(found):
    """[D20] §6.1: not with ν_e, and the muon sector is even more disfavoured."""
    for fit in found.values():
        assert fit.regions["cuts"].gain > 5.0
        assert fit.cuts_at_no_cuts > 3.84
        assert fit.compatibility.p_value < 0.01
    assert found["ee"].regions["no-cuts"].gain < 0.1
    assert found["mumu"].no_cuts_at_cuts > found["ee"].no_cuts_at_cuts + 4.0


def test_tension_is_a_likelihood_ratio_of_nested_fits(found):
    """Where α is hardly pulled, the parts side by side are their sum; ln σ√2π counts once.

    Pulls of a_c and a_o of the parts move the sum by no more than 2(a_c² + a_o²).
    """
    for fit in found.values():
        ours = fit.compatibility
        assert ours.two_nll_together == fit.regions["no-cuts"].two_nll > ours.two_nll_apart
        assert ours.p_value == pytest.approx(stats.chi2.sf(ours.tension, ours.parameters))
    assert [fit.compatibility.parameters for fit in found.values()] == [2, 1, 1]
    parts = [found["both"].regions[region] for region in ("cuts", "outside")]
    sigma = load_dataset("csi2017", "no-cuts").sigma_alpha
    pulls = np.array([part.minima[0].alpha for part in parts]) / sigma
    assert np.all(np.abs(pulls) < 0.05)
    total = sum(part.two_nll for part in parts) - 2.0 * np.log(sigma * np.sqrt(2.0 * np.pi))
    moved = abs(found["both"].compatibility.two_nll_apart - total)
    assert moved < 2.0 * float(pulls @ pulls) + tolerance("fit")


def test_map_and_figure(found):
    plain = json.loads(json.dumps(to_plain(found["both"])))
    q = np.asarray(plain["maps"]["cuts"])
    assert q.shape == (11, 11) and q.min() > -tolerance("fit")
    assert q[4, 4] == pytest.approx(plain["regions"]["cuts"]["gain"], abs=tolerance("fit"))
    figure = plot_nsi(plain)
    assert len(figure.legends[0].get_texts()) == 6
    with pytest.raises(InputError, match="no maps"):
        plot_nsi(to_plain(found["ee"]))


def test_fit_command_finds_the_solution_nearest_to_no_nsi(found):
    plain = answer("fit csi2017 --signal nsi --json")
    region = found["both"].regions["no-cuts"]
    assert plain["status"] == "converged" and plain["fitted"] == "nsi"
    nearest = min(region.minima, key=lambda m: np.hypot(m.eps_ee, m.eps_mumu))
    assert abs(plain["two_nll"] - region.two_nll - nearest.delta_chi2) < tolerance("fit")
    for name in ("eps_ee", "eps_mumu"):
        numbers = plain["parameters"][name]
        assert numbers.keys() == {"value", "error", "lower", "upper"}
        assert numbers["value"] == pytest.approx(getattr(nearest, name), abs=0.01)
        assert numbers["lower"] < numbers["value"] < numbers["upper"]
