"""Pages that are made of the code: schemas accept what dmjax accepts, every key is there."""

import tomllib

import pytest

from dmjax.analyses.own_layout import DATASET
from dmjax.data import available, load_toml
from dmjax.experiments.layout import BEAM, DETECTOR
from tools.website.formats import format_page
from tools.website.names import GROUPS, name_page
from tools.website.schemas import schema

jsonschema = pytest.importorskip("jsonschema", reason="schemas are checked by jsonschema")
KINDS = {"beams": "beam", "experiments": "detector"}
SHIPPED = [(folder, name) for folder in KINDS for name in available(folder)]
BAD = {
    "detector": {"mass_kgs": 1.0},
    "beam": {"title": 3},
    "dataset": {"dataset": "mine", "detector": "jsns2", "count": "on.csv"},
}


def valid(kind: str, content: dict) -> bool:
    return jsonschema.Draft202012Validator(schema(kind)).is_valid(content)


@pytest.mark.parametrize(("folder", "name"), SHIPPED)
def test_shipped_files_keep_the_schema(folder, name):
    assert valid(KINDS[folder], load_toml(folder, name))


@pytest.mark.parametrize("kind", BAD)
def test_a_schema_is_one_and_refuses_what_dmjax_refuses(kind):
    jsonschema.Draft202012Validator.check_schema(schema(kind))
    assert not valid(kind, BAD[kind])


def test_a_number_out_of_its_range_is_refused_by_the_schema():
    content = load_toml("experiments", "coherent-csi")
    for number in (-1.0, 1e31, True, "1"):
        assert not valid("detector", content | {"detector": content["detector"] | {"pot": number}})


def test_a_data_set_of_the_documentation_keeps_the_schema():
    text = 'dataset = "m"\ndetector = "jsns2"\ncounts = "c.csv"\naxes = {time_us = [0, 1, 2]}\n'
    assert valid("dataset", tomllib.loads(text))


@pytest.mark.parametrize("rule", [DETECTOR, BEAM, DATASET])
def test_every_key_is_on_the_page(rule):
    page = format_page()
    assert all(f"| `{key}" in page for key in {**rule.required, **rule.optional})


def test_every_public_name_is_on_one_page():
    from dmjax import _HOMES

    pages = "\n".join(map(name_page, GROUPS))
    assert all(pages.count(f'heading: "dmjax.{name}"\n') == 1 for name in _HOMES)
