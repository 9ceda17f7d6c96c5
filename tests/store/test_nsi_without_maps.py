"""A result whose optional maps were not asked for."""

from dataclasses import replace

import numpy as np
import pytest

from dmjax import load
from made_results import made_nsi


@pytest.mark.parametrize("ending", ["json", "nc"])
def test_nsi_without_maps_is_made_saved_and_read_back(tmp_path, ending):
    plain = replace(made_nsi(), eps=np.zeros(0), maps={})
    plain.save(tmp_path / f"nsi.{ending}")
    assert load(tmp_path / f"nsi.{ending}") == plain
