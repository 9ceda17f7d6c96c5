"""The posterior of (ln m_V, ln Y, α) as a NumPyro model in nearly normal coordinates."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from jaxtyping import Array, Float

from dmjax.bayes.ridge import RidgeMap, coupling_from_normal, mass_from_normal
from dmjax.likelihood.analysis import BinnedAnalysis, log_likelihood

Template = Callable[[Float[Array, ""]], Float[Array, " bins"]]

PARAMETERS = ("log_m_v", "log_y", "alpha")
"""Names of the sampled parameters: ln(m_V/MeV), ln Y, scale shift α."""

SITES = ("z_mass", "z_coupling", "z_alpha")
"""Names of the standard normal numbers behind them."""

_STEEPEST = 1.0


def alpha_from_normal(sigma: Float[Array, ""], z: Float[Array, ""]) -> Float[Array, ""]:
    """α of a standard normal number z, such that α follows its Gaussian cut at −1.

    α = −σ Φ⁻¹(Φ(−z) Φ(1/σ)): close to σz, smooth, and above −1 for every z.

    >>> round(float(alpha_from_normal(jnp.asarray(0.28), jnp.asarray(1.0))), 3)
    0.28
    """
    share = jax.scipy.special.ndtr(-z) * jax.scipy.special.ndtr(1.0 / sigma)
    return -sigma * jax.scipy.special.ndtri(jnp.minimum(share, 1.0 - jnp.finfo(share.dtype).epsneg))


def point_at(template: Template, analysis: BinnedAnalysis, ridge: RidgeMap, z: tuple):
    """Parameters at three standard normal numbers, with the signal and the map's density there.

    Args:
        template: m_V [MeV] to expected events at Y_ref, (bins,).
        analysis: the analysis.
        ridge: the map.
        z: values of `SITES`.

    Returns:
        Values of `PARAMETERS`; expected events, (bins,); ln of the map's density.
    """
    z_mass, z_coupling, z_alpha = z
    alpha = alpha_from_normal(analysis.sigma_alpha, z_alpha)
    log_m_v = mass_from_normal(ridge, z_mass)
    events = template(jnp.exp(log_m_v))
    point = coupling_from_normal(ridge, z_coupling, log_m_v, jnp.sum(events), alpha)
    signal = jnp.exp(2.0 * (point.log_y - ridge.log_y_ref)) * events
    return (log_m_v, point.log_y, alpha), signal, point.log_density


def _log_weight(template: Template) -> Callable:
    """ln of likelihood over map density as a function of (z, analysis, ridge), nearly constant.

    Only its slope along the mass can be large: where a channel closes between two masses of the
    table the map changes over a very short way. There the slope handed to the integrator is
    bounded. Leapfrog steps with any slope that depends on position alone keep volume and can be
    reversed, and the energies in the acceptance are the true ones: the draws stay exact. The slope
    along the mass is also the only one that needs the template's derivative, taken once.
    """

    def plain(z, analysis, ridge):
        (_, _, alpha), signal, log_density = point_at(template, analysis, ridge, z)
        return log_likelihood(analysis, signal, alpha) - log_density

    log_weight = jax.custom_jvp(plain)

    @log_weight.defjvp
    def _(primals, tangents):
        (z_mass, *rest), analysis, ridge = primals
        t_mass, *t_rest = tangents[0]
        one = jnp.ones_like(z_mass)
        value, slope = jax.jvp(lambda m: plain((m, *rest), analysis, ridge), (z_mass,), (one,))
        _, others = jax.jvp(
            lambda *r: plain((z_mass, *r), analysis, ridge), tuple(rest), tuple(t_rest)
        )
        return value, jnp.clip(slope, -_STEEPEST, _STEEPEST) * t_mass + others

    return log_weight


def posterior_model(template: Template) -> Callable[[BinnedAnalysis, RidgeMap], None]:
    """NumPyro model of (ln m_V, ln Y, α) for a signal template as a function of the mass.

    ln m_V and ln Y are uniform over the ranges of the grid behind the ridge map, α Gaussian with
    width σ_α above −1; the likelihood is `log_likelihood` with N_χ = (Y/Y_ref)² template(m_V). The
    sites are three standard normal numbers: one is mapped to α by its prior, two to (ln m_V, ln Y)
    by the ridge map, whose density is divided out.

    Args:
        template: m_V [MeV] to expected events at Y_ref, (bins,); traceable and differentiable.

    Returns:
        A model of (analysis, ridge).

    Source: [D20] (arXiv:2006.09386) Eq. 6.4.
    """
    log_weight = _log_weight(template)

    def model(analysis: BinnedAnalysis, ridge: RidgeMap) -> None:
        z = tuple(numpyro.sample(site, dist.Normal(0.0, 1.0)) for site in SITES)
        for name, value in zip(PARAMETERS, point_at(template, analysis, ridge, z)[0], strict=True):
            numpyro.deterministic(name, value)
        numpyro.factor("counts", log_weight(z, analysis, ridge))

    return model
