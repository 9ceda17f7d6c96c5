"""Facilities beyond the first ones: each predicts, and CEvNS are as many as its papers say."""

import jax.numpy as jnp
import numpy as np
import pytest

from dmjax.analyses.projections import projected, projected_backgrounds, projected_model
from dmjax.data import load_toml
from dmjax.errors import InputError
from dmjax.experiments import EXPERIMENTS, background_counts, experiment
from dmjax.experiments.files import read_detector
from dmjax.experiments.schema import check_beam, check_detector
from dmjax.models import mediator
from dmjax.prediction.neutrinos import neutrino_spectra
from dmjax.prediction.predict import predict
from dmjax.response import accepted_recoils
from tolerances import tolerance

NEW = ("coherent-ge", "coherent-csi-cryo", "csns-csi", "ess-csi", "ess-xe", "pip2-bd")
DAYS = 5000.0 / 24.0
QUOTED = {
    "coherent-ge": (35.1, 3.6),
    "ess-csi": (12_000.0, 1_500.0),
    "csns-csi": (0.074 * 12.0 * DAYS, 0.5 * 0.074 * 12.0 * DAYS),
}
"""CEvNS events and how far we may be off: the quoted error; two digits; an unknown efficiency."""


@pytest.fixture(scope="module", params=NEW)
def predicted(request):
    point = mediator("dark-photon", 30.0, 10.0, eps=1e-4)
    return predict(experiment(request.param), point)


def test_each_predicts_sensible_numbers(predicted):
    assert all(np.isfinite(n) and n >= 0.0 for n in predicted.channels.values())
    assert 0.0 < predicted.total < 1e9
    assert set(predicted.channels) >= {"pi0", "piminus", "cascade", "exchange"}
    behind = predicted.background
    assert all(np.isfinite(n) and n >= 0.0 for n in behind.values()) and behind["delayed"] > 0.0
    held = {b.name for b in experiment(predicted.experiment).backgrounds}
    assert held <= set(behind)


def test_cevns_are_as_many_as_quoted(predicted):
    """In the bins of the detector."""
    name = predicted.experiment
    detector = experiment(name)
    bins = accepted_recoils(detector.response, np.asarray(detector.edges))
    known = neutrino_spectra(detector, bins)
    own = float(known["prompt"].sum() + known["delayed"].sum())
    if name == "ess-xe":
        assert 7_000.0 < own < 9_000.0  # "more than 7,000 per year"
    if name in QUOTED:
        number, error = QUOTED[name]
        assert abs(own - number) < error


def test_a_year_of_beam_is_its_power():
    """Protons a year of 5000 h: power / energy per proton."""
    joule = 1.602176634e-10  # of a GeV
    for name, watts, gev in (
        ("ess-csi", 5e6, 2.0),
        ("csns-csi", 140e3, 1.6),
        ("pip2-bd", 1e5, 0.8),
    ):
        place = read_detector(name).spec["detector"]
        protons = watts * 5000.0 * 3600.0 / (gev * joule) * place.get("years", 1.0)
        assert np.isclose(place["pot"], protons, rtol=tolerance("template"))


def test_pion_yields_follow_the_law_they_state():
    """N = a E^b through 1 and 3 GeV."""
    low, high = load_toml("beams", "sns"), load_toml("beams", "mlf")
    for name, gev in (("ess", 2.0), ("csns", 1.6)):
        spec = load_toml("beams", name)
        for section, key in (("pi0", "per_pot"), ("piminus", "captured_per_pot")):
            power = np.log(high[section][key] / low[section][key]) / np.log(3.0)
            law = low[section][key] * gev**power
            assert np.isclose(spec[section][key], law, rtol=tolerance("template"))
        ratio = spec["pi0"]["per_pot"] / low["pi0"]["per_pot"]
        assert np.isclose(spec["cascade"]["factor"], ratio, rtol=tolerance("template"))


def test_photons_scale_with_their_factor():
    sns, ess = (experiment(name).beam.channels["cascade"] for name in ("coherent-ge", "ess-csi"))
    total = [float(one.photons.photons.sum()) for one in (sns, ess)]
    assert np.isclose(total[1] / total[0], 3.05, rtol=tolerance("normalisation"))


@pytest.mark.parametrize("name", NEW)
def test_what_was_not_found_in_print_is_listed(name):
    spec = read_detector(name).spec
    assert "detector.angle_deg" in spec["assumed"]
    beam = load_toml("beams", spec["beam"])
    assert spec["beam"] == "sns" or "pi0.per_pot" in beam["assumed"] or "pi0" in beam["assumed"]


def test_what_is_assumed_must_be_in_the_file():
    spec = read_detector("coherent-ge").spec | {"assumed": ["detector.mass"]}
    with pytest.raises(InputError, match=r"x.toml: assumed = 'detector.mass': must be dotted keys"):
        check_detector("x.toml", spec)
    beam = load_toml("beams", "ess") | {"assumed": ["neutrinos.kaons"]}
    with pytest.raises(InputError, match=r"assumed = 'neutrinos\.kaons'"):
        check_beam("y.toml", beam)


NEUTRONS = ("coherent-csi", "coherent-csi-2021", "coherent-lar", "coherent-lar-610")


@pytest.mark.parametrize("name", [*NEUTRONS, "coherent-csi-cryo"])
def test_neutrons_are_components_of_projections(name):
    """With the numbers, the shapes in energy and time and the errors of their files."""
    setting = projected(name)
    known = projected_backgrounds(setting)
    model = projected_model(setting)
    for one in setting.backgrounds:
        if one.kind != "beam":
            continue
        shape = (len(setting.energy_edges) - 1, len(setting.time_edges) - 1)
        counts = np.asarray(known[one.name]).reshape(shape)
        assert np.isclose(counts.sum(), float(one.events), rtol=tolerance("normalisation"))
        times = counts.sum(0) / counts.sum()
        assert times.max() > 2.0 / shape[1]  # they come with the beam, not all the time
        assert one.pull in [p.name for p in model.parameters]
        assert np.allclose(counts, np.outer(counts.sum(1), times), atol=tolerance("identity"))


def test_neutrons_of_cryogenic_csi_are_those_of_csi_2021():
    """In proportion to mass and protons, at the same electron-equivalent energies."""
    warm, cold = experiment("coherent-csi-2021"), experiment("coherent-csi-cryo")
    events = [next(b for b in built.backgrounds if b.name == "neutrons") for built in (warm, cold)]
    scale = float(cold.pot / warm.pot * cold.mass_kg / warm.mass_kg)
    ratio = float(events[1].events / events[0].events)
    assert np.isclose(ratio, scale, rtol=tolerance("template"))
    share = []
    for one, built in zip(events, (warm, cold), strict=True):
        kevee = np.array([0.0, 20.0, 40.0, 60.0]) / 13.35 * float(built.response.light_yield)
        counts = background_counts(
            one, built.mass_kg, built.pot, jnp.asarray(kevee), jnp.asarray([0.0, 6.0])
        )
        share.append(np.asarray(counts).ravel() / float(counts.sum()))
    assert np.allclose(share[0], share[1], atol=tolerance("template"))


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_node_lies_in_the_cell_that_it_stands_for(name):
    detector = experiment(name)
    grid = accepted_recoils(detector.response, np.asarray(detector.edges))
    t, ends = np.asarray(grid.t), np.asarray(grid.ends)
    assert ends.shape == (t.size + 1,) and grid.fold.shape[1] == t.size
    assert np.all(np.diff(t) >= 0.0) and np.all(np.diff(ends) >= 0.0)
    width = np.diff(ends)
    assert np.all(t >= ends[:-1] - 0.2 * width) and np.all(t <= ends[1:] + 0.2 * width)
