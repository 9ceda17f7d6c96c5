"""The binned likelihood of one analysis: named components, counts, an optional off measurement."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, ArrayLike, Float

from dmjax.errors import InputError
from dmjax.likelihood.effects import Component
from dmjax.likelihood.parameters import Parameter, merge

Scalar = Float[Array, ""]
Bins = Float[Array, " bins"]
OFF_TERMS = ("integral", "profile")
"""How the unknown background under an off measurement is removed: see `log_counts`."""


class Counts(NamedTuple):
    """Data of one analysis.

    Attributes:
        on: counts, (bins,).
        off: counts with the steady-state background alone in equal exposure, (bins,), or None.
        behind: counts that a measured template was made of, (groups of bins,), or None.
    """

    on: Bins
    off: Bins | None = None
    behind: Float[Array, " groups"] | None = None


class CountModel(eqx.Module):
    """Components that add up to the expected counts of one analysis, with its observed counts.

    Args:
        name: of the analysis.
        components: at least one, of equal length and distinct names.
        parameters: one definition for every name the components use.
        on: observed counts, whole numbers ≥ 0, of any shape with as many bins (flattened).
        off: off counts of equal exposure, or None where every background is a component.
        off_term: "integral" or "profile" (static).
        axes: (label, edges) of each axis of the bins, for figures and exports.
        measured: name of a component whose template was itself counted, or None (static).
        behind: those counts, one for every run of bins that they were spread over (all times of
            an energy); see `measured.log_measured`.
        expected_data: whether `on` and `off` may be expectations (Asimov), not whole numbers.
        contains: names of analyses whose events are among these, never to be joined with them.

    Raises:
        InputError: shapes that differ, bad counts, an undefined or unused parameter.

    >>> from dmjax.likelihood.count_terms import expected
    >>> from dmjax.likelihood.effects import Scale
    >>> flat = Component("flat", [0.5, 0.5], (Scale("n"),))
    >>> model = CountModel("two bins", [flat], [Parameter("n", 10.0, lower=0.0)], on=[4, 6])
    >>> expected(model, {"n": jnp.asarray(8.0)}).tolist()
    [4.0, 4.0]
    """

    components: tuple[Component, ...]
    observed: Counts
    name: str = eqx.field(static=True)
    parameters: tuple[Parameter, ...] = eqx.field(static=True)
    off_term: str = eqx.field(static=True)
    axes: tuple[tuple[str, tuple[float, ...]], ...] = eqx.field(static=True)
    contains: tuple[str, ...] = eqx.field(static=True)
    measured: str | None = eqx.field(static=True)

    def __init__(
        self,
        name: str,
        components: Iterable[Component],
        parameters: Iterable[Parameter],
        on: ArrayLike,
        off: ArrayLike | None = None,
        off_term: str = "integral",
        axes: Iterable[tuple[str, Iterable[float]]] = (),
        expected_data: bool = False,
        contains: Iterable[str] = (),
        measured: str | None = None,
        behind: ArrayLike | None = None,
    ):
        self.name = name
        self.contains = tuple(contains)
        self.components = tuple(components)
        self.parameters = merge(parameters)
        self.off_term = off_term
        self.axes = tuple((label, tuple(float(e) for e in edges)) for label, edges in axes)
        self.observed = Counts(
            counts_array(f"{name}: counts", on, expected_data),
            None if off is None else counts_array(f"{name}: off counts", off, expected_data),
            None if behind is None else counts_array(f"{name}: counts behind", behind, True),
        )
        self.measured = measured
        if off is not None and np.shape(off) != np.shape(on):
            raise InputError(
                f"{name}: counts have shape {np.shape(on)}, off counts {np.shape(off)}"
            )
        if off_term not in OFF_TERMS:
            raise InputError(f"{name}: off_term must be one of {', '.join(OFF_TERMS)}")
        _check_components(self)
        _check_measured(self)
        _check_axes(self)


_KEPT = ("name", "components", "parameters", "off_term", "axes", "contains", "measured")


def remade(model: CountModel, **changes: Any) -> CountModel:
    """The model with some arguments of its constructor changed, all others as they are.

    >>> from dmjax.likelihood.effects import Scale
    >>> flat = Component("flat", [0.5, 0.5], (Scale("n"),))
    >>> model = CountModel("two bins", [flat], [Parameter("n", 10.0, lower=0.0)], on=[4, 6])
    >>> remade(model, name="other", on=[1, 2]).observed.on.tolist()
    [1.0, 2.0]
    """
    held = {field: getattr(model, field) for field in _KEPT}
    held["expected_data"] = not changes.keys() & {"on", "off"}  # the model's own were checked
    return CountModel(**(held | model.observed._asdict() | changes))


def _check_components(model: CountModel) -> None:
    bins = model.observed.on.size
    if not model.components:
        raise InputError(f"{model.name}: at least one component is needed")
    names = [component.name for component in model.components]
    if len(set(names)) < len(names):
        raise InputError(f"{model.name}: component names must differ, got {', '.join(names)}")
    for component in model.components:
        if component.nominal.size != bins:
            raise InputError(
                f"{model.name}: component '{component.name}' has {component.nominal.size} bins, "
                f"the counts have {bins}"
            )
    effects = [effect for component in model.components for effect in component.effects]
    used = {effect.parameter for effect in effects if effect.parameter}
    defined = {parameter.name for parameter in model.parameters}
    for wrong, what in ((used - defined, "is not defined"), (defined - used, "has no effect")):
        if wrong:
            raise InputError(f"{model.name}: parameter '{min(wrong)}' {what}")


def _check_measured(model: CountModel) -> None:
    behind = model.observed.behind
    if (model.measured is None) != (behind is None):
        raise InputError(f"{model.name}: give measured and behind, or neither")
    if behind is None:
        return
    if model.observed.off is not None:
        raise InputError(f"{model.name}: a measured template does not go with off counts")
    if model.measured not in [component.name for component in model.components]:
        raise InputError(f"{model.name}: there is no component '{model.measured}'")
    if model.observed.on.size % behind.size:
        raise InputError(
            f"{model.name}: {behind.size} counts behind a template do not divide "
            f"{model.observed.on.size} bins"
        )


def _check_axes(model: CountModel) -> None:
    sizes = [len(edges) - 1 for _, edges in model.axes]
    if sizes and int(np.prod(sizes)) != model.observed.on.size:
        raise InputError(f"{model.name}: axes of {sizes} bins, {model.observed.on.size} counts")


def counts_array(label: str, counts: ArrayLike, expected_data: bool = False) -> Bins:
    """Counts as a flat array; InputError unless finite, ≥ 0 and, as a rule, whole numbers."""
    array = jnp.asarray(counts, float).ravel()
    if isinstance(counts, Tracer):
        return array
    concrete = np.asarray(counts, float).ravel()
    good = np.isfinite(concrete) & (concrete >= 0)
    if not expected_data:
        good &= concrete == np.round(concrete)
    if not good.all() or concrete.size == 0:
        kind = "numbers" if expected_data else "whole numbers"
        first = f", bin {int(np.argmin(good))} has {concrete[np.argmin(good)]:g}"
        raise InputError(f"{label} must be {kind} >= 0{first if concrete.size else ''}")
    return array
