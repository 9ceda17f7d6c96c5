"""The step-by-step fit: continued after an interruption, refused if mixed."""

import json
import shutil

import numpy as np
import pytest

import dmjax
from dmjax.errors import InputError
from dmjax.plots.canvas import check_same
from dmjax.plots.fits import draw_fit
from dmjax.store.draws import read_netcdf
from dmjax.studies import whole_fit
from dmjax.studies.rules import settle
from dmjax.studies.settings import FitSettings
from dmjax.studies.whole_fit import run_whole_fit

SMALL = settle(FitSettings, {"where": "csi2017", "conventions": "d20", "draws": 60})


def made_small(patch) -> None:
    sizes = {"GRID": (40, 30), "LIMIT_POINTS": 4, "_WARMUP": 60, "_NODES": 100}
    for name, value in sizes.items():
        patch.setattr(whole_fit, name, value)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A fit interrupted after its second step, then continued."""
    out = tmp_path_factory.mktemp("fit")

    def stop_after_limits(what, done, of, note=""):
        if what == "limit_cuts.json" and done == 1:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        made_small(patch)
        with pytest.raises(KeyboardInterrupt):
            run_whole_fit(SMALL, out, stop_after_limits)
        said = []
        run_whole_fit(SMALL, out, lambda what, done, of, note="": said.append((what, note)))
    kept = {what for what, note in said if "kept" in note}
    assert kept == {"counting.json", "limit_cuts.json"}
    return out


def test_nothing_half_written_is_left(folder):
    assert not [path for path in folder.iterdir() if "partial" in path.name]


STEPS = [
    "counting.json",
    *(
        f"{part}_{window}.{end}"
        for part, end in (("limit", "json"), ("posterior", "nc"))
        for window in whole_fit.WINDOWS
    ),
    "spectrum.json",
]


def test_a_fit_is_proved_file_by_file(folder):
    assert dmjax.info(folder)["checks"].keys() == {*STEPS, "fit.json"}


@pytest.mark.parametrize("name", STEPS[1:])
def test_files_that_changed_or_were_swapped_are_not_drawn(name, folder, tmp_path):
    copy, other = tmp_path / "fit", name.replace("_cuts", "_no-cuts")
    other = name.replace("_no-cuts", "_cuts") if other == name else other
    shutil.copytree(folder, copy)
    content = (folder / (other if other != name else "counting.json")).read_bytes()
    (copy / name).write_bytes(content)
    for ask in (draw_fit, dmjax.info):
        with pytest.raises(InputError, match=f"{name} changed after it was written"):
            ask(copy)
    (copy / name).unlink()
    with pytest.raises(InputError, match=f"cannot read .*{name}"):
        draw_fit(copy)


def test_steps_that_were_swapped_or_cut_are_made_again(folder, tmp_path, monkeypatch):
    """Those that take seconds; the others are kept."""
    made_small(monkeypatch)
    copy, said = tmp_path / "fit", []
    shutil.copytree(folder, copy)
    shutil.copy(folder / "limit_cuts.json", copy / "limit_no-cuts.json")
    shutil.copy(folder / "limit_no-cuts.json", copy / "limit_cuts.json")
    for name in ("counting.json", "spectrum.json"):
        (copy / name).write_bytes((folder / name).read_bytes()[:50])
    run_whole_fit(SMALL, copy, lambda what, done, of, note="": said.append((what, note)))
    assert {what for what, note in said if "kept" in note} == {*STEPS[3:5]}
    assert {what for what, note in said if "was changed: made again" in note} == {
        *STEPS[:3],
        STEPS[-1],
    }
    assert all((copy / name).read_bytes() == (folder / name).read_bytes() for name in STEPS)


def test_another_configuration_is_refused(folder):
    with pytest.raises(InputError, match="holds another analysis"):
        run_whole_fit(settle(FitSettings, {"where": "csi2017"}), folder)


def test_posterior_opens_without_the_package(folder):
    import xarray

    with xarray.open_dataset(folder / "posterior_cuts.nc", group="posterior") as group:
        assert {"log_m_v", "log_y", "csi_signal"} <= set(group.data_vars)
        assert group.sizes["chain"] == 4


def test_a_run_says_what_it_took(folder):
    """Sixty draws are too few for some gate, or the run went on within its budget: it says so."""
    summary = read_netcdf(folder / "posterior_cuts.nc")["summary"]
    went_on = summary["diagnostics"]["steps"] > 120
    assert summary["converged"] != bool(summary["reasons"])
    assert ("were asked for" in summary["status"]) == went_on


def test_figures_come_from_the_files(folder):
    files = draw_fit(folder)
    assert {path.suffix for path in files} == {".pdf", ".png"}
    assert all(path.stat().st_size > 5000 for path in files)


def test_damaged_posterior_is_named(folder, tmp_path):
    broken = tmp_path / "posterior.nc"
    broken.write_bytes((folder / "posterior_cuts.nc").read_bytes()[:2000])
    with pytest.raises(InputError, match="damaged"):
        read_netcdf(broken)


def test_spectrum_adds_up_to_the_data(folder):
    saved = json.loads((folder / "spectrum.json").read_text())
    inside = np.array(saved["pe_edges"][:-1])
    window = (inside >= 16.0) & (inside < 30.0)
    assert np.array(saved["on"])[window].sum() == 97
    assert np.array(saved["off"])[window].sum() == 49


def test_mixing_conventions_raises(folder):
    config = json.loads((folder / "config.json").read_text())
    other = json.loads((folder / "limit_cuts.json").read_text())["signal"] | {"alpha_d": 0.1}
    with pytest.raises(InputError, match="alpha_d"):
        check_same(config["signal"], other, "limit curve")
