"""`check`: what a detector sees is what the prediction counts, and what looks wrong is said."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from command import answer, run
from scipy import stats

import dmjax
from dmjax.analyses.projections import projected, projected_backgrounds
from tolerances import tolerance

DOCS = Path(__file__).parents[2] / "docs" / "detectors.md"
GERMANIUM = re.findall(r"```toml\n(.*?)```", DOCS.read_text(), re.DOTALL)[1]


def written(folder: Path, *changes: tuple[str, str]) -> str:
    text = GERMANIUM
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / "mine.toml"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize("name", ["coherent-csi-2021", "ccm200"])
def test_events_are_those_of_a_projection(name):
    found = dmjax.check(name)
    theirs = projected_backgrounds(projected(name))
    assert found.events.keys() == theirs.keys()
    for component, counts in theirs.items():
        assert np.isclose(found.events[component], float(counts.sum()), rtol=tolerance("template"))
        own = found.background_counts[component]
        assert np.isclose(own.sum(), found.events[component], rtol=tolerance("identity"))


def test_the_response_of_csi_2021_is_that_of_its_release():
    """Mean light by the polynomial; the share by SciPy's gamma distribution and the sigmoid."""
    found = dmjax.check("coherent-csi-2021")
    t = found.recoil_kev
    x = 1e-3 * t
    light = 1e3 * (0.0554628 * x + 4.30681 * x**2 - 111.707 * x**3 + 840.384 * x**4)
    inside = t < 60.0
    assert np.allclose(found.light_kevee[inside], light[inside], rtol=tolerance("identity"))
    assert np.allclose(found.mean, 13.35 * found.light_kevee, rtol=tolerance("identity"))
    shape = 1.0 + 9.56 * found.light_kevee[:, None]
    edges = np.arange(61.0)
    recorded = np.diff(stats.gamma.cdf(edges, shape, scale=found.mean[:, None] / shape), axis=1)
    centre = 0.5 * (edges[1:] + edges[:-1])
    sigmoid = 1.32045 / (1 + np.exp(-0.285979 * (centre - 10.8646))) - 0.333322
    share = recorded @ np.clip(sigmoid, 0.0, 1.0)
    assert np.allclose(found.accepted, share, atol=tolerance("template"))
    half = np.interp(0.5 * share.max(), share[: share.argmax()], t[: share.argmax()])
    assert found.threshold_kev is not None
    assert np.isclose(found.threshold_kev, half, rtol=tolerance("benchmark"))


def test_exposure_and_background_are_chosen():
    once = dmjax.check("ccm200", background="improved-underground")
    more = dmjax.check("ccm200", background="improved-underground", years=6.0)
    name = "improved-underground"
    ratio = more.events[name] / once.events[name]
    assert np.isclose(ratio, 2.0, rtol=tolerance("identity"))
    none = dmjax.check("ccm200", background="none")
    assert none.warnings == ["no steady-state background: limits will be those of neutrinos alone"]


def test_electron_recoils_are_checked_too():
    found = dmjax.check("jsns2")
    assert found.recoil == "electron" and found.nuclei == {}
    assert set(found.events) == {"prompt", "delayed", "kaon", "in-flight"}
    assert found.threshold_kev is not None
    assert np.isclose(found.threshold_kev, 2600.0, rtol=tolerance("template"))


def test_assumed_numbers_are_named():
    assumed = dmjax.check("coherent-ge").assumed
    assert "detector.mass_kg" in assumed and "steady_state: steady" in assumed
    assert "beam: pi0.per_pot" in dmjax.check("ess-xe").assumed


WARNED = {
    "quenching above 1": [("b = 0.0016\nvalid_to = 70.0", "b = 0.012\nvalid_to = 66.0"),
                          ("12.0, 20.0]", "12.0, 20.0, 200.0]")],
    "quenching is known up to 20 keV": [("valid_to = 70.0", "valid_to = 20.0")],
    "at most 0.001 of the recoils": [("value = 0.9", "value = 0.001")],
    "the selection starts at 0.1 keV": [("recoil_min_kev = 4.0", "recoil_min_kev = 0.1")],
    "no threshold: ": [("energy = [0.5,", "energy = [-1.0, 0.5,")],
    "(noise alone triggers)": [
        ('kind = "gaussian"\ncoefficient = 0.06', 'kind = "noise"\na = 0.4\nb = 0.001')
    ],
    "the time bins hold 0": [("{ start = 0.0, stop = 6.0, width = 0.5 }", "[2.0, 6.0]")],
    "no neutrino is expected": [("energy = [0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 20.0]",
                                 "energy = [2000.0, 3000.0]"), ("scale = 0.3", "scale = 300.0"),
                                ("scale = 5.0", "scale = 500.0")],
}  # fmt: skip


@pytest.mark.parametrize("line", WARNED)
def test_what_looks_wrong_is_said(line, tmp_path):
    found = dmjax.check(written(tmp_path, *WARNED[line]))
    assert any(line in one for one in found.warnings), found.warnings


def test_a_sound_detector_is_not_warned_of(tmp_path):
    assert dmjax.check(written(tmp_path)).warnings == []


def test_the_command_prints_saves_and_draws(tmp_path):
    path, figure = written(tmp_path), tmp_path / "seen.png"
    told = run(f"check {path} --figure {figure} --out {tmp_path / 'seen.json'}").stdout
    for word in ("compton", "neutrons", "delayed", "beam", "accepted", "keVee"):
        assert word in told
    assert figure.stat().st_size > 10_000 and figure.with_suffix(".pdf").exists()
    plain = answer(f"check {path} --json")
    held = json.loads((tmp_path / "seen.json").read_text())
    del plain["configuration"], held["configuration"], plain["checksum"], held["checksum"]
    assert plain == held and plain["kind"] == "check"
    loaded = dmjax.load(tmp_path / "seen.json")
    assert loaded.plot().axes[0].get_xlabel() == "recoil energy [keV]"
    assert len(loaded.plot().axes) == 4
