"""Detectors without data: components, exposure, cuts, the paper's χ², and limits in one call."""

import re
from pathlib import Path

import numpy as np
import pytest

from dmjax.analyses.projection_chi2 import chi2_of
from dmjax.analyses.projections import (
    projected,
    projected_backgrounds,
    projected_model,
    projection_analysis,
)
from dmjax.errors import InputError
from dmjax.experiments import experiment
from dmjax.models import mediator
from dmjax.prediction.predict import predict
from dmjax.prediction.signal import Signal
from dmjax.studies.sensitivity import expected_limit
from tolerances import tolerance

DOCS = Path(__file__).parents[2] / "docs" / "detectors.md"
GERMANIUM = re.findall(r"```toml\n(.*?)```", DOCS.read_text(), re.DOTALL)[1]


def test_backgrounds_are_those_of_predict():
    point = mediator("dark-photon", 75.0, 25.0, eps=1e-4)
    told = predict(experiment("coherent-csi"), point, cuts=True, channels=("pi0",)).background
    ours = projected_backgrounds(projected("coherent-csi", cuts=True))
    assert set(ours) == {name for name, events in told.items() if events > 0.0}
    for name, counts in ours.items():
        assert np.isclose(float(counts.sum()), told[name], rtol=tolerance("identity"))


def test_exposure_and_alternatives_reach_the_counts():
    once, more = (projected_model(projected("coherent-lar", years=n)) for n in (1.0, 3.0))
    ratio = np.asarray(more.observed.on) / np.asarray(once.observed.on)
    assert np.allclose(ratio, 3.0, rtol=tolerance("identity"))
    names = [part.name for part in projected_model(projected("ccm200")).components]
    assert "current-filtered" in names and "improved-filtered" not in names
    free = projected_model(projected("ccm200", background="none"))
    assert {part.name for part in free.components} <= {"prompt", "delayed"}
    with pytest.raises(InputError, match="unknown background of ccm200"):
        projected("ccm200", background="improved")


def test_errors_are_named_pulls():
    model = projection_analysis("coherent-lar").build(np.ones(144))
    names = [p.name for p in model.parameters]
    own = ("signal", "steady", "neutrons", "neutrons-delayed")
    assert set(names) == {"signal", *(f"coherent-lar_{name}" for name in own)}


def test_chi2_of_the_paper_in_closed_form():
    setting = projected("coherent-csi", years=3.0, background="flat", cuts=True)
    known = projected_backgrounds(setting)
    total = np.sum([np.asarray(n) for n in known.values()], axis=0)
    seen = sum(np.asarray(known[name]) for name in known if name in ("prompt", "delayed")) > 0.0
    signal = np.linspace(1.0, 2.0, total.size)
    wanted = np.sum((signal**2 / (total * (1.0 + 0.28**2 * total)))[seen])
    found = float(chi2_of(setting, signal[None])[0])
    assert np.isclose(found, wanted, rtol=tolerance("identity"))


def test_one_call_from_a_file_to_a_limit_with_bands(tmp_path):
    """100 kg of germanium: bands in order, three years better than one, backgrounds named."""
    path = tmp_path / "germanium.toml"
    path.write_text(GERMANIUM)
    one, three = (expected_limit(str(path), Signal(), [75.0], years=n) for n in (1.0, 3.0))
    assert one.methods == ["asymptotic"] and one.quantity == "Y"
    assert np.all(np.diff(one.expected[0]) > 0.0)
    assert np.all(three.expected < one.expected)
    held = one.background["germanium"]
    assert set(held) == {"compton", "noise", "neutrons", "prompt", "delayed"}
    rough = expected_limit(str(path), Signal(), [75.0], method="chi2-d20")
    assert rough.expected.shape == (1, 1) and rough.sigmas == (0.0,)
    assert 0.5 < float(rough.expected[0, 0]) / one.expected[0, 2] < 2.0


BARE = """
title = "nothing but signal"
beam = "sns"
[detector]
mass_kg = 1.0
distance_m = 20.0
angle_deg = 90.0
pot = 1e21
[target]
Ar40 = 1
[response]
observable = "keV"
quenching = {{ kind = "none" }}
efficiency = {{ kind = "flat", value = 1.0 }}
[bins]
energy = {edges}
time_us = {{ start = 0.0, stop = 1.0, width = {width} }}
[selection]
recoil_min_kev = 50.0
time_max_us = 1.0
"""


@pytest.mark.parametrize(("edges", "width"), [("[160.0, 400.0]", 1.0), ("[160, 200, 400]", 0.5)])
def test_without_background_the_limit_is_2_30_events(tmp_path, edges, width):
    """Above the recoils of neutrinos, 139 keV in argon."""
    path = tmp_path / "bare.toml"
    path.write_text(BARE.format(edges=edges, width=width))
    found = expected_limit(str(path), Signal(source_errors=False), [30.0])
    assert found.methods == ["exact"] and found.background == {"bare": {}}
    assert np.isclose(found.signal_events[0], np.log(10.0), rtol=tolerance("table"))


def test_a_method_is_known_and_takes_its_options():
    with pytest.raises(InputError, match="did you mean 'asymptotic'"):
        expected_limit("ccm120", Signal(model="events"), method="asymptotics")
    with pytest.raises(InputError, match="90 %"):
        expected_limit("ccm120", Signal(model="events"), method="chi2-d20", cl=0.95)
