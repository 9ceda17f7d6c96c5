"""χ from π⁻ p → n V at rest (P2)."""

from typing import Self, final

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.constants import E_CHARGE, M_CAPTURE_MAX, M_NEUTRON, M_PION, M_PROTON
from dmjax.conventions import Conventions
from dmjax.flux.boxes import box_on_grid, boxes, chi_pair
from dmjax.flux.channel import AbstractChannel, Pull, amplitude_pull
from dmjax.flux.lines import monochromatic
from dmjax.flux.mass_shell import mass_nodes
from dmjax.flux.momenta import at_rest_momenta
from dmjax.flux.vertices import Line
from dmjax.kinematics import two_body_energy
from dmjax.models.charges import Charges
from dmjax.models.production import capture_amplitude, capture_amplitude_error, capture_charge
from dmjax.models.vector import VectorMediator
from dmjax.numerics import safe_sqrt
from dmjax.sources import StoppedPions

Scalar = Float[Array, ""]
M_PIONIC = M_PROTON + M_PION
"""Mass of the pionic atom of a proton at rest [MeV]."""
N_SPREAD = 9
CAPTURE = "radiative_capture"
"""Nuisance of the share of captures that radiate."""
ISOSCALAR = "capture_isoscalar"
"""Nuisance of the isoscalar part of the amplitude, for charges that are not the electric ones."""


def capture_energy(mass: Scalar) -> Scalar:
    """E_V = ((m_p + m_π)² − m_n² + m²)/2(m_p + m_π) [MeV] ([D20] Eq. 3.1).

    >>> round(float(capture_energy(jnp.asarray(75.0))), 2)
    132.02
    """
    return two_body_energy(M_PIONIC, jnp.minimum(mass, M_CAPTURE_MAX), M_NEUTRON)


def phase_space(mass: Scalar) -> Scalar:
    """|p_V(m)|/|p_V(0)|: 1 for a photon, 0 at and above 138.28 MeV."""
    photon = (M_PIONIC**2 - M_NEUTRON**2) / (2.0 * M_PIONIC)
    energy = capture_energy(mass)
    return safe_sqrt(energy * energy - mass * mass) / photon


def capture_yield(
    pions: StoppedPions, v: VectorMediator, mass: Scalar, conventions: Conventions
) -> Scalar:
    """V per POT from π⁻ p → n V at rest at κ_f = 1: N_π⁻ p²; 0 for m ≥ 138.28 MeV (P2).

    `all_captures_radiate` False: only the radiative fraction of the captures counts;
    `capture_multipoles` True: p by `capture_amplitude`, not x_u/Q_u;
    `capture_phase_space` True: times |p_V(m)|/|p_V(0)|.
    """
    amplitude = capture_amplitude if conventions.capture_multipoles else capture_charge
    fraction = 1.0 if conventions.all_captures_radiate else pions.radiative_fraction
    rate = pions.per_pot * fraction * (amplitude(v.charges) / E_CHARGE) ** 2
    if conventions.capture_phase_space:
        rate = rate * phase_space(mass)
    return jnp.where(mass < M_CAPTURE_MAX, rate, jnp.zeros_like(rate))


def capture_lines(
    pions: StoppedPions, v: VectorMediator, conventions: Conventions
) -> tuple[Float[Array, " n"], Float[Array, " n"], Float[Array, " n"]]:
    """Energies, masses [MeV] and yields per POT of the V lines that make up this channel.

    One line, or one per node of the width, each spread by a Gaussian of relative width
    `capture_spread` where that is not 0; below E = m it is cut.
    """
    nodes = mass_nodes(v, M_CAPTURE_MAX, conventions)
    energy = capture_energy(nodes.mass)
    rate = nodes.weight * jax.vmap(capture_yield, in_axes=(None, None, 0, None))(
        pions, v, nodes.mass, conventions
    )
    if conventions.capture_spread == 0.0:
        return energy, nodes.mass, rate
    x, w = np.polynomial.hermite_e.hermegauss(N_SPREAD)
    x, w = jnp.asarray(x, energy.dtype), jnp.asarray(w / w.sum(), energy.dtype)
    spread = energy[:, None] * (1.0 + conventions.capture_spread * x)
    mass = jnp.broadcast_to(nodes.mass[:, None], spread.shape)
    share = jnp.where(spread > mass, rate[:, None] * w, 0.0)
    return jnp.maximum(spread, mass).ravel(), mass.ravel(), share.ravel()


@final
class PionCapture(AbstractChannel):
    """π⁻ p → n V of stopped π⁻: V made at rest, isotropic.

    Attributes:
        pions: the π⁻ of the beam.
    """

    pions: StoppedPions

    def weights(
        self, v: VectorMediator, k: Float[Array, " n"], conventions: Conventions
    ) -> Float[Array, " n"]:
        """χ per POT and sr at each momentum node: isotropic boxes over 4π."""
        energy, mass, rate = capture_lines(self.pions, v, conventions)
        on_grid = jax.vmap(lambda one: box_on_grid(v, one, k, transverse=False))(
            boxes(energy, mass, chi_pair(v, conventions))
        )
        return rate @ on_grid / (4.0 * jnp.pi)

    def momenta(
        self, v: VectorMediator, conventions: Conventions, lowest: Scalar, n: int
    ) -> Float[Array, " n"]:
        """Over the box of χ."""
        return at_rest_momenta(v, conventions, lowest, M_CAPTURE_MAX, capture_energy, n)

    def lines(self, v: VectorMediator, conventions: Conventions) -> Line:
        """One line, or several where E_V is spread; V must be on its mass shell."""
        energy, mass, rate = capture_lines(self.pions, v, conventions)
        return monochromatic(energy, mass[0], chi_pair(v, conventions), rate)

    def pulls(self, conventions: Conventions, charges: Charges) -> tuple[Pull, ...]:
        """The share of captures that radiate, the isoscalar amplitude; where by convention used."""
        found: tuple[Pull, ...] = ()
        if not conventions.all_captures_radiate:
            pions = self.pions
            found += (Pull(CAPTURE, pions.radiative_fraction_error / pions.radiative_fraction),)
        if conventions.capture_multipoles:
            found += amplitude_pull(ISOSCALAR, capture_amplitude_error(charges))
        return found

    def k_max(self) -> float:
        """E_V of the heaviest V."""
        return M_CAPTURE_MAX

    def prepared(self, k_max: float, lifetimes: bool) -> Self:
        """Nothing is tabulated."""
        return self
