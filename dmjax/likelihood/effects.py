"""Components of a binned prediction and the effects of parameters on them.

Every effect gives an offset to the template and a factor on it. Offsets are added and factors
multiplied, so that effects commute: counts = (nominal + Σ offsets) Π factors.
"""

import abc
from collections.abc import Mapping

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, ArrayLike, Float

from dmjax.errors import InputError

Scalar = Float[Array, ""]
Bins = Float[Array, " bins"]


class AbstractEffect(eqx.Module):
    """What one parameter does to a component."""

    parameter: eqx.AbstractVar[str]

    @abc.abstractmethod
    def offset(self, value: Scalar, nominal: Bins) -> Bins:
        """Counts added to the nominal template."""

    @abc.abstractmethod
    def factor(self, value: Scalar) -> Scalar | Bins:
        """Number that the template is multiplied with, or one number per bin."""


class AbstractOffset(AbstractEffect):
    """An effect that adds counts and multiplies by 1."""

    def factor(self, value: Scalar) -> Scalar:
        """One."""
        return jnp.ones_like(value)


class AbstractFactor(AbstractEffect):
    """An effect that multiplies and adds nothing."""

    def offset(self, value: Scalar, nominal: Bins) -> Bins:
        """None."""
        return jnp.zeros_like(nominal)


class Scale(AbstractFactor):
    """factor = intercept + slope × value, held at 0 where that is negative.

    `Scale("n")` is a normalisation, `Scale("alpha", 1, 1)` the factor 1 + α and
    `Scale("pull", 1, 0.1)` a 10 % uncertainty per unit of a standard-normal pull.
    """

    parameter: str = eqx.field(static=True)
    intercept: float = 0.0
    slope: float = 1.0

    def factor(self, value: Scalar) -> Scalar:
        """max(intercept + slope × value, 0)."""
        factor = self.intercept + self.slope * value
        # Not maximum(): its gradient at 0, where bounds are, is half of the one-sided gradient.
        return jnp.where(factor >= 0.0, factor, 0.0)


class Morph(AbstractOffset):
    """Additive interpolation from the nominal template through its alternates.

    With x = (value − origin)/step and δ± = alternate(±1) − nominal,
    offset = ½ [(δ₊ − δ₋) x + (δ₊ + δ₋) S(x)], S = (3x⁶ − 10x⁴ + 15x²)/8 for |x| < 1, else |x|:
    exact at x = −1, 0, 1, twice differentiable, linear outside. Without a lower alternate the
    upper one is mirrored, δ₋ = −δ₊. It equals pyhf's `histosys` with code4p.
    """

    parameter: str = eqx.field(static=True)
    up: Bins
    down: Bins | None = None
    origin: float = 0.0
    step: float = 1.0

    def offset(self, value: Scalar, nominal: Bins) -> Bins:
        """Interpolated difference to the nominal template."""
        x = (value - self.origin) / self.step
        rise = self.up.astype(nominal.dtype) - nominal
        if self.down is None:
            return rise * x
        fall = self.down.astype(nominal.dtype) - nominal
        square = x * x
        inside = square < 1.0
        core = jnp.where(inside, square, 1.0)
        even = core * (15.0 + core * (3.0 * core - 10.0)) / 8.0
        even = jnp.where(inside, even, jnp.abs(jnp.where(inside, 1.0, x)))
        return 0.5 * ((rise - fall) * x + (rise + fall) * even)


class Share(AbstractOffset):
    """Additive change by a share of the nominal template: offset = size × value × nominal.

    Alone it is `Scale(parameter, 1, size)`; several of them add up instead of multiplying, which
    pyhf's `histosys` can hold.
    """

    parameter: str = eqx.field(static=True)
    size: float

    def offset(self, value: Scalar, nominal: Bins) -> Bins:
        """size × value × nominal."""
        return self.size * value * nominal


class Held(AbstractEffect):
    """An effect at a fixed value of its parameter, which the model no longer has."""

    effect: AbstractEffect
    value: Scalar
    parameter: str = eqx.field(static=True, default="")

    def offset(self, value: Scalar, nominal: Bins) -> Bins:
        """That of the effect at the fixed value."""
        return self.effect.offset(self.value.astype(nominal.dtype), nominal)

    def factor(self, value: Scalar) -> Scalar | Bins:
        """That of the effect at the fixed value."""
        return self.effect.factor(self.value.astype(value.dtype))


class BinFactor(AbstractFactor):
    """factor = value in one bin, 1 in the others."""

    parameter: str = eqx.field(static=True)
    place: int = eqx.field(static=True)
    bins: int = eqx.field(static=True)

    def factor(self, value: Scalar) -> Bins:
        """The value in its bin."""
        return jnp.where(np.arange(self.bins) == self.place, value, 1.0)


class Component(eqx.Module):
    """One source of counts.

    Args:
        name: a label, unique in its model.
        nominal: counts per bin before the effects, (bins,), finite and ≥ 0.
        effects: of parameters, in any order.

    Raises:
        InputError: a template that is negative or not finite, or alternates of another length.

    >>> flat = Component("flat", [0.5, 0.5], (Scale("n"), Scale("alpha", 1.0, 1.0)))
    >>> values = {"n": jnp.asarray(10.0), "alpha": jnp.asarray(0.1)}
    >>> component_counts(flat, values).tolist()
    [5.5, 5.5]
    """

    nominal: Bins
    effects: tuple[AbstractEffect, ...]
    name: str = eqx.field(static=True)

    def __init__(self, name: str, nominal: ArrayLike, effects: tuple[AbstractEffect, ...] = ()):
        self.name = name
        self.nominal = jnp.asarray(nominal, float)
        self.effects = tuple(effects)
        _check_template(f"component '{name}'", self.nominal)
        for effect in self.effects:
            alternates = [effect.up, effect.down] if isinstance(effect, Morph) else []
            for alternate in (a for a in alternates if a is not None):
                if alternate.shape != self.nominal.shape:
                    raise InputError(
                        f"component '{name}': the alternate of '{effect.parameter}' has "
                        f"{alternate.size} bins, the template {self.nominal.size}"
                    )


def _check_template(label: str, counts: Array) -> None:
    if counts.ndim != 1:
        raise InputError(f"{label}: the template must be one flat list of bins")
    if isinstance(counts, Tracer):
        return
    concrete = np.asarray(counts)
    if not np.all(np.isfinite(concrete) & (concrete >= 0)):
        raise InputError(f"{label}: counts must be finite and not negative in every bin")


def component_counts(component: Component, values: Mapping[str, Scalar]) -> Bins:
    """Expected counts of a component: max(nominal + Σ offsets, 0) Π factors.

    Args:
        component: the component.
        values: of (at least) its parameters, by name.

    Returns:
        Counts, (bins,), ≥ 0.
    """
    named = [effect.parameter for effect in component.effects if effect.parameter]
    dtype = jnp.result_type(*(values[name] for name in named)) if named else component.nominal.dtype
    unused = jnp.zeros((), dtype)
    some = [
        values[effect.parameter] if effect.parameter else unused for effect in component.effects
    ]
    nominal = component.nominal.astype(dtype)
    total, factor = nominal, jnp.ones((), dtype)
    for effect, value in zip(component.effects, some, strict=True):
        total = total + effect.offset(value, nominal)
        factor = factor * effect.factor(value)
    return jnp.where(total >= 0.0, total, 0.0) * factor
