"""Named parameters of a likelihood: declared once, shared by name, constrained or free."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.errors import InputError, unknown_name

_HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)


@dataclass(frozen=True)
class Parameter:
    """One number that a likelihood depends on.

    Args:
        name: what it is called everywhere; two analyses that use one name share the parameter.
        centre: where fits start and, with `sigma`, where the constraint is centred.
        sigma: standard deviation of the normal constraint; None: free.
        lower, upper: the range that fits stay in.

    Raises:
        InputError: no range, centre outside it, or sigma not positive.

    >>> Parameter("flux", 1.0, 0.1, lower=0.0).kind
    'normal'
    """

    name: str
    centre: float
    sigma: float | None = None
    lower: float = -math.inf
    upper: float = math.inf

    def __post_init__(self):
        if not self.name:
            raise InputError("a parameter needs a name")
        if not self.lower < self.upper:
            raise InputError(
                f"parameter '{self.name}' has no range: lower {self.lower:g} must be below "
                f"upper {self.upper:g}"
            )
        if not (math.isfinite(self.centre) and self.lower <= self.centre <= self.upper):
            raise InputError(
                f"parameter '{self.name}': centre {self.centre:g} must be finite and lie in "
                f"[{self.lower:g}, {self.upper:g}]"
            )
        if self.sigma is not None and not (math.isfinite(self.sigma) and self.sigma > 0):
            raise InputError(
                f"parameter '{self.name}': sigma must be a number above 0, or None for a free "
                f"parameter, got {self.sigma:g}"
            )

    @property
    def kind(self) -> str:
        """Kind of constraint: "normal" or "free"."""
        return "free" if self.sigma is None else "normal"


class ParameterSet(eqx.Module):
    """Parameters in a fixed order, as arrays.

    Attributes:
        centres, sigmas, lower, upper: (parameters); sigma is +inf for a free parameter.
        names: in order.
    """

    centres: Float[Array, " parameters"]
    sigmas: Float[Array, " parameters"]
    lower: Float[Array, " parameters"]
    upper: Float[Array, " parameters"]
    names: tuple[str, ...] = eqx.field(static=True)


def merge(*groups: Iterable[Parameter]) -> tuple[Parameter, ...]:
    """The parameters of several groups, each name once, in order of first appearance.

    Raises:
        InputError: one name with two different definitions.

    >>> shared = Parameter("flux", 1.0, 0.1)
    >>> [p.name for p in merge([shared], [Parameter("mu", 0.0), shared])]
    ['flux', 'mu']
    """
    found: dict[str, Parameter] = {}
    for group in groups:
        for parameter in group:
            held = found.setdefault(parameter.name, parameter)
            if held != parameter:
                raise InputError(
                    f"parameter '{parameter.name}' is defined twice and differently "
                    f"({_text(held)}; {_text(parameter)}); give one definition or two names"
                )
    return tuple(found.values())


def _text(p: Parameter) -> str:
    width = "free" if p.sigma is None else f"+- {p.sigma:g}"
    return f"{p.centre:g} {width} in [{p.lower:g}, {p.upper:g}]"


def parameter_set(parameters: Iterable[Parameter]) -> ParameterSet:
    """The arrays of a list of parameters with distinct names."""
    listed = merge(parameters)

    def column(values: Iterable[float]) -> Float[Array, " parameters"]:
        return jnp.asarray(np.array(list(values)), float)

    return ParameterSet(
        centres=column(p.centre for p in listed),
        sigmas=column(math.inf if p.sigma is None else p.sigma for p in listed),
        lower=column(p.lower for p in listed),
        upper=column(p.upper for p in listed),
        names=tuple(p.name for p in listed),
    )


def log_constraint(
    parameters: ParameterSet,
    values: Float[Array, " parameters"],
    centres: Float[Array, " parameters"],
    without: int | None = None,
) -> Float[Array, ""]:
    """Σ ln N(centre; value, σ) of the constrained parameters, each over its whole line.

    Args:
        parameters: which are constrained, and how.
        values: of the parameters.
        centres: the auxiliary measurements: `parameters.centres`, or those of a toy.
        without: position of a parameter whose constraint is left out (static).

    Returns:
        ln of the constraint, normalised as a density of `centres`; ranges do not enter.

    >>> known = parameter_set([Parameter("flux", 1.0, 0.1), Parameter("mu", 0.0)])
    >>> round(float(log_constraint(known, jnp.asarray([1.1, 5.0]), known.centres)), 3)
    0.884
    """
    sigmas = parameters.sigmas.astype(values.dtype)
    left_out = -1 if without is None else without
    known = jnp.isfinite(sigmas) & (np.arange(len(parameters.names)) != left_out)
    width = jnp.where(known, sigmas, 1.0)
    pull = (values - centres.astype(values.dtype)) / width
    terms = -0.5 * pull * pull - jnp.log(width) - _HALF_LOG_2PI
    return jnp.sum(jnp.where(known, terms, 0.0))


def index_of(names: tuple[str, ...], name: str) -> int:
    """Position of a parameter; InputError with the nearest name where there is none."""
    if name not in names:
        raise unknown_name("parameter", name, names)
    return names.index(name)


def values_of(
    parameters: ParameterSet, changes: Mapping[str, float] | None = None
) -> Float[Array, " parameters"]:
    """The flat array of values: the centres, with some changed by name.

    >>> known = parameter_set([Parameter("a", 1.0), Parameter("b", 2.0)])
    >>> values_of(known, {"b": 5.0}).tolist()
    [1.0, 5.0]
    """
    values = parameters.centres
    for name, value in (changes or {}).items():
        values = values.at[index_of(parameters.names, name)].set(value)
    return values


def named(parameters: ParameterSet, values: Float[Array, " parameters"]) -> dict[str, Array]:
    """A flat array as name → value."""
    return {name: values[i] for i, name in enumerate(parameters.names)}
