"""COHERENT CsI 2021: counts, the published fit, the sideband, the unbinned release."""

import numpy as np
import pytest

from dmjax.analyses.csi2017 import csi2017
from dmjax.analyses.csi2021 import csi2021, csi2021_unbinned
from dmjax.analyses.csi2021_cevns import radius_sides, recoil_normalisations, response_sides
from dmjax.analyses.csi2021_shapes import (
    UNBINNED,
    counted,
    csi2021_binning,
    csi2021_events,
    csi2021_search,
)
from dmjax.analyses.lar2020 import lar2020
from dmjax.data import load_toml
from dmjax.data.releases import add_release, read_release, release
from dmjax.errors import InputError
from dmjax.fits.fit import best_fit
from dmjax.fits.minimise import Status
from dmjax.fits.profiles import all_intervals
from dmjax.likelihood.effects import Share
from dmjax.likelihood.joint import JointModel, observed_data
from dmjax.models import mediator
from dmjax.prediction.search import dark_matter_counts
from minuit import minuit_of
from tolerances import tolerance


@pytest.fixture
def added(tmp_path, monkeypatch, shared_data):
    monkeypatch.setenv("DMJAX_DATA", str(tmp_path / "user"))
    add_release("csi2021", shared_data / "csi2021")
    return shared_data / "csi2021"


def values(model):
    joint = JointModel(model)
    found = best_fit(joint)
    assert int(found.status) == Status.CONVERGED
    return {
        name: (float(v), float(e))
        for name, v, e in zip(joint.parameters.names, found.values, found.errors, strict=True)
    }


def test_counts_in_the_regions():
    for region, on, off in (("signal", 1578, 1295), ("sideband", 3564, 3595)):
        got = counted(csi2021_binning(region))
        assert (int(got[0].sum()), int(got[1].sum())) == (on, off)


def test_best_fit_is_the_published_one():
    """306 CEvNS to a tenth of our error; that error is 33, not 20: see the next test."""
    found = values(csi2021())
    assert abs(found["csi_n_cevns"][0] - 306.0) < 0.1 * found["csi_n_cevns"][1]
    assert abs(found["csi_n_brn"][0] - 18.4) < 4.6
    assert abs(found["csi_n_nin"][0] - 5.6) < 2.0


def test_no_analysis_of_these_counts_could_have_an_error_of_20():
    """With every background known, in fine bins, the CEvNS count still has an error near 29."""
    model = csi2021()
    joint = JointModel(model)
    best = best_fit(joint)
    fixed = dict(zip(joint.parameters.names, best.values.tolist(), strict=True))
    del fixed["csi_n_cevns"]
    assert best_fit(joint, fixed=fixed).errors[0] > 28.0


def test_minimum_is_that_of_iminuit():
    joint = JointModel(csi2021())
    data = observed_data(joint)
    fitter = minuit_of(joint, data)
    assert abs(float(best_fit(joint, data).two_nll) - fitter.fval) < tolerance("fit")


def test_systematics_know_the_arrival_of_the_neutrinos():
    """The counts themselves want the pulse later by two thirds of its uncertainty of 0.2 µs."""
    found = values(csi2021(systematics=True))
    assert abs(found["csi_neutrino_time"][0] - 0.7) < 0.2
    assert abs(found["csi_n_cevns"][0] - 306.0) < 33.0


def test_prediction_is_near_the_published_one():
    """341 ± 11 ± 42 in the paper (R_n larger than ours lowers it)."""
    centre = next(p.centre for p in csi2021().parameters if p.name == "csi_n_cevns")
    assert abs(centre - 341.0) < 42.0


def test_sideband_shares_neutrons_and_is_compatible():
    joint = JointModel([csi2021(), csi2021(region="sideband")])
    names = joint.parameters.names
    assert names.count("csi_n_brn") == 1 and "csi_n_ss_sideband" in names
    alone, both = best_fit(JointModel(csi2021())), best_fit(joint)
    assert abs(both.values[0] - alone.values[0]) < 0.1 * alone.errors[0]


def test_joint_with_lar_shares_the_flux():
    joint = JointModel([csi2021(cevns="predicted"), lar2020(cevns="predicted")])
    names = joint.parameters.names
    assert names.count("sns_flux") == 1
    found = best_fit(joint)
    assert int(found.status) == Status.CONVERGED
    assert float(found.errors[names.index("sns_flux")]) < 1.0


def test_normalisations_are_those_of_the_alternates():
    """Half the distance of the two sides, of the events below 60 photo-electrons."""
    bins = csi2021_binning()
    total = next(p.centre for p in csi2021().parameters if p.name == "csi_n_cevns")
    sides = response_sides(bins) | radius_sides(bins)
    half = {name: 0.5 * float((up - down).sum()) / total for name, (up, down) in sides.items()}
    effects, _ = recoil_normalisations()
    held = {effect.parameter: effect.size for effect in effects if isinstance(effect, Share)}
    held["csi_radius"] = load_toml("datasets", "csi2021")["radius_error"]
    assert held == pytest.approx(half, abs=5e-4)


def test_signal_goes_into_its_bins():
    point = mediator("dark-photon", 75.0, 25.0, eps=1e-4)
    counts = dark_matter_counts(csi2021_search(), point)
    joint = JointModel(csi2021(counts, cevns="predicted"))
    assert counts.shape == (9 * 11,) and "signal" in joint.parameters.names
    ends = all_intervals(joint, level=2.706)
    at = joint.parameters.names.index("signal")
    assert bool(ends.reached[at, 1]) and 0.0 < float(ends.upper[at]) * float(counts.sum()) < 200.0


def test_the_run_of_2017_is_not_counted_twice():
    with pytest.raises(InputError, match="csi2021 contains the events of csi2017"):
        JointModel([csi2017(), csi2021()])


def test_events_of_the_release_are_those_that_ship(added):
    assert release("csi2021").folder == added.resolve()
    single = csi2021_events()
    bins = csi2021_binning()
    for ours, theirs in zip(counted(bins), counted(bins, single), strict=True):
        assert np.array_equal(ours, theirs)


def test_unbinned_fit_is_stable_against_finer_bins(added):
    coarse = values(csi2021_unbinned())["csi_n_cevns"]
    finer = UNBINNED._replace(time=np.linspace(0.0, 6.0, 241))
    fine = values(csi2021(single=csi2021_events(), binning=finer))["csi_n_cevns"]
    assert abs(coarse[0] - fine[0]) < 0.05 * coarse[1]
    assert abs(coarse[0] - 306.0) < coarse[1]


def test_a_changed_file_is_refused(added, tmp_path):
    for name in ("dataBeamOnC.txt", "dataBeamOnAC.txt"):
        (tmp_path / name).write_text((added / name).read_text() + "\n")
    with pytest.raises(InputError, match="is not the released file"):
        add_release("csi2021", tmp_path)


def test_absent_data_say_where_to_get_them(tmp_path, monkeypatch):
    monkeypatch.setenv("DMJAX_DATA", str(tmp_path))
    with pytest.raises(InputError, match=r"2110\.07730.*dmjax data add csi2021"):
        read_release("csi2021")
    with pytest.raises(InputError, match="has no dataBeamOnC"):
        add_release("csi2021", tmp_path)
    with pytest.raises(InputError, match="did you mean 'csi2021'"):
        release("csi2020")
    (tmp_path / "releases.json").write_text("{")
    with pytest.raises(InputError, match="cannot read"):
        release("csi2021")


def test_wrong_region_is_refused():
    with pytest.raises(InputError, match="did you mean 'sideband'"):
        csi2021(region="side")
