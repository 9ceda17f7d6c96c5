"""How a study is done, and its toys on disk: finished blocks are kept and continued from."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import jax
import numpy as np

from dmjax._version import __version__
from dmjax.likelihood.joint import JointModel, off_term_of
from dmjax.limits.toys import Throwing, Toys, Wanted, labelled_key
from dmjax.store.blocks import Arrays, Block, fingerprint, finite, kept
from dmjax.store.folders import claim_folder, holds
from dmjax.store.locks import FolderLock
from dmjax.store.plain import to_plain
from dmjax.store.progress import Say, under
from dmjax.studies.setting import Setting, describe_setting

_OTHERS = "toys of another study"


class ToyPlan(Protocol):
    """What settings say of toys."""

    @property
    def toys(self) -> int:
        """At each point."""
        ...

    @property
    def seed(self) -> int:
        """Of the random numbers."""
        ...

    @property
    def batch_size(self) -> int:
        """Held in memory at once."""
        ...


def configuration(settings: Any) -> dict:
    """Settings as plain types, as saved."""
    return to_plain(asdict(settings))


def stated(setting: Setting, joint: JointModel, settings: Any) -> dict:
    """What every result states: fields `quantity` to `configuration` of results."""
    about = describe_setting(setting)
    names = ("quantity", "datasets", "signal", "conventions")
    return {name: about[name] for name in names} | {
        "off_term": off_term_of(joint),
        "integrate": setting.integrate,
        "configuration": configuration(settings),
    }


def belonging(settings: Any, *inputs: Any) -> dict:
    """What saved work belongs to: settings, version, and a fingerprint of its models and data."""
    numbers = [x for x in jax.tree.leaves(inputs) if isinstance(x, jax.Array | np.ndarray | float)]
    made = {"version": __version__, "inputs": fingerprint(numbers)}
    return configuration(settings) | made


def toy_folder(out: Path | None) -> Path | None:
    """Folder of the toys beside the file of a result."""
    return None if out is None else out.with_name(f"{out.stem}-toys")


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

    def toys(self, wanted: Wanted, make: Callable[[], Toys], say: Say) -> Toys:
        """The toys that an earlier run kept of what is wanted, or new ones."""
        if not self.lock.held:
            self.lock.claim()
            claim_folder(self.folder, self.configuration, _OTHERS)
        label, rows, about = wanted
        path = self.folder / f"{label}.npz"
        block = Block(path, self.configuration, label, rows, _check_toys, about)
        return Toys(**kept(block, lambda: make()._asdict(), say))


@contextmanager
def open_store(out: Path | None, settings: Any, *inputs: Any) -> Iterator[Store | None]:
    """The toys beside the file of a result.

    Args:
        out: the file; None: no store.
        settings: of the study.
        inputs: models, templates and data of which the toys are made: the content of a file of
            one's own may change where its name, which is all that settings state, does not.

    Raises:
        InputError: the folder holds toys of another study, or another process works there.
    """
    folder = toy_folder(out)
    if folder is None:
        yield None
        return
    store = Store(folder, belonging(settings, *inputs))
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


def throwing(plan: ToyPlan, store: Store | None, prefix: str, say: Say) -> Throwing:
    """Toys with the plan's seed, kept in the store."""

    def keep(wanted: Wanted, make: Callable[[], Toys]) -> Toys:
        if store is None:
            return make()
        return store.toys(wanted._replace(label=f"{prefix}{wanted.label}"), make, say)

    return Throwing(
        toys=plan.toys,
        key=labelled_key(jax.random.key(plan.seed), prefix),
        batch_size=plan.batch_size,
        say=under(say, prefix),
        keep=keep,
    )
