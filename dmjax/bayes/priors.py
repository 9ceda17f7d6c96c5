"""Proper priors in named kinds: what evidence and posteriors depend on beside the likelihood."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.errors import InputError, unknown_name
from dmjax.likelihood.parameters import Parameter, merge

Values = Float[Array, " parameters"]
KINDS = ("uniform", "log-uniform", "normal", "log-normal")
"""Flat in x, flat in ln x, a normal density cut at the ends of the range, or one of ln x."""

M_V_RANGE = (1.0, 200.0)
"""Default range of m_V [MeV]: all masses with an open channel, and some beyond."""

RANGES = {
    "y": (1e-12, 1e-8),
    "eps": (1e-6, 1e-2),
    "g": (1e-6, 1e-2),
    "kappa_V": (1e-6, 1e-2),
    "alpha_B": (1e-13, 1e-5),
}
"""Default range of each coupling: from no visible event at any mass to far above every limit."""

DARK_PRIORS = {
    "log-uniform": ("log-uniform", "log-uniform"),
    "uniform": ("uniform", "uniform"),
    "uniform-mass": ("uniform", "log-uniform"),
    "uniform-coupling": ("log-uniform", "uniform"),
}
"""Named choice → kinds of the priors of m_V and of its coupling.

[D20] states uniform, and samples in logs.
"""


@dataclass(frozen=True)
class Prior:
    """The prior density of one parameter.

    Args:
        name: of the parameter.
        kind: one of `KINDS`.
        lower, upper: the density is 0 outside; infinite only for normals.
        centre, sigma: of "normal"; of "log-normal" e^centre is the median of x, sigma that of ln x.

    Raises:
        InputError: a range with no support: empty, infinite where the density would be improper,
            not positive for "log-uniform", or without weight under the normal.

    >>> Prior("m_v", "log-uniform", 1.0, 200.0).kind
    'log-uniform'
    """

    name: str
    kind: str
    lower: float
    upper: float
    centre: float = 0.0
    sigma: float = 1.0

    def __post_init__(self):
        if self.kind not in KINDS:
            raise unknown_name("kind of prior", self.kind, KINDS)
        label = f"the prior of '{self.name}' has no support: "
        if not self.lower < self.upper:
            raise InputError(f"{label}lower {self.lower:g} must be below upper {self.upper:g}")
        if self.kind == "log-uniform" and not self.lower > 0.0:
            raise InputError(f"{label}log-uniform needs lower > 0, got {self.lower:g}")
        if self.kind == "log-normal" and not self.lower >= 0.0:
            raise InputError(f"{label}log-normal needs lower >= 0, got {self.lower:g}")
        if self.kind not in ("normal", "log-normal"):
            if not (math.isfinite(self.lower) and math.isfinite(self.upper)):
                raise InputError(
                    f"{label}{self.kind} needs a finite range, got [{self.lower:g}, {self.upper:g}]"
                )
            return
        if not (math.isfinite(self.centre) and math.isfinite(self.sigma) and self.sigma > 0):
            raise InputError(
                f"{label}{self.kind} needs finite centre and sigma > 0, got {self.centre:g}, "
                f"{self.sigma:g}"
            )
        ends = (self.lower, self.upper)
        if self.kind == "log-normal":
            ends = tuple(math.log(end) if end > 0.0 else -math.inf for end in ends)
        low, high = ((end - self.centre) / self.sigma for end in ends)
        if low > _FARTHEST or high < -_FARTHEST:
            raise InputError(
                f"{label}[{self.lower:g}, {self.upper:g}] lies more than {_FARTHEST:g} standard "
                f"deviations from the centre {self.centre:g}"
            )


_FARTHEST = 30.0


class PriorSet(eqx.Module):
    """Independent priors in a fixed order, as arrays.

    Attributes:
        lower, upper, centres, sigmas: (parameters).
        names, kinds: in order (static).
    """

    lower: Values
    upper: Values
    centres: Values
    sigmas: Values
    names: tuple[str, ...] = eqx.field(static=True)
    kinds: tuple[str, ...] = eqx.field(static=True)


def prior_set(priors: Iterable[Prior]) -> PriorSet:
    """The arrays of a list of priors; InputError where a name appears twice, or none is given."""
    listed = tuple(priors)
    names = tuple(p.name for p in listed)
    if not names or len(set(names)) < len(names):
        raise InputError(f"priors need distinct names, got {', '.join(names) or 'none'}")

    def column(key: str) -> Values:
        return jnp.asarray(np.array([getattr(p, key) for p in listed]), float)

    ends = column("lower"), column("upper"), column("centre"), column("sigma")
    return PriorSet(*ends, names, tuple(p.kind for p in listed))


def _normal_ends(priors: PriorSet, i: int):
    """Ends of a normal in units of σ, mirrored to where the distribution function is precise."""
    ends = (priors.lower[i], priors.upper[i])
    if priors.kinds[i] == "log-normal":
        ends = tuple(jnp.log(end) for end in ends)
    low, high = ((end - priors.centres[i]) / priors.sigmas[i] for end in ends)
    mirrored = low > 0
    return jnp.where(mirrored, -high, low), jnp.where(mirrored, -low, high), mirrored


def _normal_quantile(priors: PriorSet, i: int, u):
    low, high, mirrored = _normal_ends(priors, i)
    below, above = jax.scipy.special.ndtr(low), jax.scipy.special.ndtr(high)
    share = below + jnp.where(mirrored, 1.0 - u, u) * (above - below)
    info = jnp.finfo(share.dtype)
    z = jax.scipy.special.ndtri(jnp.clip(share, info.tiny, 1.0 - info.epsneg))
    return priors.centres[i] + priors.sigmas[i] * jnp.where(mirrored, -z, z)


def quantiles(priors: PriorSet, u: Values) -> Values:
    """Values at given shares of the prior: the unit cube mapped onto the parameters.

    Args:
        priors: the priors.
        u: shares in [0, 1], (parameters); anything beyond is taken as the end.

    Returns:
        Values inside the ranges, (parameters).

    >>> quantiles(prior_set([Prior("y", "log-uniform", 1e-12, 1e-8)]), jnp.asarray([0.5]))
    Array([1.e-10], dtype=float64)
    """
    u = jnp.clip(u, 0.0, 1.0)
    found = []
    for i, kind in enumerate(priors.kinds):
        low, high = priors.lower[i], priors.upper[i]
        if kind == "uniform":
            found.append(low + u[i] * (high - low))
        elif kind == "log-uniform":
            found.append(jnp.exp(jnp.log(low) + u[i] * (jnp.log(high) - jnp.log(low))))
        elif kind == "normal":
            found.append(_normal_quantile(priors, i, u[i]))
        else:
            found.append(jnp.exp(_normal_quantile(priors, i, u[i])))
    return jnp.clip(jnp.stack(found), priors.lower, priors.upper)


def log_prior(priors: PriorSet, values: Values) -> Float[Array, ""]:
    """ln of the prior density, normalised over the ranges; −∞ outside them.

    >>> round(float(log_prior(prior_set([Prior("a", "uniform", 0.0, 4.0)]), jnp.asarray([1.0]))), 4)
    -1.3863
    """
    total = jnp.zeros((), values.dtype)
    for i, kind in enumerate(priors.kinds):
        low, high, x = priors.lower[i], priors.upper[i], values[i]
        inside = (x >= low) & (x <= high)
        if kind == "uniform":
            density = -jnp.log(high - low)
        elif kind == "log-uniform":
            density = -jnp.log(jnp.where(inside, x, low)) - jnp.log(jnp.log(high) - jnp.log(low))
        else:
            below, above, _ = _normal_ends(priors, i)
            kept = jax.scipy.special.ndtr(above) - jax.scipy.special.ndtr(below)
            place, scale = x, 0.0
            if kind == "log-normal":
                place = scale = jnp.log(jnp.maximum(jnp.where(inside, x, 1.0), 1e-300))
            pull = (place - priors.centres[i]) / priors.sigmas[i]
            norm = jnp.log(priors.sigmas[i] * math.sqrt(2.0 * math.pi) * kept)
            density = -0.5 * pull * pull - norm - scale
        total = total + jnp.where(inside, density, -jnp.inf)
    return total


def dark_priors(
    choice: str = "log-uniform",
    m_v_range: tuple[float, float] = M_V_RANGE,
    coupling_range: tuple[float, float] | None = None,
    coupling: str = "y",
) -> tuple[Prior, Prior]:
    """Priors of the mediator mass "m_v" [MeV] and of its coupling by a named choice.

    Args:
        choice: a key of `DARK_PRIORS`.
        m_v_range, coupling_range: their ranges; None: that of `RANGES`. The evidence scales with
            1/width wherever the likelihood is confined, and log-uniform priors of the coupling keep
            the weight of a decade of "no signal" per decade of range: state the ranges with every
            Bayes factor.
        coupling: name of the coupling, a key of `RANGES`.

    >>> [p.kind for p in dark_priors("uniform-mass")]
    ['uniform', 'log-uniform']
    """
    if choice not in DARK_PRIORS:
        raise unknown_name("prior", choice, DARK_PRIORS)
    if coupling not in RANGES:
        raise unknown_name("coupling", coupling, RANGES)
    kinds = DARK_PRIORS[choice]
    ends = RANGES[coupling] if coupling_range is None else coupling_range
    return Prior("m_v", kinds[0], *m_v_range), Prior(coupling, kinds[1], *ends)


def parameter_priors(
    parameters: Iterable[Parameter], given: Mapping[str, Prior] | None = None
) -> tuple[Prior, ...]:
    """One prior for every parameter of a likelihood.

    A constrained parameter has its normal or log-normal density, cut at the ends of its range; a
    free one the given prior, or a uniform one where its range is finite.

    Args:
        parameters: of a model.
        given: name → prior, in place of that; it must lie inside the parameter's range.

    Raises:
        InputError: a free parameter without a prior, a prior outside the range, an unknown name.

    >>> parameter_priors([Parameter("alpha", 0.0, 0.28, lower=-1.0)])[0].kind
    'normal'
    """
    given, listed = dict(given or {}), merge(parameters)
    names = tuple(p.name for p in listed)
    for name, prior in given.items():
        if name not in names:
            raise unknown_name("parameter", name, names)
        if prior.name != name:
            raise InputError(f"the prior given for '{name}' is named '{prior.name}'")
    return tuple(_prior_of(parameter, given.get(parameter.name)) for parameter in listed)


def _prior_of(parameter: Parameter, given: Prior | None) -> Prior:
    low, high = parameter.lower, parameter.upper
    if given is not None:
        if given.lower < low or given.upper > high:
            raise InputError(
                f"the prior of '{parameter.name}' on [{given.lower:g}, {given.upper:g}] leaves "
                f"its range [{low:g}, {high:g}]"
            )
        return given
    if parameter.kind == "log-normal" and parameter.sigma is not None:
        width = math.log1p(parameter.sigma / parameter.centre)
        return Prior(parameter.name, "log-normal", low, high, math.log(parameter.centre), width)
    if parameter.kind == "gamma":
        raise InputError(
            f"'{parameter.name}' has a gamma constraint, which samplers do not know: make it "
            "log-normal, e.g. with --nuisance"
        )
    if parameter.sigma is not None:
        return Prior(parameter.name, "normal", low, high, parameter.centre, parameter.sigma)
    if not (math.isfinite(low) and math.isfinite(high)):
        raise InputError(
            f"the free parameter '{parameter.name}' needs a prior: its range "
            f"[{low:g}, {high:g}] is not finite"
        )
    return Prior(parameter.name, "uniform", low, high)
