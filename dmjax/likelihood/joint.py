"""Any set of analyses as one likelihood, parameters shared by name."""

from collections.abc import Iterable
from typing import NamedTuple

import equinox as eqx
from jaxtyping import Array, Float

from dmjax.errors import InputError
from dmjax.likelihood.count_model import (
    CountModel,
    Counts,
    asimov_counts,
    expected,
    log_counts,
    prepare,
)
from dmjax.likelihood.onoff import OnOffCounts
from dmjax.likelihood.parameters import (
    ParameterSet,
    log_constraint,
    merge,
    named,
    parameter_set,
)

Scalar = Float[Array, ""]
Values = Float[Array, " parameters"]


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

    Raises:
        InputError: no model, two of one name or with events in common, or one parameter defined
            in two ways.

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

    def __init__(self, models: CountModel | Iterable[CountModel]):
        self.models = (models,) if isinstance(models, CountModel) else tuple(models)
        names = [model.name for model in self.models]
        if not names or len(set(names)) < len(names):
            raise InputError(f"a joint model needs analyses of distinct names, got {names}")
        for model in self.models:
            for name in set(model.contains) & set(names):
                raise InputError(f"{model.name} contains the events of {name}: fit one of them")
        self.parameters = parameter_set(merge(*(model.parameters for model in self.models)))


def observed_data(joint: JointModel) -> Data:
    """The measured counts and the nominal centres; made outside jit, passed into it."""
    counts = tuple(prepare(model, model.observed) for model in joint.models)
    return Data(counts, joint.parameters.centres)


def asimov_data(joint: JointModel, values: Values) -> Data:
    """Data equal to their expectation, also the auxiliary ones, at `values`.

    An on/off model must have off_term = "profile": its integral is for whole counts.
    """
    for model in joint.models:
        if model.observed.off is not None and model.off_term == "integral":
            raise InputError(
                f"{model.name}: Asimov data of an off measurement need off_term 'profile'"
            )
    by_name = named(joint.parameters, values)
    return Data(tuple(asimov_counts(model, by_name) for model in joint.models), values)


def joint_expected(joint: JointModel, values: Values) -> tuple[Float[Array, " bins"], ...]:
    """Expected counts of each model, in order."""
    by_name = named(joint.parameters, values)
    return tuple(expected(model, by_name) for model in joint.models)


def log_likelihood(joint: JointModel, values: Values, data: Data) -> Scalar:
    """Σ_models ln L(counts) + Σ ln constraints.

    Args:
        joint: the model.
        values: (parameters), in the order of `joint.parameters.names`.
        data: from `observed_data`, `asimov_data` or a toy.

    Returns:
        ln L, scalar; finite and twice differentiable in `values` inside their ranges.

    >>> import jax.numpy as jnp
    >>> from dmjax.likelihood.parameters import Parameter
    >>> from dmjax.likelihood.effects import Component, Scale
    >>> part = Component("all", [1.0], (Scale("n"),))
    >>> joint = JointModel(CountModel("one bin", [part], [Parameter("n", 3.0, lower=0.0)], on=[2]))
    >>> round(float(log_likelihood(joint, jnp.asarray([3.0]), observed_data(joint))), 4)
    -1.4959
    """
    by_name = named(joint.parameters, values)
    total = log_constraint(joint.parameters, values, data.centres)
    for model, counts in zip(joint.models, data.counts, strict=True):
        total = total + log_counts(model, by_name, counts)
    return total
