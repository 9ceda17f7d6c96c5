"""What a program depends on besides the numbers of its arrays, as one digest.

Two calls with the same digest run the same program. Everything that tracing could read is in it:
the shapes of arrays, every plain value, the functions, the code and tables of this package, the
versions of JAX, its precision, and the processor.
"""

import enum
import hashlib
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache, partial
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

_PACKAGE = Path(__file__).parents[1]
_KNOWN = ("dmjax", "jax", "jaxlib", "equinox", "numpy", "builtins", "functools", "operator")
"""Packages whose functions are named, not read: their versions are in the digest."""


_SWITCHES = (
    "jax_enable_x64",
    "jax_default_matmul_precision",
    "jax_numpy_dtype_promotion",
    "jax_numpy_rank_promotion",
)
"""Of JAX, which change what is traced."""


class CannotDescribeError(Exception):
    """A value that no digest can stand for."""


@dataclass(frozen=True)
class Place:
    """Where an array goes that is an argument of the program: its content does not matter."""

    shape: tuple[int, ...]
    dtype: str
    weak: bool


def digest_of(function: Callable, arguments: Any) -> str:
    """The digest of a call.

    Args:
        function: of dmjax.
        arguments: arrays, containers, modules, plain values, functions.

    Raises:
        CannotDescribeError: something in the arguments is none of these.

    >>> import jax.numpy as jnp
    >>> one, other = (digest_of(jnp.sin, jnp.full(3, x)) for x in (1.0, 2.0))
    >>> one == other, one == digest_of(jnp.sin, jnp.ones(4)), one == digest_of(jnp.sin, 1.0)
    (True, False, False)
    """
    found = hashlib.sha256(repr(_surroundings()).encode())
    for text in _texts((function, jax.tree.map(placed, arguments))):
        found.update(text.encode())
        found.update(b"\0")
    return found.hexdigest()


def is_argument(leaf: Any) -> bool:
    """Whether a program takes it as an argument: arrays of JAX, arrays and numbers of NumPy."""
    if isinstance(leaf, np.ndarray | np.generic):
        return not leaf.dtype.hasobject and leaf.dtype.kind in "biufc"
    return isinstance(leaf, jax.Array)


def placed(leaf: Any) -> Any:
    """The `Place` of an array; anything else as it is."""
    if not is_argument(leaf):
        return leaf
    # Random keys have no weak type.
    return Place(leaf.shape, str(leaf.dtype), bool(getattr(leaf, "weak_type", False)))


def switches() -> tuple[str, ...]:
    """What of JAX's configuration changes what is traced."""
    return tuple(str(getattr(jax.config, name)) for name in _SWITCHES)


def _surroundings() -> tuple:
    """What every program depends on."""
    device = jax.devices()[0]
    return (
        package_digest(),
        *_versions(),
        device.platform,
        device.device_kind,
        jax.device_count(),
        _processor(),
        *switches(),
    )


@cache
def package_digest() -> str:
    """SHA-256 of the code and the tables of this package."""
    found = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            found.update(str(path.relative_to(_PACKAGE)).encode() + b"\0")
            found.update(path.read_bytes())
    return found.hexdigest()


@cache
def _versions() -> tuple[str, ...]:
    from importlib.metadata import version

    return tuple(version(name) for name in ("jax", "jaxlib", "equinox", "numpy"))


@cache
def _processor() -> str:
    """What of the processor machine code depends on."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")


def _texts(value: Any):
    """A value as a stream of texts, the same in every process."""
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        yield f"{type(value).__name__}:{value!r}"
    elif isinstance(value, np.ndarray | np.generic | jax.Array):
        if jnp.issubdtype(value.dtype, jax.dtypes.extended):
            raise CannotDescribeError("a fixed random key")
        held = np.ascontiguousarray(value)
        if held.dtype.hasobject:
            raise CannotDescribeError("an array of objects")
        yield f"fixed:{held.shape}:{held.dtype}:{hashlib.sha256(held.tobytes()).hexdigest()}"
    elif isinstance(value, enum.Enum | type | np.dtype):
        yield f"name:{_name(value) if isinstance(value, type) else repr(value)}"
    elif isinstance(value, CodeType):
        yield f"code:{hashlib.sha256(value.co_code).hexdigest()}:{value.co_names}"
        yield from _texts([one for one in value.co_consts if one is not Ellipsis])
    elif callable(value) and (hasattr(value, "__wrapped__") or not is_dataclass(value)):
        yield from _of_function(value)
    else:
        yield from _of_container(value)


def _of_container(value: Any):
    if isinstance(value, Mapping):
        held: list = sorted(value.items(), key=lambda item: str(item[0]))
    elif isinstance(value, set | frozenset):
        held = sorted(value, key=str)
    elif isinstance(value, tuple | list):
        held = list(value)
    elif is_dataclass(value):
        if type(value).__module__.split(".")[0] not in _KNOWN:
            raise CannotDescribeError(f"a value of {type(value).__module__}")
        held = [(field.name, getattr(value, field.name, None)) for field in fields(value)]
    else:
        raise CannotDescribeError(_name(type(value)))
    yield f"({_name(type(value))}:{len(held)}"
    for one in held:
        yield from _texts(one)
    yield ")"


def _of_function(value: Any):
    if isinstance(value, partial):
        yield "partial"
        yield from _texts([value.func, value.args, value.keywords])
    elif isinstance(value, MethodType):
        yield f"method:{value.__name__}"
        yield from _texts(value.__self__)
        yield from _texts(value.__func__)
    elif isinstance(value, FunctionType):
        if value.__module__.split(".")[0] not in _KNOWN:
            raise CannotDescribeError(f"a function of {value.__module__}")
        yield f"function:{_name(value)}"
        yield from _texts(value.__code__)
        yield from _texts([value.__defaults__, value.__kwdefaults__])
        yield from _texts([cell.cell_contents for cell in value.__closure__ or ()])
    elif hasattr(value, "__wrapped__"):
        yield f"wrapped:{_name(type(value))}"
        yield from _texts(value.__wrapped__)
    elif isinstance(value, BuiltinFunctionType | np.ufunc):
        yield f"builtin:{value.__name__}"
    else:
        raise CannotDescribeError(_name(type(value)))


def _name(value: Any) -> str:
    return f"{value.__module__}.{value.__qualname__}"
