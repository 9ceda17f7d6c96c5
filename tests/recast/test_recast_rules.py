"""Rules of recasting against the printed formulas, closed forms and published numbers."""

import dataclasses
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dmjax.constants import ALPHA_EM, E_CHARGE, M_ELECTRON
from dmjax.errors import InputError
from dmjax.models import PRESETS
from dmjax.recast import coupling_ratio, curve_names, merged, recast, shipped, sliced, terms_of
from dmjax.recast.charges import detection
from dmjax.recast.kaons import MOST, kaon_branching
from dmjax.recast.rates import Widths, invisible, kappa2_invisible, widths_at
from dmjax.recast.table7 import table7
from dmjax.recast.terms import Producer, charges_of
from tolerances import tolerance

EXACT, NEAR = tolerance("identity"), tolerance("benchmark")
ARGON, CESIUM, IODINE = {"Ar": 1}, {"Cs": 1}, {"I": 1}


def one(name, **terms):
    """A shipped curve for other terms."""
    held = sliced(shipped(name), terms.get("mass_ratio", 3.0), None)
    options = {key: terms.pop(key) for key in ("quantity", "axis", "masses") if key in terms}
    return recast(held, merged(terms_of(held), **terms), **options)


@pytest.mark.parametrize("name", curve_names())
def test_a_curve_on_its_own_terms_is_itself(name):
    held = sliced(shipped(name), 3.0, None)
    same = recast(held, terms_of(held))
    assert np.allclose(same.y, held.y, rtol=EXACT, atol=0.0)
    assert np.allclose(same.x, held.x, rtol=EXACT, atol=0.0)
    assert np.array_equal(same.piece, held.piece)


@pytest.mark.parametrize("quantity", ["eps", "eps2", "Y", "g", "alpha_B"])
@pytest.mark.parametrize("name", ["miniboone-electron", "na64-2019"])
def test_there_and_back_is_the_identity(name, quantity):
    held = shipped(name)
    there = one(name, alpha_d=0.1, mass_ratio=3.0, dm="scalar", quantity=quantity, axis="m_chi")
    back = recast(there, terms_of(there), held.y_quantity, held.x_quantity)
    first = recast(held, terms_of(there))
    assert np.allclose(back.y, first.y, rtol=EXACT, atol=0.0)
    assert np.allclose(back.x, held.x, rtol=EXACT, atol=0.0)


def test_babar_in_the_units_of_the_world_plot():
    held = dataclasses.replace(shipped("babar-2017"), y=np.full(167, 9.48e-4))
    made = recast(held, merged(terms_of(held), alpha_d=0.1, mass_ratio=3.0), "Y", "m_chi")
    assert f"{made.y[0]:.2e}" == "1.11e-09"


def test_scattering_goes_with_the_root_of_alpha_d_and_missing_energy_with_alpha_d():
    for name, power in (("miniboone-nucleon", 0.5), ("na64-2019", 1.0)):
        options = {"mass_ratio": 3.0, "dm": "scalar", "quantity": "Y", "axis": "m_chi"}
        low, high = (one(name, alpha_d=a, **options) for a in (0.1, 0.5))
        inside = high.x < 100.0
        assert np.allclose((high.y / low.y)[inside], 5.0**power, rtol=1e-3 * NEAR, atol=0.0)


def test_equation_6_8_has_the_charge_of_the_pion():
    b, t3r = PRESETS["baryonic"], PRESETS["t3r-1"]
    assert math.isclose(coupling_ratio(b, ARGON), 18 / 40, rel_tol=EXACT)
    for target, z, a in ((ARGON, 18, 40), (CESIUM, 55, 133), (IODINE, 53, 127)):
        assert math.isclose(coupling_ratio(t3r, target), z / (4 * abs(a - 2 * z)), rel_tol=EXACT)
    printed = [round(coupling_ratio(t3r, target), 3) for target in (ARGON, CESIUM, IODINE)]
    assert printed == [1.125, 0.598, 0.631]


def test_miniboone_strikes_eight_nucleons_or_fourteen():
    ch2 = {"C": 1, "H": 2}
    photon, b = PRESETS["dark-photon"], PRESETS["baryonic"]
    assert detection(photon, "nucleon", ch2) == 8.0
    assert math.isclose(detection(b, "nucleon", ch2), 14.0, rel_tol=EXACT)
    options = {"masses": np.array([30.0]), "alpha_d": 0.1}
    own = one("miniboone-nucleon", quantity="g", **options)
    other = one("miniboone-nucleon", model="baryonic", quantity="g", **options)
    assert round(float((other.y / own.y)[0]) ** 2, 3) == 0.756


def test_electrons_count_by_their_charge():
    options = {"alpha_d": 0.5, "masses": np.array([30.0]), "quantity": "g"}
    own, b_l, t3r = (one("lsnd", model=m, **options).y[0] for m in ("dark-photon", "b-l", "t3r-1"))
    assert math.isclose(b_l / own, 1.0, rel_tol=1e-6)
    assert math.isclose(t3r / own, 0.5, rel_tol=1e-6)
    e137 = [one("e137", model=m, **options).y[0] for m in ("dark-photon", "t3r-1")]
    assert math.isclose(e137[1] / e137[0], 0.5, rel_tol=1e-6)


def test_two_mediators_with_the_factor_of_masses():
    held = dataclasses.replace(
        shipped("miniboone-electron"),
        x=np.array([10.0]),
        y=np.array([1e-8 * 0.1 / 81]),
        piece=np.zeros(1, int),
    )
    x = Producer("baryonic", 75.0, 2e-3, 1e-7)
    wanted = merged(terms_of(held), alpha_d=0.5, m_chi=2.0, producer=x)
    made = recast(held, wanted, "kappa_V", "m_V")
    assert f"{made.y[0]:.2e}" == "3.31e-07"
    printed = (1e-4 * E_CHARGE) ** 2 * math.sqrt(0.1 / 0.5) / 2e-3
    assert f"{printed:.2e}" == "2.05e-07"
    m_pi = 134.9768
    factor = math.sqrt(((1 - (30 / m_pi) ** 2) / (1 - (75 / m_pi) ** 2)) ** 3)
    assert math.isclose(made.y[0], printed * factor, rel_tol=1e-5)
    mixed = merged(wanted, producer=Producer("leptophobic", 75.0, 2e-3, 1e-7))
    weaker = recast(held, mixed, "kappa_V", "m_V").y[0] / made.y[0]
    assert math.isclose(weaker**-2, 0.0074 / 4.0, rel_tol=NEAR)  # scalar χ: a quarter of Dirac


def test_neutrinos_are_invisible_too():
    w = widths_at(PRESETS["b-l"], "scalar", 30.0, 10.0, 1e-9)
    electron = 30.0 / (12 * math.pi) * (1 + 2 * (M_ELECTRON / 30) ** 2)
    electron *= math.sqrt(1 - 4 * (M_ELECTRON / 30) ** 2)
    assert math.isclose(w.charged, electron, rel_tol=1e-9)
    assert math.isclose(w.neutrinos, 3 * 30.0 / (24 * math.pi), rel_tol=EXACT)
    kappa2 = (9e-5 * E_CHARGE) ** 2
    share = (w.dark + kappa2 * w.neutrinos) / (w.dark + kappa2 * (w.neutrinos + w.charged))
    assert math.isclose(invisible(kappa2, w) / kappa2, share, rel_tol=EXACT)
    made = one("na64-2019", model="b-l", alpha_d=1e-9, mass_ratio=3.0, dm="scalar", quantity="eps")
    assert np.all((made.y > one("na64-2019", quantity="eps").y)[made.x > 2 * M_ELECTRON])


def test_where_no_coupling_is_enough_there_is_no_limit():
    w = Widths(jnp.asarray(1.0), jnp.asarray(2.0), jnp.asarray(0.0))
    assert np.isinf(kappa2_invisible(0.6, w)) and np.isfinite(kappa2_invisible(0.4, w))
    masses = np.array([30.0, 1000.0])
    made = one("babar-2017", alpha_d=1e-7, mass_ratio=3.0, dm="scalar", masses=masses)
    assert made.x.tolist() == [30.0]
    assert "at m_V = 1000 MeV: no coupling makes enough" in made.notes[0]


def test_gradients_agree_with_finite_differences_on_both_sides_of_thresholds():
    def limit(m_v, alpha_d):
        w = widths_at(PRESETS["b-l"], "scalar", m_v, m_v / 3.0, alpha_d)
        return kappa2_invisible(1e-9, w)

    for m_v in (211.0, 211.6):
        for i, at in enumerate((m_v, 1e-8)):
            step = 1e-5 * at
            point = [m_v, 1e-8]
            up, down = list(point), list(point)
            up[i], down[i] = at + step, at - step
            slope = jax.grad(limit, i)(*point)
            rise = (limit(*up) - limit(*down)) / (2 * step)
            assert np.isclose(slope, rise, rtol=tolerance("gradient"), atol=1e-18)


def test_kaon_decays_as_in_the_public_code():
    printed = {10.0: 6.5e-7, 30.0: 5.8e-6, 100.0: 6.0e-5, 200.0: 1.7e-4}
    assert [f"{kaon_branching(m):.1e}" for m in printed] == [f"{b:.1e}" for b in printed.values()]
    assert kaon_branching(MOST) == 0.0 and kaon_branching(MOST + 1.0) == 0.0
    eps = one("e949", quantity="eps", masses=np.array([100.0])).y[0]
    assert math.isclose(eps, math.sqrt(5.512e-11 / kaon_branching(100.0)), rel_tol=EXACT)


def test_pion_decays_as_the_first_channel_of_production():
    eps, m = 5.2e-4, 73.0
    branching = 2 * eps**2 * (1 - (m / 134.9768) ** 2) ** 3
    b_l = one("na62-pi0", model="b-l", quantity="g", masses=np.array([m])).y[0]
    again = 2 * b_l**2 / (4 * math.pi * ALPHA_EM) * (1 - (m / 134.9768) ** 2) ** 3
    assert math.isclose(again, branching, rel_tol=EXACT)


def test_table_7_by_charges_with_its_errors_marked():
    table = table7()
    marked = [
        (row, model) for row, cells in table.items() for model in cells if "(" in cells[model]
    ]
    assert marked == [("BaBar", "t3r-2"), ("NA64", "t3r-2")]
    weak = {
        (row, model) for row, cells in table.items() for model in cells if cells[model] == "weak"
    }
    leptons = ("leptonic", "le-lmu", "le-ltau")
    assert weak == {(row, m) for row in ("LSND", "MiniBooNE electron") for m in leptons}
    assert table["JSNS2"]["leptonic"] == "yes" and table["CCM"]["leptonic"] == "no"


@pytest.mark.parametrize(
    ("name", "terms", "said"),
    [
        ("na64-2019", {"model": "baryonic"}, "coupling to electrons"),
        ("miniboone-nucleon", {"model": "leptonic"}, "coupling to nucleons"),
        ("lsnd", {"model": "leptonic", "alpha_d": 0.5}, "pi0 decays do not make V"),
        ("e949", {"model": "b-l"}, "anomaly"),
        ("babar-2017", {"quantity": "Y"}, "--alpha-d"),
        ("lsnd", {"quantity": "eps"}, "alpha_D"),
        ("na64-2019", {"axis": "m_chi"}, "--mass-ratio"),
        ("lsnd", {"quantity": "br_kaon", "alpha_d": 0.5}, "K\\+ decays"),
        ("babar-2017", {"producer": Producer("baryonic", 75.0, 2e-3, 1e-7)}, "leave --mx out"),
        ("lsnd", {"masses": np.array([500.0])}, "nothing is left"),
    ],
)
def test_what_no_rule_covers_is_refused(name, terms, said):
    with pytest.raises(InputError, match=said):
        one(name, **terms)


def test_beyond_the_pion_other_charges_are_cut_with_a_line():
    made = one("miniboone-nucleon", model="baryonic", quantity="g")
    assert made.x.max() * 3.0 < 134.98
    assert any("cut at m_V = 135" in n or "beyond the pi0" in n for n in made.notes)
    assert one("miniboone-nucleon", alpha_d=0.5).x.max() > 400.0


def test_charges_of_ones_own():
    own = charges_of("custom", {"up": 1 / 3, "down": 1 / 3, "electron": -1.0})
    made = one("na64-2019", model="custom", charges=own, quantity="g")
    assert made.charges == {"up": 1 / 3, "down": 1 / 3, "electron": -1.0}
    b_l = one("na64-2019", model="b-l", quantity="g")
    assert np.allclose(made.y, b_l.y, rtol=EXACT, atol=0.0)
