"""What the project says of its dependencies: bounds, locked versions, licences."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from tools.licences import canonical, dependencies, licence_of

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LOCK = (ROOT / ".ci" / "lock.txt").read_text("utf-8")


def locked() -> dict[str, list[Requirement]]:
    found: dict[str, list[Requirement]] = {}
    for line in LOCK.splitlines():
        if line and not line.startswith("#"):
            one = Requirement(line)
            found.setdefault(canonical(one.name), []).append(one)
    return found


def stated() -> list[Requirement]:
    extras = PROJECT["optional-dependencies"].values()
    return [Requirement(one) for part in (PROJECT["dependencies"], *extras) for one in part]


@pytest.mark.parametrize("need", stated(), ids=lambda need: need.name)
def test_locked_versions_are_within_the_bounds(need):
    pinned = locked()[canonical(need.name)]
    versions = [re.fullmatch(r"==([\w.]+)", str(one.specifier)) for one in pinned]
    assert versions and all(versions)
    assert all(need.specifier.contains(one[1], prereleases=True) for one in versions if one)


def test_every_bound_is_a_lowest_version():
    """So that the lowest versions can be installed: .ci/run tries them."""
    for text in PROJECT["dependencies"]:
        assert re.fullmatch(r"[\w-]+>=[\d.]+", text)


def test_the_lock_names_no_place():
    assert "://" not in LOCK and "index" not in LOCK


def test_every_dependency_is_listed_with_its_licence():
    listed = (ROOT / "docs" / "licences.md").read_text("utf-8")
    found = dependencies()
    assert {"jax", "h5py", "scipy"} <= set(found)
    assert [name for name in found if f"| {name} |" not in listed] == []
    assert [name for name, one in found.items() if licence_of(one) == "not stated"] == []


def test_the_conda_recipe_asks_for_the_same():
    from dmjax._version import __version__

    recipe = yaml.safe_load((ROOT / "tools" / "packages" / "recipe.yaml").read_text("utf-8"))
    named = {"matplotlib-base": "matplotlib", "python-flatbuffers": "flatbuffers"}
    runs = [one.split() for one in recipe["requirements"]["run"]]
    asked = [f"{named.get(name, name)}{bound}" for name, bound in runs]
    assert asked == [f"python{PROJECT['requires-python']}", *PROJECT["dependencies"]]
    assert recipe["context"]["version"] == __version__
    (entry,) = recipe["build"]["python"]["entry_points"]
    assert entry.split(" = ")[1] == PROJECT["scripts"]["dmjax"]


def test_the_container_copies_what_a_build_needs():
    text = (ROOT / "tools" / "packages" / "Containerfile").read_text("utf-8")
    copied = {name for line in re.findall(r"^COPY (.*) \S+$", text, re.M) for name in line.split()}
    needed = {"pyproject.toml", PROJECT["readme"], *PROJECT["license-files"], "dmjax"}
    assert copied == needed and all((ROOT / name).exists() for name in copied)
    (extras,) = re.findall(r"'\.\[([\w,]+)\]'", text)
    assert set(extras.split(",")) <= set(PROJECT["optional-dependencies"])
