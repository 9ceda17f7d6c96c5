"""`dmjax scan` and `dmjax merge` on a command line: what they print, and how they refuse."""

import json

import pytest
from command import answer, check_refused, run

import dmjax
from scan_setups import TOML


def test_a_file_becomes_a_group_a_figure_and_a_proof(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "map.toml").write_text(TOML)
    told = answer("scan map.toml --json --quiet")
    assert told["out"] == "map.zarr" and told["chunks"] == "4 of 4" and told["points"] == 40
    assert sum(told["status"].values()) == 40
    proof = answer("info map.zarr --json")
    assert proof["kind"] == "scan" and proof["chunks"] == [4, 4]
    assert json.loads(run("plot map.zarr --json").stdout)["figures"] == ["map.pdf", "map.png"]
    lines = run("scan map.toml --out again.nc").stdout
    assert "signal events at Y = 1e-10" in lines and "closed: no decay to chi chi" in lines
    assert dmjax.load("again.nc") == dmjax.load("again.zarr") == dmjax.load("map.zarr")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("scan missing.toml", "cannot read missing.toml"),
        ("scan missing.toml --workers 0", "cannot read"),
        ("merge a.zarr b.zarr --out c.zarr", "a.zarr is no scan"),
        ("merge a.zarr --out c.nc", "NAME.zarr"),
        ("info a.zarr", "a.zarr is no scan"),
        ("plot a.zarr", "a.zarr is no scan"),
    ],
)
def test_bad_lines_are_refused(line, said, tmp_path, monkeypatch, capsys):
    check_refused(line, said, tmp_path, monkeypatch, capsys)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--workers 2 --scheduler tcp://x:1", "not both"),
        ("--shard 5/2", "shard takes i/n"),
        ("--shard 1/2 --out map.nc", "kept for merging"),
        ("--out map.txt", "not as 'map.txt'"),
    ],
)
def test_bad_options_write_nothing(options, said, tmp_path, monkeypatch, capsys):
    file = tmp_path / "map.toml"
    file.write_text(TOML)
    empty = tmp_path / "empty"
    empty.mkdir()
    check_refused(f"scan {file} {options}", said, empty, monkeypatch, capsys)
