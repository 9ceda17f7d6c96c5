"""Standard streams in any state: closed, full, unread, or of an encoding without our characters."""

import codecs
import errno
import os
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn, TextIO

from dmjax.errors import InputError, one_line

UNREAD = 128 + 13
"""Exit status where nobody reads the output any more: as shells report SIGPIPE."""

_SPELLING = "dmjax.spelled"
_WORDS = {
    **{"±": "+-", "−": "-", "–": "-", "—": "-", "→": "->", "≤": "<=", "≥": ">=", "×": "x"},
    **{"·": "*", "∞": "inf", "√": "sqrt", "∫": "int", "∝": "~", "≈": "~", "…": "...", "µ": "u"},
    **{"‘": "'", "’": "'", "“": '"', "”": '"', "°": " deg", "ħ": "hbar"},
}


def _spelled_character(character: str) -> str:
    if character in _WORDS:
        return _WORDS[character]
    form, _, code = unicodedata.decomposition(character).partition(" ")
    if form in ("<super>", "<sub>"):
        return ("^" if form == "<super>" else "_") + _spelled(chr(int(code.split()[0], 16)))
    words = unicodedata.name(character, "").split()
    if words[:1] == ["GREEK"] and words[2:3] == ["LETTER"]:
        name = words[3].lower()
        return name.capitalize() if words[1] == "CAPITAL" else name
    return character.encode("ascii", "backslashreplace").decode()


def _spelled(text: str) -> str:
    """A text in ASCII.

    >>> _spelled("χ² = 3 ± 1 in Zürich")
    'chi^2 = 3 +- 1 in Z\\\\xfcrich'
    """
    return "".join(c if c.isascii() else _spelled_character(c) for c in text)


def _instead(problem: UnicodeError) -> tuple[str, int]:
    """What is written for characters that an encoding lacks."""
    if not isinstance(problem, UnicodeEncodeError):
        raise problem
    return _spelled(problem.object[problem.start : problem.end]), problem.end


codecs.register_error(_SPELLING, _instead)


def printable(text: str) -> str:
    """A text in one line, in characters that stdout can show.

    >>> printable("results in a\\nb")
    'results in a\\\\nb'
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return one_line(text).encode(encoding, _SPELLING).decode(encoding)


class _Stream:
    """A text stream that a command writes to; `lost` says what follows where that fails."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        # Without a buffer nothing writes past this stream.
        if name == "buffer":
            raise AttributeError(name)
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        # Others write nothing to learn what kind of stream this is: no answer is lost by that.
        if text == "":
            return 0
        try:
            return self._stream.write(text)
        except OSError as problem:
            self._lost(problem)
        return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as problem:
            self._lost(problem)

    def _lost(self, problem: OSError) -> None:
        """What follows: progress and messages that nobody hears are no reason to stop."""
        _to_nowhere(self._stream)


class _Answers(_Stream):
    """Standard output: an answer that cannot be written ends the command."""

    def _lost(self, problem: OSError) -> NoReturn:
        _to_nowhere(self._stream)
        if problem.errno == errno.EPIPE:
            raise SystemExit(UNREAD)
        raise InputError(
            f"cannot write to standard output: {problem.strerror or problem}; write to a file "
            "with --out"
        ) from problem


def _to_nowhere(stream: TextIO) -> None:
    """What the stream still holds is written to nowhere, so that nothing complains at the end."""
    with suppress(OSError, ValueError), Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())


def _open_closed() -> None:
    """A standard stream that the caller closed leads to nowhere.

    Its number would else be given to the next file that is opened, and be written into.
    """
    opened = os.open(os.devnull, os.O_RDWR)
    while opened <= 2:
        opened = os.open(os.devnull, os.O_RDWR)
    os.close(opened)
    for name, number in (("stdin", 0), ("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            mode = "r" if number == 0 else "w"
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


def _wait_for_readers(stream: TextIO) -> None:
    """A pipe that a caller left non-blocking refuses what does not fit at once."""
    with suppress(OSError, ValueError):
        os.set_blocking(stream.fileno(), True)


@contextmanager
def standard_streams() -> Iterator[None]:
    """stdout and stderr that can be written to inside the block, in any state they come in.

    A closed stream leads to nowhere. Characters that an encoding lacks are spelled in ASCII. A
    stdout that nobody reads ends the command in silence with status `UNREAD`; one that is full is
    an `InputError`; stderr is never a reason to stop.
    """
    _open_closed()
    held = sys.stdout, sys.stderr
    before = [getattr(stream, "errors", None) for stream in held]
    for stream in held:
        _wait_for_readers(stream)
        _on_missing(stream, _SPELLING)
    sys.stdout, sys.stderr = _Answers(held[0]), _Stream(held[1])
    try:
        yield
    finally:
        sys.stdout, sys.stderr = held
        for stream, errors in zip(held, before, strict=True):
            _on_missing(stream, errors)


def _on_missing(stream: TextIO, errors: str | None) -> None:
    """How a stream writes characters that its encoding lacks; a stream without encoding has all."""
    change = getattr(stream, "reconfigure", None)
    if change is not None and errors is not None:
        change(errors=errors)
