"""The recipes of the documentation run as printed, in their order, in one empty folder."""

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "recipes.md").read_text("utf-8")
SECTIONS = re.split(r"^## ", PAGE, flags=re.M)
RECIPES = {
    part.partition("\n")[0]: re.findall(r"```python\n(.*?)```", part, re.DOTALL)
    for part in SECTIONS
}
NEEDS = {"pyhf and HEPData": "pyhf"}
"""Recipe → module of an extra."""


@pytest.fixture(scope="module")
def kitchen(tmp_path_factory) -> tuple[dict, Path]:
    """Names and files that later recipes find."""
    return {}, tmp_path_factory.mktemp("recipes")


def test_there_are_ten():
    assert len(RECIPES) - 1 == 10
    assert all(RECIPES.values())


@pytest.mark.parametrize("name", RECIPES)
def test_recipe_runs(name, kitchen, monkeypatch):
    if name in NEEDS:
        pytest.importorskip(NEEDS[name], reason="this recipe needs the extra dmjax[export]")
    names, folder = kitchen
    monkeypatch.chdir(folder)
    for block in RECIPES[name]:
        exec(block, names)
