"""Any set of analyses as one likelihood, parameters shared by name, one of them integrated."""

from collections.abc import Iterable
from functools import reduce
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from dmjax.errors import InputError
from dmjax.likelihood.constraints import log_constraint
from dmjax.likelihood.count_model import CountModel, Counts, remade
from dmjax.likelihood.count_terms import (
    asimov_counts,
    expected,
    log_bins,
    log_counts,
    prepare,
)
from dmjax.likelihood.marginal import Constraint, log_integral
from dmjax.likelihood.onoff import OnOffCounts
from dmjax.likelihood.parameters import (
    ParameterSet,
    index_of,
    merge,
    named,
    parameter_set,
)

Scalar = Float[Array, ""]
Values = Float[Array, " parameters"]
PER_BIN = ":per-bin"
"""Behind the name of an integrated parameter: every bin has its own, as [D20] prints Eq. 6.4."""


class Data(NamedTuple):
    """Everything measured: counts of each model, and the centres of the constraints.

    Attributes:
        counts: one entry per model, in order, as `prepare` gives them.
        centres: auxiliary measurements, (parameters); entries of free parameters are not used.
    """

    counts: tuple[Counts | OnOffCounts, ...]
    centres: Values


class JointModel(eqx.Module):
    """Models whose parameters are merged by name.

    Args:
        models: one or more `CountModel`, with distinct names.
        integrate: name of one constrained parameter that `log_likelihood` integrates over its
            constraint, cut at its range, instead of leaving it to fits; behind the name ":per-bin"
            for an independent integral in every bin (static). None: no parameter.

    Raises:
        InputError: no model, two of one name or with events in common, one parameter defined in
            two ways, or an integrated parameter that is unknown or free.

    >>> from dmjax.likelihood.parameters import Parameter
    >>> from dmjax.likelihood.effects import Component, Scale
    >>> def one(name, n):
    ...     part = Component("all", [10.0], (Scale("flux"),))
    ...     return CountModel(name, [part], [Parameter("flux", 1.0, 0.1, lower=0.0)], on=[n])
    >>> both = JointModel([one("first", 9), one("second", 12)])
    >>> both.parameters.names
    ('flux',)
    """

    models: tuple[CountModel, ...]
    parameters: ParameterSet
    integrate: str | None = eqx.field(static=True)

    def __init__(self, models: CountModel | Iterable[CountModel], integrate: str | None = None):
        self.models = (models,) if isinstance(models, CountModel) else tuple(models)
        names = [model.name for model in self.models]
        if not names or len(set(names)) < len(names):
            raise InputError(f"a joint model needs analyses of distinct names, got {names}")
        for model in self.models:
            for name in set(model.contains) & set(names):
                raise InputError(f"{model.name} contains the events of {name}: fit one of them")
        merged = merge(*(model.parameters for model in self.models))
        self.parameters = parameter_set(merged)
        self.integrate = integrate
        place = integrated_index(self)
        if place is not None and merged[place].kind != "normal":
            raise InputError(
                f"'{merged[place].name}' is {merged[place].kind}: only a parameter with a normal "
                "constraint can be integrated"
            )


def integrated_index(joint: JointModel) -> int | None:
    """Position of the integrated parameter, which fits leave at its start; None without one."""
    if joint.integrate is None:
        return None
    return index_of(joint.parameters.names, joint.integrate.removesuffix(PER_BIN))


def integrated_mask(joint: JointModel) -> Bool[np.ndarray, " parameters"]:
    """True for the integrated parameter."""
    place = -1 if joint.integrate is None else integrated_index(joint)
    return np.arange(len(joint.parameters.names)) == place


def observed_data(joint: JointModel) -> Data:
    """The measured counts and the nominal centres; made outside jit, passed into it."""
    counts = tuple(prepare(model, model.observed) for model in joint.models)
    return Data(counts, joint.parameters.centres)


def asimov_data(joint: JointModel, values: Values) -> Data:
    """Data equal to their expectation, also the auxiliary ones, at `values`.

    The background under an off measurement is its best fit, and these data are not whole numbers:
    its maximum stands in the likelihood for its integral, whatever the model's `off_term`.
    """
    by_name = named(joint.parameters, values)
    return Data(tuple(asimov_counts(model, by_name) for model in joint.models), values)


def off_term_of(joint: JointModel) -> str | None:
    """How the backgrounds of off measurements are removed for whole counts; None without any.

    Analyses that differ give both terms, joined by " and ".

    >>> from dmjax.likelihood.effects import Component
    >>> part = Component("all", [1.0])
    >>> off_term_of(JointModel(CountModel("bin", [part], [], on=[3], off=[1])))
    'integral'
    """
    terms = {model.off_term for model in joint.models if model.observed.off is not None}
    return " and ".join(sorted(terms)) or None


def asimov_off_term(joint: JointModel) -> str | None:
    """The same for Asimov data: "profile", or None without an off measurement."""
    return None if off_term_of(joint) is None else "profile"


def with_off_term(joint: JointModel, off_term: str) -> JointModel:
    """The joint model with the backgrounds of all off measurements removed in one way.

    Raises:
        InputError: an unknown way.
    """
    models = [
        model if model.observed.off is None else remade(model, off_term=off_term)
        for model in joint.models
    ]
    return JointModel(models, joint.integrate)


def joint_expected(joint: JointModel, values: Values) -> tuple[Float[Array, " bins"], ...]:
    """Expected counts of each model, in order."""
    by_name = named(joint.parameters, values)
    return tuple(expected(model, by_name) for model in joint.models)


@eqx.filter_jit
def log_likelihood(joint: JointModel, values: Values, data: Data) -> Scalar:
    """Σ_models ln L(counts) + Σ ln constraints.

    Args:
        joint: the model.
        values: (parameters), in the order of `joint.parameters.names`.
        data: from `observed_data`, `asimov_data` or a toy.

    Returns:
        ln L, scalar; finite and twice differentiable in `values` inside their ranges. It does not
        depend on the value of an integrated parameter.

    >>> import jax.numpy as jnp
    >>> from dmjax.likelihood.parameters import Parameter
    >>> from dmjax.likelihood.effects import Component, Scale
    >>> part = Component("all", [1.0], (Scale("n"),))
    >>> joint = JointModel(CountModel("one bin", [part], [Parameter("n", 3.0, lower=0.0)], on=[2]))
    >>> round(float(log_likelihood(joint, jnp.asarray([3.0]), observed_data(joint))), 4)
    -1.4959
    """
    by_name = named(joint.parameters, values)
    place = integrated_index(joint)
    total = log_constraint(joint.parameters, values, data.centres, place)
    if place is not None:
        return total + _log_marginal(joint, place, by_name, data)
    return total + counts_log_likelihood(joint, values, data)


def counts_log_likelihood(joint: JointModel, values: Values, data: Data) -> Scalar:
    """ln of the probability of all counts, without constraints."""
    pairs = zip(joint.models, data.counts, strict=True)
    return _log_of_counts(pairs, named(joint.parameters, values), values.dtype)


def _log_of_counts(pairs: Iterable, by_name: dict[str, Array], dtype) -> Scalar:
    terms = (log_counts(model, by_name, counts) for model, counts in pairs)
    return reduce(jnp.add, terms, jnp.zeros((), dtype))


def _log_marginal(joint: JointModel, place: int, by_name: dict[str, Array], data: Data) -> Scalar:
    """ln of the integral over one parameter of everything that depends on it, times the rest."""
    name, limits = joint.parameters.names[place], joint.parameters
    per_bin = str(joint.integrate).endswith(PER_BIN)
    dtype = by_name[name].dtype
    known = Constraint(
        *(
            column[place].astype(dtype)
            for column in (data.centres, limits.sigmas, limits.lower, limits.upper)
        )
    )
    pairs = list(zip(joint.models, data.counts, strict=True))
    depends = [name in {p.name for p in model.parameters} for model in joint.models]
    touched = [pair for pair, yes in zip(pairs, depends, strict=True) if yes]
    rest = [pair for pair, yes in zip(pairs, depends, strict=True) if not yes]
    total = _log_of_counts(rest, by_name, dtype)

    def shared(operands, x):
        pairs, values = operands
        return _log_of_counts(pairs, values | {name: x}, dtype)

    def separate(operands, x):
        (model, counts), values = operands
        return log_bins(model, values | {name: x}, counts)

    if not per_bin:
        return total + log_integral(shared, (touched, by_name), known)
    for pair in touched:
        bins = pair[0].observed.on.shape
        total = total + jnp.sum(log_integral(separate, (pair, by_name), known, bins))
    return total
