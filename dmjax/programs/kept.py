"""`kept`: a function compiled like `filter_jit`, whose traced program is kept on disk."""

from collections.abc import Callable
from functools import cache, update_wrapper
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import export
from jax.core import Tracer

from dmjax.programs.described import CannotDescribeError, is_argument, placed, switches
from dmjax.programs.disk import read_kept, write_kept
from dmjax.programs.folder import kept_place, programs_folder
from dmjax.programs.rebuilt import outline, rebuilt


class Kept:
    """A function of arrays and plain values as a program; see `kept`."""

    def __init__(self, function: Callable):
        update_wrapper(self, function)
        self._function = function
        self._jitted = eqx.filter_jit(function)
        self._programs: dict[Any, Program | None] = {}

    def __call__(self, *given: Any, **named: Any) -> Any:
        """The function's value, from a kept program where there is one."""
        leaves, tree = jax.tree.flatten((given, named))
        if programs_folder() is None or any(isinstance(leaf, Tracer) for leaf in leaves):
            return self._jitted(*given, **named)
        try:
            found = self._program((given, named), _name_of(leaves, tree))
        except CannotDescribeError:
            return self._jitted(*given, **named)
        if found is None:
            return self._jitted(*given, **named)
        arrays = [leaf for leaf in leaves if is_argument(leaf)]
        return rebuilt(found.form, list(found.run(*arrays)))

    def _program(self, arguments: tuple, name: Any) -> "Program | None":
        """The program of this process, of the disk, or traced; None where it cannot be kept."""
        if name in self._programs:
            return self._programs[name]
        path = kept_place(self._function, arguments)
        if path is None:
            return None
        name = path.name if name is None else name
        if name not in self._programs:
            self._programs[name] = _read(path) or _written(path, self._function, arguments)
        return self._programs[name]


def _name_of(leaves: list, tree: Any) -> Any:
    """What programs of this process are known by: faster than a digest; None: not hashable."""
    plain = (leaf.hex() if type(leaf) is float else placed(leaf) for leaf in leaves)
    name = (tree, *zip(map(type, leaves), plain, strict=True), *switches())
    try:
        hash(name)
    except TypeError:
        return None
    return name


def kept(function: Callable) -> Kept:
    """Compile a function as `equinox.filter_jit` does; keep its traced program on disk.

    Arrays are arguments of the program, everything else is part of it. Under another
    transformation (vmap, grad, jit), without a folder of programs, or where an argument cannot be
    described or a result not made again, it is `filter_jit(function)`.

    Args:
        function: named, of this package, of trees of arrays and plain values to trees of arrays.

    Returns:
        A function of the same arguments.

    >>> kept(jnp.sin)(jnp.zeros(2)).tolist()
    [0.0, 0.0]
    """
    return Kept(function)


class Program(NamedTuple):
    """A program of arrays to arrays, and the outline of what it returns."""

    form: Any
    run: Callable


def _written(path: Path, function: Callable, arguments: tuple) -> Program | None:
    """Trace the program and keep it; None where it cannot be kept."""
    forms: list = []
    arrays, rest = eqx.partition(arguments, is_argument)
    flat, tree = jax.tree.flatten(arrays)

    def program(*leaves):
        given, named = eqx.combine(jax.tree.unflatten(tree, leaves), rest)
        arrays: list = []
        forms.append(outline(function(*given, **named), arrays))
        return arrays

    try:
        content = bytes(export.export(jax.jit(program))(*flat).serialize())
    except Exception:
        # What is wrong with the function itself shows when it is called without being kept.
        return None
    write_kept(path, {"form": forms[0]}, content)
    # As it will be read: the next process finds the same machine code.
    return _loaded(forms[0], content)


def _read(path: Path) -> Program | None:
    """A kept program, or None."""
    held = read_kept(path)
    if held is None:
        return None
    try:
        return _loaded(held[0]["form"], held[1])
    except (KeyError, ValueError):
        return None


def _loaded(form: Any, content: bytes) -> Program:
    if b"lapack" in content:
        _load_solvers()
    return Program(form, jax.jit(export.deserialize(bytearray(content)).call))


@cache
def _load_solvers() -> None:
    """Let JAX load its linear algebra, which it does when it traces a call of it."""
    jnp.linalg.cholesky(jnp.eye(2)).block_until_ready()
