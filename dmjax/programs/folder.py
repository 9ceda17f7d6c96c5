"""The folder of kept programs: which one, whether it can be trusted, how large it may become."""

import os
import stat
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from dmjax.programs.described import digest_of

VARIABLE = "DMJAX_CACHE"
"""Environment variable: 0 keeps no programs, a path keeps them there."""

MOST_BYTES = 2**30
"""Above it, the programs that were not read for longest are forgotten at the next start."""

QUIET = (0, 10, 2)
"""Of JAX: those before print a page of processor features for each machine code they read."""

_OURS, _MACHINE = "traced", "machine"
_DAMAGED = "damaged"
_folder: Path | None = None


def keep_programs(folder: Path | str | None = None) -> Path | None:
    """Keep programs on disk from now on, in this process and its successors.

    Loading a program runs it: the folder must be the user's own, writable by nobody else.

    Args:
        folder: where; None: what `DMJAX_CACHE` says, else the user's cache folder.

    Returns:
        The folder; None where programs are not kept: `DMJAX_CACHE=0`, no home, a folder that
        cannot be written, or one that others may write into.
    """
    global _folder
    _folder = _trusted(_chosen(folder))
    if _folder is None:
        return None
    forget_old(_folder)
    import jax

    unset = getattr(jax.config, "jax_compilation_cache_dir", None) is None
    if unset and jax.__version_info__ >= QUIET:
        _let_jax_keep(_folder / _MACHINE)
    return _folder


def programs_folder() -> Path | None:
    """Where traced programs are kept, or None."""
    return None if _folder is None else _folder / _OURS


def kept_place(function: Callable, arguments: Any) -> Path | None:
    """Where what a function makes of arguments is kept; None where nothing is.

    Raises:
        CannotDescribeError: the arguments have no digest.
    """
    folder = programs_folder()
    if folder is None:
        return None
    return folder / f"{function.__name__.strip('_')}-{digest_of(function, arguments)[:40]}"


def _chosen(folder: Path | str | None) -> Path | None:
    said = os.environ.get(VARIABLE, "")
    if folder is None and said == "0":
        return None
    if folder or said:
        return Path(folder or said)
    try:
        return user_cache_path("dmjax", appauthor=False) / "programs"
    except RuntimeError:
        return None


def _trusted(folder: Path | None) -> Path | None:
    """The folder, made where it is not there, if it is the user's alone."""
    if folder is None:
        return None
    try:
        for part in (folder, folder / _OURS, folder / _MACHINE):
            part.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = folder.stat()
    except (OSError, ValueError):
        return None
    if hasattr(os, "getuid"):
        open_to_others = state.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        if state.st_uid != os.getuid() or open_to_others:
            return None
    return folder if os.access(folder, os.W_OK) else None


def _let_jax_keep(folder: Path) -> None:
    """JAX's own store of machine code; an entry that it cannot read is compiled again.

    JAX never replaces an entry, so a damaged one would be compiled in every process: its warning
    leaves a mark, and the next start empties the folder.
    """
    import jax

    mark = folder / _DAMAGED
    if mark.exists():
        _empty(folder)
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)
    show = warnings.showwarning

    def shown(message, *where, **how) -> None:
        if "persistent compilation cache" not in str(message):
            show(message, *where, **how)
        elif "reading" in str(message):
            with suppress(OSError):
                mark.touch()

    warnings.showwarning = shown


def forget_old(folder: Path, most: int = MOST_BYTES) -> None:
    """Remove the programs that were written longest ago, until they take at most `most` bytes."""
    with suppress(OSError):
        files = [(one, one.stat()) for one in folder.rglob("*") if one.is_file()]
        held = sum(state.st_size for _, state in files)
        for one, state in sorted(files, key=lambda each: each[1].st_mtime):
            if held <= most:
                return
            one.unlink(missing_ok=True)
            held -= state.st_size


def _empty(folder: Path) -> None:
    for one in folder.iterdir():
        with suppress(OSError):
            one.unlink()
