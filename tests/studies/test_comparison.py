"""`dmjax evidence`, and dark photons in the regions of the NSI fit."""

import json

import numpy as np
import pytest
from command import answer, run
from killed import snapshots

from dmjax import info
from dmjax.errors import InputError
from dmjax.studies.dark_regions import fit_dark_regions
from dmjax.studies.settings import EvidenceSettings
from tolerances import tolerance


def test_evidence_command_and_its_continuation(tmp_path, monkeypatch):
    line = "evidence csi2017 --signal none --window cuts --live 100 --draws 400 --json"
    asked, found = f"{line} --out ", []
    folder, random = tmp_path / "out", np.random.default_rng(3)
    chosen = random.choice(24, 3, replace=False)
    left = snapshots(lambda: found.append(answer(f"{asked}{folder}")), folder, tmp_path, chosen)
    plain, line = found[0], f"{asked}{folder}"
    found = plain["runs"]["none"]
    assert abs(found["log_z"] + 49.413) < tolerance("sigmas") * found["error"]
    assert plain["bayes_factors"] == [] and plain["configuration"]["seed"] == 2017
    assert len(left) == 3
    for moment in left:
        assert answer(f"{asked}{moment}") == plain
        assert {path.name for path in moment.iterdir()} == {path.name for path in folder.iterdir()}
    content = (folder / "draws_none.nc").read_bytes()
    (folder / "draws_none.nc").write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match=r"draws_none\.nc changed after it was written"):
        info(folder)
    result = run(line)
    assert "draws_none.nc was changed: made again" in result.output
    assert json.loads(result.stdout) == plain
    assert info(folder)["checks"].keys() == {"draws_none.nc", "evidence.json"}
    (folder / "evidence.json").unlink()
    monkeypatch.setattr("dmjax.studies.evidence.nested_sampling", None)
    assert answer(line) == plain
    with pytest.raises(InputError, match="holds another comparison"):
        run(f"{line} --seed 1")


def test_one_dark_photon_serves_cuts_and_all():
    """[D20] Fig. 6: the excess in the cuts is kept by the best fit of all the data."""
    found = fit_dark_regions(
        EvidenceSettings(dataset="csi2017", m_v_range=(100.0, 180.0)), masses=12
    )
    assert found.gain["cuts"] > 5.0
    assert min(found.gain.values()) > -tolerance("fit")
    assert 0.0 <= found.cuts_at_no_cuts < 0.5 and 0.0 <= found.no_cuts_at_cuts < 0.5
    assert found.compatibility.p_value > 0.02
    assert all(best.converged for best in found.regions.values())
