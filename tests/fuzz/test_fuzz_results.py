"""Saved results that were damaged, changed by hand, or come from elsewhere."""

import json
from pathlib import Path

from conftest import TIMES
from hypothesis import given, settings
from hypothesis import strategies as st

import made_results
from dmjax.errors import InputError
from dmjax.studies.load import load, made_from
from fuzz_judge import check_line, new_folder
from fuzz_results import damaged, results

MADE = made_results.MADE


def cases(count: int) -> settings:
    return settings(max_examples=count * max(TIMES, 1))


@cases(150)
@given(st.data())
def test_what_can_be_made_is_read_back_the_same(data):
    result = data.draw(results())
    with new_folder() as folder:
        assert load(result.save(folder / "made.json")) == result


@cases(300)
@given(st.data())
def test_what_is_damaged_is_refused_or_the_same(data):
    plain = data.draw(damaged(data.draw(results()).to_plain()))
    with new_folder() as folder:
        (folder / "made.json").write_text(json.dumps(plain))
        try:
            found = load("made.json")
        except InputError as problem:
            check_line(str(problem))
        else:
            assert found.to_plain() == json.loads(json.dumps(plain))


@cases(150)
@given(st.data())
def test_what_is_changed_is_drawn_or_refused(data):
    made = MADE[data.draw(st.sampled_from(sorted(MADE)))]()
    plain = data.draw(damaged(made.to_plain()))
    with new_folder() as folder:
        (folder / "made.json").write_text(json.dumps(plain))
        try:
            made_from([Path("made.json")], lambda held: held[0].plot().draw_without_rendering())
        except InputError as problem:
            check_line(str(problem))
