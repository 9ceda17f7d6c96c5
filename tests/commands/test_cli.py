"""The command line: stable keys, quoted numbers, one clear line for bad input."""

import numpy as np
import pytest
from command import answer, run

from dmjax import cli
from dmjax.store.plain import read_json, write_json
from tolerances import tolerance

BENCHMARK = (
    "predict coherent-csi --conventions d20 --model dark-photon --dm dirac --mv 75 --mchi 25 "
    "--eps 1e-4 --alpha-d 0.5 --pot 1e23 --no-efficiency --channels pi0 --json"
)


def test_predict_gives_the_quoted_events():
    """5.99 over all recoils, 0.590 in 14–26 keV (±0.5 %), to 1 %."""
    whole = answer(BENCHMARK)
    assert np.isclose(whole["total"], 5.99, rtol=tolerance("benchmark"))
    window = answer(BENCHMARK + " --recoil-min 14 --recoil-max 26")
    assert np.isclose(window["channels"]["pi0"], 0.590, rtol=tolerance("benchmark"))
    counts = np.array(window["counts"])
    shape = len(window["energy_edges_kev"]) - 1, len(window["time_edges_us"]) - 1
    assert counts.shape == shape
    assert np.isclose(counts.sum(), window["total"], rtol=tolerance("identity"))
    keys = "experiment conventions model dm m_v m_chi couplings pot channels total"
    assert set(keys.split()) <= window.keys()


def test_limit_reports_its_conventions():
    found = answer(
        "limit coherent-csi --conventions d20 --mv 75 --cuts --channels pi0,piminus --json"
    )
    assert found["quantity"] == "Y" and found["conventions"] == {"name": "d20", "changed": {}}
    assert found["signal"]["alpha_d"] == 0.5 and found["signal"]["mass_ratio"] == 3.0
    keys = "m_v limit expected sigmas lower best_fit test_statistic_null status method off_term cl"
    keys += " datasets units version schema_version"
    assert set(keys.split()) <= found.keys()
    assert 13.0 <= found["best_fit_events"][0] <= 15.0
    assert abs(found["test_statistic_null"][0] - 4.3) < 0.1


def test_closed_masses_have_no_limit():
    found = answer("limit coherent-csi --mv 500 --conventions d20 --json")
    assert found["limit"] == [None] and found["status"] == ["unconstrained"]


def test_info_lists_every_source():
    facts = answer("info --json")
    assert "coherent-csi" in facts["experiments"] and "csi2017" in facts["datasets"]
    assert all("source" in meta for meta in facts["tables"].values())


def test_what_must_be_said_of_ccm120_stands_beside_its_limit():
    line = "limit ccm120 --model events --method asymptotic"
    note = answer(line + " --json")["caveats"][0]
    assert note.startswith("ccm120: one count") and "no machine-readable spectrum" in note
    for command in (line, "info ccm120"):
        told = " ".join(run(command).stdout.replace("│", " ").split())
        assert "no machine-readable spectrum" in told
    assert answer("info ccm120 --json")["data set"]["note"] in note
    assert not any("ccm120" in text for text in answer("limit lar2020 --mv 30 --json")["caveats"])


def test_info_of_one_name():
    assert answer("info coherent-ge --json")["detector"]["beam"] == "sns"
    assert "pi0.per_pot" in answer("info ess --json")["beam"]["assumed"]
    assert "Angeli" in answer("info charge_radii --json")["table"]["source"]


def test_damaged_result_is_named(tmp_path, monkeypatch, capsys):
    (tmp_path / "config.json").write_text('{"half": ')
    monkeypatch.setattr("sys.argv", ["dmjax", "plot", str(tmp_path)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    assert "damaged" in capsys.readouterr().err


def test_out_holds_what_json_prints(tmp_path):
    target = tmp_path / "deep" / "limit.json"
    found = answer(f"limit coherent-csi --mv 75 --json --out {target}")
    assert read_json(target) == found
    assert [path.name for path in target.parent.iterdir()] == ["limit.json"]


def test_json_never_holds_nan(tmp_path):
    path = write_json(tmp_path / "x.json", {"limit": [np.inf, np.nan, 1.0]})
    assert read_json(path) == {"limit": [None, None, 1.0]}
