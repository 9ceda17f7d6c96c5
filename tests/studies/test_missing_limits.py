"""Limits from missing energy: published curves, expected limits, files of one's own, refusals."""

import time
from pathlib import Path

import equinox as eqx
import numpy as np
import pytest
from command import check_refused

import dmjax
from dmjax.analyses.missing_energy import missing_model, names_missing
from dmjax.data import load_table, load_toml
from dmjax.errors import InputError
from dmjax.experiments.missing_energy import MISSING_SEARCHES, missing_energy
from dmjax.prediction.signal import signal
from dmjax.prediction.templates import templates
from dmjax.studies.limits import run_limit
from dmjax.studies.predicting import run_predict
from dmjax.studies.rules import settle
from dmjax.studies.settings import LimitSettings, PredictSettings
from tolerances import tolerance

NA64 = Path(dmjax.__file__).parent / "data" / "missing" / "na64-2019.toml"
NARROW = {"coupling": "eps", "alpha_d": 1e-3}


def limited(where, **options):
    return run_limit(settle(LimitSettings, {"where": where, **NARROW, **options}))


@pytest.fixture(scope="module")
def na64():
    return limited("na64-2019", m_v="1:300:100")


def test_na64_is_the_published_curve_without_annihilation():
    """2.30 events over the yield; one assumed efficiency from 1 to 300 MeV."""
    search = eqx.tree_at(
        lambda s: s.positrons, missing_energy("na64-2019"), None, is_leaf=lambda x: x is None
    )
    masses = np.array([1.0, 3.0, 10.0, 30.0, 100.0, 300.0])
    events = np.asarray(templates([search], signal(**NARROW), masses, 1e-4)[0].nominal)[:, 0]
    curve = load_table("limit_na64_2019").columns
    printed = np.exp(np.interp(np.log(masses), np.log(curve["m_V"]), np.log(curve["eps"])))
    ours = 1e-4 * np.sqrt(-np.log(0.1) / events)
    assert np.allclose(ours, printed, rtol=tolerance("published"))


def test_limit_is_that_of_no_event_with_its_errors(na64):
    """Averaged over an efficiency of 10 % and a yield of 5 %, 2.30 events are 2.33."""
    assert set(na64.methods) == {"exact"} and set(na64.status) == {"ok"}
    assert na64.quantity == "eps" and na64.m_v.size == 100
    where = na64.m_v < 120.0
    events = np.asarray(
        templates([missing_energy("na64-2019")], signal(**NARROW), na64.m_v, 1e-4)[0].nominal
    )[:, 0]
    counts = events * (na64.limit / 1e-4) ** 2
    assert np.allclose(counts[where], -np.log(0.1), rtol=tolerance("beams"))


def test_a_hundred_masses_take_a_second(na64):
    start = time.perf_counter()
    limited("na64-2019", m_v="1:300:100")
    assert time.perf_counter() - start < 5.0  # 0.6 s on an idle machine


def test_more_electrons_are_a_stronger_limit_and_joint_is_stronger():
    masses = {"m_v": "10,100"}
    first, second, both = (
        limited(names, **masses).limit
        for names in ("na64-2016", "na64-2019", "na64-2016,na64-2019")
    )
    assert np.all(first > 5.0 * second) and np.all(both < second)


def test_y_is_that_of_eps(na64):
    at = na64.m_v[[10, 50]]
    found = run_limit(
        settle(
            LimitSettings,
            {"where": "na64-2019", "alpha_d": 1e-3, "m_v": ",".join(map(repr, at.tolist()))},
        )
    )
    assert np.allclose(found.limit, na64.limit[[10, 50]] ** 2 * 1e-3 / 81.0, rtol=1e-4)


def test_expected_limits_of_ldmx_are_those_printed():
    found = limited("ldmx-4gev", m_v="3,10,30,100,300", expected=True)
    printed = [1.32e-6, 3.45e-6, 1.10e-5, 5.2e-5, 3.5e-4]
    assert np.allclose(found.limit, printed, rtol=tolerance("beams"))
    assert found.experiment == "ldmx-4gev" and any("no background" in x for x in found.caveats)


def test_limits_of_m3_are_those_printed():
    found = limited("m3-phase2", m_v="10,100,300", expected=True)
    assert np.allclose(found.limit, [2.8e-5, 3.6e-5, 8.4e-5], rtol=tolerance("beams"))


def test_a_predicted_point_is_its_template():
    options = {"experiment": "na64-2019", "mass": 30.0, "eps": 1e-4, "alpha_d": 1e-3}
    found = run_predict(settle(PredictSettings, options))
    events = templates([missing_energy("na64-2019")], signal(**NARROW), [30.0], 1e-4)[0].nominal
    assert np.isclose(found.total, float(events[0, 0]), rtol=tolerance("limit"))
    assert found.signature == "missing-energy" and found.background == {"background": 0.5}
    assert found.plot().axes[0].get_xlabel().startswith("missing energy")


def test_improved_approximation_is_named_and_says_its_error(tmp_path):
    text = NA64.read_text()
    path = tmp_path / "mine.toml"
    path.write_text(text.replace("error = 0.05 ", 'cross_section = "improved-ww"\nerror = 0.05 '))
    assert names_missing(str(path))
    ours, exact = (limited(name, m_v="50,100") for name in (str(path), "na64-2019"))
    ratio = (exact.limit / ours.limit) ** 2
    assert np.all((ratio > 1.3) & (ratio < 1.7))
    assert any("approximation" in line for line in ours.caveats)
    assert ours.datasets == ["mine"]


def test_every_file_holds_what_it_assumes():
    for name in MISSING_SEARCHES:
        assert load_toml("missing", name)["assumed"]
        model = missing_model(missing_energy(name), [1.0], expected=True)
        assert f"{name}_efficiency" in [one.name for one in model.parameters]


BROKEN = {
    "energy_gev = 100.0": ("energy_gev = 40.0", "selection.least_gev"),
    'particle = "electron"': ('particle = "elektron"', "did you mean 'electron'"),
    "values = [0.55]": ("values = [0.5, 0.6]", "one for each of m_v_mev"),
    "x0_g_cm2 = 6.37": ("x0 = 6.37", "missing key target.x0_g_cm2"),
    "seen = 0": ("seen = 0.5", "whole number"),
    "z = 82": ("z = 82\ndepth_x0 = -1.0", "target.depth_x0"),
}


@pytest.mark.parametrize("old", BROKEN)
def test_broken_files_are_one_line(tmp_path, old):
    new, says = BROKEN[old]
    path = tmp_path / "mine.toml"
    path.write_text(NA64.read_text().replace(old, new))
    with pytest.raises(InputError, match=says) as problem:
        missing_energy(str(path))
    assert "\n" not in str(problem.value)


REFUSED = {
    "limit na64-2019 csi2017 --mv 10": "grow as coupling^2",
    "limit na64-2019 --mv 10 --channels pi0": "channels has no effect",
    "limit na64-2019 --mv 10 --conventions d20": "conventions has no effect",
    "limit na64-2019 --mv 10 --mx 75": "m_x has no effect",
    "limit na64-2019 --mv 10 --lifetime-ns 3": "lifetime_ns has no effect",
    "limit ldmx-4gev --mv 10": "has no data",
    "limit ldmx-4gev --mv 10 --expected --years 3": "years has no effect",
    "predict na64-2019 --mv 10 --eps 1e-4 --cuts": "cuts has no effect",
    "check na64-2019": "it has no recoils",
    "posterior na64-2019": "no posterior",
}


@pytest.mark.parametrize("line", REFUSED)
def test_what_is_not_used_is_refused(line, tmp_path, monkeypatch, capsys):
    check_refused(line, REFUSED[line], tmp_path, monkeypatch, capsys)
