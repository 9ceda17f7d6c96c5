"""The best windows of detectors, against brute force and the published selection."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

import dmjax
from dmjax.analyses.projections import projected
from dmjax.cuts.cuts_result import EXPECTED
from dmjax.cuts.nodes import place
from dmjax.cuts.objectives import Aim
from dmjax.cuts.strength import Level
from dmjax.cuts.tables import CutTables, cut_tables, finely
from dmjax.cuts.windows import best_windows, hard_merits
from dmjax.prediction.recoils import TEMPLATE_ERROR
from dmjax.prediction.search import search
from dmjax.prediction.signal import signal
from dmjax.prediction.templates import templates
from tolerances import tolerance

MASSES = np.geomspace(5.0, 130.0, 10)
LIMIT = Aim("limit", Level(0.1, True))
DETECTORS = ("coherent-csi", "coherent-lar", "ccm-loose", "jsns2")
BRUTE = 40


@cache
def made(name: str) -> CutTables:
    return cut_tables(finely(projected(name)), signal(), MASSES)


def published(name: str, tables: CutTables) -> np.ndarray:
    chosen = projected(name, cuts=True)
    energy, time = np.asarray(tables.energy), np.asarray(tables.time)
    places = [place(energy, float(chosen.energy_edges[i])) for i in (0, -1)]
    return np.array(places + [place(time, float(chosen.time_edges[i])) for i in (0, -1)])


def brute(tables: CutTables, aim: Aim, mass: int) -> float:
    """The best of windows from t = 0 on a grid of 40 ends each."""
    rows = [
        np.unique(np.round(np.linspace(0.0, size - 1.0, BRUTE)).astype(int))
        for size in (len(tables.energy), len(tables.time))
    ]
    low, high, late = (x.ravel() for x in np.meshgrid(rows[0], rows[0], rows[1], indexing="ij"))
    kept = low < high
    nodes = np.stack([low, high, 0 * low, late], axis=1)[kept]
    found = hard_merits(tables, aim, np.ones(len(MASSES)), np.full(len(nodes), mass), nodes)
    return float(found.max())


@pytest.mark.parametrize("name", DETECTORS)
def test_no_window_of_a_grid_is_better_by_a_hundredth(name):
    tables = made(name)
    found = best_windows(tables, LIMIT, np.ones(len(MASSES)), published(name, tables), 4)
    assert found.settled.all()
    assert np.all(found.merit >= found.merit_start)
    for mass in range(len(MASSES)):
        # Merits are of the strength, of which a coupling is the root.
        assert 0.5 * (brute(tables, LIMIT, mass) - found.merit[mass]) < tolerance("benchmark")


@pytest.mark.parametrize("name", DETECTORS)
def test_counts_in_a_window_are_those_of_a_search_with_its_edges(name):
    tables = made(name)
    nodes = published(name, tables)
    energy, time = np.asarray(tables.energy), np.asarray(tables.time)
    detector = projected(name).search.experiment
    alone = search(detector, energy[nodes[:2]], time[nodes[2:]])
    (direct,) = templates([alone], signal(), MASSES)
    table = np.asarray(tables.signal[..., 0])
    low, high, start, stop = nodes
    ours = table[:, high, stop] - table[:, low, stop] - table[:, high, start]
    ours = ours + table[:, low, start]
    assert np.allclose(ours, np.asarray(direct.nominal)[:, 0], rtol=TEMPLATE_ERROR)


def test_a_verb_states_what_windows_were_chosen_on():
    found = dmjax.optimize_cuts("coherent-csi", m_v=(30.0, 75.0), objective="s-over-root-b")
    assert found.optimised_on == EXPECTED
    assert np.all(found.gain >= 1.0) and found.status == ["ok", "ok"]
    assert np.allclose(found.gain, found.value / found.value_table5)
    assert np.allclose(found.table5["energy_kev"], [14.0, 26.0], rtol=tolerance("identity"))
    assert found.table5["time_us"] == [0.0, 1.5]
    plain = found.to_plain()
    assert np.shape(plain["energy_kev"]) == (2, 2) and np.shape(plain["time_us"]) == (2, 2)


def test_a_learned_region_stands_beside_windows_and_all_bins():
    found = dmjax.optimize_cuts("coherent-csi", m_v=(75.0,), selection="learned", toys=2000)
    learned = found.learned
    assert found.value[0] < found.value_table5[0]
    assert learned["all_bins"][0] < learned["value"][0] < 1.01 * found.value[0]
    kept = np.array([[int(x) for x in row] for row in learned["kept"][0]])
    assert kept.shape == (len(learned["energy"]) - 1, len(learned["time_us"]) - 1)
    error = tolerance("sigmas") * np.sqrt(0.9 * 0.1 / 2000)
    for name, value in (("windows", found.value[0]), ("learned", learned["value"][0])):
        toys = learned["toys"][name]
        assert toys["low"][0] < value < toys["high"][0]
        assert toys["covered"][0] > 0.9 - error


def test_two_pulses_have_two_windows():
    found = dmjax.optimize_cuts("jsns2", m_v=(30.0,), all_windows=True)
    one = dmjax.optimize_cuts("jsns2", m_v=(30.0,))
    assert np.shape(found.time_us) == (1, 2, 2)
    assert found.value[0] < one.value[0]
    assert found.gain[0] >= 1.0


def test_a_mass_that_makes_nothing_keeps_the_published_window():
    found = dmjax.optimize_cuts("coherent-csi", m_v=(30.0, 9e5))
    assert found.status[1].startswith("no signal")
    assert np.isinf(found.value[1]) and np.isnan(found.gain[1])
    assert np.allclose(found.energy_kev[1], [14.0, 26.0])


def test_all_bins_of_a_likelihood_are_never_worse_than_some():
    binned = dmjax.optimize_cuts("coherent-csi", m_v=(30.0, 75.0), counting=False)
    assert np.all(binned.gain >= 1.0)
    inside = dmjax.limit(
        "coherent-csi", m_v=(30.0, 75.0), expected=True, method="asymptotic", window="cuts"
    )
    assert np.allclose(binned.value_table5, inside.limit, rtol=tolerance("fit_parameter"))


def test_a_saved_result_is_read_and_drawn(tmp_path):
    found = dmjax.optimize_cuts("coherent-csi", m_v=(30.0, 75.0), objective="s-over-root-b")
    for suffix in (".json", ".nc"):
        assert dmjax.load(found.save(tmp_path / f"cuts{suffix}")) == found
    assert found.plot().axes
    assert list(found.to_pandas()["m_v"]) == [30.0, 75.0]


def test_a_selection_outside_of_the_bins_is_one_line(tmp_path):
    text = (Path(dmjax.__file__).parent / "data/experiments/ccm-tight.toml").read_text("utf-8")
    path = tmp_path / "far.toml"
    path.write_text(text.replace("recoil_min_kev = 50.0", "recoil_min_kev = 5000.0"), "utf-8")
    for ask in (
        lambda: dmjax.design(str(path), m_v=75.0, cuts=True),
        lambda: dmjax.optimize_cuts(str(path), m_v=(75.0,)),
    ):
        with pytest.raises(dmjax.InputError, match="leaves nothing of its bins") as problem:
            ask()
        assert "\n" not in str(problem.value)


def test_neither_signal_nor_background_is_one_line(tmp_path):
    """Above a GeV of recoil there is no neutrino and no dark matter of this beam."""
    text = (Path(dmjax.__file__).parent / "data/experiments/ccm-tight.toml").read_text("utf-8")
    bins = text.split("energy = ")[1].split("\n")[0]
    text = text.replace(bins, "[1e6, 2e6, 4e6]").replace("min_kev = 50.0", "min_kev = 1e6")
    path = tmp_path / "empty.toml"
    path.write_text(text, "utf-8")
    for ask, said in (
        (lambda: dmjax.design(str(path), m_v=75.0, cuts=True), "no coupling is excluded"),
        (lambda: dmjax.optimize_cuts(str(path), m_v=(75.0,)), "neither signal nor background"),
    ):
        with pytest.raises(dmjax.InputError, match=said) as problem:
            ask()
        assert "\n" not in str(problem.value)


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("csi2017", {}, "is a data set"),
        ("ccm-tight", {"objective": "s-over-root-b"}, "declares none: take limit"),
        ("coherent-csi", {"objective": "discovery"}, "--expected-at"),
        ("coherent-csi", {"objective": "limits"}, "limit, discovery"),
        ("coherent-csi", {"all_windows": True}, "one time window"),
        ("coherent-csi", {"model": "events"}, "name a model"),
        ("coherent-csi", {"objective": "information", "expected_at": 1e-10, "cl": 0.9}, "--objec"),
        ("coherent-csi", {"counting": False, "starts": 3}, "--no-counting"),
    ],
)
def test_bad_input_is_one_line(name, options, said):
    with pytest.raises(dmjax.InputError, match=said) as problem:
        dmjax.optimize_cuts(name, m_v=(30.0,), **options)
    assert "\n" not in str(problem.value)
