"""χ from V in place of a photon of the e± cascade (P4)."""

from typing import Self, final

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.constants import E_CHARGE
from dmjax.conventions import Conventions
from dmjax.flux.boxes import WIDTH_FLOOR, chi_pair, momentum
from dmjax.flux.channel import AbstractChannel, Pull
from dmjax.flux.lines import isotropic
from dmjax.flux.mass_shell import mass_nodes
from dmjax.flux.vertices import Line
from dmjax.kinematics import pair_speed_squared
from dmjax.models.charges import Charges
from dmjax.models.vector import VectorMediator
from dmjax.numerics import hat_integrals, hat_points, safe_divide, safe_sqrt
from dmjax.sources import CascadePhotons
from dmjax.sources.cascade import emission_suppression

Scalar = Float[Array, ""]
N_PARTS = 4
"""Points between two momentum nodes: the photon bins make the spectrum rough."""
N_LINES = 32
"""Most lines of V in place of the photon bins."""


def _emission(
    photons: CascadePhotons, mass: Scalar, pair: tuple[Scalar, Scalar], y: Float[Array, " n"]
) -> Float[Array, " n"]:
    """(m/2p*) ∫ du n f over the rapidities u of V of one mass that reach χ of rapidity y."""
    edges = jnp.maximum(photons.edges, mass) / mass
    u = jnp.log(edges + safe_sqrt(edges * edges - 1.0))
    middle = 0.5 * (photons.edges[1:] + photons.edges[:-1])
    density = photons.photons / jnp.diff(photons.edges) * emission_suppression(mass, middle)
    beta = jnp.sqrt(jnp.clip(pair_speed_squared(mass, *pair), WIDTH_FLOOR**2))
    y_star = jnp.arcsinh(0.5 * mass * beta / pair[0])
    steps = jnp.concatenate([jnp.zeros(1, u.dtype), jnp.cumsum(density * jnp.diff(u))])

    def below(rapidity: Float[Array, " n"]) -> Float[Array, " n"]:
        """∫ n f du up to a rapidity: linear inside each bin, so exact."""
        width = photons.edges[1] - photons.edges[0]
        place = (mass * jnp.cosh(jnp.minimum(rapidity, u[-1])) - photons.edges[0]) / width
        i = jnp.clip(jnp.floor(place).astype(jnp.int32), 0, density.shape[0] - 1)
        return steps[i] + density[i] * jnp.clip(rapidity - u[i], 0.0, u[i + 1] - u[i])

    return jnp.clip(below(y + y_star) - below(jnp.abs(y - y_star)), 0.0) / beta


@final
class Cascade(AbstractChannel):
    """V in place of a photon of the e± cascade: of the photon's energy, isotropic.

    Attributes:
        photons: the photons of the beam.
    """

    photons: CascadePhotons

    def weights(
        self, v: VectorMediator, k: Float[Array, " n"], conventions: Conventions
    ) -> Float[Array, " n"]:
        """χ per POT and sr at each momentum node.

        With E_V = m cosh u and E_χ = m_χ cosh y, χ of energy E comes from |y − y*| < u < y + y*,
        so dN/dE dΩ = (p² m/4πp*) ∫ du n(E_V) f(m/⟨E_e⟩), n uniform in each bin
        ([D20] §2.1, App. A).
        """
        nodes = mass_nodes(v, self.photons.edges[-1], conventions)
        points, shares = hat_points(k, N_PARTS)
        between = points.ravel()
        y = jnp.arcsinh(between / v.m_chi)
        speed = between / jnp.sqrt(between * between + v.m_chi * v.m_chi)
        over_masses = jax.vmap(_emission, in_axes=(None, 0, None, None))
        shape = over_masses(self.photons, nodes.mass, chi_pair(v, conventions), y)
        factor = (v.charges.electron / E_CHARGE) ** 2 / (2.0 * jnp.pi)
        density = factor * speed * (nodes.weight @ shape)
        return hat_integrals(k, density.reshape(points.shape), shares)

    def lines(self, v: VectorMediator, conventions: Conventions) -> Line:
        """A few photon bins to a line.

        A line has the harmonic mean of its momenta, on which the share of early decays depends.
        """
        low, high = self.photons.edges[:-1], self.photons.edges[1:]
        bottom = jnp.clip(v.m_v, low, high)
        count = self.photons.photons * (high - bottom) / (high - low)
        middle = jnp.maximum(0.5 * (bottom + high), v.m_v * (1.0 + 1e-4))
        rate = count * emission_suppression(v.m_v, middle)
        group = -(-low.shape[0] // N_LINES)
        sums = jnp.pad(
            jnp.stack([rate, rate / momentum(middle, v.m_v)]), ((0, 0), (0, -low.shape[0] % group))
        )
        total, slowness = sums.reshape(2, -1, group).sum(-1)
        k = jnp.where(total > 0.0, safe_divide(total, slowness), v.m_v)
        return isotropic(jnp.sqrt(k * k + v.m_v * v.m_v), v.m_v, chi_pair(v, conventions), total)

    def pulls(self, conventions: Conventions, charges: Charges) -> tuple[Pull, ...]:
        """Empty: no error of the photons is known."""
        return ()

    def k_max(self) -> float:
        """Energy of the hardest photon."""
        return float(self.photons.edges[-1])

    def prepared(self, k_max: float, lifetimes: bool) -> Self:
        """Nothing is tabulated."""
        return self
