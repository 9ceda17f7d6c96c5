"""Goodness of fit: −2 ln L against the saturated model, judged by χ² and by toys."""

import math
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from dmjax.errors import InputError
from dmjax.inference.chunks import in_chunks
from dmjax.inference.fits import Fit, best_fit, fit
from dmjax.likelihood.count_model import CountModel, Counts
from dmjax.likelihood.joint import Data, JointModel, Values, asimov_data, observed_data
from dmjax.likelihood.parameters import log_constraint
from dmjax.likelihood.poisson import log_poisson

Scalar = Float[Array, ""]


class GoodnessOfFit(NamedTuple):
    """How well the best fit describes the counts.

    Attributes:
        statistic: −2 ln [L(best fit)/L(saturated)].
        bins, dof: bins of the data; bins less free parameters.
        p_asymptotic: of χ² with `dof`; wrong where many bins expect less than a few counts.
        p_toys: share of toys, thrown at the best fit and fitted, with a statistic at least as
            large; None without toys.
        p_error: its Monte Carlo standard deviation.
        toys, failed: thrown; fits of them that did not converge (they count with the statistic
            they reached, which is at least that of their minimum).
    """

    statistic: float
    bins: int
    dof: int
    p_asymptotic: float
    p_toys: float | None
    p_error: float | None
    toys: int
    failed: int


def profiled(joint: JointModel) -> JointModel:
    """The same analyses with the background of every off measurement at its maximum."""
    return JointModel([_profiled(model) for model in joint.models])


def _profiled(model: CountModel) -> CountModel:
    if model.observed.off is None:
        return model
    on, off = (np.asarray(counts) for counts in model.observed)
    parts = (model.name, model.components, model.parameters, on, off, "profile", model.axes)
    return CountModel(*parts, expected_data=True)


def saturated_two_nll(joint: JointModel, data: Data) -> Scalar:
    """−2 ln L of a model that expects every count and every auxiliary measurement as it is.

    Args:
        joint: the model; off measurements with off_term "profile".
        data: observed or toy.

    Returns:
        −2 ln L, scalar: no fit lies below.
    """
    total = log_constraint(joint.parameters, data.centres, data.centres)
    for counts in data.counts:
        if not isinstance(counts, Counts):
            raise InputError("goodness of fit with an off measurement needs off_term 'profile'")
        for part in (counts.on, counts.off):
            if part is not None:
                total = total + jnp.sum(log_poisson(part, part))
    return -2.0 * total


def toy_data(joint: JointModel, values: Values, key: PRNGKeyArray) -> Data:
    """One toy at given parameters: counts, off counts and auxiliary measurements are all drawn."""
    mean = asimov_data(joint, values)
    keys = jax.random.split(key, len(mean.counts) + 1)
    counts = tuple(_draw(part, k) for part, k in zip(mean.counts, keys[1:], strict=True))
    sigmas = joint.parameters.sigmas.astype(values.dtype)
    width = jnp.where(jnp.isfinite(sigmas), sigmas, 0.0)
    noise = jax.random.normal(keys[0], values.shape, values.dtype)
    return Data(counts, values + width * noise)


def _draw(mean, key: PRNGKeyArray) -> Counts:
    on, off = jax.random.split(key)
    dtype = mean.on.dtype
    return Counts(
        jax.random.poisson(on, mean.on).astype(dtype),
        None if mean.off is None else jax.random.poisson(off, mean.off).astype(dtype),
    )


@eqx.filter_jit
def _toy_statistics(joint: JointModel, values: Values, keys, batch_size: int):
    def one(key):
        data = toy_data(joint, values, key)
        found = fit(joint, data, values)
        return found.two_nll - saturated_two_nll(joint, data), found.status

    return in_chunks(one, keys, batch_size)


def goodness_of_fit(
    joint: JointModel,
    best: Fit | None = None,
    toys: int = 0,
    seed: int = 0,
    batch_size: int = 100,
) -> GoodnessOfFit:
    """The saturated-model test of the observed counts.

    Args:
        joint: the model; off measurements are taken with off_term "profile".
        best: its best fit; None: fit now.
        toys: how many to throw at the best fit; 0: the asymptotic probability alone.
        seed: of the toys.
        batch_size: toys in memory at once.

    Returns:
        `GoodnessOfFit`.

    Source: Baker and Cousins, Nucl. Instrum. Meth. 221 (1984) 437.

    >>> from dmjax.likelihood.parameters import Parameter
    >>> from dmjax.likelihood.templates import Component, Scale
    >>> part = Component("flat", [1.0, 1.0], (Scale("n"),))
    >>> model = CountModel("bins", [part], [Parameter("n", 5.0, lower=0.0)], on=[4, 9])
    >>> found = goodness_of_fit(JointModel(model))
    >>> found.dof, round(found.statistic, 3), round(found.p_asymptotic, 3)
    (1, 1.97, 0.16)
    """
    if toys < 0 or batch_size < 1:
        raise InputError(f"toys must be 0 or more, in batches of 1 or more, got {toys}")
    if any(m.observed.off is not None and m.off_term == "integral" for m in joint.models):
        joint, best = profiled(joint), None
    data = observed_data(joint)
    best = best_fit(joint, data) if best is None else best
    statistic = float(best.two_nll - saturated_two_nll(joint, data))
    bins = sum(model.observed.on.size for model in joint.models)
    dof = bins - int(np.sum(~np.isfinite(np.asarray(joint.parameters.sigmas))))
    p_toys = p_error = None
    failed = 0
    if toys:
        keys = jax.random.split(jax.random.key(seed), toys)
        thrown, status = _toy_statistics(joint, best.values, keys, batch_size)
        above = int(jnp.sum(thrown >= statistic))
        failed = int(jnp.sum(status != 0))
        p_toys, p_error = above / toys, share_error(above, toys)
    return GoodnessOfFit(
        statistic=statistic,
        bins=bins,
        dof=dof,
        p_asymptotic=_chi2_tail(max(statistic, 0.0), dof),
        p_toys=p_toys,
        p_error=p_error,
        toys=toys,
        failed=failed,
    )


def _chi2_tail(statistic: float, dof: int) -> float:
    """Probability of a larger χ²; 1 without degrees of freedom."""
    if dof < 1:
        return 1.0
    return float(jax.scipy.special.gammaincc(jnp.asarray(0.5 * dof), jnp.asarray(0.5 * statistic)))


def share_error(found: int, tried: int) -> float:
    """Standard deviation of a share under a flat prior: never 0, also for none and all.

    >>> round(share_error(50, 100), 3), share_error(0, 100) > 0
    (0.049, True)
    """
    a, b = found + 1, tried - found + 1
    return math.sqrt(a * b / ((a + b) ** 2 * (a + b + 1)))
