"""Pseudo-data: counts and auxiliary measurements thrown at given parameter values."""

import math

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.errors import InputError
from dmjax.likelihood.count_model import CountModel, Counts, asimov_counts
from dmjax.likelihood.joint import Data, JointModel
from dmjax.likelihood.onoff import MAX_COUNT, OnOffCounts, onoff_counts
from dmjax.likelihood.parameters import named

Values = Float[Array, " parameters"]


def most_counts(joint: JointModel, values: Values) -> tuple[int, ...]:
    """A count that no bin of a toy exceeds, per model: the mean plus ten standard deviations.

    Args:
        joint: the model.
        values: the largest expectation that toys will be thrown at.

    Raises:
        InputError: an on/off model with the integral whose toys could leave its range.
    """
    found = []
    for model in joint.models:
        top = float(jnp.max(asimov_counts(model, named(joint.parameters, values)).on))
        most = int(top + 10.0 * math.sqrt(top + 1.0)) + 10
        if _integrates(model) and most > MAX_COUNT:
            raise InputError(
                f"{model.name}: toys of up to {most} counts per bin exceed the {MAX_COUNT} of the "
                "background integral; use off_term 'profile'"
            )
        found.append(most)
    return tuple(found)


def _integrates(model: CountModel) -> bool:
    return model.observed.off is not None and model.off_term == "integral"


def _throw_counts(model: CountModel, means: Counts, key: Array, most: int) -> Counts | OnOffCounts:
    on_key, off_key = jax.random.split(key)
    dtype = means.on.dtype
    on = jax.random.poisson(on_key, means.on).astype(dtype)
    if means.off is None:
        return Counts(on)
    off = jax.random.poisson(off_key, means.off).astype(dtype)
    if not _integrates(model):
        return Counts(on, off)
    return onoff_counts(jnp.minimum(on, most), jnp.minimum(off, most), most + 1)


def throw(
    joint: JointModel, values: Values, key: Array, most: tuple[int, ...] | None = None
) -> Data:
    """One toy: Poisson counts of every bin, and auxiliary centres from their normal constraints.

    The background under an off measurement is its best fit to the observed counts at `values`;
    on and off counts are both thrown. Where free parameters have no auxiliary measurement the
    centre stays.

    Args:
        joint: the model.
        values: the truth, as a rule a conditional best fit.
        key: of `jax.random`.
        most: from `most_counts`; needed by on/off models with the integral; static.

    Returns:
        `Data`. Pure: vmap over keys and values.

    >>> from dmjax.likelihood.parameters import Parameter
    >>> from dmjax.likelihood.templates import Component, Scale
    >>> part = Component("all", [1.0], (Scale("n"),))
    >>> joint = JointModel(CountModel("bin", [part], [Parameter("n", 3.0, lower=0.0)], on=[2]))
    >>> toy = throw(joint, jnp.asarray([100.0]), jax.random.key(1))
    >>> 50 < float(toy.counts[0].on[0]) < 150
    True
    """
    limits = joint.parameters
    by_name = named(limits, values)
    keys = jax.random.split(key, len(joint.models) + 1)
    most = most_counts(joint, values) if most is None else most
    counts = tuple(
        _throw_counts(model, asimov_counts(model, by_name), keys[i], most[i])
        for i, model in enumerate(joint.models)
    )
    sigmas = limits.sigmas.astype(values.dtype)
    known = jnp.isfinite(sigmas)
    noise = jax.random.normal(keys[-1], values.shape, values.dtype)
    drawn = values + noise * jnp.where(known, sigmas, 0.0)
    return Data(counts, jnp.where(known, drawn, limits.centres.astype(values.dtype)))


def toy_keys(key: Array, first: int, count: int) -> Array:
    """Keys of toys number first … first + count − 1: the same whatever the batches are."""
    return jax.vmap(lambda number: jax.random.fold_in(key, number))(
        np.arange(first, first + count, dtype=np.uint32)
    )
