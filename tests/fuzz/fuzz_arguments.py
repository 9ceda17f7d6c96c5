"""Argument lists of every verb, from its settings class: each option by its reader and range."""

import dataclasses

from hypothesis import strategies as st

from dmjax import cli
from dmjax.analyses.catalogue import ANALYSES
from dmjax.cli.generate import POSITIONAL
from dmjax.conventions import CHANNELS, PROFILES
from dmjax.experiments import EXPERIMENTS
from dmjax.models import PRESETS
from dmjax.schema import Number
from dmjax.studies import readers
from dmjax.studies.options import OPTIONS, spelled
from dmjax.studies.ranges import RANGES
from fuzz_values import inside, outside, texts

ANY_NUMBER = Number(1.0, 100.0)
NAMES = {
    "where": (*ANALYSES, *EXPERIMENTS),
    "experiment": EXPERIMENTS,
    "dataset": ("csi2017",),
    "curve": ("lsnd", "babar-2017"),
    "channels": CHANNELS,
    "model": (*PRESETS, "events"),
    "model_x": tuple(PRESETS),
    "conventions": tuple(PROFILES),
}
"""Options that hold names → the names."""
COUNTED = {readers.number: 1, readers.whole: 1, readers.numbers: 3, readers.interval: 2}
"""Reader of numbers → how many."""


def good(name: str) -> st.SearchStrategy[str]:
    """Texts that the reader of an option takes; not all fit together."""
    option, rule = OPTIONS[name], RANGES.get(name, ANY_NUMBER)
    if option.choices:
        return st.sampled_from(option.choices)
    if name in NAMES:
        return st.sampled_from(NAMES[name])
    if option.reader in (readers.whole, readers.number):
        return inside(rule).map(repr)
    if option.reader in COUNTED or option.reader is readers.grid:
        most = COUNTED.get(option.reader, 2)
        return st.lists(inside(rule).map(repr), min_size=1, max_size=most).map(",".join)
    if option.reader is readers.path:
        return st.just("made.json")
    return st.sampled_from(("up=1", "width=narrow", "ee.u=0.1", "csi_time", "none"))


def bad(name: str) -> st.SearchStrategy[str]:
    """Texts that the reader of an option or its range refuses."""
    option, rule = OPTIONS[name], RANGES.get(name)
    wrong = texts.filter(lambda text: not _reads(name, text))
    if rule is None or option.choices:
        return wrong
    key = "up=" if "=" in option.metavar else ""
    broken = outside(rule).map(lambda x: f"{key}{_written(x)}")
    return wrong | broken.filter(lambda text: not _reads(name, text))


def _written(number: float) -> str:
    return hex(number) if isinstance(number, int) and number > 10**400 else repr(number)


def _reads(name: str, text: str) -> bool:
    from dmjax.studies.options import read_option

    try:
        read_option(name, name, text)
    except ValueError:
        return False
    return True


TAKES_ALL = (readers.text, readers.names, readers.flag, readers.held, readers.path)


def _strict(name: str) -> bool:
    """Whether the reader of an option refuses some texts."""
    return OPTIONS[name].reader not in TAKES_ALL and name not in NAMES


def fields_of(verb: str) -> list[str]:
    """The options of a verb."""
    return [field.name for field in dataclasses.fields(cli.VERBS[verb][0])]


@st.composite
def refused_lists(draw) -> list[str]:
    """Argument lists with at least one value that is wrong whatever stands beside it."""
    verb = draw(st.sampled_from(sorted(cli.VERBS)))
    options = fields_of(verb)
    wrong = draw(st.sampled_from([name for name in options if _strict(name)]))
    some = draw(st.lists(st.sampled_from(options), max_size=3, unique=True))
    listed = [verb]
    for name in options:
        if name in POSITIONAL:
            listed.append(draw(good(name)))
    for name in dict.fromkeys([wrong, *some]):
        if name in POSITIONAL:
            continue
        flag = spelled(name)
        if OPTIONS[name].metavar == "":
            listed.append(draw(st.sampled_from([flag, f"--no-{flag[2:]}"])))
        else:
            listed.append(f"{flag}={draw(bad(name) if name == wrong else good(name) | texts)}")
    return listed + draw(st.sampled_from(([], ["--json"], ["--quiet"])))


@st.composite
def strange_lists(draw) -> list[str]:
    """Words where commands, options and names should stand."""
    words = texts.filter(lambda text: not text.startswith("-") and text != "")
    verb = draw(st.sampled_from([*sorted(cli.VERBS), "plot", "info"]))
    return draw(
        st.one_of(
            words.map(lambda word: [word]),
            words.map(lambda word: ["info", word]),
            words.map(lambda word: ["plot", word]),
            words.map(lambda word: ["export", "hepdata", word, "--out", "x"]),
            words.map(lambda word: ["data", "add", word, "x"]),
            words.map(lambda word: [verb, f"--{word}"]),
            st.tuples(words, words).map(lambda two: [verb, *two, "--no-such-option"]),
            st.just([verb, "--out"]),
        )
    )


CHEAP = ("mass", "eps", "alpha_d", "mass_ratio", "m_chi", "pot", "lifetime_ns")
"""Options of a prediction that compile nothing new."""


@st.composite
def answered_lists(draw) -> list[str]:
    """Predictions with numbers inside their ranges: one program answers all of them."""
    names = draw(st.sets(st.sampled_from(CHEAP[2:])))
    given = [f"{spelled(name)}={draw(good(name))}" for name in ("mass", "eps", *sorted(names))]
    return ["predict", "coherent-csi", "--channels=pi0,piminus", *given]
