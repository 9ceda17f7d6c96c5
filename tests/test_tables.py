"""The shipped tables: complete headers, sane content, and the same as a rebuild from the inputs."""

import numpy as np
import pytest

from dmjax.data import available, load_table, read_table
from dmjax.data.build import BUILDERS, format_table, main
from tolerances import tolerance


@pytest.mark.parametrize("name", available("tables"))
def test_header_says_where_it_comes_from(name):
    meta = load_table(name).meta
    assert {"title", "source", "licence", "units", "command"} <= meta.keys()


def test_every_table_has_a_builder():
    assert set(available("tables")) == set(BUILDERS)


@pytest.mark.parametrize("name", sorted(BUILDERS))
def test_rebuild_gives_the_shipped_table(name, shared_data):
    rebuilt = read_table(format_table(BUILDERS[name](shared_data)))
    shipped = load_table(name)
    assert rebuilt.columns.keys() == shipped.columns.keys()
    for key, values in shipped.columns.items():
        assert np.allclose(rebuilt.columns[key], values, rtol=tolerance("table"), atol=0.0)


def test_meson_cells_keep_the_moments_of_the_list(shared_data):
    rows = np.loadtxt(shared_data / "coherent" / "Pi0_Info.txt")
    cells = load_table("pi0_sns").columns
    mean_t = np.dot(cells["weight"], cells["kinetic_energy"])
    mean_cos = np.dot(cells["weight"], cells["cos_theta"])
    assert np.isclose(cells["weight"].sum(), 1.0, rtol=tolerance("normalisation"))
    assert np.isclose(mean_t, rows[:, 5].mean(), rtol=tolerance("table"))
    assert np.isclose(mean_cos, np.cos(np.radians(rows[:, 0])).mean(), rtol=tolerance("table"))


def test_time_fractions_sum_to_one():
    columns = load_table("times_csi2017").columns
    for key in ("prompt", "delayed", "neutron"):
        assert np.isclose(columns[key].sum(), 1.0, rtol=tolerance("normalisation"))


def test_build_refuses_a_folder_without_inputs(tmp_path, capsys):
    assert main([str(tmp_path)]) == 2
    assert "SOURCE_DIR" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
