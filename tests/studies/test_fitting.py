"""The step-by-step fit: continued after an interruption, refused if mixed."""

import json

import numpy as np
import pytest

from dmjax.conventions import D20
from dmjax.errors import InputError
from dmjax.plots.fits import check_same_conventions, draw_fit
from dmjax.store.files import read_netcdf
from dmjax.studies.whole_fit import FitSettings, run_fit

SMALL = FitSettings(
    conventions=D20, grid_masses=40, grid_couplings=30, limit_points=4, draws=60, warmup=60
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A fit interrupted after its second step, then continued."""
    out = tmp_path_factory.mktemp("fit")

    def stop_after_limits(name, reused):
        if name == "limit_cuts.json":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_fit(SMALL, out, stop_after_limits)
    seen = {}
    run_fit(SMALL, out, lambda name, reused: seen.update({name: reused}))
    assert seen["counting.json"] and seen["limit_cuts.json"]
    assert not seen["posterior_cuts.nc"]
    return out


def test_nothing_half_written_is_left(folder):
    assert not [path for path in folder.iterdir() if "partial" in path.name]


def test_another_configuration_is_refused(folder):
    with pytest.raises(InputError, match="holds another analysis"):
        run_fit(FitSettings(), folder)


def test_posterior_opens_without_the_package(folder):
    import xarray

    with xarray.open_dataset(folder / "posterior_cuts.nc", group="posterior") as group:
        assert {"log_m_v", "log_y", "alpha"} <= set(group.data_vars)
        assert group.sizes["chain"] == 4


def test_short_run_reports_its_failed_gates(folder):
    summary = read_netcdf(folder / "posterior_cuts.nc")["summary"]
    assert not summary["converged"]
    assert any("effective sample size" in reason for reason in summary["reasons"])


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
    other = json.loads((folder / "limit_cuts.json").read_text()) | {"alpha_d": 0.1}
    with pytest.raises(InputError, match="alpha_d"):
        check_same_conventions(config, other, "limit curve")
