"""Text files of the user: read whatever the locale, or refused in one line that is true."""

import codecs
import tomllib
from pathlib import Path
from typing import Any

from dmjax.errors import InputError

MOST = 64 * 2**20
"""Bytes of the longest file that is read: no description is longer, and a device has no end."""

_MARKS = (  # UTF-32 first: its mark begins with that of UTF-16.
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, or in UTF-16 or UTF-32 that says so by its mark.

    Line breaks of any kind become "\\n".

    Args:
        path: of the file.

    Returns:
        Its text, without a byte-order mark.

    Raises:
        InputError: it cannot be read, is longer than 64 MiB, or is no text in these encodings.
    """
    content = _content(path)
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise InputError(
            f"{path}: not UTF-8 text (byte 0x{content[problem.start]:02x} in line {line}); save it "
            "as UTF-8"
        ) from None
    if "\0" in text:
        raise InputError(f"{path}: not UTF-8 text (it holds NUL characters); save it as UTF-8")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MOST + 1)
    except (OSError, ValueError) as problem:
        raise InputError(
            f"cannot read {path}: {getattr(problem, 'strerror', None) or problem}"
        ) from None
    if len(content) > MOST:
        raise InputError(f"cannot read {path}: it is longer than {MOST // 2**20} MiB")
    return content


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file.

    Raises:
        InputError: as `read_text`, or the text is no TOML.
    """
    text = read_text(path)
    try:
        return tomllib.loads(text)
    except ValueError as problem:
        raise InputError(f"{path}: not a TOML file: {str(problem).splitlines()[0]}") from None
    except RecursionError:
        raise InputError(f"{path}: not a TOML file: nested too deeply") from None
