"""Large-sample p-values and CLs of a signal strength, observed and expected.

With q_A the statistic of Asimov data without signal, √q_A = μ/σ, and every distribution is that of
a shifted normal number.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.special import log_ndtr, ndtri
from jaxtyping import Array, ArrayLike, Float, Int

from dmjax.fits.fit import fit
from dmjax.fits.pseudo_data import check_data
from dmjax.likelihood.joint import Data, JointModel, asimov_data, log_likelihood
from dmjax.limits.test_statistics import (
    ProfileScan,
    Strength,
    conditional,
    profile_scan,
    statistic,
    statistics_at,
)
from dmjax.numerics import safe_divide, safe_sqrt

Scalar = Float[Array, ""]
Values = Float[Array, " parameters"]

SIGMAS = (-2.0, -1.0, 0.0, 1.0, 2.0)
"""Standard deviations of the expected bands, from strong to weak limits."""


class PValues(NamedTuple):
    """Logarithms of the p-values of a strength.

    Attributes:
        log_sb: ln p of signal and background.
        log_b: ln CL_b: the same probability without signal.
        log_cls: ln CLs = log_sb − log_b.
    """

    log_sb: Scalar
    log_b: Scalar
    log_cls: Scalar


class Discovery(NamedTuple):
    """Test of no signal.

    Attributes:
        q0: −2 ln[L(0)/L(μ̂)] for μ̂ > 0, else 0.
        z: √q0 standard deviations.
        p_value: 1 − Φ(z).
        best_fit: μ̂.
        status: of the fits.
    """

    q0: Scalar
    z: Scalar
    p_value: Scalar
    best_fit: Scalar
    status: Int[Array, ""]


class StrengthTest(NamedTuple):
    """Test of one strength.

    Attributes:
        q, q_asimov: the statistic for the data and for Asimov data without signal.
        p_sb, p_b, cls: p-values and their ratio.
        expected_cls: at `SIGMAS` of the background-only expectation, weak exclusion last.
        status: of the fits.
    """

    q: Scalar
    q_asimov: Scalar
    p_sb: Scalar
    p_b: Scalar
    cls: Scalar
    expected_cls: Float[Array, " bands"]
    status: Int[Array, ""]


def discovery(
    joint: JointModel, chosen: Strength, data: Data, start: Values | None = None
) -> Discovery:
    """Significance of a signal: Z = √q0.

    Source: arXiv:1007.1727 Eqs. 12, 53.

    >>> from dmjax.limits.test_statistics import strength
    >>> from dmjax.analyses.ccm120 import ccm120
    >>> from dmjax.likelihood.joint import observed_data
    >>> joint = JointModel(ccm120(signal=[1.0]))
    >>> found = discovery(joint, strength(joint), observed_data(joint))
    >>> round(float(found.z), 3)
    0.049
    """
    check_data(joint, data)
    start = joint.parameters.centres if start is None else start
    q0, best, status = statistics_at(joint, chosen, data, jnp.zeros_like(start[:1]), start, "q0")
    z = safe_sqrt(q0[0])
    return Discovery(q0[0], z, jnp.exp(log_ndtr(-z)), best, status)


def asymptotic_p_values(q: ArrayLike, q_asimov: ArrayLike, test: str = "qtilde") -> PValues:
    """p-values of q or q̃, given the value of the statistic for Asimov data without signal.

    p_sb = 1 − Φ(√q), CL_b = 1 − Φ(√q − √q_A); for q̃ > q_A
    p_sb = 1 − Φ((q̃ + q_A)/2√q_A), CL_b = 1 − Φ((q̃ − q_A)/2√q_A).

    Args:
        q: observed statistic, ≥ 0.
        q_asimov: q_A ≥ 0; 0: no sensitivity, then CLs = 1.
        test: "q" or "qtilde"; static.

    Returns:
        `PValues`, finite for finite input.

    Source: arXiv:1007.1727 Eqs. 59, 66 and Sec. 3.7.

    >>> found = asymptotic_p_values(2.706, 2.706)
    >>> round(float(jnp.exp(found.log_sb)), 3), round(float(jnp.exp(found.log_cls)), 3)
    (0.05, 0.1)
    """
    q, q_asimov = jnp.asarray(q, float), jnp.asarray(q_asimov, float)
    root, shift = safe_sqrt(q), safe_sqrt(q_asimov)
    z_sb, z_b = root, root - shift
    if test == "qtilde":
        beyond = (q > q_asimov) & (q_asimov > 0)
        z_sb = jnp.where(beyond, safe_divide(q + q_asimov, 2.0 * shift), z_sb)
        z_b = jnp.where(beyond, safe_divide(q - q_asimov, 2.0 * shift), z_b)
    log_sb, log_b = log_ndtr(-z_sb), log_ndtr(-z_b)
    return PValues(log_sb, log_b, jnp.minimum(log_sb - log_b, 0.0))


def expected_log_cls(q_asimov: Scalar) -> Float[Array, " bands"]:
    """ln CLs where the data fluctuate by `SIGMAS` around the expectation without signal.

    CLs(N) = [1 − Φ(√q_A − N)]/Φ(N): N = −2 is an excluding fluctuation downward, +2 upward.
    """
    shifts = jnp.asarray(SIGMAS, q_asimov.dtype)
    return jnp.minimum(log_ndtr(shifts - safe_sqrt(q_asimov)) - log_ndtr(shifts), 0.0)


def band_levels(cl: Float[ArrayLike, ""], cls: bool) -> Float[Array, " bands"]:
    """√q_A at the expected limits of `SIGMAS`, held at 0.

    With CLs Φ⁻¹(1 − (1 − cl) Φ(N)) + N, else Φ⁻¹(cl) + N (arXiv:1007.1727 Eqs. 88, 89).

    >>> [round(float(x), 3) for x in band_levels(0.95, True)]
    [1.052, 1.412, 1.96, 2.727, 3.656]
    """
    shifts = jnp.asarray(SIGMAS, float)
    alpha = 1.0 - jnp.asarray(cl, float)
    kept = jnp.exp(log_ndtr(shifts)) if cls else jnp.ones_like(shifts)
    return jnp.maximum(shifts - ndtri(alpha * kept), 0.0)


class Reference(NamedTuple):
    """What every tested strength of one data set needs.

    Attributes:
        scan: free fit and fit at 0.
        data: of the fits.
        asimov: Asimov data at the fit without signal.
        asimov_nll: −2 ln L of the Asimov data at their best fit: their own truth, unless a
            parameter is integrated.
    """

    scan: ProfileScan
    data: Data
    asimov: Data
    asimov_nll: Scalar


def reference(joint: JointModel, chosen: Strength, data: Data, start: Values) -> Reference:
    """Free fit, fit without signal, and the Asimov data of the latter."""
    return reference_of(
        joint, data, profile_scan(joint, chosen, data, jnp.zeros_like(start[:1]), start)
    )


def reference_of(joint: JointModel, data: Data, scan: ProfileScan) -> Reference:
    """The same where the two fits are known."""
    truth = scan.values[1]
    asimov = asimov_data(joint, truth)
    if joint.integrate is None:
        return Reference(scan, data, asimov, -2.0 * log_likelihood(joint, truth, asimov))
    return Reference(scan, data, asimov, fit(joint, asimov, truth).two_nll)


def asimov_statistic(
    joint: JointModel, chosen: Strength, base: Reference, point: Scalar
) -> tuple[Scalar, Int[Array, ""]]:
    """q_A at a strength, and the status of its fit: μ̂ = 0 by construction."""
    found = conditional(joint, chosen, base.asimov, point, base.scan.values[1])
    return jnp.maximum(found.two_nll - base.asimov_nll, 0.0), found.status


def both_statistics(
    joint: JointModel, chosen: Strength, base: Reference, point: Scalar, test: str
) -> tuple[Scalar, Scalar, Int[Array, ""]]:
    """(q of the data, q_A, worst status of their fits) at a strength."""
    start, nll = base.scan.values, base.scan.two_nll
    at, at_asimov, status = _both_fits(joint, chosen, base, point)
    q = statistic(test, point, start[0, chosen.index], nll[0], nll[1], at)
    return q, jnp.maximum(at_asimov - base.asimov_nll, 0.0), status


def _both_fits(joint: JointModel, chosen: Strength, base: Reference, point: Scalar):
    """−2 ln L of the data and of the Asimov data at a strength, and the worst status.

    Data of one form share a compiled fit; an integral for whole counts has its own.
    """
    pairs = (base.data, base.asimov)
    if jax.tree.structure(base.data) == jax.tree.structure(base.asimov):
        both = jax.tree.map(lambda a, b: jnp.stack([a.astype(b.dtype), b]), *pairs)
        found = jax.lax.map(
            lambda each: conditional(joint, chosen, each[0], point, each[1]),
            (both, base.scan.values),
        )
        return found.two_nll[0], found.two_nll[1], jnp.max(found.status)
    ours, theirs = (
        conditional(joint, chosen, each, point, base.scan.values[i]) for i, each in enumerate(pairs)
    )
    return ours.two_nll, theirs.two_nll, jnp.maximum(ours.status, theirs.status)


def strength_test(
    joint: JointModel,
    chosen: Strength,
    data: Data,
    point: Scalar,
    test: str = "qtilde",
    start: Values | None = None,
) -> StrengthTest:
    """Observed and expected CLs of one strength.

    Args:
        joint, chosen, data: model, strength, data.
        point: strength μ > 0 that is tested.
        test: "q" or "qtilde"; static.
        start: of the first fit.

    Returns:
        `StrengthTest`.

    Raises:
        InputError: data that do not fit the model.

    Source: arXiv:1007.1727.
    """
    check_data(joint, data)
    start = joint.parameters.centres if start is None else start
    base = reference(joint, chosen, data, start)
    q, q_asimov, status = both_statistics(joint, chosen, base, point, test)
    found = asymptotic_p_values(q, q_asimov, test)
    return StrengthTest(
        q=q,
        q_asimov=q_asimov,
        p_sb=jnp.exp(found.log_sb),
        p_b=jnp.exp(found.log_b),
        cls=jnp.exp(found.log_cls),
        expected_cls=jnp.exp(expected_log_cls(q_asimov)),
        status=jnp.maximum(status, jnp.max(base.scan.status)),
    )
