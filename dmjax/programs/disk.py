"""One kept thing in one file: a line of JSON that states a checksum, and bytes."""

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from dmjax.errors import InputError
from dmjax.store.writing import whole


def write_kept(path: Path, head: dict[str, Any], content: bytes) -> None:
    """Keep bytes and what describes them; where the disk refuses, they are not kept."""
    line = json.dumps(head | {"sha256": hashlib.sha256(content).hexdigest()})
    with suppress(InputError, OSError), whole(path) as file:
        file.write_bytes(line.encode() + b"\n" + content)


def read_kept(path: Path) -> tuple[dict[str, Any], bytes] | None:
    """(what describes them, bytes); None where there are none, or damaged ones."""
    try:
        line, content = path.read_bytes().split(b"\n", 1)
        head = json.loads(line)
        whole_one = head["sha256"] == hashlib.sha256(content).hexdigest()
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return (head, content) if whole_one else None
