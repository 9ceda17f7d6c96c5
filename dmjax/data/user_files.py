"""Texts of users' files: read as UTF-8 whatever the locale, or refused in one line."""

import tomllib
from pathlib import Path
from typing import Any

from dmjax.errors import InputError

MOST_BYTES = 16 * 2**20
"""Of a description or a table, so that nothing larger is read into memory."""


def read_text(path: Path) -> str:
    """The text of a file, with or without a byte-order mark.

    Raises:
        InputError: the file cannot be read, is larger than `MOST_BYTES` or is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as problem:
        raise InputError(f"cannot read {path}: {problem.strerror or problem}") from None
    if len(content) > MOST_BYTES:
        raise InputError(f"cannot read {path}: larger than {MOST_BYTES // 2**20} MiB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path}: not a text in UTF-8: save it in that encoding") from None


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file.

    Raises:
        InputError: as `read_text`; no TOML, nested too deep, or a whole number too long to read.
    """
    text = read_text(path)
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise InputError(f"{path}: not a TOML file: nested too deep") from None
    except ValueError as problem:
        raise InputError(f"{path}: not a TOML file: {str(problem).splitlines()[0]}") from None
