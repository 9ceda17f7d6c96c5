"""Tables 3, 4, 5 and 7 of arXiv:2006.09386 beside ours."""

import numpy as np
import pytest

from dmjax.conventions import D20
from dmjax.reproduce import TARGETS, fig1, fig2, table4
from dmjax.reproduce.made import PARTIAL, REPRODUCED, Made, near, said
from tolerances import tolerance


def wrong(name: str) -> list[str]:
    return [check.what for check in TARGETS[name].make(D20).checks if not check.agrees]


@pytest.mark.parametrize("name", ["table3", "table5", "fig1", "fig2"])
def test_nothing_differs_from_print(name):
    assert wrong(name) == []


def test_printed_errors_of_table4_are_marked():
    """The η and π⁻ capture, for baryon number and T3R; a dark photon has none."""
    found = wrong("table4")
    assert len(found) == 8
    assert all(word in " ".join(found) for word in ("eta", "pi- capture", "baryonic", "t3r-1"))
    assert not any("dark-photon" in what for what in found)


def test_factors_of_hadrons():
    """0.25 and 20.25 for the η, 0.013 and 14.2 for π⁻ capture: from quarks and multipoles."""
    rows = TARGETS["table4"].make(D20).numbers["rows"]
    found = {(row["source"], row["model"]): row["by_the_hadrons"] for row in rows}
    assert np.isclose(found["eta", "b-l"], 0.25, rtol=tolerance("identity"))
    assert np.isclose(found["eta", "t3r-2"], 20.25, rtol=tolerance("identity"))
    assert np.isclose(found["pi- capture", "t3r-1"], 14.2, rtol=tolerance("benchmark"))
    assert len(rows) == 4 * len(table4.MODELS)


def test_two_cells_of_table7_are_marked():
    found = [check for check in TARGETS["table7"].make(D20).checks if not check.agrees]
    assert [check.ours for check in found] == [62, 0.0, 0.0]


def test_spectra_hold_every_particle():
    """Fig. 1 sums to one; Fig. 2 to two photons of each π⁰ of Table 3."""
    pions, photons = (TARGETS[name].make(D20).numbers["sns"] for name in ("fig1", "fig2"))
    assert np.isclose(pions["angle_deg"].sum(), 1.0, rtol=tolerance("normalisation"))
    assert np.isclose(photons["pi0"].sum(), 2.0 * 0.1048, rtol=tolerance("benchmark"))
    assert fig1.ENERGY[0] == fig2.EDGES[0] == 0.0


def test_one_disagreement_or_gap_is_partial():
    agrees, differs = near("x", 2.0, 2.1, 0.1), near("x", 2.0, 2.3, 0.1)
    assert (agrees.agrees, differs.agrees) == (True, False)
    made = Made({}, [], None, (agrees, said("y", "some", 1.0, True)), "")
    assert made.status == REPRODUCED
    assert made._replace(checks=(agrees, differs)).status == PARTIAL
    assert made._replace(missing=("a curve",)).status == PARTIAL
