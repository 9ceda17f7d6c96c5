"""Scan files: what they may hold, and the one line where they may not."""

import pytest

from dmjax.errors import InputError
from dmjax.scan.axes import chunk_of, chunks_of, grid_of, numbers_at
from dmjax.scan.files import read_scan, settings_of
from dmjax.scan.head import configuration_of
from dmjax.scan.questions import check_settings, chosen_settings
from dmjax.scan.run import read_share
from dmjax.scan.settings import ScanSettings

FILE = """
datasets = ["lar2020", "mine.toml"]
[signal]
model = "baryonic"
alpha_d = 0.3
choose = { width = "narrow" }
[grid]
m_v = { start = 10, stop = 1000, points = 3, log = true }
m_chi = { start = 1, stop = 3, points = 3 }
dm = ["dirac", "scalar"]
[data]
fix = ["csi_radius"]
[method]
name = "asymptotic"
cl = 0.95
[run]
batch = 4
"""


def test_a_file_has_the_fields_of_the_settings(tmp_path):
    path = tmp_path / "scan.toml"
    path.write_text(FILE)
    found = read_scan(path)
    assert found.grid == (
        ("m_v", (10.0, pytest.approx(100.0), 1000.0)),
        ("m_chi", (1.0, 2.0, 3.0)),
        ("dm", ("dirac", "scalar")),
    )
    assert (found.model, found.alpha_d, found.method, found.cl) == (
        "baryonic",
        0.3,
        "asymptotic",
        0.95,
    )
    assert found.fix == (("csi_radius", None),) and found.choose == (("width", "narrow"),)
    assert found.datasets == ("lar2020", str(tmp_path / "mine.toml"))
    assert settings_of(configuration_of(found)) == found


WRONG = {
    "": ({"datset": ["x"]}, "did you mean 'datasets'"),
    "signal": ({"alphad": 1.0}, "did you mean 'alpha_d'"),
    "method": ({"name": "chi3"}, "did you mean 'chi2'"),
    "run": ({"batch": 0}, "run.batch must be a whole number at least 1"),
    "refine": ({"level": "x"}, "refine.level takes a finite number"),
    "data": ({"windw": "cuts"}, "did you mean 'window'"),
}
GOOD = {"datasets": ["ccm120"], "grid": {"m_v": [30.0]}}


@pytest.mark.parametrize("table", WRONG)
def test_an_unknown_key_or_a_bad_value_is_one_line(table):
    content, said = WRONG[table]
    with pytest.raises(InputError, match=said) as refused:
        read_scan(GOOD | ({table: content} if table else content))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("axis", "said"),
    [
        ({}, "grid.m_v is missing"),
        ({"m_v": []}, "is empty"),
        ({"m_v": [2.0, 1.0]}, "must increase"),
        ({"m_v": {"start": 1, "stop": 2}}, "has no points"),
        ({"m_v": {"start": 1, "stop": 2, "points": 3, "lg": True}}, "did you mean 'log'"),
        ({"m_v": {"start": 0, "stop": 2, "points": 3, "log": True}}, "0 < start < stop"),
        ({"m_v": {"start": 1, "stop": 2, "points": 1}}, "must be 2 to"),
        ({"m_v": [-1.0]}, "grid.m_v must be"),
        ({"m_v": [1.0], "m_ch": [1.0]}, "did you mean 'm_chi'"),
        ({"m_v": [1.0], "dm": ["dirac", "dirac"]}, "twice"),
        ({"m_v": [1.0], "dm": "dirac"}, "must be a list"),
        ({"m_v": "1:2"}, "low:high:points"),
        ({"m_v": "1:9:99999", "m_chi": "1:9:99999"}, "at most 100000000"),
    ],
)
def test_a_bad_axis_is_one_line(axis, said):
    with pytest.raises(InputError, match=said):
        read_scan({"datasets": ["ccm120"], "grid": axis})


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"experiment": "jsns2"}, "data sets .* or a detector"),
        ({"data": {"years": 3}}, "years goes with experiment"),
        ({"method": {"reference": 1e-9}}, "reference goes with method events"),
        ({"method": {"name": "events", "cl": 0.95}}, "cl goes with limits"),
        ({"method": {"cls": False}}, "cls goes with method asymptotic"),
        ({"method": {"cl": 0.3}}, "between 0.5 and 1"),
        ({"refine": {"steps": 2}}, "goes with refine.level"),
        ({"signal": {"model": "events"}}, "model with masses"),
    ],
)
def test_what_has_no_effect_is_refused(more, said):
    settings = chosen_settings(read_scan(GOOD | more), {})
    with pytest.raises(InputError, match=said):
        check_settings(settings)


def test_a_parameter_is_fixed_or_an_axis():
    with pytest.raises(InputError, match="fixed and an axis"):
        read_scan(GOOD | {"signal": {"alpha_d": 0.1}, "grid": {"m_v": [9.0], "alpha_d": [0.1]}})
    with pytest.raises(InputError, match="say the same"):
        grid = {"m_v": [9.0], "m_chi": [1.0], "mass_ratio": [3.0]}
        check_settings(chosen_settings(read_scan({"datasets": ["ccm120"], "grid": grid}), {}))


@pytest.mark.parametrize("batch", [1, 2, 3, 5, 7, 12, 36, 1000])
def test_chunks_cover_every_point_once(batch):
    axes = (("dm", ("dirac", "scalar")), ("m_v", (1.0, 2.0, 3.0)), ("m_chi", tuple(range(1, 7))))
    grid = grid_of(ScanSettings(grid=axes, batch=batch))
    points = []
    for chunk in chunks_of(grid):
        assert chunk == chunk_of(grid, chunk.number)
        held = numbers_at(grid, chunk)
        assert len(held["m_v"]) <= batch
        points += [
            (chunk.where[0].start, *row) for row in zip(held["m_v"], held["m_chi"], strict=True)
        ]
    assert len(points) == len(set(points)) == 36
    assert points == sorted(points)


@pytest.mark.parametrize("text", ["0/2", "3/2", "a/b", "1", "1/2/3", "-1/2", "1/0"])
def test_a_bad_share_is_one_line(text):
    with pytest.raises(InputError, match="shard takes i/n"):
        read_share(text)
