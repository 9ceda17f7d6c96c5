"""Python and the command line: the same verbs, the same options, the same answers."""

import dataclasses
import json
import tomllib

import numpy as np
import pytest
import typer.main
from command import run

import dmjax
from dmjax import cli
from dmjax.errors import InputError
from dmjax.studies.options import OPTIONS
from dmjax.studies.rules import RULES, settle
from dmjax.studies.settings import LimitSettings

SPELLED = {"export curve": "export_curve", "export hepdata": "export_hepdata"}
SPELLED |= {"export pyhf": "export_pyhf", "plot saved": "plot", "plot world": "plot_world"}
DATA = {"data add": "add_release"}
"""`dmjax.data` is a room: its one action has the name of what it does."""


def commands(group=None, above: str = "") -> list[str]:
    group = typer.main.get_command(cli.app) if group is None else group
    found = []
    for name, command in group.commands.items():
        inner = hasattr(command, "commands")
        found += commands(command, f"{above}{name} ") if inner else [above + name]
    return found


def test_every_command_has_a_python_verb():
    listed = [name for name in commands() if name != "data list"]
    for name in listed:
        verb = (SPELLED | DATA).get(name, name.replace("-", "_"))
        assert callable(getattr(dmjax, verb)), name
    assert {"predict", "limit", "fit", "toys", "export pyhf"} <= set(listed)


@pytest.mark.parametrize("name", cli.VERBS)
def test_options_of_a_command_are_the_fields_of_its_settings(name):
    kind = cli.VERBS[name][0]
    known = {field.name for field in dataclasses.fields(kind)}
    assert known <= OPTIONS.keys()
    assert RULES.get(kind, {}).keys() <= known
    command = typer.main.get_command(cli.app).commands[name]
    shared = {"json", "quiet", "config", "no_cache", "out", "cuts", "help"}
    given = {p.name for p in command.params} - shared
    assert known - {"cuts"} == given


def test_a_verb_and_its_command_give_one_answer(tmp_path):
    line = "limit ccm120 --model events --method asymptotic --json"
    told = json.loads(run(line).stdout)
    made = dmjax.limit("ccm120", model="events", method="asymptotic")
    assert made.to_plain() == told
    assert dmjax.load(made.save(tmp_path / "limit.json")) == made
    wanted = "m_v limit expected sigmas lower best_fit status quantity method off_term cl datasets"
    wanted += " signal conventions units version schema_version"
    assert set(wanted.split()) <= told.keys()


def test_options_come_from_a_file_and_the_command_line_wins(tmp_path):
    file = tmp_path / "limit.toml"
    file.write_text('where = ["ccm120"]\n[method]\nmethod = "asymptotic"\ncl = 0.95\n[signal]\n')
    assert tomllib.loads(file.read_text())["method"]["cl"] == 0.95
    line = f"limit ccm120 --model events --config {file} --json"
    assert json.loads(run(line).stdout)["cl"] == 0.95
    assert json.loads(run(line + " --cl 0.9").stdout)["cl"] == 0.9
    file.write_text("clx = 0.95\n")
    with pytest.raises(InputError, match="did you mean '--cl'"):
        run(line)


def test_version_and_quiet(tmp_path):
    assert run("--version").stdout == f"dmjax {dmjax.__version__}\n"
    done = run(f"limit ccm120 --model events --quiet --out {tmp_path / 'x.json'}")
    assert done.stdout == "" and done.exit_code == 0


def test_a_whole_signal_stands_for_its_fields():
    signal = dmjax.signal("baryonic", mass_ratio=2.1, dm="scalar")
    one = dmjax.limit("ccm120", m_v=42.0, signal=signal)
    other = dmjax.limit("ccm120", m_v=42.0, model="baryonic", mass_ratio=2.1, dm="scalar")
    assert np.array_equal(one.limit, other.limit) and one.signal == other.signal
    with pytest.raises(InputError, match="field of the signal"):
        dmjax.limit("ccm120", m_v=42.0, signal=signal, dm="dirac")


def test_settings_are_read_once_for_all():
    asked = {"where": "lar2020, ccm120", "m_v": "10:40:3", "charges": "up=1,down=-1"}
    made = settle(LimitSettings, asked | {"choose": ["width=narrow"]})
    assert made.where == ("lar2020", "ccm120") and made.m_v == (10.0, 20.0, 40.0)
    assert made.charges == (("up", 1.0), ("down", -1.0)) and made.choose == (("width", "narrow"),)
    with pytest.raises(InputError, match="twice"):
        settle(LimitSettings, asked | {"charges": "up=1,up=2"})
