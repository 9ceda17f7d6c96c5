"""The package's one kind of user error, and the sentence for an unknown name."""

import difflib
import math
from collections.abc import Iterable
from typing import Any


def one_line(text: str) -> str:
    """A text with line breaks, control characters and lone surrogates escaped.

    >>> print(one_line("no file 'a\\n\\x1b[2Jb'"))
    no file 'a\\n\\x1b[2Jb'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class InputError(ValueError):
    """Bad input: the message is one line that says what is wrong and what would be right.

    Names come into it as they were given, so what would break the line is escaped.
    """

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message))


def unknown_name(kind: str, name: str, allowed: Iterable[str]) -> InputError:
    """The error for a name that is not known, with the nearest known one.

    >>> str(unknown_name("model", "dark-foton", ["dark-photon", "baryonic"]))
    "unknown model 'dark-foton'; did you mean 'dark-photon'? (known: dark-photon, baryonic)"
    """
    known = list(allowed)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    hint = f"did you mean '{near[0]}'? " if near else ""
    return InputError(f"unknown {kind} {shown(name)}; {hint}(known: {', '.join(known)})")


def shown(value: Any, most: int = 60) -> str:
    """A value as errors show it: on one line, cut where it is long, however long a number is.

    >>> shown(["a", 1]), shown(10**5000)
    ("['a', 1]", 'a whole number of about 5000 digits')
    """
    if isinstance(value, int) and value.bit_length() > 200:
        return f"a whole number of about {value.bit_length() * math.log10(2.0):.0f} digits"
    try:
        text = " ".join(repr(value).split("\n"))
    except ValueError:  # Python prints no whole number of more than 4300 digits
        text = f"a {type(value).__name__} with a number too long to print"
    return text if len(text) <= most else text[: most - 3] + "..."
