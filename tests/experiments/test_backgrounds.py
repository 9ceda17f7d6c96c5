"""Backgrounds of detector files: numbers, shapes, exposure, alternatives, mistakes."""

import itertools
import re
from importlib.resources import files
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad

from dmjax.errors import InputError
from dmjax.experiments import (
    EXPERIMENTS,
    background_counts,
    experiment,
    in_scenario,
    scenarios,
)
from dmjax.prediction.backgrounds import exposed, known_backgrounds
from dmjax.timing import DecayedPulse
from tolerances import tolerance

DOCS = Path(__file__).parents[2] / "docs" / "detectors.md"
GERMANIUM = re.findall(r"```toml\n(.*?)```", DOCS.read_text(), re.DOTALL)[1]
CSI = Path(str(files("dmjax.data"))) / "experiments" / "coherent-csi.toml"


def _write(folder: Path, text: str) -> str:
    path = folder / "mine.toml"
    path.write_text(text)
    return str(path)


def _own(detector, background=None):
    chosen = in_scenario(detector.name, detector.backgrounds, background)
    edges = (jnp.asarray(detector.edges), jnp.asarray(detector.time_edges))
    return {k: np.asarray(v) for k, v in known_backgrounds(detector, chosen, *edges).items()}


@pytest.fixture(scope="module")
def germanium(tmp_path_factory):
    return experiment(_write(tmp_path_factory.mktemp("ge"), GERMANIUM))


def test_all_events_of_a_file_lie_in_its_bins():
    for name in EXPERIMENTS:
        detector = experiment(name)
        for one in detector.backgrounds:
            edges = (jnp.asarray(detector.edges), jnp.asarray(detector.time_edges))
            counts = background_counts(one, detector.mass_kg, detector.pot, *edges)
            total = float(one.events)
            assert np.isclose(float(counts.sum()), total, rtol=tolerance("identity"))
            assert float(counts.min()) >= 0.0


def test_presets_carry_what_their_releases_say():
    """In the exposure of each release; 405 anticoincidence counts in 6-30 PE and 6 us."""
    csi = exposed(experiment("coherent-csi"), pot=1.76e23)
    chosen = in_scenario(csi.name, csi.backgrounds)
    window = (jnp.asarray([6.0, 30.0]), jnp.asarray([0.0, 6.0]))
    found = known_backgrounds(csi, chosen, *window)
    assert abs(float(found["steady"].sum()) - 405.0) < tolerance("sigmas") * np.sqrt(405.0)
    cuts = known_backgrounds(csi, chosen, jnp.asarray([16.0, 30.0]), jnp.asarray([0.0, 1.5]))
    assert abs(float(cuts["neutrons"].sum()) - 3.0) < 0.5  # "3" in arXiv:2006.09386
    late = _own(experiment("coherent-csi-2021"))
    totals = {name: round(float(counts.sum()), 1) for name, counts in late.items()}
    assert totals == {"steady": 1295.0, "neutrons": 18.4, "neutrino-induced": 5.6}
    argon = experiment("coherent-lar")
    scale = float(24.4 / argon.mass_kg * 1.38e23 / argon.pot)
    lar = {name: float(counts.sum()) * scale for name, counts in _own(argon).items()}
    expected = {"steady": 3152.0 * 1.2, "neutrons": 497.0 - 56.187 / 5, "neutrons-delayed": 33.0}
    for name, events in expected.items():
        assert np.isclose(lar[name], events, rtol=1e-3)


def test_a_rate_is_per_energy_mass_and_open_time(germanium):
    events = 10.0 * 19.5 * 100.0 * (5000.0 / 24.0) * (6e-6 * 60.0)
    found = _own(germanium)["compton"]
    assert np.isclose(found.sum(), events, rtol=tolerance("identity"))
    widths = np.outer(np.diff(germanium.edges), np.diff(germanium.time_edges))
    assert np.allclose(found, events * widths / widths.sum(), rtol=tolerance("identity"))


@pytest.mark.parametrize(
    ("text", "density"),
    [
        ('kind = "exponential", scale = 3.0', lambda x: np.exp(-x / 3.0)),
        ('kind = "power", index = -2.5', lambda x: x**-2.5),
        ('kind = "power", index = -1.0', lambda x: 1.0 / x),
        ('kind = "flat", low = 1.0, high = 6.0', lambda x: float(1.0 <= x <= 6.0)),
        ('kind = "histogram", edges = [0.0, 2.0, 9.0], values = [1, 3]',
         lambda x: (1 / 2 if x < 2 else 3 / 7) * (x < 9)),
    ],
)  # fmt: skip
def test_shapes_integrate_their_density(tmp_path, text, density):
    text = GERMANIUM.replace('kind = "exponential", scale = 0.3', text)
    found = _own(experiment(_write(tmp_path, text)))["noise"].sum(1)
    edges = experiment(_write(tmp_path, text)).edges
    wanted = [
        quad(density, a, b, points=[p for p in (1.0, 2.0, 6.0, 9.0) if a < p < b] or None)[0]
        for a, b in itertools.pairwise(edges)
    ]
    assert np.allclose(found, 200.0 * np.array(wanted) / sum(wanted), rtol=tolerance("quadrature"))


def test_neutrons_may_follow_the_beam(germanium):
    found = _own(germanium)["neutrons"].sum(0)
    times = jnp.asarray(germanium.time_edges)
    arrival = DecayedPulse(germanium.pulse, (jnp.asarray(26.033e-3),)).cdf(times)
    wanted = np.diff(arrival) / float(arrival[-1] - arrival[0])
    assert np.allclose(found / 20.0, wanted, atol=tolerance("template"))


@pytest.mark.parametrize("beam", ["sns", "lujan", "mlf", "ess", "csns"])
@pytest.mark.parametrize("kind", ["pulse", "prompt", "delayed"])
def test_neutrons_may_follow_any_beam(tmp_path, beam, kind):
    """Share of each bin between two ends, from the times of single particles."""
    text = GERMANIUM.replace('beam = "sns"', f'beam = "{beam}"')
    built = experiment(_write(tmp_path, text.replace('kind = "prompt"', f'kind = "{kind}"')))
    found = _own(built)["neutrons"].sum(0)
    arrival = {
        "pulse": built.pulse,
        "prompt": built.neutrinos.prompt_time,
        "delayed": built.neutrinos.delayed_time,
    }[kind]
    share = np.diff([float(arrival.cdf(jnp.asarray(t))) for t in built.time_edges])
    assert np.allclose(found, 20.0 * share / share.sum(), rtol=tolerance("normalisation"))


def test_a_table_adds_up_rows_of_one_centre(tmp_path):
    (tmp_path / "mc.csv").write_text("energy,events\n1,1\n1,2\n3,1\n")
    text = GERMANIUM.replace(
        'kind = "exponential", scale = 0.3', 'kind = "table", table = "mc.csv"'
    )
    found = _own(experiment(_write(tmp_path, text)))["noise"].sum(1)
    below_two = found[:3].sum() / found.sum()  # of 0.5-4 keVee
    assert np.isclose(below_two, 3 * 0.75 / (3 * 0.75 + 1.0), rtol=tolerance("identity"))


def test_exposure_scales_steady_by_time_and_beam_by_protons(germanium):
    once = {name: counts.sum() for name, counts in _own(germanium).items()}

    def ratios(**exposure):
        more = _own(exposed(germanium, **exposure))
        return [round(more[name].sum() / once[name], 9) for name in ("compton", "neutrons")]

    assert ratios(years=3.0) == [3.0, 3.0]
    assert ratios(pot=3e23) == [2.0, 2.0]
    assert ratios(years=3.0, pot=3e23) == [3.0, 2.0]
    with pytest.raises(InputError, match="years must be finite and positive, got -1"):
        exposed(germanium, years=-1.0)


def test_only_one_alternative_applies():
    ccm = experiment("ccm200")
    assert scenarios(ccm.backgrounds)[0] == "current-filtered"
    assert list(_own(ccm)) == ["current-filtered"]
    assert list(_own(ccm, "improved-underground")) == ["improved-underground"]
    assert _own(ccm, "none") == {}
    with pytest.raises(InputError, match="did you mean 'improved-filtered'"):
        _own(ccm, "improved-filterd")
    with pytest.raises(InputError, match="has no alternative backgrounds"):
        _own(experiment("ccm120"), "other")


MISTAKES = [
    ("per_kev_kg_day = 10.0 ", "reference_events = 1.0\nper_kev_kg_day = 10.0 ", "once"),
    ("reference_events = 200.0", "error_ = 1.0", "did you mean 'error'?"),
    ("reference_events = 20.0", "per_kev_kg_day = 20.0", "neutrons[0].per_kev_kg_day: is for"),
    ('name = "noise"', 'name = "compton"', "steady_state[1].name = 'compton': must be a name that"),
    ('name = "noise"', 'name = "prompt"', "a name that nothing else has"),
    ('name = "noise"', 'name = "noise"\nscenario = "none"', "scenario = 'none': must be another"),
    ("scale = 0.3", "scale = -0.3", "steady_state[1].energy.scale = -0.3: must be a finite number"),
    ('kind = "exponential", scale = 0.3', 'kind = "power", index = 1.0, low = 0.0', "above 0 for"),
    ("scale = 0.3", "scale = 0.3, low = 3.0, high = 2.0", "energy.high = 2.0: must be above low"),
    ('kind = "exponential", scale = 0.3', 'kind = "flat", low = 30.0, high = 40.0', "nothing lies"),
    ('kind = "prompt"', 'kind = "promt"', "did you mean 'prompt'?"),
    ("error = 0.3", "error = -0.3", "neutrons[0].error = -0.3: must be a finite number at least 0"),
    ('kind = "exponential", scale = 0.3', 'kind = "histogram", edges = [0, 1], values = [1, 2]',
     "energy.values = [1, 2]: must be one per bin (1 bins)"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), MISTAKES, ids=[m[2][:30] for m in MISTAKES])
def test_every_mistake_is_one_line(tmp_path, old, new, expected):
    assert old in GERMANIUM
    with pytest.raises(InputError) as raised:
        experiment(_write(tmp_path, GERMANIUM.replace(old, new, 1)))
    message = str(raised.value)
    assert expected in message and "\n" not in message and "mine.toml" in message


def test_the_radius_of_a_d20_form_factor_may_be_left_out(germanium):
    assert 4.0 < float(germanium.single_radius) < 4.1
    assert "single_radius_fm" in CSI.read_text()
