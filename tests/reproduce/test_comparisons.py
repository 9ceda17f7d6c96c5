"""What nobody has printed: limits of data, and facilities, beside each other."""

import numpy as np
import pytest

from dmjax.conventions import D20
from dmjax.recast.curve import Curve
from dmjax.reproduce import facilities, fig7_data
from dmjax.reproduce.made import NEW
from dmjax.reproduce.writing import note_text, recorded
from dmjax.store.plain import to_plain
from tolerances import tolerance
from tools.gallery import comparisons


def curve(label: str, y: np.ndarray, role: str) -> Curve:
    """A curve on the masses of the figure."""
    return Curve(
        name=label,
        label=label,
        x=fig7_data.MASSES,
        y=y,
        x_quantity="m_V",
        y_quantity="Y",
        piece=np.zeros(len(y), int),
        model="dark-photon",
        made="beam",
        detected="nucleus",
        target={},
        role=role,
        simulated="dmjax limit",
        provenance="",
        source="",
        licence="",
        notes=[],
        configuration={},
    )


def measured() -> fig7_data.Measured:
    """Limits as round numbers: LAr at 2e-10, CsI 2021 and both at 1e-10, others at 3e-10."""
    flat = np.ones(len(fig7_data.MASSES))
    heights = dict.fromkeys(fig7_data.DATA, 1e-10) | {"LAr 2020": 2e-10}
    heights |= dict.fromkeys(fig7_data.OTHERS, 3e-10) | {fig7_data.RELIC: 1e-12}
    roles = dict.fromkeys(heights, "exclusion") | {fig7_data.RELIC: "target"}
    curves = {label: curve(label, y * flat, roles[label]) for label, y in heights.items()}
    ours = {label: 0.5 * curves[label].y for label in fig7_data.DATA}
    return fig7_data.Measured(curves, ours, ours)


def facility(name: str, **changes) -> facilities.Facility:
    """A detector as round numbers."""
    y = 1e-10 * np.ones(len(facilities.MASSES))
    made = facilities.Facility(
        name, "", "", 10.0, 20.0, 90.0, 1e23, 5.0, 12, 6.0, 100.0, 50.0, 0.0, y, "asymptotic", []
    )
    return made._replace(**changes)


@pytest.fixture
def data(monkeypatch):
    monkeypatch.setattr(fig7_data, "compute", lambda conventions: measured())
    return fig7_data.make(D20)


@pytest.fixture
def compared(monkeypatch):
    cheap = facility("ess-xe", y=5e-11 * np.ones(len(facilities.MASSES)), assumed=["bins"])
    found = [facility("coherent-csi"), cheap, facility("jsns2")]
    monkeypatch.setattr(facilities, "compute", lambda conventions: found)
    return facilities.make(D20)


def test_what_nobody_has_printed_is_new(data, compared):
    for name, made in (("fig7-data", data), ("facilities", compared)):
        assert (made.status, made.checks) == (NEW, ())
        text = note_text(recorded(name, made, D20, 1.0))
        assert ": new\n" in text and "| what |" not in text


def test_note_of_data_follows_from_the_numbers(data):
    for words in ("1e-10, 2.00 of the median", "+0 % at 80 MeV", "from m_V = 3 MeV", "100 times"):
        assert words in data.note


def test_rows_of_data_have_what_was_expected(data):
    rows = [row for row in data.rows if row["curve"] == "LAr 2020"]
    assert len(rows) == len(fig7_data.MASSES)
    assert np.isclose(rows[0]["Y_expected"], 1e-10, rtol=tolerance("identity"))


def test_no_data_set_is_joined_with_itself():
    """CsI 2021 holds the events of CsI 2017."""
    assert not any({"csi2017", "csi2021"} <= set(where) for where, _ in fig7_data.DATA.values())


def test_assumed_detectors_are_marked(compared):
    assert "without one are coherent-csi, jsns2," in compared.note
    assert "at 10 MeV ess-xe 5e-11" in compared.note
    texts = [text.get_text() for text in compared.figure.axes[0].get_legend().get_texts()]
    assert [text.endswith("*") for text in texts] == [False, True, False]


def test_page_of_comparisons_has_a_row_of_every_detector(compared):
    record = recorded("facilities", compared, D20, 1.0)
    page = comparisons({"facilities": to_plain(record)})
    assert page.count("\n| `") == 3
    assert "| `ess-xe` | 10 | 20, 90 | 1e+23 | 5 | 6 us / 12 |" in page
    assert "figures/facilities.png" in page and "**new**" in page
