"""The round trip: a workspace evaluated and fitted by pyhf against the joint model."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from dmjax.export.pyhf import Exported, from_pyhf, load_pyhf, pyhf_model, to_pyhf
from dmjax.fits.fit import Fit, best_fit
from dmjax.likelihood.joint import JointModel, log_likelihood, observed_data

_TOLERANCE = 1e-12
_MANY = 40
"""Parameters up to which finite differences are faster than compiling pyhf."""
_LARGE = 1e4
"""Counts in a bin up to which finite differences of −2 ln L keep enough digits."""
_SAME, _NEAR = 1e-6, 1e-3
"""What −2 ln L may differ by, as a share of its changes, and pyhf's minimum be above ours."""


class RoundTrip(NamedTuple):
    """How far pyhf and the joint model are apart.

    Attributes:
        points: random parameter points.
        two_nll_range: largest change of −2 ln L among them.
        two_nll_difference: largest difference of such changes.
        fit_two_nll: −2 ln L of pyhf's fit, by the joint model, above that of our own.
        fit_sigmas: largest distance of a fitted parameter, in units of its error.
    """

    points: int
    two_nll_range: float
    two_nll_difference: float
    fit_two_nll: float
    fit_sigmas: float

    @property
    def passed(self) -> bool:
        """Whether it is the same likelihood, and pyhf finds its minimum."""
        same = self.two_nll_difference <= _SAME * max(1.0, self.two_nll_range)
        return same and self.fit_two_nll <= _NEAR


def random_points(joint: JointModel, exported: Exported, points: int, seed: int) -> np.ndarray:
    """Points in the ranges: constraints at twice their width, free ones up to twice their start.

    Returns:
        Values, (points, parameters).
    """
    rng = np.random.default_rng(seed)
    columns = []
    for name in joint.parameters.names:
        link = exported.links[name]
        if link.sigma is None:
            written = rng.uniform(max(link.lower, 0.0), 2.0 * max(link.start, 0.5), points)
        else:
            middle = 1.0 if link.kind == "lumi" else 0.0
            written = middle + 2.0 * link.sigma * rng.standard_normal(points)
        inside = np.clip(written, link.lower, link.upper)
        columns.append(np.array([link.value(float(x)) for x in inside]))
    return np.stack(columns, axis=1)


def _is_hard(workspace: dict[str, Any]) -> bool:
    """Whether fits by finite differences would be slow or stop early."""
    (measurement,) = workspace["measurements"]
    size = sum(len(each["inits"]) for each in measurement["config"]["parameters"])
    largest = max(max(each["data"]) for each in workspace["observations"])
    return size > _MANY or largest > _LARGE


@contextmanager
def careful_pyhf(workspace: dict[str, Any]) -> Iterator[Any]:
    """pyhf with a tight tolerance and, for hard fits, exact gradients from JAX.

    The backend that was set, and stricter promotion rules, are back afterwards.

    Raises:
        InputError: pyhf is not installed.
    """
    pyhf = load_pyhf()
    before = pyhf.get_backend()
    backend = "jax" if _is_hard(workspace) else "numpy"
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        pyhf.set_backend(backend, pyhf.optimize.scipy_optimizer(tolerance=_TOLERANCE))
        try:
            yield pyhf
        finally:
            pyhf.set_backend(*before)


def round_trip(
    joint: JointModel,
    exported: Exported,
    points: int = 8,
    seed: int = 0,
    best: Fit | None = None,
) -> RoundTrip:
    """Compare −2 ln L at random points, and the best fits.

    Args:
        joint, exported: the model and its export.
        points, seed: random points.
        best: our fit; None: fit now.

    Returns:
        `RoundTrip`. Parameters without an error (at the end of their range) are not in
        `fit_sigmas`.

    Raises:
        InputError: pyhf is not installed.
    """
    measured = observed_data(joint)
    best = best_fit(joint, measured) if best is None else best
    ours = eqx.filter_jit(lambda values: -2.0 * log_likelihood(joint, values, measured))
    tried = [jnp.asarray(v) for v in random_points(joint, exported, points, seed)]
    written = [to_pyhf(joint, exported, values) for values in tried]
    with careful_pyhf(exported.workspace) as pyhf:
        model, data = pyhf_model(exported.workspace)
        order = model.config.par_order
        flat = [np.concatenate([each[name] for name in order]) for each in written]
        theirs = [-2.0 * float(model.logpdf(each, data)[0]) for each in flat]
        fitted = np.asarray(pyhf.infer.mle.fit(data, model))
        places = {link.name: model.config.par_slice(link.name) for link in exported.links.values()}
    pairs = np.array([[float(ours(values)) for values in tried], theirs])
    changes = pairs[:, 1:] - pairs[:, :1]
    found = from_pyhf(exported, {name: fitted[place][0] for name, place in places.items()})
    values = np.array([found[name] for name in joint.parameters.names])
    errors = np.asarray(best.errors)
    usable = (errors > 0) & np.isfinite(errors)
    distance = np.abs(values - np.asarray(best.values))[usable] / errors[usable]
    return RoundTrip(
        points=points,
        two_nll_range=float(np.abs(changes[0]).max(initial=0.0)),
        two_nll_difference=float(np.abs(changes[0] - changes[1]).max(initial=0.0)),
        fit_two_nll=float(ours(jnp.asarray(values)) - best.two_nll),
        fit_sigmas=float(distance.max(initial=0.0)),
    )
