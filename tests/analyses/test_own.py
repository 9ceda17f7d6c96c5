"""Data sets of one's own: the same likelihood as shipped ones, and what every mistake says."""

import re
from dataclasses import replace
from pathlib import Path

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from dmjax.analyses.catalogue import analysis, dataset, search_of
from dmjax.analyses.csi2017 import csi2017
from dmjax.analyses.lar2020 import lar2020
from dmjax.analyses.own import own_analysis
from dmjax.analyses.own_layout import DATASET
from dmjax.data import load_table
from dmjax.errors import InputError
from dmjax.fits.fit import best_fit
from dmjax.likelihood.joint import JointModel, log_likelihood, observed_data
from dmjax.likelihood.parameters import values_of
from dmjax.limits.asymptotic_limits import asymptotic_limit
from dmjax.limits.test_statistics import strength
from dmjax.prediction.search import neutrino_counts
from dmjax.schema import ListOf, Section
from dmjax.studies.setting import Setting
from tolerances import tolerance

LAR = """
dataset = "my-argon"
title = "COHERENT LAr 2020 as an outsider writes it"
detector = "coherent-lar"
mass_kg = 24.4
distance_m = 27.5
pot = 1.38e23
counts = "counts.csv"
neutrinos = "none"

[axes]
energy = { start = 0.0, stop = 120.0, width = 10.0 }
slices = { start = 0.5, stop = 0.9, width = 0.05 }
time_us = { start = -0.1, stop = 4.9, width = 0.5 }

[[background]]
name = "cevns"
shape = "s.csv:cevns"
events = 128.0
error = 0.02035092519395609
constraint = "log-normal"

[[background]]
name = "brn_prompt"
shape = "s.csv:brn_prompt"
events = 497.0
error = 0.32193158953722334
constraint = "normal"

[[background]]
name = "brn_delayed"
shape = "s.csv:brn_delayed"
events = 33.0
error = 1.0
constraint = "normal"

[[background]]
name = "steady"
shape = "s.csv:steady"
events = 3152.0
error = 0.007931472081218274

[[nuisance]]
name = "sns_flux"
error = 0.10
acts_on = ["cevns", "signal"]

[[nuisance]]
name = "lar_response"
error = 0.085
acts_on = ["cevns", "signal"]
form = "log-normal"
"""


def _csv(folder: Path, name: str, **columns) -> None:
    rows = [
        ",".join(columns),
        *(",".join(map(repr, row)) for row in zip(*columns.values(), strict=True)),
    ]
    (folder / name).write_text("\n".join(rows) + "\n")


@pytest.fixture(scope="module")
def argon(tmp_path_factory):
    """LAr 2020 from files: counts by axes, shuffled; shapes in the order of the bins."""
    folder = tmp_path_factory.mktemp("argon")
    shipped = {key: values.tolist() for key, values in load_table("lar2020_counts").columns.items()}
    order = np.random.default_rng(1).permutation(960)
    names = {"energy": "energy", "slices": "f90", "time_us": "time", "events": "data"}
    _csv(folder, "counts.csv", **{to: [shipped[at][i] for i in order] for to, at in names.items()})
    _csv(folder, "s.csv", **{name: shipped[name] for name in list(shipped)[4:]})
    (folder / "my.toml").write_text(LAR)
    return own_analysis(folder / "my.toml")


@pytest.fixture(scope="module")
def both(argon):
    """The shipped analysis and the outsider's, with one signal."""
    shape = np.array(lar2020().components[0].nominal).reshape(-1, 10)
    signal = 30.0 * np.roll(shape, -1, axis=1).ravel()
    shipped = lar2020(signal, cevns="predicted", systematics=False)
    return JointModel(shipped), JointModel(argon.build(signal))


def _same_point(ours: JointModel, theirs: JointModel, values) -> jnp.ndarray:
    """Values of the shipped parameters in the order of the outsider's."""
    at = dict(zip(ours.parameters.names, values, strict=True))
    return jnp.stack(
        [
            at[name.replace("my-argon_", "n_").replace("steady", "ss")]
            for name in theirs.parameters.names
        ]
    )


def test_a_shipped_data_set_from_files_has_the_same_likelihood(both):
    ours, theirs = both
    rng = np.random.default_rng(2)
    scale = np.where(np.isfinite(ours.parameters.sigmas), ours.parameters.sigmas, 1.0)
    for _ in range(3):
        values = ours.parameters.centres + scale * jnp.abs(rng.normal(size=scale.size)) / 2
        first = log_likelihood(ours, values, observed_data(ours))
        second = log_likelihood(theirs, _same_point(ours, theirs, values), observed_data(theirs))
        assert np.isclose(first, second, rtol=tolerance("identity"))


def test_and_the_same_limit(both):
    found = [asymptotic_limit(joint, strength(joint), observed_data(joint)) for joint in both]
    assert np.isclose(found[0].limit, found[1].limit, rtol=tolerance("quadrature"))
    assert np.allclose(found[0].expected, found[1].expected, rtol=tolerance("quadrature"))


def test_its_search_is_the_shipped_one(argon):
    ours, theirs = search_of("lar2020"), argon.search()
    assert eqx.tree_equal(replace(ours, nuisances=()), theirs)


def test_it_joins_with_shipped_data_sets_by_the_names_of_nuisances(argon):
    signal = np.ones(960)
    other = analysis("csi2021", np.ones(analysis("csi2021").observed.on.size), cevns="predicted")
    joint = JointModel([argon.build(signal), other])
    assert joint.parameters.names.count("sns_flux") == joint.parameters.names.count("signal") == 1
    assert int(best_fit(joint, observed_data(joint)).status) == 0


# --- an off measurement, predicted neutrinos -----------------------------------------------------
CSI = """
dataset = "my-csi"
detector = "coherent-csi"
mass_kg = 14.57
pot = 1.76e23
counts = "on.csv"
off_counts = "off.csv"
neutrinos = "none"

[axes]
energy = { start = 16.0, stop = 30.0, width = 2.0 }
time_us = [0.0, 0.5, 1.0, 1.5]

[[background]]
name = "cevns"
shape = "known.csv:cevns"
events = CEVNS

[[background]]
name = "brn"
shape = "known.csv:brn"
events = BRN

[[nuisance]]
name = "my-csi_alpha"
error = 0.28
form = "linear"
acts_on = ["cevns", "signal"]
"""


@pytest.fixture(scope="module")
def csi(tmp_path_factory):
    """CsI 2017 in the cuts; the events of known backgrounds and the analysis."""
    folder, shipped = tmp_path_factory.mktemp("csi"), csi2017(window="cuts")
    known = {part.name: part.nominal.tolist() for part in shipped.components}
    _csv(folder, "on.csv", counts=shipped.observed.on.tolist())
    _csv(folder, "off.csv", counts=shipped.observed.off.tolist())
    _csv(folder, "known.csv", **known)
    sums = {name.upper(): repr(float(np.sum(values))) for name, values in known.items()}
    text = re.sub("CEVNS|BRN", lambda found: sums[found[0]], CSI)
    (folder / "my.toml").write_text(text)
    return folder / "my.toml"


@pytest.mark.parametrize("off_term", ["integral", "profile"])
def test_off_counts_give_the_likelihood_of_csi_2017(csi, off_term):
    signal = np.linspace(1.0, 3.0, 21)
    ours = JointModel(csi2017(signal, window="cuts", off_term=off_term))
    theirs = JointModel(own_analysis(csi).build(signal, off_term=off_term))
    changes = []
    for joint, unit in ((ours, 0.28), (theirs, 1.0)):
        name, data = joint.parameters.names[0], observed_data(joint)
        points = [{name: unit * x, "signal": s} for x, s in ((0.0, 0.0), (1.2, 3.0), (-0.7, 1.0))]
        lnl = [log_likelihood(joint, values_of(joint.parameters, p), data) for p in points]
        changes.append(np.diff(lnl))
    assert np.allclose(*changes, rtol=tolerance("nbg"))
    assert own_analysis(csi).options == ("off_term",)


def test_predicted_neutrinos_follow_the_detector_and_may_be_free(csi):
    for choice, sigma in (("predicted", 0.1), ("free", np.inf)):
        more = f'neutrinos = "{choice}"' + "\nneutrino_error = 0.1" * (choice == "predicted")
        path = csi.with_name(f"{choice}.toml")
        text = csi.read_text().replace('neutrinos = "none"', more)
        path.write_text(
            text.replace('name = "cevns"', 'name = "other"').replace('["cevns"', '["other"')
        )
        made = own_analysis(path)
        model = made.build()
        total = float(neutrino_counts(made.search()).sum())
        known = model.parameters[0]
        assert known.name == "my-csi_neutrinos"
        assert np.isclose(known.centre, total, rtol=tolerance("identity"))
        assert np.isclose((known.sigma or np.inf) / total, sigma)
        assert "conventions" in made.options


def test_bins_default_to_those_of_the_detector(csi):
    text = csi.read_text()
    start, end = text.index("[axes]"), text.index("[[background]]")
    path = csi.with_name("native.toml")
    path.write_text(text[:start] + text[end:])
    with pytest.raises(InputError, match="bins"):
        own_analysis(path)


# --- bad input -----------------------------------------------------------------------------------
WRONG = [
    ('counts = "on.csv"', 'counts = "of.csv"', r"my\.toml: counts: cannot read .*of\.csv: No such"),
    ('counts = "on.csv"', 'count = "on.csv"', "missing key counts"),
    ("pot = 1.76e23", "pott = 1.76e23", r"unknown key in the file: 'pott'; did you mean 'pot'\?"),
    ('"coherent-csi"', '"coherent-csj"', "detector: .*coherent-csj.*did you mean 'coherent-csi"),
    ('"coherent-csi"', '"nowhere.toml"', r"detector: cannot read .*nowhere\.toml: No such file"),
    ('counts = "on.csv"', 'counts = "short.csv"', r"has 20 rows .* 7 x 3 = 21 bins"),
    ('counts = "on.csv"', 'counts = "negative.csv"', "must be finite and not negative, got -1"),
    ('counts = "on.csv"', 'counts = "half.csv"', r"counts must be whole numbers, got 0\.5"),
    ('off_counts = "off.csv"', 'off_counts = "half.csv"', "off_counts: counts must be whole"),
    ('counts = "on.csv"', 'counts = "words.csv"', "is not a table"),
    ('counts = "on.csv"', 'counts = "latin.csv"', "not a text in UTF-8"),
    ('counts = "on.csv"', 'counts = "twice.csv"', "energy = 17, time_us = 0.2 is given twice"),
    ('counts = "on.csv"', 'counts = "outside.csv"', "time_us = 9 lies outside the bins, 0 to 1.5"),
    ('counts = "on.csv"', 'counts = "no_time.csv"', "missing column 'time_us' beside 'energy'"),
    ('counts = "on.csv"', 'counts = "known.csv"', "must have one column of values"),
    ('"known.csv:brn"', '"known.csv:brm"', "unknown column 'brm'.*did you mean 'brn'"),
    ('"known.csv:brn"', '"zero.csv"', "background 'brn': shape: zero.csv has no events"),
    ('name = "brn"', 'name = "cevns"', "background 'cevns' is given twice"),
    ('name = "brn"', 'name = "signal"', "'signal' is the signal of the data set itself"),
    ('["cevns", "signal"]', '["cevms", "signal"]', "acts_on of .*'cevms'; did you mean 'cevns'"),
    ('["cevns", "signal"]', "[]", "must be a list of different non-empty texts"),
    ("error = 0.28\n", "", "needs both error and acts_on, or neither"),
    ('dataset = "my-csi"', 'dataset = "csi2017"', "is a shipped data set: give another name"),
    ('neutrinos = "none"', 'neutrinos = "fre"', "unknown neutrinos 'fre'; did you mean 'free'"),
    ('neutrinos = "none"', 'neutrino_error = 0.1\nneutrinos = "none"', "left out unless"),
    ('shape = "known.csv:brn"\n', 'shape = "known.csv:brn"\nfree = true\nerror = 0.1\n', "is free"),
    (
        'shape = "known.csv:brn"\n',
        'shape = "known.csv:brn"\nalternates = [{ nuisance = "my-csi_alhpa", up = "on.csv" }]\n',
        "unknown nuisance 'my-csi_alhpa'; did you mean 'my-csi_alpha'",
    ),
    ("[axes]\n", "[axes]\nslices = [0.0, 1.0]\n", "the detector, which has no slices"),
]


@pytest.fixture(scope="module")
def tables(csi):
    """Tables with one mistake each."""
    folder = csi.parent
    _csv(folder, "short.csv", counts=[1] * 20)
    _csv(folder, "negative.csv", counts=[-1] + [1] * 20)
    _csv(folder, "half.csv", counts=[0.5] + [1] * 20)
    _csv(folder, "zero.csv", counts=[0] * 21)
    (folder / "words.csv").write_text("counts\nmany\n")
    (folder / "latin.csv").write_bytes("counts\n1\n# \xb5s\n".encode("latin-1"))
    energy = np.repeat(np.arange(17.0, 30.0, 2.0), 3).tolist()
    times = [0.2, 0.7, 1.2] * 7
    _csv(folder, "twice.csv", energy=energy, time_us=[0.2, 0.2, *times[2:]], counts=[1] * 21)
    _csv(folder, "outside.csv", energy=energy, time_us=[9.0, *times[1:]], counts=[1] * 21)
    _csv(folder, "no_time.csv", energy=energy, counts=[1] * 21)
    return csi


@pytest.mark.parametrize(("old", "new", "message"), WRONG)
def test_every_mistake_is_one_line(tables, old, new, message):
    text = tables.read_text()
    assert old in text
    path = tables.with_name("wrong_my.toml")
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=message) as raised:
        own_analysis(path)
    assert "\n" not in str(raised.value)


def test_a_background_needs_a_rate(tables):
    path = tables.with_name("wrong_my.toml")
    path.write_text(re.sub(r"events = .*\n", "", tables.read_text()))
    with pytest.raises(InputError, match="background 'cevns' has no rate: give events = N"):
        own_analysis(path)


# --- the documented example ----------------------------------------------------------------------
DOCS = Path(__file__).parents[2] / "docs" / "datasets.md"
TABLES = ("counts.csv", "neutrons.csv", "late.csv", "steady.csv")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCS.read_text(), re.DOTALL)


@pytest.fixture
def documented(tmp_path, monkeypatch):
    """The files of the example, where the process then is."""
    monkeypatch.chdir(tmp_path)
    for name, content in zip(TABLES, _blocks("csv"), strict=True):
        (tmp_path / name).write_text(content)
    (example,) = _blocks("toml")
    (tmp_path / "my_run.toml").write_text(example)
    return tmp_path


def test_the_documented_example_runs(documented, capsys):
    (code,) = _blocks("python")
    exec(code, {})
    names, limits = capsys.readouterr().out.splitlines()
    expected = ["neutrinos", "neutrons", "steady", "late", "response"]
    assert set(re.findall(r"'my-run_(\w+)'", names)) == set(expected) and "sns_flux" in names
    assert 0.0 < float(limits.strip("[]")) < 1e-7


def test_documented_messages_are_the_real_ones(documented):
    (messages,) = _blocks("text")
    wrong = [
        ("my_run.toml", "events = 9.0 ", ""),
        ("my_run.toml", '["neutrinos"]', '["neutrino"]'),
        ("counts.csv", "0.25,9\n", "0.25,9.5\n"),
    ]
    for (file, old, new), message in zip(wrong, messages.splitlines(), strict=True):
        right = (documented / file).read_text()
        assert old in right
        (documented / file).write_text(right.replace(old, new))
        with pytest.raises(InputError) as raised:
            dataset("my_run.toml")
        (documented / file).write_text(right)
        assert str(raised.value) == message


def test_every_key_is_documented():
    def keys(rule) -> set[str]:
        if isinstance(rule, ListOf):
            return keys(rule.each)
        inner = {**rule.required, **rule.optional} if isinstance(rule, Section) else {}
        return set(inner).union(*map(keys, inner.values()))

    text = DOCS.read_text()
    assert not [key for key in keys(DATASET) if not re.search(rf"\b{key}\b", text)]


def test_a_detector_alone_has_no_counts(documented):
    (documented / "det.toml").write_text("beam = 'sns'\n[target]\nGe = 1\n")
    with pytest.raises(InputError, match="describes a detector, which has no counts"):
        dataset("det.toml")


def test_an_option_without_effect_is_refused(documented):
    chosen = dataset("my_run.toml")
    assert chosen.options == ("conventions",)
    with pytest.raises(InputError, match="systematics has no effect on my-run"):
        Setting((chosen,), systematics=True)
