"""Named parameters of a likelihood: declared once, shared by name, constrained or free."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.errors import InputError, unknown_name

CONSTRAINTS = ("normal", "log-normal", "gamma", "uniform")
"""What is known of a parameter besides the counts; densities: `constraints.log_constraint`."""


@dataclass(frozen=True)
class Parameter:
    """One number that a likelihood depends on.

    Args:
        name: what it is called everywhere; two analyses that use one name share the parameter.
        centre: where fits start and, with `sigma`, where the constraint is centred.
        sigma: standard deviation of the constraint; None: free, or uniform.
        lower, upper: the range that fits stay in.
        constraint: one of `CONSTRAINTS`; log-normal: ln x is normal with width ln(1 + σ/centre);
            gamma: as if counted, with (centre/σ)² counts; uniform: anything in the range.

    Raises:
        InputError: no range, centre outside it, sigma not positive, a log-normal or gamma
            constraint of what may be negative, or a uniform one without finite ends.

    >>> Parameter("flux", 1.0, 0.1, lower=0.0).kind
    'normal'
    """

    name: str
    centre: float
    sigma: float | None = None
    lower: float = -math.inf
    upper: float = math.inf
    constraint: str = "normal"

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
        _check_constraint(self)

    @property
    def kind(self) -> str:
        """Kind of constraint: one of `CONSTRAINTS`, or "free"."""
        if self.constraint == "uniform":
            return "uniform"
        return "free" if self.sigma is None else self.constraint


def _check_constraint(p: Parameter) -> None:
    if p.constraint not in CONSTRAINTS:
        raise unknown_name("constraint", p.constraint, CONSTRAINTS)
    if p.constraint == "uniform":
        if p.sigma is not None or not (math.isfinite(p.lower) and math.isfinite(p.upper)):
            raise InputError(f"parameter '{p.name}': uniform needs two finite ends and no sigma")
    elif p.constraint != "normal" and not (p.sigma is not None and p.centre > 0 and p.lower >= 0):
        raise InputError(
            f"parameter '{p.name}': {p.constraint} needs a sigma, a centre above 0 and a lower "
            f"end of at least 0, got {p.centre:g} in [{p.lower:g}, {p.upper:g}]"
        )


class ParameterSet(eqx.Module):
    """Parameters in a fixed order, as arrays.

    Attributes:
        centres, sigmas, lower, upper: (parameters); sigma is +inf without a constraint.
        names, kinds: in order (static); see `Parameter.kind`.
    """

    centres: Float[Array, " parameters"]
    sigmas: Float[Array, " parameters"]
    lower: Float[Array, " parameters"]
    upper: Float[Array, " parameters"]
    names: tuple[str, ...] = eqx.field(static=True)
    kinds: tuple[str, ...] = eqx.field(static=True)


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
    width = p.kind if p.sigma is None else f"+- {p.sigma:g} ({p.constraint})"
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
        kinds=tuple(p.kind for p in listed),
    )


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
