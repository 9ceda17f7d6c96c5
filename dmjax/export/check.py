"""The round trip: a workspace evaluated and fitted by pyhf against the joint model."""

from typing import NamedTuple

import jax
import numpy as np

from dmjax.export.pyhf import Exported, from_pyhf, pyhf_model, to_pyhf
from dmjax.inference.fits import Fit, best_fit
from dmjax.likelihood.joint import JointModel, log_likelihood, observed_data

_TOLERANCE = 1e-12


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


def random_points(joint: JointModel, exported: Exported, points: int, seed: int) -> np.ndarray:
    """Points in the ranges: constraints drawn twice as wide, free factors from 0 to twice the start.

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
        columns.append(link.origin + link.step * np.clip(written, link.lower, link.upper))
    return np.stack(columns, axis=1)


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
    model, data = pyhf_model(exported.workspace)
    import pyhf

    measured = observed_data(joint)
    ours = jax.jit(lambda values: -2.0 * log_likelihood(joint, values, measured))

    def theirs(values) -> float:
        written = to_pyhf(joint, exported, values)
        flat = np.concatenate([written[name] for name in model.config.par_order])
        return -2.0 * float(model.logpdf(flat, data)[0])

    tried = [jax.numpy.asarray(v) for v in random_points(joint, exported, points, seed)]
    pairs = np.array([(float(ours(values)), theirs(values)) for values in tried])
    changes = pairs[1:] - pairs[0]
    best = best_fit(joint, measured) if best is None else best
    fitted = pyhf.infer.mle.fit(data, model, tolerance=_TOLERANCE)
    slices = {link.name: model.config.par_slice(link.name) for link in exported.links.values()}
    found = from_pyhf(exported, {name: fitted[part][0] for name, part in slices.items()})
    values = np.array([found[name] for name in joint.parameters.names])
    errors = np.asarray(best.errors)
    usable = (errors > 0) & np.isfinite(errors)
    distance = np.abs(values - np.asarray(best.values))[usable] / errors[usable]
    return RoundTrip(
        points=points,
        two_nll_range=float(np.abs(changes[:, 0]).max(initial=0.0)),
        two_nll_difference=float(np.abs(changes[:, 0] - changes[:, 1]).max(initial=0.0)),
        fit_two_nll=float(ours(jax.numpy.asarray(values)) - best.two_nll),
        fit_sigmas=float(distance.max(initial=0.0)),
    )
