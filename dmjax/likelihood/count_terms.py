"""What a count model expects, and the probability of counts: the terms of its likelihood."""

from collections.abc import Mapping
from functools import reduce

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.likelihood.count_model import CountModel, Counts
from dmjax.likelihood.effects import component_counts
from dmjax.likelihood.measured import best_factors, log_measured
from dmjax.likelihood.onoff import OnOffCounts, log_onoff
from dmjax.likelihood.poisson import best_background, log_onoff_profiled, log_poisson

Scalar = Float[Array, ""]
Bins = Float[Array, " bins"]


def expected_components(model: CountModel, values: Mapping[str, Scalar]) -> dict[str, Bins]:
    """Expected counts of every component, by name.

    Args:
        model: the model.
        values: of (at least) its parameters, by name.

    Returns:
        name → counts, (bins,).
    """
    return {c.name: component_counts(c, values) for c in model.components}


def expected(model: CountModel, values: Mapping[str, Scalar]) -> Bins:
    """Expected counts of all components; without the background of an off measurement."""
    return reduce(jnp.add, expected_components(model, values).values())


def prepare(model: CountModel, counts: Counts) -> Counts | OnOffCounts:
    """Data in the form `log_counts` wants: for "integral", whole numbers, checked.

    Args:
        model: says how its off measurement is used.
        counts: whole numbers for "integral".

    Returns:
        The counts themselves, or `OnOffCounts`.
    """
    if counts.off is None or model.off_term == "profile":
        return counts
    return OnOffCounts(np.asarray(counts.on), np.asarray(counts.off))


def raw_counts(counts: Counts | OnOffCounts) -> Counts:
    """The counts that `prepare` was given."""
    return Counts(counts.n_on, counts.n_off) if isinstance(counts, OnOffCounts) else counts


def log_counts(
    model: CountModel, values: Mapping[str, Scalar], data: Counts | OnOffCounts
) -> Scalar:
    """ln of the probability of the counts, without constraints.

    Without an off measurement Σ_b ln P(n_b; μ_b), the factors of a measured template profiled
    (`log_measured`). With one, the background N of a bin is removed
    from P(n; s + N) P(m; N): "integral", over N from 0 to ∞ ([D20] Eq. 6.4; whole counts only), or
    "profile", at its maximum (any counts ≥ 0, so also Asimov data).

    Args:
        model: gives the expectation.
        values: of (at least) its parameters, by name.
        data: from `prepare`.

    Returns:
        ln L, scalar, finite for finite values.
    """
    return jnp.sum(log_bins(model, values, data))


def log_bins(model: CountModel, values: Mapping[str, Scalar], data: Counts | OnOffCounts) -> Bins:
    """`log_counts` of each bin, (bins,); a value may also hold one number per bin."""
    parts = expected_components(model, values)
    means = reduce(jnp.add, parts.values())
    if isinstance(data, OnOffCounts):
        return log_onoff(data, means)
    if data.off is None:
        if data.behind is None or model.observed.behind is None:
            return log_poisson(data.on, means)
        others, template = _split(model, parts)
        return log_measured(data.on, others, template, data.behind, model.observed.behind)
    return log_onoff_profiled(data.on, data.off, means)


def _split(model: CountModel, parts: Mapping[str, Bins]) -> tuple[Bins, Bins]:
    """(all other components, the measured template)."""
    template = parts[str(model.measured)]
    rest = [part for name, part in parts.items() if name != model.measured]
    return reduce(jnp.add, rest, jnp.zeros_like(template)), template


def template_factors(model: CountModel, parts: Mapping[str, Bins]) -> Float[Array, " groups"]:
    """γ̂ of a measured template given the observed counts; see `measured.best_factors`."""
    others, template = _split(model, parts)
    n, behind = (jnp.asarray(x, template.dtype) for x in model.observed[::2])
    return best_factors(n, others, template, behind, behind)


def fitted_components(model: CountModel, values: Mapping[str, Scalar]) -> dict[str, Bins]:
    """`expected_components` with a measured template at its best fit to the observed counts."""
    parts = expected_components(model, values)
    if model.measured is None:
        return parts
    factors, template = template_factors(model, parts), parts[model.measured]
    each = template.shape[0] // factors.shape[0]
    return parts | {model.measured: jnp.repeat(factors, each) * template}


def asimov_counts(model: CountModel, values: Mapping[str, Scalar]) -> Counts:
    """Data equal to their expectation; off backgrounds and measured templates at their best fit."""
    on, off, behind = model.observed
    if behind is not None:
        parts = expected_components(model, values)
        factors = template_factors(model, parts)
        fitted = reduce(jnp.add, fitted_components(model, values).values())
        return Counts(fitted, None, factors * behind.astype(fitted.dtype))
    means = expected(model, values)
    if off is None:
        return Counts(means)
    background = best_background(on.astype(means.dtype), off.astype(means.dtype), means)
    return Counts(means + background, background)
