"""Detector and beam files: what ships, what a user may write, and what every mistake says."""

import re
import shutil
from importlib.resources import files
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dmjax.conventions import D20, DMJAX
from dmjax.data import available, load_toml
from dmjax.errors import InputError
from dmjax.experiments import EXPERIMENTS, experiment, slice_counts
from dmjax.experiments.build import make_response, make_slices
from dmjax.experiments.files import read_detector
from dmjax.experiments.layout import BEAM, DETECTOR
from dmjax.experiments.schema import check_beam, check_detector
from dmjax.models import mediator
from dmjax.prediction.ceiling import recoil_ceiling_kev
from dmjax.prediction.neutrinos import neutrino_background, neutrino_spectra
from dmjax.prediction.predict import predict
from dmjax.response import accepted_recoils, time_acceptance
from dmjax.schema import ListOf, Section, Variants
from dmjax.units import AVOGADRO
from tolerances import tolerance

DATA = Path(str(files("dmjax.data")))
DOCS = Path(__file__).parents[2] / "docs" / "detectors.md"
CSI = (DATA / "experiments" / "coherent-csi.toml").read_text()
SNS = (DATA / "beams" / "sns.toml").read_text()


# --- what ships ---------------------------------------------------------------------------------
# arXiv:2006.09386 Tables 2 and 5, arXiv:2109.14146: kg, m, degrees, POT, keV window, latest µs
PUBLISHED = {
    "coherent-csi": (14.6, 19.3, 90, 1.5e23, 14, 26, 1.5),
    "coherent-csi-2021": (14.6, 19.3, 90, 3.198e23, 14, 26, 1.5),
    "coherent-lar": (24, 28.4, 137, 1.5e23, 21, None, 1.5),
    "coherent-lar-610": (610, 28.4, 137, 1.5e23, 21, None, 1.5),
    "jsns2": (17e3, 24, 29, 3.8e22, 3e4, None, 0.25),
    "ccm-tight": (7e3, 20, 90, 1e22, 50, None, 0.1),
    "ccm-loose": (7e3, 20, 90, 1e22, 50, None, 0.4),
    "ccm120": (5e3, 23, 90, 17.9e20, 50, None, 0.19),
    "ccm200": (7e3, 23, 90, 22.5e21, 10, None, 0.19),
    "coherent-ge": (10.66, 19.2, 90, 2.052e22, 6.7, None, 10.0),
    "coherent-csi-cryo": (10, 19.3, 90, 4.5e23, 1.4, None, 1.5),
    "csns-csi": (12, 10.5, 90, 9.83e21, 2.3, None, 1.5),
    "ess-csi": (32, 20, 90, 2.8e23, 1.0, None, 2870),
    "ess-xe": (20, 20, 90, 2.8e23, 0.9, None, 2870),
    "pip2-bd": (1e5, 18, 0, 7.0e22, 50, None, 2.0),
}


def test_the_published_set_ships():
    assert set(EXPERIMENTS) == set(PUBLISHED)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_shipped_detectors_are_valid_and_as_published(name):
    spec = read_detector(name).spec
    place, cuts = spec["detector"], spec["selection"]
    ours = [place[key] for key in ("mass_kg", "distance_m", "angle_deg", "pot")]
    ours += [cuts["recoil_min_kev"], cuts.get("recoil_max_kev"), cuts["time_max_us"]]
    assert ours == list(PUBLISHED[name])


@pytest.mark.parametrize("name", available("beams"))
def test_shipped_beams_are_valid(name):
    check_beam(f"{name}.toml", load_toml("beams", name))


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_built_detectors_hold_what_their_files_say(name):
    built = experiment(name)
    kg, metres, degrees, pot, low, high, latest = PUBLISHED[name]
    assert (built.name, built.recoil) == (name, "electron" if name == "jsns2" else "nucleus")
    assert [float(x) for x in (built.mass_kg, built.distance_m, built.pot)] == [kg, metres, pot]
    assert built.beam.angle == np.radians(degrees)
    more = ((0.54, 0.79),) if name == "jsns2" else ()
    assert built.selection == (low, high, 0.0, latest, more)
    assert built.nuclei_per_kg.shape == (len(built.nuclei),)
    spec = read_detector(name).spec
    assert built.neutrinos.per_pot == spec.get("neutrinos", {}).get(
        "per_pot", built.neutrinos.per_pot
    )
    assert (built.slices is None) == (not name.startswith("coherent-lar"))


def test_targets_count_atoms():
    csi, scintillator = experiment("coherent-csi"), experiment("jsns2")
    per_kg = 1e3 * AVOGADRO / (132.905452 + 126.904473)
    assert np.allclose(csi.nuclei_per_kg, per_kg, rtol=tolerance("normalisation"))
    electrons = (55 + 53) * per_kg
    assert np.isclose(float(csi.electrons_per_kg), electrons, rtol=tolerance("normalisation"))
    organic = (18 * 6 + 30) * 1e3 * AVOGADRO / (18 * 12.011 + 30 * 1.008)
    assert np.isclose(float(scintillator.electrons_per_kg), organic, rtol=tolerance("benchmark"))


def test_ccm_backgrounds_follow_from_their_stated_factors():
    measured = read_detector("ccm120").spec["steady_state"]
    assert [level["reference_events"] for level in measured] == [115005.0]
    assert not measured[0]["assumed"]
    levels = read_detector("ccm200").spec["steady_state"]
    assert [level["description"] for level in levels] == [
        "current shielding and filtered LAr",
        "improved shielding and filtered LAr",
        "improved shielding and underground LAr",
    ]
    for level in levels:
        assert level["assumed"] and level["reference_events"] == 115005.0
        exposure = level["factors"]["exposure"]
        assert np.isclose(exposure, 22.5e21 / 17.9e20, rtol=tolerance("template"))


# --- physics ------------------------------------------------------------------------------------
def _cevns(detector, profile=DMJAX):
    """CEvNS events per energy bin in all time bins, time efficiency included."""
    recoils = accepted_recoils(detector.response, np.array(detector.edges))
    times = jnp.asarray(detector.time_edges)
    events = neutrino_background(detector, recoils, times, profile)
    return np.asarray(events["prompt"] + events["delayed"]).sum(1)


@pytest.mark.parametrize("profile", [DMJAX, D20])
def test_csi_2021_gives_the_published_number_of_neutrinos(profile):
    """arXiv:2110.07730: 341 ± 11 (theory) ± 42 (experiment) expected."""
    csi = experiment("coherent-csi-2021")
    assert csi.time_edges[-1] == 6.0
    assert abs(_cevns(csi, profile).sum() - 341.0) < 42.0


def test_late_neutrinos_are_lost_with_the_time_efficiency():
    """Within 6 µs a fraction e^{−t/τ}-weighted; every bin by the mean efficiency in it."""
    csi = experiment("coherent-csi-2021")
    always = eqx.tree_at(
        lambda e: e.response.time_efficiency, csi, None, is_leaf=lambda x: x is None
    )
    recoils = accepted_recoils(csi.response, np.array([8.0, 60.0]))
    times = jnp.asarray(csi.time_edges)
    seen, all_of_them = (
        neutrino_background(e, recoils, times)["delayed"][0] for e in (csi, always)
    )
    expected = time_acceptance(csi.response, times)
    assert np.allclose(seen / all_of_them, expected, rtol=tolerance("normalisation"))


def test_liquid_argon_gives_the_published_number_of_neutrinos():
    """arXiv:2006.12659: 128 ± 17 expected in 24.4 kg, nine in ten of them below 20 keVee."""
    geometry = {"mass_kg": 24.4, "distance_m": 27.5, "pot": 13.8e22}
    detector = eqx.tree_at(
        lambda e: [getattr(e, key) for key in geometry],
        experiment("coherent-lar"),
        [jnp.asarray(value) for value in geometry.values()],
    )
    events = _cevns(detector)
    assert abs(events.sum() - 128.0) < 17.0
    released = np.array([78.70, 36.97])
    assert np.all(np.abs(events[:2] / released - 1.0) < 17.0 / 128.0)
    assert detector.slices is not None and detector.slices.shape == (12, 8)
    sliced = slice_counts(detector.slices, jnp.asarray(events)[:, None])
    assert np.allclose(sliced.sum(1)[:, 0], events, rtol=tolerance("normalisation"))


def test_f90_slices_are_the_released_fractions(shared_data):
    rows = np.loadtxt(shared_data / "lar2020" / "cevnspdf.txt")[:, 3].reshape(12, 8, 10)
    ours = np.asarray(make_slices(read_detector("coherent-lar"), 12))
    released = rows.sum(2)[:5] / rows[:5].sum((1, 2))[:, None]
    assert np.allclose(ours[:5], released, rtol=0.0, atol=tolerance("normalisation"))
    assert np.allclose(ours.sum(1), 1.0, rtol=tolerance("identity"))
    assert np.all(ours[5:] == ours[5])  # nothing predicted above 50 keVee


def test_lar_efficiency_is_the_released_one(shared_data):
    energy, _, passed = np.loadtxt(shared_data / "lar2020" / "CENNS10AnlAEfficiency.txt").T
    curve = make_response(read_detector("coherent-lar")).efficiency
    assert np.allclose(jax.vmap(curve.at)(jnp.asarray(energy)), passed, rtol=tolerance("table"))


def test_isotropic_average_is_an_option_of_every_detector():
    """π⁰ fly forward: at 90° the average over the sphere has more of them."""
    seen, average = (experiment("coherent-csi", isotropic=flag) for flag in (False, True))
    assert seen.beam.angle == np.radians(90.0) and average.beam.angle is None
    point = mediator("dark-photon", 75.0, 25.0, eps=1e-4)
    ours = [predict(e, point, channels=("pi0",), efficiency=False).total for e in (seen, average)]
    assert ours[1] > 1.05 * ours[0]


def test_predict_counts_all_it_should():
    """Smearing moves events; resolution off and flat efficiency loses none above the window."""
    csi = experiment("coherent-csi-2021")
    point = mediator("dark-photon", 75.0, 25.0, eps=1e-4)
    true = predict(csi, point, channels=("pi0",), efficiency=False)
    seen = predict(csi, point, channels=("pi0",))
    assert 0.0 < seen.total < true.total
    assert true.energy_edges_kev[-1] == seen.energy_edges_kev[-1] == recoil_ceiling_kev(csi)
    assert np.all(seen.counts >= 0.0)


# --- a user's files -----------------------------------------------------------------------------
def _write(folder: Path, text: str, name: str = "mine.toml") -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCS.read_text(), re.DOTALL)


def test_documented_example_loads(tmp_path):
    example, _ = _blocks("toml")
    mine = experiment(_write(tmp_path, example))
    assert (float(mine.mass_kg), float(mine.distance_m)) == (146.0, 25.0)
    preset = experiment("coherent-csi")
    assert mine.edges == preset.edges and mine.beam is preset.beam
    counts = [
        neutrino_spectra(e, accepted_recoils(e.response, np.array(e.edges)))["delayed"].sum()
        for e in (mine, preset)
    ]
    assert np.isclose(counts[0] / counts[1], 10.0 * (19.3 / 25.0) ** 2, rtol=0.1)  # smearing


def test_documented_messages_are_the_real_ones(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (example, _), (messages,) = _blocks("toml"), _blocks("text")
    wrong = [("mass_kg = 146.0", "mass_kg = -146.0"), ('"constant"', '"constnat"')]
    for (old, new), message in zip(wrong, messages.splitlines(), strict=True):
        _write(tmp_path, example.replace(old, new))
        with pytest.raises(InputError) as raised:
            experiment("mine.toml")
        assert str(raised.value) == message


def _keys(rule, found: set[str]) -> set[str]:
    if isinstance(rule, Section):
        for key, inner in {**rule.required, **rule.optional}.items():
            found.add(key)
            _keys(inner, found)
    elif isinstance(rule, Variants):
        for kind, section in rule.kinds.items():
            found.add(kind)
            _keys(section, found)
    elif isinstance(rule, ListOf):
        _keys(rule.each, found)
    return found


@pytest.mark.parametrize("layout", [DETECTOR, BEAM])
def test_every_key_is_documented(layout):
    text = DOCS.read_text()
    missing = [key for key in _keys(layout, set()) if not re.search(rf"\b{re.escape(key)}\b", text)]
    assert not missing


def test_a_file_is_read_again_and_a_preset_is_not(tmp_path):
    first = experiment(_write(tmp_path, CSI))
    second = experiment(_write(tmp_path, CSI.replace("mass_kg = 14.6", "mass_kg = 20.0")))
    assert (float(first.mass_kg), float(second.mass_kg)) == (14.6, 20.0)
    assert experiment("coherent-csi") is experiment("coherent-csi")


def test_beam_and_tables_may_stand_beside_the_file(tmp_path):
    shutil.copy(DATA / "tables" / "pi0_sns.csv", tmp_path / "pions.csv")
    _write(tmp_path, SNS.replace('"pi0_sns"', '"pions.csv"'), "beam.toml")
    text = CSI.replace('beam = "sns"', 'beam = "beam.toml"')
    curve = '[response.efficiency]\nkind = "tabulated"\ntable = "passed.csv"\n\n[bins]'
    text = re.sub(r"\[response\.efficiency\].*?\[bins\]", curve, text, flags=re.DOTALL)
    _write(tmp_path, "# units: PE\nenergy,efficiency\n5,0\n10,0.5\n", "passed.csv")
    mine, preset = experiment(_write(tmp_path, text)), experiment("coherent-csi")
    same = jax.tree.map(jnp.array_equal, mine.beam, preset.beam)
    assert all(jax.tree.leaves(same))
    assert float(mine.response.efficiency.at(jnp.asarray(7.5))) == 0.25


def _error(function, *arguments) -> str:
    with pytest.raises(InputError) as raised:
        function(*arguments)
    message = str(raised.value)
    assert "\n" not in message
    return message


MISTAKES = [
    ("mass_kg = 14.6", "mass_kg = -3.0", "detector.mass_kg = -3.0: must be a finite number at"),
    ("mass_kg = 14.6", "mass_kg = nan", "detector.mass_kg = nan: must be a finite number at le"),
    ("mass_kg = 14.6", 'mass_kg = "14"', "detector.mass_kg = '14': must be a finite number"),
    ("mass_kg = 14.6", "mass_kg = true", "detector.mass_kg = True: must be a finite number"),
    ("mass_kg = 14.6", "", "missing key detector.mass_kg: must be a finite number"),
    ("mass_kg = 14.6", "mass = 14.6\nmass_kg = 1.0", "'mass'; did you mean 'mass_kg'?"),
    ("angle_deg = 90.0", "angle_deg = 190.0", "angle_deg = 190.0: must be a finite number at le"),
    ("[target]", "[targets]", "missing key target: must be a table"),
    ("Cs133 = 1", "Cz133 = 1", "target: unknown element or isotope 'Cz133'; did you mean"),
    ("Cs133 = 1", "Cs999 = 1", "target: "),
    ("Cs133 = 1\nI127 = 1", "", "target = {}: must be a table with at least 1 key"),
    ("amplitude = 0.6655", "amplitude = 1.2", "response.efficiency.amplitude = 1.2: must be a fin"),
    ('kind = "constant"', 'kind = "konstant"', "kind 'konstant'; did you mean 'constant'? (known:"),
    ('kind = "constant"\nvalue', "value", "missing key response.quenching.kind: must be one of"),
    ('observable = "pe"', 'observable = "keV"', "response.light_yield = 13.348: must be left out"),
    ("light_yield = 13.348", "", "missing key response.light_yield"),
    ("{ start = 0.0, stop = 60.0, width = 2.0 }", "[0, 2, 2]", "bins.energy = [0, 2, 2]: must be"),
    ("stop = 60.0, width = 2.0", "stop = 60.0, width = 7.0", "bins.energy = {'start': 0.0"),
    ("recoil_max_kev = 26.0", "recoil_max_kev = 9.0", "selection.recoil_max_kev = 9.0: must be a"),
    ('beam = "sns"', 'beam = "snss"', "unknown beam 'snss'; did you mean 'sns'? (known: "),
    ('beam = "sns"', 'beam = "no.toml"', "cannot read "),
    ('title = "', 'title = ', "not a TOML file: "),
    ("half_below = 6.0", "half_below = 1.0", "half_below = 1.0: must be at least closed_below"),
    ("\n[bins]", '\n[slices]\ntable = "nope"\n\n[bins]', "unknown table in slices.table: 'nope'"),
    ('"times_csi2017"', '"t"', "unknown table in neutrino_times: 't'"),
    ("\n[bins]", '\n[response.resolution]\nkind = "gamma"\n\n[bins]', "shape_per_kevee"),
    ('"times_csi2017"', '"pi0_sns"', "(known: times_csi2017)"),
    ("start = 0.0, stop = 60.0", "start = -8.0, stop = 0.0", "must be bins that end at 0.001 or"),
    ("stop = 60.0, width = 2.0", "stop = 1e9, width = 1.0", "1 to 2000 whole bins"),
    ("stop = 60.0, width = 2.0", "stop = 1e30, width = 1.0", "1 to 2000 whole bins"),
    ("stop = 12.0, width = 0.5", "stop = 1e9, width = 0.5", "bins.time_us = {'start': 0.0, 's"),
    ("light_yield = 13.348", "light_yield = 1e300", "light_yield = 1e+300: must be a finite numb"),
    ("value = 0.0878", "value = 2.0", "quenching.value = 2.0: must be a finite number at least 1e"),
    ("Cs133 = 1", f"Cs133 = {10**40}", f"target.Cs133 = {10**40}: must be a finite number at lea"),
    ("Cs133 = 1", f"Cs133 = {hex(10**5000)}", "target.Cs133 = a whole number of about 5000 digits"),
    ("Cs133 = 1", "Cs133 = 1" + 5000 * "0", "not a TOML file: Exceeds the limit"),
    ("Cs133 = 1", f"Cs133 = {1000 * '['}1{1000 * ']'}", "not a TOML file: nested too deep"),
    ("Cs133 = 1", '"Cs\\n133" = 1', "unknown element or isotope 'Cs\\n133'"),
    ("distance_m = 19.3", "distance_m = 1e-9", "detector.distance_m = 1e-09: must be a finite num"),
    ("distance_m = 19.3", "distance_m = 0.02", "distance_m = 0.02: must be above 0.054, the radiu"),
    ("amplitude = 0.6655", "amplitude = -0.1", "efficiency.amplitude = -0.1: must be a finite num"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), MISTAKES, ids=[m[2][:40] for m in MISTAKES])
def test_every_mistake_is_one_line_that_names_file_and_key(tmp_path, old, new, expected):
    text = re.sub(r" +#.*", "", CSI)
    assert old in text
    message = _error(experiment, _write(tmp_path, text.replace(old, new, 1)))
    assert expected in message and (".toml" in message)


def test_curves_must_increase_and_fit_the_observable():
    spec = read_detector("coherent-csi-2021").spec
    response = spec["response"]
    falling = spec | {"response": response | {"quenching": response["quenching"] | {"b": 1.0}}}
    assert "E_ee(T) increases" in _error(check_detector, "x.toml", falling)
    poisson = {key: value for key, value in response.items() if key != "light_yield"}
    poisson |= {"observable": "keVee", "resolution": {"kind": "poisson"}}
    message = _error(check_detector, "x.toml", spec | {"response": poisson})
    assert "response.resolution.kind = 'poisson'" in message
    for kind in ("log-log", "points"):
        curve = {"kind": kind, "x": [1.0, 2.0], "values": [0.1, 0.2, 0.3]}
        odd = spec | {"response": response | {"efficiency": curve}}
        assert "must be as long as x" in _error(check_detector, "x.toml", odd)


@pytest.mark.parametrize(
    ("section", "written", "expected"),
    [
        ("quenching", {"kind": "lindhard", "k": -0.1, "z": 32}, "quenching.k = -0.1: must be"),
        ("quenching", {"kind": "lindhard", "k": 0.157}, "missing key response.quenching.z"),
        (
            "quenching",
            {"kind": "points", "t_kev": [1.0, 2.0], "kevee": [0.1]},
            "quenching.kevee = [0.1]: must be a strictly increasing list of 2 or more",
        ),
        (
            "quenching",
            {"kind": "points", "t_kev": [1.0, 2.0, 3.0], "kevee": [0.1, 0.2]},
            "quenching.kevee = [0.1, 0.2]: must be as long as t_kev (3 numbers)",
        ),
        ("resolution", {"kind": "noise", "a": 0.0, "b": 0.1}, "resolution.a = 0.0: must be"),
        ("resolution", {"kind": "noise", "a": 0.1, "b": -0.1}, "resolution.b = -0.1: must be"),
        (
            "efficiency",
            {"kind": "error-function", "amplitude": 1.0, "midpoint": 1.0, "width": 0.0},
            "efficiency.width = 0.0: must be",
        ),
        (
            "efficiency",
            {"kind": "points", "x": [2.0, 1.0], "values": [0.0, 1.0]},
            "efficiency.x = [2.0, 1.0]: must be a strictly increasing list",
        ),
    ],
)
def test_curves_of_low_thresholds_are_checked(section, written, expected):
    spec = read_detector("coherent-csi-2021").spec
    odd = spec | {"response": spec["response"] | {section: written}}
    assert expected in _error(check_detector, "x.toml", odd)


@pytest.mark.parametrize(
    ("pulse", "expected"),
    [
        ("edges_us = [0, 1, 2]\nfractions = [0.5]", "must be one per bin (2 bins)"),
        ("edges_us = [0, 1]\nfractions = [0.0]", "must be of a sum above 0"),
        ("edges_us = [0, 1]\nfractions = [nan]", "each a finite number at least 0"),
        ("edges_us = [1, 0]\nfractions = [1]", "pulse.edges_us = [1, 0]: must be a strictly"),
    ],
)
def test_a_pulse_must_integrate(tmp_path, pulse, expected):
    beam = SNS[: SNS.index("[pulse]")] + f'[pulse]\nkind = "tabulated"\n{pulse}\n'
    _write(tmp_path, beam, "beam.toml")
    text = CSI.replace('beam = "sns"', 'beam = "beam.toml"')
    assert expected in _error(experiment, _write(tmp_path, text))


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("kinetic_energy,cos_theta,weight\n1,0,0\n2,0,0\n", "column 'weight' sums to 0"),
        ("kinetic_energy,cos_theta,weight\n1,0,-1\n2,0,2\n", "no negative entry"),
        ("kinetic_energy,cos_theta,weight\n1,0,nan\n", "column 'weight' must hold finite numbers"),
        ("kinetic_energy,weight\n1,1\n", "missing column 'cos_theta' (found: kinetic_energy"),
        ("kinetic_energy,weight\n1\n", "is not a table"),
    ],
)
def test_a_beam_table_must_integrate(tmp_path, table, expected):
    _write(tmp_path, table, "pions.csv")
    _write(tmp_path, SNS.replace('"pi0_sns"', '"pions.csv"'), "beam.toml")
    text = CSI.replace('beam = "sns"', 'beam = "beam.toml"')
    message = _error(experiment, _write(tmp_path, text))
    assert expected in message and "beam.toml: pi0.table" in message


def test_unknown_preset_suggests_the_nearest():
    message = _error(experiment, "coherent-csl")
    assert "did you mean 'coherent-csi'?" in message and "ccm120" in message
