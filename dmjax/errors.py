"""The package's one kind of user error, and the sentence for an unknown name."""

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """Bad input: the message is one line that says what is wrong and what would be right."""


def unknown_name(kind: str, name: str, allowed: Iterable[str]) -> InputError:
    """The error for a name that is not known, with the nearest known one.

    >>> str(unknown_name("model", "dark-foton", ["dark-photon", "baryonic"]))
    "unknown model 'dark-foton'; did you mean 'dark-photon'? (known: dark-photon, baryonic)"
    """
    known = list(allowed)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    hint = f"did you mean '{near[0]}'? " if near else ""
    return InputError(f"unknown {kind} '{name}'; {hint}(known: {', '.join(known)})")
