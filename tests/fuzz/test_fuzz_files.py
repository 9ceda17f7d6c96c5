"""Detector, beam and data-set files that nobody should write."""

from pathlib import Path

import pytest
from conftest import TIMES
from hypothesis import given, settings
from hypothesis import strategies as st

from dmjax.analyses.own import own_analysis
from dmjax.analyses.own_layout import DATASET
from dmjax.data import available, load_toml
from dmjax.experiments import experiment
from dmjax.experiments.layout import BEAM, DETECTOR
from dmjax.experiments.missing_energy import missing_energy
from dmjax.experiments.missing_layout import MISSING
from fuzz_files import changed, toml
from fuzz_judge import check_answer, new_folder, refused
from fuzz_values import texts

DETECTORS = [load_toml("experiments", name) for name in available("experiments")]
SEARCHES = [load_toml("missing", name) for name in available("missing")]
BEAMS = [load_toml("beams", name) for name in available("beams")]


def cases(count: int) -> settings:
    return settings(max_examples=count * max(TIMES, 1))


@cases(500)
@given(changed(DETECTOR, DETECTORS))
def test_a_detector_is_built_or_refused(spec):
    with new_folder() as folder:
        (folder / "mine.toml").write_text(toml(spec), encoding="utf-8")
        refused(experiment, "mine.toml")


@cases(100)
@given(changed(BEAM, BEAMS))
def test_a_beam_is_built_or_refused(spec):
    with new_folder() as folder:
        (folder / "beam.toml").write_text(toml(spec), encoding="utf-8")
        mine = DETECTORS[0] | {"beam": "beam.toml"}
        (folder / "mine.toml").write_text(toml(mine), encoding="utf-8")
        refused(experiment, "mine.toml")


@cases(40)
@given(changed(MISSING, SEARCHES))
def test_a_search_for_missing_energy_is_built_or_refused(spec):
    with new_folder() as folder:
        (folder / "mine.toml").write_text(toml(spec), encoding="utf-8")
        refused(missing_energy, "mine.toml")


OWN = {
    "dataset": "mine",
    "detector": "coherent-csi",
    "counts": "on.csv",
    "off_counts": "off.csv",
    "clock_us": 0.1,
    "mass_kg": 10.0,
    "neutrino_error": 0.1,
    "axes": {
        "energy": [16.0, 18.0, 20.0],
        "time_us": {"start": 0.0, "stop": 1.0, "width": 0.5},
    },
    "background": [
        {
            "name": "room",
            "shape": "shape.csv",
            "events": 7.0,
            "error": 0.1,
            "alternates": [{"nuisance": "side", "up": "up.csv"}],
        }
    ],
    "nuisance": [{"name": "side"}, {"name": "flux", "error": 0.1, "acts_on": ["signal"]}],
}
TABLES = {
    "on.csv": "energy,time_us,n\n17,0.25,9\n17,0.75,16\n19,0.25,3\n19,0.75,7\n",
    "off.csv": "n\n1\n2\n3\n1\n",
    "shape.csv": "n\n1.5\n2\n3\n0.5\n",
    "up.csv": "n\n1.7\n2\n2\n0.7\n",
}


def _write_own(folder: Path, spec: dict, tables: dict[str, str]) -> None:
    (folder / "mine.toml").write_text(toml(spec), encoding="utf-8")
    for name, text in tables.items():
        (folder / name).write_text(text, encoding="utf-8")


@cases(150)
@given(changed(DATASET, [OWN]))
def test_a_data_set_is_built_or_refused(spec):
    with new_folder() as folder:
        _write_own(folder, spec, TABLES)
        refused(lambda: own_analysis("mine.toml").build())


@cases(150)
@given(st.data())
def test_a_table_is_read_or_refused(data):
    name = data.draw(st.sampled_from(sorted(TABLES)))
    lines = [line.split(",") for line in TABLES[name].splitlines()]
    for _ in range(data.draw(st.integers(1, 2))):
        row = data.draw(st.sampled_from(lines))
        row[data.draw(st.integers(0, len(row) - 1))] = data.draw(texts)
    text = data.draw(st.sampled_from(("\n", "\r\n", "\n\n"))).join(map(",".join, lines))
    with new_folder() as folder:
        _write_own(folder, OWN, TABLES | {name: text})
        refused(lambda: own_analysis("mine.toml").build())


@pytest.mark.skipif(TIMES == 0, reason="each compiles its own programs: DMJAX_FUZZ=1 and more")
@cases(60)
@given(changed(DETECTOR, DETECTORS))
def test_a_detector_is_checked_or_refused(spec):
    with new_folder() as folder:
        path = folder / "mine.toml"
        path.write_text(toml(spec), encoding="utf-8")
        check_answer(["check", str(path)])
