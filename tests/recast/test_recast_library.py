"""The shipped curves against published numbers and an independent interpolation."""

import numpy as np
import pytest
from scipy.interpolate import griddata

from dmjax.data import load_table
from dmjax.recast import curve_names, merged, recast, shipped, sliced, terms_of
from dmjax.recast.curve import values_at
from dmjax.recast.plane import limit_at, plane_of
from tolerances import tolerance

NEAR = tolerance("benchmark")
SIX = np.array([10.0, 30.0, 50.0, 100.0, 200.0, 300.0])
PLANES = {
    "e137": [1.42e-18, 2.45e-17, 2.16e-16, 1.27e-14, 3.2e-12, 1.6e-10],
    "lsnd": [3.65e-19, 2.67e-17, 3.9e-16, 7.0e-14, np.nan, np.nan],
}
"""ε⁴α_D at m_V = 3 m_χ = `SIX` [MeV], read from the full tables of the source."""
WORLD = {
    "babar-2017": "1.1e-9 1.1e-9 1.1e-9",
    "e137": "4.7e-12 1.9e-11 4.4e-10",
    "lsnd": "2.4e-12 2.0e-11 1.0e-9",
    "miniboone-electron": "4.0e-12 1.5e-11 3.1e-10",
    "miniboone-nucleon": "3.7e-10 4.9e-10 1.5e-9",
    "na64-2019": "1.34e-12 1.04e-11 1.47e-10",
}
"""Y at α_D = 0.1, m_V = 3m_χ = 10, 30, 100 MeV, from a table of experiments, as printed."""


def last_digit(text: str) -> float:
    """A unit of the last digit that is printed."""
    digits, power = text.split("e")
    return 10.0 ** (int(power) - len(digits.partition(".")[2]))


@pytest.mark.parametrize("name", PLANES)
def test_tables_in_both_masses_at_six_masses(name):
    held = sliced(shipped(name), 3.0, None)
    assert np.allclose(values_at(held, SIX), PLANES[name], rtol=NEAR, atol=0.0, equal_nan=True)


@pytest.mark.parametrize("name", WORLD)
def test_the_plane_of_the_world_plot(name):
    held = sliced(shipped(name), 3.0, None)
    wanted = merged(terms_of(held), alpha_d=0.1, mass_ratio=3.0, dm="scalar")
    found = recast(held, wanted, "Y", "m_chi", SIX[[0, 1, 3]])
    for y, text in zip(found.y, WORLD[name].split(), strict=True):
        assert abs(y - float(text)) < 0.5 * last_digit(text) + NEAR * float(text)


@pytest.mark.parametrize("name", PLANES)
def test_interpolation_is_that_of_triangles_in_logarithms(name):
    table = load_table(f"limit_{name}").columns
    rows = [table[key] for key in ("m_V", "m_chi", "eps4_alpha_d")]
    plane, logs = plane_of(*rows), np.log(np.array(rows))
    rng = np.random.default_rng(15)
    m_v = np.exp(rng.uniform(np.log(3.0), np.log(125.0), 300))
    m_chi = m_v * rng.uniform(0.1, 0.4, 300)
    ours = np.array([limit_at(plane, *point) for point in zip(m_v, m_chi, strict=True)])
    theirs = np.exp(griddata(logs[:2].T, logs[2], np.log(np.column_stack([m_v, m_chi]))))
    inside = np.isfinite(ours) & np.isfinite(theirs) & (m_chi > 1.0)
    assert inside.sum() > 200
    assert np.median(np.abs(ours / theirs - 1.0)[inside]) < tolerance("template")
    assert np.max(np.abs(ours / theirs - 1.0)[inside]) < 0.1


def test_tables_give_their_own_rows_and_nothing_beyond():
    table = load_table("limit_lsnd").columns
    plane = plane_of(*(table[key] for key in ("m_V", "m_chi", "eps4_alpha_d")))
    for i in range(1, len(table["m_V"]), 37):
        found = limit_at(plane, table["m_V"][i], table["m_chi"][i])
        assert np.isclose(found, table["eps4_alpha_d"][i], rtol=tolerance("identity"))
    assert np.isnan(limit_at(plane, 30.0, 14.9)) and np.isnan(limit_at(plane, 30.0, 16.0))
    assert np.isnan(limit_at(plane, 140.0, 40.0)) and np.isnan(limit_at(plane, 1.0, 0.1))
    assert limit_at(plane, 30.0, 0.1) == limit_at(plane, 30.0, 1.0)


@pytest.mark.parametrize("name", curve_names())
def test_every_curve_says_where_it_comes_from(name):
    held = sliced(shipped(name), 3.0, None)
    assert held.source and held.licence and held.provenance and held.label
    assert held.detected == "invisible" or (held.target and held.dm)


def test_digitised_copies_agree(shared_data):
    """Older digitisations, with α_D = 0.5 and inferred 0.1, lie within their own scatter."""
    for file, name, alpha_d in (("na64.csv", "na64-2019", 0.5), ("lsnd.txt", "lsnd", 0.1)):
        rows = np.loadtxt(shared_data / "limits" / file, delimiter=",")
        held = sliced(shipped(name), 3.0, None)
        wanted = merged(terms_of(held), alpha_d=alpha_d, mass_ratio=3.0, dm="scalar")
        made = recast(held, wanted, "Y", "m_chi")
        x = 1e3 * rows[:, 0]
        near = values_at(made, np.where(x > 0, x, 1e-9))
        inside = np.isfinite(near) & (x > 3.0) & (x < 40.0)
        assert inside.sum() > 5
        assert np.all(np.abs(np.log(near[inside] / rows[inside, 1])) < np.log(3.0))
