"""Post-fit yields and spectra with their errors, the full covariance of a fit propagated."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.fits.fit import Fit
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.count_terms import fitted_components
from dmjax.likelihood.joint import JointModel
from dmjax.likelihood.parameters import named
from dmjax.likelihood.poisson import best_background

STEADY = "measured steady state"
"""Component that stands for the background under an off measurement."""

Bins = Float[Array, " bins"]


class Projection(NamedTuple):
    """Post-fit counts of one analysis in bins that may be sums of its own.

    Attributes:
        data: observed counts, (rows,).
        components: name → expected counts, (rows,).
        component_errors: name → standard deviation of each, (rows,).
        total, error: of all components together, (rows,).
    """

    data: np.ndarray
    components: dict[str, np.ndarray]
    component_errors: dict[str, np.ndarray]
    total: np.ndarray
    error: np.ndarray


def _parts(joint: JointModel, model: CountModel, values) -> dict[str, Bins]:
    """Expected counts of every component, the measured background among them."""
    found = dict(fitted_components(model, named(joint.parameters, values)))
    on, off, _ = model.observed
    if off is not None:
        signal_like = jnp.sum(jnp.stack(list(found.values())), axis=0)
        found[STEADY] = best_background(on, off, signal_like)
    return found


def _measured(model: CountModel, parts: dict[str, np.ndarray]) -> np.ndarray:
    """Variance of the measured background b where everything else, s, is known; 0 where b is 0.

    1/(n/(s + b)² + m/b²), the inverse information of n on and m off counts.
    """
    n, m = (np.asarray(x) for x in (model.observed.on, model.observed.off))
    b = parts[STEADY]
    s = sum(x for name, x in parts.items() if name != STEADY)
    seen = b > 0
    safe = np.where(seen, b, 1.0)
    information = n / (s + safe) ** 2 + m / safe**2
    return np.where(seen, 1.0 / np.where(information > 0, information, 1.0), 0.0)


def _template_variance(
    model: CountModel, parts: dict[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """(template in each of its groups (groups, bins), variance of each factor) at known θ.

    1/(Σ n k²/(s + k)² + a), the inverse information of the counts n and of the a behind a group.
    """
    k, n = parts[str(model.measured)], np.asarray(model.observed.on)
    behind = np.asarray(model.observed.behind)
    s = sum(x for name, x in parts.items() if name != model.measured)
    mean = np.where(s + k > 0, s + k, 1.0)
    groups = np.repeat(np.arange(behind.size), k.size // behind.size)
    rows = np.where(groups[None, :] == np.arange(behind.size)[:, None], k[None, :], 0.0)
    information = rows.astype(bool) @ (n * k**2 / mean**2) + behind
    return rows, np.where(behind > 0, 1.0 / np.where(information > 0, information, 1.0), 0.0)


def projections(
    joint: JointModel, best: Fit, model: CountModel, sums: list[np.ndarray]
) -> list[Projection]:
    """Post-fit counts of an analysis in sums of its bins, with errors.

    y = P c(θ̂), var y = P (J V Jᵀ + B) Pᵀ, J = ∂c/∂θ, V the covariance of the fit (inverse Hessian)
    and B the variance of a measured background or template at known θ. A background under an off
    measurement, and the energies of a measured template, are their best fit and move with θ.

    Args:
        joint: the model that was fitted.
        best: its fit.
        model: one of its analyses.
        sums: P of each projection, (rows, bins), of zeros and ones.

    Returns:
        A `Projection` each. Errors are inf where a parameter in use is not determined.

    Valid in the large-sample limit; a parameter at the end of its range counts as fixed.
    """
    parts = {name: np.asarray(x) for name, x in _parts(joint, model, best.values).items()}
    slopes = jax.jit(jax.jacfwd(lambda v: _parts(joint, model, v)))(best.values)
    slopes = {name: np.asarray(x) for name, x in slopes.items()}
    covariance = np.asarray(best.covariance)
    own = {STEADY: _measured(model, parts)} if STEADY in parts else {}
    none = np.zeros(model.observed.on.size)
    template = _template_variance(model, parts) if model.measured is not None else None

    def error(
        rows: np.ndarray, slope: np.ndarray, variance: np.ndarray, name: str = ""
    ) -> np.ndarray:
        folded = rows @ slope
        flat = ~np.isfinite(covariance)
        hit = ((folded != 0.0) @ flat.any(axis=1)) > 0
        known = np.where(flat, 0.0, covariance)
        square = np.einsum("ri,ij,rj->r", folded, known, folded) + rows @ variance
        if template is not None and name in ("", model.measured):
            square = square + (rows @ template[0].T) ** 2 @ template[1]
        return np.where(hit, np.inf, np.sqrt(np.maximum(square, 0.0)))

    total, slope = (np.sum(list(x.values()), axis=0) for x in (parts, slopes))
    found = []
    for rows in sums:
        found.append(
            Projection(
                data=rows @ np.asarray(model.observed.on),
                components={name: rows @ x for name, x in parts.items()},
                component_errors={
                    name: error(rows, slopes[name], own.get(name, none), name) for name in parts
                },
                total=rows @ total,
                error=error(rows, slope, own.get(STEADY, none)),
            )
        )
    return found


def axis_sums(model: CountModel) -> dict[str, np.ndarray]:
    """Axis → matrix (its bins, bins) that sums over all other axes; none without axes.

    >>> from dmjax.likelihood.effects import Component
    >>> part = Component("all", np.ones(6))
    >>> made = CountModel("m", [part], [], on=np.ones(6), axes=[("x", range(3)), ("y", range(4))])
    >>> axis_sums(made)["x"].sum(axis=1).tolist()
    [3.0, 3.0]
    """
    sizes = [len(edges) - 1 for _, edges in model.axes]
    found = {}
    for place, (label, _) in enumerate(model.axes):
        index = np.indices(sizes)[place].ravel()
        found[label] = (index[None, :] == np.arange(sizes[place])[:, None]).astype(float)
    return found
