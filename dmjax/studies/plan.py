"""How a study is done, and its toys on disk: finished blocks are kept and continued from."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import jax

from dmjax._version import __version__
from dmjax.limits.toys import Throwing, Toys, labelled_key
from dmjax.store.files import claim_folder, holds, kept_arrays, to_plain
from dmjax.studies.family import Family, describe_family

_OTHERS = "toys of another study"

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
        bands: for "toys": whether the limits expected without signal are wanted too.
    """

    method: str = "asymptotic"
    cl: float = 0.90
    test: str = "qtilde"
    cls: bool = True
    toys: int = 1000
    seed: int = 2017
    batch_size: int = 100
    points: int = 10
    bands: bool = False


def nothing(*_: object) -> None:
    """Say nothing."""


def configuration(family: Family, plan: Plan, **more) -> dict:
    """A family and a plan as plain types, as saved."""
    return to_plain(describe_family(family) | plan._asdict() | more)


class Store(NamedTuple):
    """A folder of toys, and the configuration that they belong to."""

    folder: Path
    configuration: dict


def open_store(folder: Path | None, wanted: dict) -> Store | None:
    """The store of a configuration; InputError where the folder holds another.

    The folder is made with its first block of toys: a question that is refused leaves none.
    """
    if folder is None:
        return None
    store = Store(folder, wanted | {"version": __version__})
    holds(*store, _OTHERS)
    return store


def throwing(plan: Plan, store: Store | None, prefix: str, say: Say) -> Throwing:
    """Toys with the plan's seed, kept in the store."""

    def keep(label: str, make: Callable[[], Toys]) -> Toys:
        if store is None:
            return make()
        claim_folder(*store, _OTHERS)
        path = store.folder / f"{prefix}{label}.npz"
        return Toys(**kept_arrays(path, lambda: make()._asdict()))

    return Throwing(
        toys=plan.toys,
        key=labelled_key(jax.random.key(plan.seed), prefix),
        batch_size=plan.batch_size,
        say=lambda label, done: say(f"{prefix}{label}", done, plan.toys),
        keep=keep,
    )
