"""Goodness of fit: −2 ln L against the saturated model, judged by χ² and by toys."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.batches import in_chunks
from dmjax.errors import InputError
from dmjax.fits.chi2 import chi2_tail
from dmjax.fits.estimates import ROUNDING, tail_share
from dmjax.fits.fit import Fit, best_fit, fit
from dmjax.fits.minimise import Status
from dmjax.fits.pseudo_data import most_counts, numbered_keys, throw
from dmjax.fits.retry import start_at, tried_again
from dmjax.likelihood.constraints import log_constraint
from dmjax.likelihood.count_model import CountModel, Counts, remade
from dmjax.likelihood.count_terms import asimov_counts
from dmjax.likelihood.joint import Data, JointModel, Values, log_likelihood, observed_data
from dmjax.likelihood.parameters import named
from dmjax.likelihood.poisson import log_poisson
from dmjax.programs import kept

Scalar = Float[Array, ""]

LEAST = 5.0
"""Counts that every bin must expect for χ² to follow from them."""


class GoodnessOfFit(NamedTuple):
    """How well the best fit describes the counts.

    Attributes:
        statistic: −2 ln [L(best fit)/L(saturated)].
        bins, dof: bins of the data; bins less free parameters.
        p_asymptotic: of χ² with `dof`; None unless every bin expects at least `LEAST` counts.
        p_toys: share of toys, thrown at the best fit and fitted, with a statistic at least as
            large; None without toys.
        p_error: its Monte Carlo standard deviation.
        toys, failed: thrown; of them, fits that did not converge: left out of the share, their
            share added to the error.
    """

    statistic: float
    bins: int
    dof: int
    p_asymptotic: float | None
    p_toys: float | None
    p_error: float | None
    toys: int
    failed: int


def profiled(joint: JointModel) -> JointModel:
    """The same analyses with every parameter and every background of an off measurement fitted."""
    return JointModel([_profiled(model) for model in joint.models])


def _profiled(model: CountModel) -> CountModel:
    if model.observed.off is None:
        return model
    return remade(model, off_term="profile", expected_data=True)


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
        for part in counts:
            if part is not None:
                total = total + jnp.sum(log_poisson(part, part))
    return -2.0 * total


@kept
def _thrown(joint: JointModel, values: Values, keys, attempt, most: tuple, size: int, way: str):
    """Statistic, toy by toy, of the fit to a toy, and its status."""

    def one(key):
        data = throw(joint, values, key, most)
        start = start_at(joint.parameters, values, jax.random.fold_in(key, attempt), attempt)
        found = fit(joint, data, start, way=way)
        above = found.two_nll > ROUNDING - 2.0 * log_likelihood(joint, values, data)
        failed = jnp.where(above, Status.ABOVE_TRUTH, found.status)
        status = jnp.where(found.status == 0, failed, found.status)
        return found.two_nll - saturated_two_nll(joint, data), status

    return in_chunks(one, keys, size)


def _toy_p_value(joint: JointModel, best: Fit, statistic: float, plan: tuple[int, int, int]):
    toys, seed, batch_size = plan
    key, most = jax.random.key(seed), most_counts(joint, best.values)

    def make(rows: np.ndarray, attempt: int):
        way, size = ("sure", rows.size) if attempt else ("quick", batch_size)
        keys = numbered_keys(key, rows)
        return _thrown(joint, best.values, keys, jnp.asarray(attempt), most, size, way)

    found, status = tried_again(make, make(np.arange(toys), 0))
    return tail_share(found, status == 0, statistic)


def _enough(joint: JointModel, best: Fit) -> bool:
    """Whether every bin, on and off, expects at least `LEAST` counts."""
    by_name = named(joint.parameters, best.values)
    parts = jax.tree.leaves([asimov_counts(model, by_name) for model in joint.models])
    return all(bool(jnp.all(part >= LEAST)) for part in parts)


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
        toys: how many to throw at the best fit; 0: χ² alone, where it holds.
        seed: of the toys.
        batch_size: toys in memory at once.

    Returns:
        `GoodnessOfFit`.

    Source: Baker and Cousins, Nucl. Instrum. Meth. 221 (1984) 437.

    >>> from dmjax.likelihood.parameters import Parameter
    >>> from dmjax.likelihood.effects import Component, Scale
    >>> part = Component("flat", [1.0, 1.0], (Scale("n"),))
    >>> model = CountModel("bins", [part], [Parameter("n", 5.0, lower=0.0)], on=[14, 24])
    >>> found = goodness_of_fit(JointModel(model))
    >>> found.dof, round(found.statistic, 3), round(found.p_asymptotic, 3)
    (1, 2.663, 0.103)
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
    by_toys = _toy_p_value(joint, best, statistic, (toys, seed, batch_size)) if toys else None
    return GoodnessOfFit(
        statistic=statistic,
        bins=bins,
        dof=dof,
        p_asymptotic=chi2_tail(max(statistic, 0.0), dof) if _enough(joint, best) else None,
        p_toys=None if by_toys is None else by_toys.value,
        p_error=None if by_toys is None else by_toys.error,
        toys=toys,
        failed=0 if by_toys is None else by_toys.failed,
    )
