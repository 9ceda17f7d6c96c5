"""What is remembered of the user's releases: written whole, checked when read."""

import pytest

from dmjax.data.releases import release, user_folder
from dmjax.errors import InputError


@pytest.mark.parametrize("text", ["{", "[1]", '{"csi2021": 3}', '{"csi2021": "a'])
def test_a_damaged_memory_is_said_with_its_place(text, tmp_path, monkeypatch):
    monkeypatch.setenv("DMJAX_DATA", str(tmp_path))
    assert user_folder() == tmp_path and release("csi2021").folder is None
    (tmp_path / "releases.json").write_text(text)
    with pytest.raises(InputError, match=r"releases\.json .*delete it and") as problem:
        release("csi2021")
    assert "\n" not in str(problem.value)
