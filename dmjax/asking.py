"""How verbs in Python read their keywords: settings of options, a whole signal taken apart."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import jax.numpy as jnp

from dmjax.conventions import describe
from dmjax.errors import InputError
from dmjax.prediction.signal import Signal
from dmjax.studies.rules import settle
from dmjax.studies.settings import SIGNAL_OPTIONS

Settings = TypeVar("Settings")
Out = Path | str | None
"""Where a verb writes."""


def as_path(out: Out) -> Path | None:
    """The path that was given, if any."""
    return None if out is None else Path(out)


def check_float64(what: str) -> None:
    """Raise InputError unless numbers are float64."""
    if jnp.result_type(float) != jnp.float64:
        raise InputError(
            f"{what} needs float64 (predict, events and templates do not): first "
            "jax.config.update('jax_enable_x64', True)"
        )


def settled(
    kind: type[Settings], options: Mapping[str, Any], whole_signal: bool = True
) -> Settings:
    """Settings of keywords, a whole signal taken apart."""
    check_float64("this verb")
    given = dict(options)
    held = given.get("signal")
    if isinstance(held, Signal):
        del given["signal"]
        clash = [name for name in SIGNAL_OPTIONS if name in given]
        if clash:
            raise InputError(f"'{clash[0]}' is a field of the signal: set it there")
        given |= _fields(held)
        if not whole_signal:
            given["signal"] = "dark-matter"
    return settle(kind, given)


def _fields(signal: Signal) -> dict[str, Any]:
    """A signal as options."""
    chosen = describe(signal.conventions)
    plain = asdict(signal) | {
        "conventions": chosen["conventions"],
        "choose": tuple(chosen["changed"].items()),
    }
    return {name: plain[name] for name in SIGNAL_OPTIONS if plain[name] not in (None, ())}
