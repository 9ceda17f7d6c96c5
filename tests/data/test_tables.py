"""The shipped tables: complete headers, sane content, and the same as a rebuild from the inputs."""

import numpy as np
import pytest

from dmjax.data import available, load_table, read_table
from tolerances import tolerance
from tools.tables.build import BUILDERS, format_table, main
from tools.tables.meson_tables import TARGETS


@pytest.mark.parametrize("name", available("tables"))
def test_header_says_where_it_comes_from(name):
    meta = load_table(name).meta
    assert {"title", "source", "licence", "units", "command"} <= meta.keys()


def test_every_table_has_a_builder():
    assert set(available("tables")) == set(BUILDERS) | {"charge_radii"}


@pytest.mark.parametrize("name", sorted(BUILDERS))
def test_rebuild_gives_the_shipped_table(name, shared_data):
    rebuilt = read_table(format_table(BUILDERS[name](shared_data)))
    shipped = load_table(name)
    assert rebuilt.columns.keys() == shipped.columns.keys()
    for key, values in shipped.columns.items():
        assert np.allclose(rebuilt.columns[key], values, rtol=tolerance("table"), atol=0.0)


@pytest.mark.parametrize("beam", sorted(TARGETS))
def test_meson_cells_keep_the_moments_of_the_list(beam, shared_data):
    rows = np.loadtxt(shared_data / TARGETS[beam].folder / "Pi0_Info.txt")
    cells = load_table(f"pi0_{beam}").columns
    mean_t = np.dot(cells["weight"], cells["kinetic_energy"])
    mean_cos = np.dot(cells["weight"], cells["cos_theta"])
    momentum = np.sqrt((rows[:, 1:4] ** 2).sum(axis=1))
    assert np.isclose(mean_t, rows[:, 5].mean(), rtol=tolerance("table"))
    assert np.isclose(mean_cos, (-rows[:, 3] / momentum).mean(), rtol=tolerance("table"))


@pytest.mark.parametrize("beam", sorted(TARGETS))
def test_photons_are_those_of_the_list(beam, shared_data):
    energy, counts = np.loadtxt(shared_data / TARGETS[beam].folder / "brem.txt").T
    photons = load_table(f"photons_{beam}").columns
    per_pot, per_pot_energy = counts.sum() / 1e5, np.dot(counts, energy) / 1e5
    assert np.isclose(photons["photons"].sum(), per_pot, rtol=tolerance("table"))
    total = np.dot(photons["photons"], photons["energy"])
    assert np.isclose(total, per_pot_energy, rtol=tolerance("table"))


def test_time_fractions_sum_to_one():
    columns = load_table("times_csi2017").columns
    for key in ("prompt", "delayed", "neutron"):
        assert np.isclose(columns[key].sum(), 1.0, rtol=tolerance("normalisation"))


def test_build_refuses_a_folder_without_inputs(tmp_path, capsys):
    assert main([str(tmp_path)]) == 2
    assert "SOURCE_DIR" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
