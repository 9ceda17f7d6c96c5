"""Argument lists, options and configuration files that nobody should give."""

from conftest import TIMES
from hypothesis import given, settings
from hypothesis import strategies as st

from dmjax import cli
from dmjax.studies.rules import settle
from fuzz_arguments import answered_lists, fields_of, refused_lists, strange_lists
from fuzz_files import toml
from fuzz_judge import check_answer, check_line, check_refused, new_folder, refused, told
from fuzz_values import trees


def cases(count: int) -> settings:
    return settings(max_examples=count * max(TIMES, 1))


@cases(500)
@given(refused_lists())
def test_a_wrong_value_is_one_line(arguments):
    check_refused(arguments)


@cases(150)
@given(strange_lists())
def test_strange_words_are_one_line(arguments):
    check_refused(arguments)


@cases(400)
@given(st.data())
def test_settings_are_read_or_refused(data):
    kind = cli.VERBS[data.draw(st.sampled_from(sorted(cli.VERBS)))][0]
    names = st.sampled_from([field for field in kind.__dataclass_fields__])
    refused(settle, kind, data.draw(st.dictionaries(names, trees | st.none(), max_size=4)))


@cases(100)
@given(st.data())
def test_options_of_a_file_are_read_or_refused(data):
    verb = data.draw(st.sampled_from(sorted(cli.VERBS)))
    names = st.sampled_from([*fields_of(verb), "x", "cuts"])
    held = data.draw(st.dictionaries(names, trees, min_size=1, max_size=3)) | {"where": 1}
    with new_folder() as folder:
        (folder / "c.toml").write_text(toml(held), encoding="utf-8")
        found = told([verb, "--config", "c.toml", "--cl=2", "--mv=x", "--live=x", "--points=x"])
        assert found.status == 2
        check_line(found.err.removesuffix("\n"))


@cases(15)
@given(answered_lists())
def test_numbers_in_range_are_answered(arguments):
    check_answer(arguments)
