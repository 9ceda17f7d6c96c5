"""χ from V in place of a photon of the e± cascade (P4)."""

from dataclasses import replace
from typing import Self, final

import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.constants import E_CHARGE
from dmjax.conventions import Conventions
from dmjax.flux.boxes import WIDTH_FLOOR, chi_pair, momentum
from dmjax.flux.channel import AbstractChannel, Pull
from dmjax.flux.lines import isotropic
from dmjax.flux.mass_shell import MassNodes, mass_nodes
from dmjax.flux.vertices import Line
from dmjax.kinematics import pair_speed_squared, two_body_energy
from dmjax.models.charges import Charges
from dmjax.models.vector import VectorMediator
from dmjax.numerics import hat_integrals, hat_points, safe_divide
from dmjax.sources import CascadePhotons
from dmjax.sources.cascade import emission_suppression
from dmjax.sources.emission import EmissionTable, emission_table, emitted_below

Scalar = Float[Array, ""]
Pair = tuple[Scalar, Scalar]
N_PARTS = 3
"""Points between two momentum nodes: the photon bins make the spectrum rough."""
N_MASSES = 10
"""Masses of V per side of the resonance."""
N_LINES = 32
"""Most lines of V in place of the photon bins."""


def _shape(
    table: EmissionTable, v: VectorMediator, nodes: MassNodes, k: Float[Array, " n"], pair: Pair
) -> Float[Array, " n"]:
    """Σ_s weight_s (m/2p*) [A(m, E₊) − A(m, E₋)] over the masses m of V.

    χ of energy E and momentum k comes from V between E± = m(E E* ± k p*)/m_χ². E₋ is taken from
    E₊E₋ = m²(E*² + k²)/m_χ², which does not cancel.
    """
    mass = nodes.mass[:, None]
    speed = jnp.sqrt(jnp.clip(pair_speed_squared(mass, *pair), WIDTH_FLOOR**2))
    e_star, p_star = two_body_energy(mass, *pair), 0.5 * mass * speed
    energy = jnp.sqrt(k * k + v.m_chi * v.m_chi)[None, :]
    both = energy * e_star + k[None, :] * p_star
    highest = mass * both / (v.m_chi * v.m_chi)
    lowest = mass * (e_star * e_star + (k * k)[None, :]) / both
    above, below = (emitted_below(table, nodes.mass, e - mass) for e in (highest, lowest))
    share = nodes.weight / speed[:, 0]
    return share @ jnp.clip(above - below, 0.0)


@final
class Cascade(AbstractChannel):
    """V in place of a photon of the e± cascade: of the photon's energy, isotropic.

    Attributes:
        photons: the photons of the beam; prompt χ follow from `table`, V that fly from these.
        table: what they emit, by mass and energy. None until `prepared`.
    """

    photons: CascadePhotons
    table: EmissionTable | None = None

    def weights(
        self, v: VectorMediator, k: Float[Array, " n"], conventions: Conventions
    ) -> Float[Array, " n"]:
        """χ per POT and sr at each momentum node.

        dN/dE dΩ = (p² m/4πp*) ∫ dE_V n(E_V) f(m/⟨E_e⟩)/p_V over the V that reach E, n uniform in
        each bin ([D20] §2.1, App. A).
        """
        if self.table is None:
            raise ValueError("the cascade needs the tables of make_beam")
        nodes = mass_nodes(v, self.photons.edges[-1], conventions, N_MASSES)
        points, shares = hat_points(k, N_PARTS)
        between = points.ravel()
        shape = _shape(self.table, v, nodes, between, chi_pair(v, conventions))
        factor = (v.charges.electron / E_CHARGE) ** 2 / (2.0 * jnp.pi)
        density = factor * between / jnp.sqrt(between * between + v.m_chi * v.m_chi) * shape
        return hat_integrals(k, density.reshape(points.shape), shares)

    def momenta(self, v: VectorMediator, conventions: Conventions, lowest: Scalar, n: int) -> None:
        """None: smooth."""

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
        """What the photons emit, by mass and energy."""
        return self if self.table else replace(self, table=emission_table(self.photons))
