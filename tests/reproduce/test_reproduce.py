"""The figures of arXiv:2006.09386 show what the paper says of them; the command that makes them."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from command import check_refused, run

from dmjax import cli
from dmjax.constants import E_NU_KAON, E_NU_PROMPT, M_ELECTRON
from dmjax.conventions import D20
from dmjax.errors import InputError
from dmjax.experiments import experiment
from dmjax.prediction.neutrinos import neutrino_spectra
from dmjax.reproduce import PRINTED, TARGETS, fig3, fig4, reproduce, target_names
from dmjax.reproduce.spectra import MASSES, Mass, dark_matter, dark_photon, label
from dmjax.response import accepted_recoils, all_recoils
from dmjax.store.plain import read_json
from tolerances import tolerance

TIME_CUTS_US = {"coherent-csi": 1.5, "ccm-loose": 0.4, "jsns2": 0.25}
PROMPT_X, LATE_X, SLOW_X = "75 MeV, 1 ns", "75 MeV, 1 us", "138 MeV, 1 us"
DARK = [label(mass) for mass in MASSES]
LARGEST_PNG = 200_000


@pytest.fixture(scope="module")
def times():
    return {panel.experiment: panel for panel in fig3.compute().panels}


@pytest.fixture(scope="module")
def coherent():
    return {panel.experiment: panel for panel in fig4.compute().panels}


@pytest.fixture(scope="module")
def command(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fig5")
    return folder, run(f"reproduce fig5 --json --out {folder}")


@pytest.fixture(scope="module")
def fig5(command):
    found = json.loads(command[1].stdout)["targets"]["fig5"]["numbers"]["panels"]
    return {panel["experiment"]: panel for panel in found}


def spectrum(panel, when: str, name: str) -> np.ndarray:
    events = panel[when] if isinstance(panel, dict) else getattr(panel, when)
    return np.asarray(events[name])


def edges_of(panel) -> np.ndarray:
    return np.asarray(panel["edges_kev"] if isinstance(panel, dict) else panel.edges_kev)


def above(panel, when: str, name: str, kev: float) -> float:
    """Share of a component in bins that start at or above an energy [keV]."""
    events = spectrum(panel, when, name)
    chosen = edges_of(panel)[:-1] >= kev * (1.0 - tolerance("identity"))
    return events[chosen].sum() / events.sum()


def before_time(panel, name: str, latest: float) -> float:
    """Share of dark matter in bins that end by a time [µs]; of each pulse at JSNS²."""
    ends = panel.time_edges_us[1:] - tolerance("identity")
    if panel.experiment == "jsns2":
        ends = np.where(ends < 0.5, ends, ends - 0.54)
    return panel.dark[name][ends <= latest].sum()


def mean_time(panel, shares: np.ndarray) -> float:
    centres = 0.5 * (panel.time_edges_us[1:] + panel.time_edges_us[:-1])
    return np.dot(shares, centres) / shares.sum()


def test_times_are_normalised(times):
    for panel in times.values():
        neutrinos = panel.prompt.sum() + panel.delayed.sum()
        for total in (neutrinos, *(shares.sum() for shares in panel.dark.values())):
            assert abs(total - 1.0) < tolerance("normalisation")


@pytest.mark.parametrize("name", TIME_CUTS_US)
def test_prompt_dark_matter_is_within_the_time_cut(times, name):
    """Most events within about two pulse widths ([D20] §4), also of X of 75 MeV that live 1 µs."""
    panel, cut = times[name], TIME_CUTS_US[name]
    assert before_time(panel, PROMPT_X, cut) > 0.999
    assert before_time(panel, LATE_X, cut) > 0.97
    assert panel.later[PROMPT_X] < tolerance("normalisation")


@pytest.mark.parametrize("name", TIME_CUTS_US)
def test_slow_mediators_leave_a_tail_like_delayed_neutrinos(times, name):
    panel, cut = times[name], TIME_CUTS_US[name]
    prompt, slow = (mean_time(panel, panel.dark[key]) for key in (PROMPT_X, SLOW_X))
    delayed, late = mean_time(panel, panel.delayed), mean_time(panel, panel.dark[LATE_X])
    assert prompt < late < prompt + 0.03
    assert slow - prompt > 0.5 * (delayed - prompt)
    assert before_time(panel, SLOW_X, cut) < 0.7


def test_one_nanosecond_is_prompt(times):
    panel = times["ccm-loose"]
    recoils = all_recoils(np.array([panel.threshold_kev, 2000.0]))
    detector, point = experiment("ccm-loose"), dark_photon(Mass(75.0, 25.0))
    prompt = dark_matter(detector, point, recoils, panel.time_edges_us, D20)[0]
    moved = np.abs(panel.dark[PROMPT_X] - prompt / prompt.sum())
    assert moved.max() < tolerance("benchmark") * panel.dark[PROMPT_X].max()


def test_jsns2_has_more_delayed_neutrinos(times):
    """Footnote 4 of [D20]: ν_e on electrons have the charged current as well."""
    assert times["jsns2"].later["delayed"] > 0.5
    ratio = {}
    for name, panel in times.items():
        whole = [panel.delayed.sum() / (1.0 - panel.later["delayed"]), panel.prompt.sum()]
        ratio[name] = whole[0] / whole[1]
    assert ratio["jsns2"] > ratio["ccm-loose"] > ratio["coherent-csi"]


def test_csi_cut_removes_prompt_neutrinos(coherent):
    csi = coherent["coherent-csi"]
    iodine = experiment("coherent-csi").nuclei[1].mass
    endpoint = 2e3 * E_NU_PROMPT**2 / (iodine + 2.0 * E_NU_PROMPT)
    chosen = experiment("coherent-csi").selection
    assert csi.energy_cut_kev == (chosen.recoil_min_kev, chosen.recoil_max_kev)
    assert above(csi, "before", "prompt", endpoint) == 0.0
    assert above(csi, "before", "prompt", 13.6) < 0.03
    assert all(above(csi, "before", name, 13.6) > 0.5 for name in DARK)


def test_csi_holds_the_published_counts(coherent):
    """49 anticoincidence events with 16 ≤ PE < 30, t < 1.5 µs; 405 with 6 ≤ PE < 30, t < 6 µs."""
    csi = coherent["coherent-csi"]
    assert spectrum(csi, "after", "off")[5:12].sum() == 49
    assert spectrum(csi, "before", "off")[:12].sum() == 405


@pytest.mark.parametrize("name", ["coherent-csi", "coherent-lar"])
def test_time_cut_at_coherent(coherent, name):
    panel = coherent[name]
    for dark in DARK:
        kept = spectrum(panel, "after", dark).sum() / spectrum(panel, "before", dark).sum()
        assert kept > 0.999
    delayed = [spectrum(panel, when, "delayed").sum() for when in ("after", "before")]
    assert delayed[0] < 0.45 * delayed[1]


def test_lar_cut_removes_prompt_neutrinos_in_electron_equivalent_energy_alone(coherent):
    """21 keV of nuclear recoil is below the endpoint of argon, 47.6 keV; 21 keVee is above it."""
    assert above(coherent["coherent-lar"], "before", "prompt", 25.0) > 0.3
    lar = experiment("coherent-lar")
    prompt = neutrino_spectra(lar, accepted_recoils(lar.response, np.array([0.0, 21.0, 120.0])))
    assert prompt["prompt"][1] < tolerance("normalisation") * prompt["prompt"].sum()


@pytest.mark.parametrize(("name", "cut_kev"), [("ccm-loose", 50.0), ("jsns2", 3e4)])
def test_cuts_of_ccm_and_jsns2(fig5, name, cut_kev):
    panel = fig5[name]
    assert panel["energy_cut_kev"] == [cut_kev]
    assert above(panel, "before", "prompt", cut_kev) == 0.0
    for dark in DARK:
        assert above(panel, "before", dark, cut_kev) > 0.15
        kept = spectrum(panel, "after", dark).sum() / spectrum(panel, "before", dark).sum()
        assert kept > 0.999
    delayed = [spectrum(panel, when, "delayed").sum() for when in ("after", "before")]
    assert delayed[0] < 0.25 * delayed[1]


def test_dark_matter_goes_beyond_delayed_neutrinos(fig5):
    """Delayed neutrinos end at 149.6 keV in argon; dark matter does not."""
    ccm = fig5["ccm-loose"]
    assert above(ccm, "after", "delayed", 150.0) == 0.0
    assert all(above(ccm, "after", name, 150.0) > 0.005 for name in DARK)


def test_kaon_line_falls_off_at_235_mev(fig5):
    """Electrons of the kaon line end at 2E²/(m_e + 2E) = 235.3 MeV."""
    kaon, edges = spectrum(fig5["jsns2"], "before", "kaon"), edges_of(fig5["jsns2"])
    endpoint = 2e3 * E_NU_KAON**2 / (M_ELECTRON + 2.0 * E_NU_KAON)
    last = int(np.searchsorted(edges, endpoint)) - 1
    assert edges[last] == 2.35e5
    assert kaon[last - 1] > 0.9 * kaon[last - 2]
    assert kaon[last] < 0.1 * kaon[last - 1] and not kaon[last + 1 :].any()
    inflight = spectrum(fig5["jsns2"], "before", "in-flight")
    assert inflight[last + 1] < 0.05 * kaon[last - 1]


def test_dark_matter_is_drawn_at_the_stated_coupling(fig5):
    panel = fig5["jsns2"]
    edges = np.array([edges_of(panel)[0], edges_of(panel)[-1]])
    for mass in MASSES:
        events = dark_matter(
            experiment("jsns2"), dark_photon(mass), all_recoils(edges), np.array([0.0, 1.0]), D20
        )
        scale = (panel["eps"][label(mass)] / 1e-4) ** 4
        drawn = spectrum(panel, "before", label(mass)).sum()
        assert np.isclose(scale * events.sum(), drawn, rtol=tolerance("template"))


def test_command_prints_one_object_and_writes_the_same(command):
    folder, result = command
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert (answer["conventions"], answer["conventions_changed"]) == ("d20", {})
    found = answer["targets"]["fig5"]
    endings = (".json", ".csv", ".md", ".pdf", ".png")
    assert found.pop("files") == [str(folder / f"fig5{end}") for end in endings]
    assert found == read_json(folder / "fig5.json")
    assert sorted(path.suffix for path in folder.iterdir()) == sorted(endings)
    assert 0 < (folder / "fig5.png").stat().st_size < LARGEST_PNG
    assert "fig5: computing" in result.stderr


def test_rows_hold_every_bin(command):
    folder, result = command
    panels = json.loads(result.stdout)["targets"]["fig5"]["numbers"]["panels"]
    bins = sum(len(events) for panel in panels for events in panel["before"].values())
    with (folder / "fig5.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == bins
    total = sum(sum(panel["before"]["delayed"]) for panel in panels)
    ours = sum(float(row["events_before"]) for row in rows if row["component"] == "delayed")
    assert np.isclose(ours, total, rtol=tolerance("identity"))


def test_status_follows_from_the_checks(command):
    folder, result = command
    found = json.loads(result.stdout)["targets"]["fig5"]
    assert all(check["agrees"] for check in found["checks"])
    assert (found["status"], found["missing"]) == ("reproduced", [])
    assert "Fig. 5: reproduced" in (folder / "fig5.md").read_text()


def test_names():
    assert target_names(["all"]) == PRINTED == tuple(TARGETS)[: len(PRINTED)]
    assert set(TARGETS) - set(PRINTED) == {"fig7-data", "facilities"}
    with pytest.raises(InputError, match="unknown target 'fig55'; did you mean 'fig5'"):
        target_names(["fig3", "fig55"])
    with pytest.raises(InputError, match="unknown target 'all'"):
        reproduce("all", Path("/proc/nowhere"))


def test_bad_name_is_one_line_and_nothing_is_written(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["dmjax", "reproduce", "fig55"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    said = capsys.readouterr().err
    assert end.value.code == 2
    assert "did you mean 'fig5'" in said and said.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("line", ["table3 fig5 --conventions dmjax", "all --choose width=fixed"])
def test_conventions_that_change_nothing_are_refused(line, tmp_path, monkeypatch, capsys):
    check_refused(f"reproduce {line}", "table3", tmp_path, monkeypatch, capsys)


def test_folder_is_checked_before_computing():
    with pytest.raises(InputError, match="cannot write"):
        reproduce("fig4", Path("/proc/nowhere"))
