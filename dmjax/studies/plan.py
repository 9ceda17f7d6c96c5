"""How a study is done, and its toys on disk: finished blocks are kept and continued from."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import jax

from dmjax._version import __version__
from dmjax.errors import InputError
from dmjax.inference.toys import Throwing, Toys, labelled_key
from dmjax.io import check_writable, read_arrays, read_json, to_plain, write_arrays, write_json
from dmjax.studies.family import Family, describe_family

Say = Callable[[str, int, int], None]
"""Called with (what, done, of)."""


class Plan(NamedTuple):
    """How a study is done.

    Attributes:
        method: of the limit or interval.
        cl: confidence level.
        test: "qtilde" or, for `toy_study`, any test statistic.
        cls: CLs, or the p-value of signal and background alone.
        toys, seed, batch_size: of toys; not used by "asymptotic".
        points: strengths at which toys are thrown, per mass.
    """

    method: str = "asymptotic"
    cl: float = 0.90
    test: str = "qtilde"
    cls: bool = True
    toys: int = 1000
    seed: int = 2017
    batch_size: int = 100
    points: int = 10


def nothing(*_: object) -> None:
    """Say nothing."""


def configuration(family: Family, plan: Plan, **more) -> dict:
    """A family and a plan as plain types, as saved."""
    return to_plain(describe_family(family) | plan._asdict() | more)


def throwing(plan: Plan, store: Path | None, prefix: str, say: Say) -> Throwing:
    """Toys with the plan's seed, kept below `store`."""

    def keep(label: str, make: Callable[[], Toys]) -> Toys:
        if store is None:
            return make()
        path = store / f"{prefix}{label}.npz"
        if path.exists():
            return Toys(**read_arrays(path))
        made = make()
        write_arrays(path, made._asdict())
        return made

    return Throwing(
        toys=plan.toys,
        key=labelled_key(jax.random.key(plan.seed), prefix),
        batch_size=plan.batch_size,
        say=lambda label, done: say(f"{prefix}{label}", done, plan.toys),
        keep=keep,
    )


def open_store(store: Path | None, wanted: dict) -> None:
    """Claim a folder of toys for a configuration; InputError where it holds another."""
    if store is None:
        return
    config = store / "config.json"
    check_writable(config)
    wanted = wanted | {"version": __version__}
    if not config.exists():
        write_json(config, wanted)
        return
    held = read_json(config)
    differing = sorted(key for key in wanted if held.get(key) != wanted[key])
    if differing:
        raise InputError(
            f"{store} holds toys of another study (differs in {', '.join(differing)}); choose "
            "another --out or delete it"
        )
