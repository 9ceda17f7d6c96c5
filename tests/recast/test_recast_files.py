"""Curves of users: CSV and TOML, one's own limits, and what is wrong in them."""

import json
import math
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from command import answer, check_refused, run

import dmjax
from dmjax.errors import InputError
from dmjax.recast import curve_names, require_same_terms, shipped
from dmjax.recast.files import read_curve
from dmjax.recast.table7 import table7
from dmjax.store.fields import column
from dmjax.store.result import AbstractResult, container
from dmjax.studies.curves import as_curve, curve_of_result
from made_results import made_limit, made_toys
from tolerances import tolerance

EXACT = tolerance("identity")
TOML = """
["default_values"]
description = ""
independent_variable = "wimp_mass"
units_independent_variable = "GeV/c^2"
delimiter = ","
plot_color = "k"

["mine"]
label = "Mine"
header = ["index", "wimp_mass", "sensitivity_m1sigma", "sensitivity_p1sigma", "upper_limit"]
quantity = "Y"
scaling = 1e-10
alpha_d = 0.5
mass_ratio = 3.0
dm = "dirac"
cl = 0.9
made = "pi0"
detected = "nucleus"
target = { Cs = 1, I = 1 }
reference = "a paper"
"""
CSV = "#index,mass,a,b,limit\n1,0.020,0.5,2,1\n0,0.010,0.25,1,0.5\n"


def written(folder, toml=TOML, csv=CSV):
    (folder / "mine.csv").write_text(csv)
    path = folder / "mine.toml"
    path.write_text(toml)
    return path


def test_a_file_in_the_keys_of_dd_limit_plot(tmp_path):
    path = written(tmp_path)
    made = read_curve(path)
    assert made.x.tolist() == [10.0, 20.0] and np.allclose(made.y, [5e-11, 1e-10], rtol=EXACT)
    assert made.x_quantity == "m_chi" and made.source == "a paper" and made.low is not None
    told = answer(f"recast {path} --json")
    assert np.allclose(told["y"], made.y, rtol=EXACT)
    again = answer(f"recast {path}:mine --coupling eps --axis m_V --json")
    assert again["x"] == [30.0, 60.0] and again["x_quantity"] == "m_V"


def test_saved_recasts_are_read_back(tmp_path):
    made = dmjax.recast("lsnd", model="b-l", mass_ratio=3.0, alpha_d=0.5)
    for suffix in (".json", ".nc"):
        assert dmjax.load(made.save(tmp_path / f"lsnd{suffix}")) == made
    told = answer(f"recast {tmp_path / 'lsnd.json'} --json")
    assert np.allclose(told["y"], made.y, rtol=EXACT)
    wanted = "x y x_quantity y_quantity alpha_d mass_ratio source licence detected cl dm notes"
    assert set(wanted.split()) <= told.keys()


def test_our_limits_are_curves_that_only_change_their_units():
    made = as_curve(made_limit())
    assert made.x.tolist() == [30.0, 75.0] and made.y_quantity == "Y" and made.simulated
    in_eps = dmjax.recast(made, coupling="eps", axis="m_chi")
    assert np.allclose(in_eps.x, made.x / 3.0, rtol=EXACT)
    assert np.allclose(in_eps.y**2 * 0.5 / 81.0, made.y, rtol=EXACT)
    with pytest.raises(InputError, match="run dmjax limit csi2017 with the terms"):
        dmjax.recast(made, alpha_d=0.1)
    projected = as_curve(made_limit(datasets=[], experiment="coherent-csi"))
    assert projected.role == "projection" and np.all(projected.low < projected.high)
    with pytest.raises(InputError, match="no limit against a mass"):
        curve_of_result(made_toys())


def test_exports_are_read_back(tmp_path):
    limit = made_limit().save(tmp_path / "csi.json")
    files = answer(f"export curve {limit} --out {tmp_path / 'there'} --json")["files"]
    assert len(files) == 2
    back, own = read_curve(tmp_path / "there" / "csi.toml"), as_curve(made_limit())
    for name in ("x", "y", "alpha_d", "mass_ratio", "dm", "cl", "model", "simulated", "role"):
        assert np.array_equal(getattr(back, name), getattr(own, name)), name
    header = (tmp_path / "there" / "csi.csv").read_text().split("\n")[0]
    assert header.startswith("#m_V,upper_limit,sensitivity_m2sigma")
    recast = dmjax.recast("e949", coupling="eps")
    dmjax.export_curve(recast, tmp_path)
    again = read_curve(tmp_path / "e949.toml")
    assert np.allclose(again.y, recast.y, rtol=1e-9) and np.array_equal(again.piece, recast.piece)


def test_mixed_conventions_name_the_call_that_mends_them():
    a = dmjax.recast("lsnd", coupling="Y", mass_ratio=3.0, alpha_d=0.5)
    b = shipped("na64-2019")
    with pytest.raises(InputError, match=r"first dmjax.recast\('na64-2019', .*coupling='Y'"):
        require_same_terms(a, b)
    mended = dmjax.recast(b, coupling="Y", alpha_d=0.5, mass_ratio=3.0, dm="scalar")
    require_same_terms(a, mended)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('quantity = "Y"', 'quantity = "sigma"', "unknown mine.quantity"),
        ("alpha_d = 0.5", "alpha_d = -0.5", "mine.alpha_d"),
        ("mass_ratio = 3.0", "mass_ratio = 1.9", "mine.mass_ratio"),
        ('label = "Mine"\n', "", "missing key mine.label"),
        ("target = { Cs = 1, I = 1 }", "target = { Xx = 1 }", "unknown element"),
        ("target = { Cs = 1, I = 1 }\n", "", "missing key target"),
        ('"upper_limit"]', '"limit"]', "no upper_limit"),
        ('made = "pi0"', 'made = "beam"', "goes with simulated"),
        ('"index", ', "", "columns"),
        ('["mine"]', '["other"]\nlabel = "x"\n["mine"]', "has 2 curves: name one"),
        (
            'units_independent_variable = "GeV/c^2"',
            'units_independent_variable = "furlong"',
            "furl",
        ),
    ],
)
def test_bad_files_say_file_and_key(tmp_path, old, new, said):
    assert old in TOML
    with pytest.raises(InputError, match=said):
        read_curve(written(tmp_path, TOML.replace(old, new)))


@pytest.mark.parametrize(
    ("csv", "said"),
    [
        ("", "no numbers"),
        ("1,2,3,4,x\n", "no numbers|line 1"),
        ("1,2,3,4,-5\n", "above 0"),
        ("1,2,3,4,nan\n", "above 0"),
        ("1,2,3,4,5\n1,2,3,4,5\n", "must rise"),
    ],
)
def test_bad_numbers_are_refused(tmp_path, csv, said):
    with pytest.raises(InputError, match=said):
        read_curve(written(tmp_path, csv=csv))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("recast lsdn", "did you mean 'lsnd'"),
        ("recast lsnd", "--mass-ratio or --mchi"),
        ("recast lsnd --mass-ratio 3 --mchi 10", "not both"),
        ("recast babar-2017 --coupling Y --out x.json", "--alpha-d"),
        ("recast babar-2017 --kappa-x 1", "--mx"),
        ("recast babar-2017 --model b-k", "did you mean 'b-l'"),
        ("recast babar-2017 --mass-ratio 2", "above 2"),
        ("recast nothing.toml", "cannot read nothing.toml"),
        ("recast babar-2017 --axis m_chi", "--mass-ratio"),
        ("recast babar-2017 --model b-l --charges up=1", "not both"),
        ("plot world --curves lsdn --out w", "did you mean 'lsnd'"),
        ("plot world --curves none", "nothing to draw"),
        ("plot world --ylim 1e-9,1e-12", "--ylim takes low,high"),
        ("plot world --model baryonic --curves na64-2019", "coupling to electrons"),
    ],
)
def test_bad_lines_end_in_one_line(line, said, tmp_path, monkeypatch, capsys):
    check_refused(line, said, tmp_path, monkeypatch, capsys)


def test_the_world_is_drawn_with_labels_on_curves(tmp_path):
    limit = made_limit().save(tmp_path / "csi.json")
    told = answer(f"plot world {limit} --curves lsnd,na64-2019 --out {tmp_path / 'w'} --json")
    assert [name[-5:] for name in told["figures"]] == ["w.pdf", "w.png"]
    assert [one["name"] for one in told["curves"]] == ["lsnd", "na64-2019", "csi2017"]
    assert {one["alpha_d"] for one in told["curves"]} == {0.5}
    assert any("other spins" in note for note in told["notes"]["lsnd"])
    told = json.loads(run(f"plot world --model baryonic --out {tmp_path / 'b'} --json").stdout)
    assert "coupling to electrons" in told["left_out"]["na64-2019"]
    assert [one["name"] for one in told["curves"]] == ["miniboone-nucleon", "na62-pi0"]
    for path in dmjax.plot_world(limit, curves="lsnd", out=tmp_path / "p"):
        assert path.stat().st_size > 1000
    with pytest.raises(InputError, match="run dmjax limit"):
        dmjax.plot_world(limit, alpha_d=0.1)


def test_every_curve_in_the_figure_has_its_label():
    curves = [
        dmjax.recast(n, coupling="Y", alpha_d=0.5, mass_ratio=3.0, dm="scalar", axis="m_chi")
        for n in ("lsnd", "e137", "babar-2017")
    ]
    figure = curves[0].plot(*curves[1:])
    texts = {text.get_text() for text in figure.axes[0].texts}
    assert texts == {"LSND", "E137 (95 %)", "BaBar"}
    assert "MeV" in figure.axes[0].get_xlabel() and figure.axes[0].get_ylabel()
    with pytest.raises(InputError, match="mix conventions: first dmjax"):
        curves[0].plot(shipped("babar-2017"))


def test_plot_without_a_name_is_of_saved_results(tmp_path):
    limit = made_limit().save(tmp_path / "csi.json")
    for words in ("plot", "plot saved"):
        assert len(answer(f"{words} {limit} --json")["figures"]) == 2
    assert "world" in run("plot --help").stdout


def test_the_docs_show_the_table_as_it_is_computed():
    docs = (Path(__file__).parents[2] / "docs" / "recast.md").read_text()
    for row, cells in table7().items():
        assert f"| {row} | {' | '.join(cells.values())} |" in docs
    for name in curve_names():
        assert f"`{name}`" in docs


def test_a_line_to_reach_is_drawn_from_any_result_with_masses_and_y():
    @container
    class Line(AbstractResult):
        kind: ClassVar[str] = "line"
        m_chi: np.ndarray = column("m_chi", unit="MeV")
        y: np.ndarray = column("m_chi", empty=math.inf)
        y_low: np.ndarray = column("m_chi")
        y_high: np.ndarray = column("m_chi")
        signal: dict
        configuration: dict
        version: str = "1"

    signal = {"model": "dark-photon", "dm": "scalar", "alpha_d": 0.5, "mass_ratio": 3.0}
    y = np.array([6e-11, 1e-11, np.inf])
    bands = {"y_low": np.full(3, 5e-12), "y_high": np.full(3, 7e-11)}
    held = Line(m_chi=np.array([20.0, 10.0, 30.0]), y=y, signal=signal, configuration={}, **bands)
    made = curve_of_result(held)
    assert made.role == "target" and made.x.tolist() == [10.0, 20.0] and made.high is not None
    wanted = dmjax.recast("lsnd", coupling="Y", axis="m_chi", mass_ratio=3.0, alpha_d=0.5)
    texts = {text.get_text() for text in wanted.plot(made).axes[0].texts}
    assert texts == {"LSND", "line target"}
