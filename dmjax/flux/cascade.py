"""χ from V in place of a photon of the e± cascade (P4)."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.constants import E_CHARGE
from dmjax.conventions import Conventions
from dmjax.flux.boxes import WIDTH_FLOOR
from dmjax.flux.mass_shell import mass_nodes
from dmjax.models.vector import VectorMediator
from dmjax.numerics import hat_weights, safe_sqrt
from dmjax.sources import CascadePhotons
from dmjax.sources.cascade import emission_suppression

Scalar = Float[Array, ""]


def cascade_weights(
    photons: CascadePhotons, v: VectorMediator, k: Float[Array, " n"], conventions: Conventions
) -> Float[Array, " n"]:
    """χ per POT and sr at each momentum node; V has the photon's energy and is isotropic.

    With E_V = m cosh u and E_χ = m_χ cosh y, χ of energy E comes from |y − y*| < u < y + y*, so
    dN/dE dΩ = (p²/2πβ*) ∫ du n(E_V) f(m/⟨E_e⟩), n uniform in each bin ([D20] §2.1, App. A).
    """
    nodes = mass_nodes(v, photons.edges[-1], conventions)
    y = jnp.arcsinh(k / v.m_chi)
    speed = k / jnp.sqrt(k * k + v.m_chi * v.m_chi)
    shape = jax.vmap(_emission, in_axes=(None, 0, None, None))(photons, nodes.mass, v.m_chi, y)
    factor = (v.charges.electron / E_CHARGE) ** 2 / (2.0 * jnp.pi)
    return factor * speed * (nodes.weight @ shape) * hat_weights(k)


def _emission(
    photons: CascadePhotons, mass: Scalar, m_chi: Scalar, y: Float[Array, " n"]
) -> Float[Array, " n"]:
    """(1/β*) ∫ du n f over the rapidities u of V of one mass that reach χ of rapidity y."""
    edges = jnp.maximum(photons.edges, mass) / mass
    u = jnp.log(edges + safe_sqrt(edges * edges - 1.0))
    middle = 0.5 * (photons.edges[1:] + photons.edges[:-1])
    density = photons.photons / jnp.diff(photons.edges) * emission_suppression(mass, middle)
    beta = jnp.sqrt(jnp.clip(1.0 - 4.0 * (m_chi / mass) ** 2, WIDTH_FLOOR**2))
    y_star = jnp.arcsinh(0.5 * mass * beta / m_chi)
    steps = jnp.concatenate([jnp.zeros(1, u.dtype), jnp.cumsum(density * jnp.diff(u))])

    def below(rapidity: Float[Array, " n"]) -> Float[Array, " n"]:
        """∫ n f du up to a rapidity: linear inside each bin, so exact."""
        width = photons.edges[1] - photons.edges[0]
        place = (mass * jnp.cosh(jnp.minimum(rapidity, u[-1])) - photons.edges[0]) / width
        i = jnp.clip(jnp.floor(place).astype(jnp.int32), 0, density.shape[0] - 1)
        return steps[i] + density[i] * jnp.clip(rapidity - u[i], 0.0, u[i + 1] - u[i])

    return jnp.clip(below(y + y_star) - below(jnp.abs(y - y_star)), 0.0) / beta
