"""NSI in CsI 2017: counts of the full prediction, fits against SciPy, what the papers argue."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import optimize
from typer.testing import CliRunner

import dmjax
from dmjax.background import neutrino_spectra
from dmjax.cli import app
from dmjax.errors import InputError
from dmjax.inference.nsi_fit import fit_nsi
from dmjax.io import to_plain
from dmjax.likelihood.count_model import expected_components
from dmjax.likelihood.csi2017 import csi2017
from dmjax.likelihood.datasets import load_dataset
from dmjax.likelihood.joint import JointModel, log_likelihood, observed_data
from dmjax.likelihood.nsi2017 import REGIONS, csi2017_nsi, in_region, region_mask, select_bins
from dmjax.plots_nsi import plot_nsi
from dmjax.response import accepted_recoils
from tolerances import tolerance


@pytest.fixture(scope="module")
def found():
    return {c: fit_nsi("u", c, 9 if c == "both" else 0) for c in ("both", "ee", "mumu")}


def test_counts_are_the_parabola_of_the_full_prediction():
    """ε that were not used to build it, in a window with its own bins."""
    data = load_dataset("csi2017", "cuts")
    model = csi2017_nsi("cuts", "u=d")
    values = {"csi_signal": 0.1, "eps_ee": 0.21, "eps_mumu": -0.13}
    ours = expected_components(model, {k: jnp.asarray(v) for k, v in values.items()})
    pairs = {"ee": 0.21, "mumu": -0.13}
    interaction = dmjax.nsi({pair: {"u": eps, "d": eps} for pair, eps in pairs.items()})
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
    """The weak charge is linear in ε: (Q + cε)² has two roots, about 0.4 apart for u quarks."""
    for region in found["both"].regions.values():
        assert len(region.minima) == 4
        ee = sorted(m.eps_ee for m in region.minima)
        assert ee[0] + ee[-1] == pytest.approx(0.4, abs=0.01)
    assert len(found["ee"].regions["cuts"].minima) == 2


def test_one_epsilon_does_not_explain_both(found):
    """[D20] §6.1: not with ν_e, and the muon sector is even more disfavoured."""
    for fit in found.values():
        assert fit.regions["cuts"].gain > 5.0
        assert fit.cuts_at_no_cuts > 3.84
        assert fit.tension > fit.tension_standard
    assert found["ee"].regions["no-cuts"].gain < 0.1
    assert found["mumu"].no_cuts_at_cuts > found["ee"].no_cuts_at_cuts + 4.0


def test_map_and_figure(found):
    plain = json.loads(json.dumps(to_plain(found["both"])))
    q = np.asarray(plain["maps"]["cuts"])
    assert q.shape == (9, 9) and q.min() > -tolerance("fit")
    assert q[4, 4] == pytest.approx(plain["regions"]["cuts"]["gain"], abs=tolerance("fit"))
    figure = plot_nsi(plain)
    assert len(figure.axes[0].get_legend().get_texts()) == 4
    with pytest.raises(InputError, match="no maps"):
        plot_nsi(to_plain(found["ee"]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nsi", "--quarks", "s"], "choice of quarks"),
        (["nsi", "--couplings", "tau"], "choice of couplings"),
        (["nsi", "--points", "5"], "needs --out"),
        (["evidence", "csi2018"], "csi2017"),
        (["evidence", "csi2017", "--prior", "flat"], "prior"),
        (["evidence", "csi2017", "--mv-range", "5,2"], "no support"),
        (["evidence", "csi2017", "--y-range", "0,1e-8"], "log-uniform needs lower > 0"),
        (["evidence", "csi2017", "--y-range", "1e-8"], "takes two numbers"),
        (["evidence", "csi2017", "--window", "all"], "window"),
        (["evidence", "csi2017", "--live", "3"], "20 live points"),
    ],
)
def test_bad_input_is_one_line(arguments, message):
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, InputError)
    assert message in str(result.exception)
    assert "\n" not in str(result.exception)


def test_evidence_command(tmp_path):
    arguments = ["evidence", "csi2017", "--signal", "none", "--window", "cuts", "--live", "100"]
    arguments += ["--draws", "400"]
    result = CliRunner().invoke(app, [*arguments, "--json", "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    plain = json.loads(result.stdout.splitlines()[-1])
    run = plain["runs"]["none"]
    assert abs(run["log_z"] + 49.413) < tolerance("sigmas") * run["error"]
    assert plain["bayes_factors"] == [] and plain["settings"]["seed"] == 2017
    assert (tmp_path / "draws_none.nc").exists() and (tmp_path / "evidence.json").exists()
