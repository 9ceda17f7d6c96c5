"""χ from π⁰ → γV of π⁰ made by charge exchange, nearly at rest (P3)."""

from typing import Self, final

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.conventions import Conventions
from dmjax.flux.boxes import box_on_grid, chi_pair
from dmjax.flux.channel import AbstractChannel, Pull
from dmjax.flux.lines import monochromatic
from dmjax.flux.mesons import CLOSED, decay_boxes
from dmjax.flux.momenta import at_rest_momenta
from dmjax.flux.vertices import Line
from dmjax.kinematics import two_body_energy
from dmjax.models.charges import Charges
from dmjax.models.vector import VectorMediator
from dmjax.sources import NeutralMesons

Scalar = Float[Array, ""]


@final
class ChargeExchange(AbstractChannel):
    """π⁰ → γV at rest, isotropic.

    Attributes:
        mesons: π⁰; of their distribution nothing is used.
    """

    mesons: NeutralMesons

    def weights(
        self, v: VectorMediator, k: Float[Array, " n"], conventions: Conventions
    ) -> Float[Array, " n"]:
        """χ per POT and sr at each momentum node: isotropic boxes over 4π."""
        b, rate = decay_boxes(self.mesons, v, conventions)
        on_grid = jax.vmap(lambda one: box_on_grid(v, one, k, conventions.transverse_v))(b)
        return self.mesons.per_pot / (4.0 * jnp.pi) * (rate @ on_grid)

    def momenta(
        self, v: VectorMediator, conventions: Conventions, lowest: Scalar, n: int
    ) -> Float[Array, " n"]:
        """Over the box of χ."""
        mass = self.mesons.mass
        return at_rest_momenta(
            v, conventions, lowest, mass, lambda m_v: two_body_energy(mass, m_v, 0.0), n
        )

    def lines(self, v: VectorMediator, conventions: Conventions) -> Line:
        """One line; its rate does not matter beside others of the same channel."""
        m_v = jnp.minimum(v.m_v, CLOSED * self.mesons.mass)
        energy = two_body_energy(self.mesons.mass, m_v, 0.0)[None]
        return monochromatic(energy, m_v, chi_pair(v, conventions), jnp.ones_like(energy))

    def pulls(self, conventions: Conventions, charges: Charges) -> tuple[Pull, ...]:
        """Empty: no error of their number is known."""
        return ()

    def k_max(self) -> float:
        """Half the mass of the π⁰."""
        return 0.5 * float(self.mesons.mass)

    def prepared(self, k_max: float, lifetimes: bool) -> Self:
        """Nothing is tabulated."""
        return self
