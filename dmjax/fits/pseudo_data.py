"""Pseudo-data: counts and auxiliary measurements thrown at given parameter values."""

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Float

from dmjax.errors import InputError
from dmjax.fits.drawing import distribution, drawn, table_size
from dmjax.likelihood.constraints import throw_centres
from dmjax.likelihood.count_model import CountModel, Counts
from dmjax.likelihood.count_terms import asimov_counts, raw_counts
from dmjax.likelihood.joint import Data, JointModel
from dmjax.likelihood.onoff import MAX_COUNT, OnOffCounts, onoff_counts
from dmjax.likelihood.parameters import named
from dmjax.programs import kept

Values = Float[Array, " parameters"]


def most_counts(joint: JointModel, values: Values) -> tuple[int, ...]:
    """Size of the table that the counts of a toy are drawn from, per model.

    0 for models whose expectations are traced, or whose table would be too large: their counts are
    drawn one by one. A whole number of `_GRAIN`, so that toys at other values share a compilation
    as a rule.

    Args:
        joint: the model.
        values: the largest expectation that toys will be thrown at.

    Raises:
        InputError: an on/off model with the integral whose toys could leave its range.
    """
    found = []
    for model, top in zip(joint.models, _tops(joint, values), strict=True):
        if isinstance(top, Tracer) and not _integrates(model):
            found.append(0)
            continue
        top = float(top) if np.isfinite(top) else 0.0
        most = int(top + 8.0 * math.sqrt(top + 1.0)) + 8
        if most > MAX_COUNT and _integrates(model):
            raise InputError(
                f"{model.name}: toys of up to {most} counts per bin exceed the {MAX_COUNT} of the "
                "background integral; use off_term 'profile'"
            )
        size = -(-table_size(top) // _GRAIN) * _GRAIN
        found.append(0 if size > _LARGEST else size)
    return tuple(found)


_GRAIN, _LARGEST = 32, 16_384


@kept
def _tops(joint: JointModel, values: Values) -> tuple[Array, ...]:
    """The largest expectation of each model."""
    means = [asimov_counts(model, named(joint.parameters, values)) for model in joint.models]
    return tuple(
        jnp.max(jnp.concatenate([part for part in parts if part is not None])) for parts in means
    )


def _integrates(model: CountModel) -> bool:
    return model.observed.off is not None and model.off_term == "integral"


def _throw_counts(means: Counts, most: int, key: Array) -> Counts:
    """Poisson counts of every bin of a model."""
    parts, structure = jax.tree.flatten(means)
    every = jnp.concatenate(parts)
    if most == 0:
        counts = jax.random.poisson(key, every).astype(every.dtype)
    else:
        shares = jax.random.uniform(key, every.shape, every.dtype)
        counts = drawn(distribution(every, most), every, shares)
    ends = np.cumsum([part.size for part in parts])[:-1]
    return jax.tree.unflatten(structure, jnp.split(counts, ends))


def _prepared(model: CountModel, counts: Counts) -> Counts | OnOffCounts:
    if counts.off is None or not _integrates(model):
        return counts
    return onoff_counts(counts.on, counts.off)


def throw(
    joint: JointModel, values: Values, key: Array, most: tuple[int, ...] | None = None
) -> Data:
    """One toy: Poisson counts of every bin, and auxiliary centres from their constraints.

    The background under an off measurement is its best fit to the observed counts at `values`;
    on and off counts are both thrown. Where free parameters have no auxiliary measurement the
    centre stays.

    Args:
        joint: the model.
        values: the truth, as a rule a conditional best fit.
        key: of `jax.random`.
        most: from `most_counts` of the same or of larger values; None: made here, for background
            integrals from values that are numbers; static.

    Returns:
        `Data`. Pure: vmap over keys and values.

    >>> from dmjax.likelihood.parameters import Parameter
    >>> from dmjax.likelihood.effects import Component, Scale
    >>> part = Component("all", [1.0], (Scale("n"),))
    >>> joint = JointModel(CountModel("bin", [part], [Parameter("n", 3.0, lower=0.0)], on=[2]))
    >>> toy = throw(joint, jnp.asarray([100.0]), jax.random.key(1))
    >>> 50 < float(toy.counts[0].on[0]) < 150
    True
    """
    limits = joint.parameters
    by_name = named(limits, values)
    count_key, centre_key = jax.random.split(key)
    most = most_counts(joint, values) if most is None else most
    thrown = tuple(
        _throw_counts(asimov_counts(model, by_name), top, jax.random.fold_in(count_key, i))
        for i, (model, top) in enumerate(zip(joint.models, most, strict=True))
    )
    # Templates hide values that are not numbers; here the fit of the toy must fail.
    known_truth = jnp.all(jnp.isfinite(values))
    thrown = jax.tree.map(lambda part: jnp.where(known_truth, part, jnp.nan), thrown)
    counts = tuple(map(_prepared, joint.models, thrown))
    return Data(counts, throw_centres(limits, values, centre_key))


def check_data(joint: JointModel, data: Data) -> None:
    """InputError for data of another shape than the model's, or (concrete) bad numbers in them."""
    if (
        len(data.counts) != len(joint.models)
        or data.centres.shape != joint.parameters.centres.shape
    ):
        raise InputError(
            f"the data hold {len(data.counts)} analyses and {data.centres.size} centres, the model "
            f"{len(joint.models)} and {joint.parameters.centres.size}"
        )
    for model, counts in zip(joint.models, data.counts, strict=True):
        for label, part, wanted in zip(
            ("on", "off", "behind"), raw_counts(counts), model.observed, strict=True
        ):
            _check_counts(f"{model.name}: {label} counts", part, wanted)
    if not isinstance(data.centres, Tracer) and not np.isfinite(data.centres).all():
        raise InputError("auxiliary measurements must be finite")


def _check_counts(label: str, counts, wanted) -> None:
    here, there = (None if part is None else part.shape for part in (counts, wanted))
    if here != there:
        raise InputError(f"{label} have shape {here}, the model's {there}")
    if counts is None or isinstance(counts, Tracer):
        return
    good = np.isfinite(counts) & (np.asarray(counts) >= 0)
    if not good.all():
        first = int(np.argmin(good))
        raise InputError(f"{label} must be >= 0, bin {first} has {float(counts[first]):g}")


def toy_keys(key: Array, first: int, count: int) -> Array:
    """Keys of toys number first … first + count − 1: the same whatever the batches are."""
    return numbered_keys(key, np.arange(first, first + count))


def numbered_keys(key: Array, numbers: np.ndarray) -> Array:
    """Keys of toys by their numbers."""
    return jax.vmap(lambda number: jax.random.fold_in(key, number))(numbers.astype(np.uint32))
