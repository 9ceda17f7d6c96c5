"""Ranges of numbers: documented, inside what is computed, and said before anything is made."""

import sys
from pathlib import Path

import pytest

from dmjax.cli import app
from dmjax.errors import InputError
from dmjax.models.charges import CHARGE
from dmjax.studies.costs import MOST, announced, check_cost, in_words
from dmjax.studies.options import OPTIONS, read_option, spelled
from dmjax.studies.ranges import RANGES, check_range
from dmjax.studies.rules import settle
from dmjax.studies.settings import CoverageSettings, LimitSettings, PosteriorSettings

DOCS = (Path(__file__).parents[2] / "docs" / "ranges.md").read_text()


@pytest.mark.parametrize("option", RANGES)
def test_ranges_are_documented(option):
    assert option in OPTIONS
    rule, flag = RANGES[option], spelled(option)
    rows = [line for line in DOCS.splitlines() if line.startswith("|") and f"`{flag}`" in line]
    told = f"{rule.low:g} to {rule.high:g}"
    assert any(told in row and ("| whole |" in row) == rule.whole for row in rows)


@pytest.mark.parametrize("option", RANGES)
def test_ends_are_allowed_and_no_more(option):
    rule = RANGES[option]
    check_range("x", option, rule.high)
    for beyond in (2.0 * abs(rule.high) + 1.0, -2.0 * abs(rule.low) - 1.0, float("nan"), 10**400):
        with pytest.raises(InputError, match=r"x must be a (whole|finite) number"):
            check_range("x", option, ((rule.high,), beyond))


def test_every_number_of_an_option_has_a_range():
    unranged = {name for name, one in OPTIONS.items() if one.metavar in ("NUMBER", "WHOLE")}
    assert unranged <= RANGES.keys()


def test_charges_have_one_range():
    assert RANGES["charges"] == CHARGE


def test_whole_numbers_as_people_write_them():
    assert read_option("toys", "--toys", "1e6") == 10**6
    assert read_option("seed", "--seed", str(2**63 - 1)) == 2**63 - 1
    for wrong in ("1.5", "1e-3", "", "x", True, 2.0, None):
        with pytest.raises(InputError, match="takes a whole number"):
            read_option("toys", "--toys", wrong)


ASKED = [
    (LimitSettings, {"method": "toys", "toys": 10**7, "m_v": "1:100:1000"}),
    (CoverageSettings, {"nested": True, "toys": 10**7, "belt_toys": 10**6}),
    (PosteriorSettings, {"draws": 10**7, "chains": 1000}),
]


@pytest.mark.parametrize(("kind", "asked"), ASKED)
def test_what_options_ask_for_together_is_estimated(kind, asked):
    with pytest.raises(InputError, match=r"take about .* of memory and .* years: at most"):
        settle(kind, {"where": "csi2017"} | asked)


def test_toys_that_are_not_used_cost_nothing():
    settle(LimitSettings, {"where": "csi2017", "m_v": "1:100:100000"})
    check_cost({"toys": 0, "m_v": (1.0,) * 10**6})
    assert in_words(MOST) == "about 64 GiB of memory and 1 years"


def test_what_is_large_and_allowed_is_announced():
    assert announced({"toys": 1000, "strengths": 10, "m_v": (30.0,)}) is None
    assert announced({"chains": 4, "draws": 1000}) is None
    said = announced({"toys": 10**6, "strengths": 10, "m_v": (30.0, 75.0)})
    assert said is not None and said.startswith("1000000 toys x 10 strengths x 2 m_v take at least")


def test_a_command_says_it_before_it_starts(capsys, monkeypatch):
    monkeypatch.setattr("dmjax.cli.study.begin", lambda out: sys.exit(0))
    for given, lines in (["--quiet"], 0), ([], 1):
        with pytest.raises(SystemExit):
            app(["coverage", "ccm120", "--model", "events", "--toys", "1e7", *given])
        assert capsys.readouterr().err.count("take at least") == lines
