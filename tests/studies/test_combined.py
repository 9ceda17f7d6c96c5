"""Joint fits of published data sets, and their command line."""

import json

import numpy as np
import pytest
from command import answer, run

from dmjax.analyses.catalogue import ANALYSES, analysis, search_of
from dmjax.errors import InputError
from dmjax.studies.best_fit import run_fit
from dmjax.studies.rules import settle
from dmjax.studies.settings import FitSettings
from tolerances import tolerance


def fit_datasets(names, **options):
    return run_fit(settle(FitSettings, {"where": names, **options}))


def test_every_analysis_has_a_search_in_its_bins():
    for name in set(ANALYSES) - {"csi2021-unbinned"}:
        setting, bins = search_of(name), analysis(name).observed.on.size
        slices = 1 if setting.slices is None else setting.slices.shape[1]
        cells = setting.recoils.fold.shape[0] * (setting.time_edges.size - 1) * slices
        assert cells == bins


def test_joint_fit_of_independent_data_is_their_sum():
    alone = [fit_datasets([name]) for name in ("lar2020", "ccm120")]
    both = fit_datasets(["lar2020", "ccm120"])
    assert np.isclose(both.two_nll, sum(f.two_nll for f in alone), rtol=tolerance("fit_parameter"))
    assert np.isclose(
        both.parameters["n_cevns"]["value"],
        alone[0].parameters["n_cevns"]["value"],
        rtol=tolerance("fit_parameter"),
    )


def test_joint_dark_photon_fit_shares_one_strength():
    found = fit_datasets(["csi2021", "lar2020"], signal="dark-matter", m_v=30.0)
    assert found.status == "converged" and found.best_coupling is not None
    assert {"signal", "sns_flux", "lar_response"} <= found.parameters.keys()
    assert found.parameters["signal"]["upper"] is not None


def test_command_prints_the_published_fit():
    found = answer("fit lar2020 --signal none --no-systematics --json")
    assert {"parameters", "two_nll", "status"} <= found.keys()
    assert found["status"] == "converged"
    cevns = found["parameters"]["n_cevns"]
    assert cevns.keys() == {"value", "error", "lower", "upper"}
    assert abs(cevns["value"] - 159.0) < tolerance("events")
    assert round(found["significance"]["n_cevns"], 1) == 3.9
    assert found["parameters"]["n_brn_delayed"]["lower"] is None
    assert "n_excess" in run("fit ccm120 --signal none").stdout


def test_data_command_checks_and_remembers(tmp_path, monkeypatch, shared_data):
    monkeypatch.setenv("DMJAX_DATA", str(tmp_path))
    assert answer("data list --json")["csi2021"]["folder"] is None
    added = answer(f"data add csi2021 {shared_data / 'csi2021'} --json")
    assert answer("data list --json")["csi2021"]["folder"] == added["folder"]
    assert json.loads((tmp_path / "releases.json").read_text()) == {"csi2021": added["folder"]}


BAD = {
    "fit lar202": "did you mean 'lar2020'",
    "fit lar2020 --signal dark-foton": "did you mean 'dark-photon'",
    "fit lar2020 --signal dark-photon": "needs its mass",
    "fit lar2020 --signal dark-photon --mv -3": "--mv must be",
    "fit lar2020 --signal dark-photon --mv 3 --mass-ratio 2": "--mass-ratio must be",
    "fit csi2017 lar2020 --counting": "counting takes one data set",
}


@pytest.mark.parametrize("line", BAD)
def test_bad_command_lines_end_in_one_sentence(line):
    with pytest.raises(InputError) as problem:
        run(line)
    assert BAD[line] in str(problem.value) and "\n" not in str(problem.value)


def test_bad_choices_are_refused():
    with pytest.raises(InputError, match="at least one data set"):
        fit_datasets([])
    with pytest.raises(InputError, match="alpha_d"):
        fit_datasets(["lar2020"], signal="dark-matter", m_v=30.0, alpha_d=0.0)
    with pytest.raises(InputError, match="unexpected keyword"):
        analysis("ccm120", window="cuts")
