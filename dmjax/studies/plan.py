"""How a study is done, and its toys on disk: finished blocks are kept and continued from."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import jax

from dmjax._version import __version__
from dmjax.likelihood.joint import JointModel
from dmjax.limits.toys import Throwing, Toys, labelled_key
from dmjax.store.blocks import Arrays, Block, finite, kept
from dmjax.store.folders import FolderLock, claim_folder, holds
from dmjax.store.plain import to_plain
from dmjax.store.progress import Say
from dmjax.studies.family import Family, describe_family

_OTHERS = "toys of another study"


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


def configuration(family: Family, plan: Plan, **more) -> dict:
    """A family and a plan as plain types, as saved."""
    return to_plain(describe_family(family) | plan._asdict() | more)


def stated(family: Family, joint: JointModel, wanted: dict) -> dict:
    """What every result of a family states: fields `quantity` to `configuration` of results."""
    terms = {m.off_term for m in joint.models if m.observed.off is not None}
    names = ("model", "dm", "mass_ratio", "alpha_d", "channels")
    return {
        "quantity": wanted["quantity"],
        "off_term": terms.pop() if len(terms) == 1 else None,
        "datasets": list(family.datasets),
        "signal": {name: wanted[name] for name in names},
        "conventions": {
            "profile": wanted["conventions"],
            "changed": wanted["conventions_changed"],
        },
        "configuration": wanted,
    }


class Store:
    """A folder of toys of one configuration; one process at a time works in it.

    Args:
        folder: of the toys; made with the first block, so a question that is refused leaves none.
        configuration: that they belong to.
    """

    def __init__(self, folder: Path, configuration: dict) -> None:
        self.folder = folder
        self.configuration = configuration
        self.lock = FolderLock(folder)
        holds(folder, configuration, _OTHERS)

    def toys(self, label: str, rows: int, make: Callable[[], Toys], say: Say) -> Toys:
        """The toys that an earlier run kept under a label, or new ones."""
        if not self.lock.held:
            self.lock.claim()
            claim_folder(self.folder, self.configuration, _OTHERS)
        path = self.folder / f"{label}.npz"
        block = Block(path, self.configuration, label, rows, _check_toys)
        return Toys(**kept(block, lambda: make()._asdict(), say))


@contextmanager
def open_store(folder: Path | None, wanted: dict) -> Iterator[Store | None]:
    """The store of a configuration; InputError where the folder holds another or is in use."""
    if folder is None:
        yield None
        return
    store = Store(folder, wanted | {"version": __version__})
    try:
        yield store
    finally:
        store.lock.release()


def _check_toys(arrays: Arrays) -> str | None:
    """Every toy that counts has finite numbers."""
    if set(arrays) != set(Toys._fields):
        return "is no block of toys"
    good = arrays["status"] == 0
    numbers = ("statistic", "best")
    return finite(*numbers)({name: arrays[name][good] for name in numbers})


def throwing(plan: Plan, store: Store | None, prefix: str, say: Say) -> Throwing:
    """Toys with the plan's seed, kept in the store."""

    def keep(label: str, rows: int, make: Callable[[], Toys]) -> Toys:
        if store is None:
            return make()
        return store.toys(f"{prefix}{label}", rows, make, say)

    return Throwing(
        toys=plan.toys,
        key=labelled_key(jax.random.key(plan.seed), prefix),
        batch_size=plan.batch_size,
        say=lambda label, done: say(f"{prefix}{label}", done, plan.toys, "toys"),
        keep=keep,
    )
