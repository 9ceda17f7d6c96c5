"""`dmjax info RESULT`: saved work is what it says, or that is an error."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from command import answer, check_refused, run

import dmjax
from dmjax.errors import InputError
from dmjax.store.blocks import Block, write_block
from dmjax.store.folders import claim_folder
from dmjax.store.plain import digest
from dmjax.store.steps import Steps
from dmjax.store.writing import write_text
from made_results import MADE, made_limit, made_posterior

CONFIG = {"seed": 1, "version": dmjax.__version__}


@pytest.mark.parametrize("suffix", [".json", ".nc"])
@pytest.mark.parametrize("kind", MADE)
def test_every_kind_of_result_is_proved(kind, suffix, tmp_path):
    made = MADE[kind]()
    found = dmjax.info(made.save(tmp_path / f"result{suffix}"))
    plain = made.to_plain()
    assert found["kind"] == kind and found["version"] == dmjax.__version__
    assert found["configuration"] == plain["configuration"] and found["digest"] == plain["checksum"]
    assert found["configuration_digest"] == digest(plain["configuration"])
    assert {"digest", "schema", "numbers"} <= found["checks"].keys()
    if kind == "posterior":
        held = found["checks"]["samples"]
        assert held.startswith("finite" if suffix == ".nc" else "not in this file")


def test_the_command_prints_it(tmp_path):
    path = made_limit().save(tmp_path / "limit.json")
    shown, plain = run(f"info {path}").stdout, answer(f"info {path} --json")
    assert plain["configuration"]["seed"] == 2017
    for word in ("limit", dmjax.__version__, plain["digest"], "seed: 2017", "schema"):
        assert word in shown


def test_a_name_that_is_known_is_not_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ccm120").mkdir()
    assert "data set" in dmjax.info("ccm120")


REFUSED = {
    "none.json": "cannot read none.json: No such file",
    "none.npz": "cannot read none.npz: No such file",
    "ccm12": "did you mean 'ccm120'",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_there_is_said_in_one_line(name, tmp_path, monkeypatch, capsys):
    check_refused(f"info {name}", REFUSED[name], tmp_path, monkeypatch, capsys)


@pytest.fixture
def work(tmp_path) -> Path:
    """A folder with a step, a block, a block of chains and results."""
    claim_folder(tmp_path, CONFIG, "another study")
    Steps(tmp_path, CONFIG).keep("limit.json", lambda path: made_limit().save(path))
    for label in ("toys_0_3", "chains/steps_0"):
        write_block(Block(tmp_path / f"{label}.npz", CONFIG, label, 3), {"x": np.zeros(3)})
    for name in ("posterior.json", "posterior.nc"):
        made_posterior().save(tmp_path / name)
    return tmp_path


def test_a_folder_is_proved_file_by_file(work):
    found = dmjax.info(work)
    assert found["configuration"] == CONFIG and found["configuration_digest"] == digest(CONFIG)
    files = {str(path.relative_to(work)) for path in work.rglob("*") if path.is_file()}
    assert found["checks"].keys() == files - {"config.json", "finished.json"}
    assert dmjax.info(work / "toys_0_3.npz")["configuration"] == digest(CONFIG)


DAMAGES = {
    "limit.json": (lambda path: made_limit(cl=0.95).save(path), "changed after it was written"),
    "finished.json": (
        lambda path: write_text(path, path.read_text().replace(dmjax.__version__, "9")),
        "is not the list of",
    ),
    "toys_0_3.npz": (lambda path: path.write_bytes(path.read_bytes()[:99]), "is damaged"),
    "chains/steps_0.npz": (
        lambda path: write_block(Block(path, {"seed": 2}, "x"), {"x": np.zeros(3)}),
        "belongs to another configuration",
    ),
    "posterior.json": (
        lambda path: replace(made_posterior(), configuration={"seed": 2}).save(path),
        "belongs to another configuration",
    ),
    "posterior.nc": (lambda path: shutil.copy(path.with_suffix(".json"), path), "damaged NetCDF"),
    "config.json": (lambda path: write_text(path, '{"seed": 2}'), "is not the list of"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_folder_with_one_wrong_file_is_refused_with_its_name(name, work):
    damage, said = DAMAGES[name]
    damage(work / name)
    with pytest.raises(InputError, match=said) as problem:
        dmjax.info(work)
    assert "\n" not in str(problem.value) and name in str(problem.value)


def test_a_folder_of_something_else_is_said(tmp_path):
    with pytest.raises(InputError, match="holds no saved work"):
        dmjax.info(tmp_path)
