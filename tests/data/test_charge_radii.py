"""The table of charge radii: built as it says, complete, and enough for any natural target."""

from pathlib import Path

import numpy as np
import periodictable
import pytest

from dmjax.data import load_table
from dmjax.experiments import experiment
from dmjax.models import mediator
from dmjax.nuclei import nucleus, target_nuclei
from dmjax.nuclei.radii import charge_radii
from dmjax.prediction.predict import predict
from tolerances import tolerance
from tools.tables.radii_table import main, radii

PRINTED = """# comment
z,symbol,n,a,radius_val,radius_unc,radius_preliminary_val,radius_preliminary_unc
0,n,1,1,-0.1149,0.0027,,
16,S,16,32,3.2611,0.0018,,
16,S,18,34,3.2847,0.0021,,
18,Ar,22,40,3.4274,0.0026,,
"""


def test_the_builder_reads_what_the_iaea_writes():
    columns = radii(PRINTED).columns
    found = {(z, a): (r, m) for z, a, r, m in zip(*columns.values(), strict=True)}
    assert found[18, 40] == (3.4274, 1.0) and found[16, 32] == (3.2611, 1.0)
    radius, is_measured = found[16, 33]
    assert is_measured == 0.0
    assert np.isclose(radius, 3.2611 * (33 / 32) ** (1 / 3), rtol=tolerance("table"))
    assert (0, 1) not in found


def test_the_shipped_table_keeps_its_measured_rows(tmp_path):
    columns = load_table("charge_radii").columns
    rows = zip(*columns.values(), strict=True)
    text = "".join(f"{z:g},X,0,{a:g},{r:g},0,,\n" for z, a, r, m in rows if m)
    source, out = tmp_path / "radii.csv", tmp_path / "out.csv"
    source.write_text(text)
    assert main([str(source), str(out)]) == 0
    assert out.read_text() == _shipped().read_text()


def _shipped() -> Path:
    return Path(__file__).parents[2] / "dmjax" / "data" / "tables" / "charge_radii.csv"


def test_the_builder_refuses_what_is_not_a_file(capsys):
    assert main(["nothing.csv"]) == 2
    assert "usage" in capsys.readouterr().err


def test_every_natural_isotope_has_a_radius():
    missing = [
        f"{element.symbol}{a}"
        for element in periodictable.elements
        for a in element.isotopes
        if element.number and element[a].abundance and (element.number, a) not in charge_radii()
    ]
    assert missing == ["Pa231"]


def test_radii_grow_as_nuclei_do():
    """A smooth curve in A holds to 3.4 %: no row has slipped."""
    a, r = np.array([(a, r) for (z, a), r in charge_radii().items() if z > 10]).T
    smooth = 0.891 * a ** (1 / 3) + 1.52 * a ** (-1 / 3) - 2.8 / a
    assert np.max(np.abs(r / smooth - 1.0)) < 0.035


def test_radii_of_elastic_electron_scattering():
    """de Vries, de Jager, de Vries, ADNDT 36 (1987) 495: another compilation, within 1 %."""
    for name, fm in {"C12": 2.47, "O16": 2.71, "Ca40": 3.48, "Ni58": 3.77, "Pb208": 5.50}.items():
        assert np.isclose(float(nucleus(name).charge_radius), fm, rtol=tolerance("benchmark"))


TARGETS = {
    "PbWO4": ({"Pb": 1, "W": 1, "O": 4}, 4 + 5 + 3),
    "NaI": ({"Na": 1, "I": 1}, 2),
    "Xe": ({"Xe": 1}, 9),
    "Ge": ({"Ge": 1}, 5),
    "CaWO4": ({"Ca": 1, "W": 1, "O": 4}, 6 + 5 + 3),
}


@pytest.mark.parametrize("name", TARGETS)
def test_detectors_of_any_natural_material_predict(tmp_path, name):
    formula, isotopes = TARGETS[name]
    assert len(target_nuclei(formula).nuclei) == isotopes
    atoms = "\n".join(f"{element} = {count}" for element, count in formula.items())
    path = tmp_path / f"{name}.toml"
    path.write_text(PLAIN + f"[target]\n{atoms}\n")
    found = predict(experiment(str(path)), mediator("dark-photon", 30.0, 10.0, eps=1e-4))
    assert 0.0 < found.total < 1e6 and np.isfinite(found.total)
    cevns = found.background["prompt"] + found.background["delayed"]
    assert 0.0 < cevns < 1e4


PLAIN = """
title = "10 kg"
beam = "sns"
[detector]
mass_kg = 10.0
distance_m = 20.0
angle_deg = 90.0
pot = 1.5e23
[response]
observable = "keV"
[response.quenching]
kind = "none"
[response.efficiency]
kind = "flat"
value = 1.0
[bins]
energy = [1.0, 5.0, 20.0, 100.0]
time_us = [0.0, 6.0]
[selection]
recoil_min_kev = 1.0
time_max_us = 6.0
"""
