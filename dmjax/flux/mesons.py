"""χ from π⁰, η → γV in flight (P1), and what their decays at rest share with them."""

from dataclasses import replace
from typing import Self, final

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.constants import E_CHARGE
from dmjax.conventions import Conventions
from dmjax.flux.boxes import Box, box_points, boxes, chi_pair, momentum
from dmjax.flux.channel import AbstractChannel, Pull, amplitude_pull
from dmjax.flux.lines import lines_of
from dmjax.flux.mass_shell import mass_nodes
from dmjax.flux.vertices import Line
from dmjax.kinematics import two_body_energy
from dmjax.models.charges import Charges
from dmjax.models.production import ETA as ETA_MESON
from dmjax.models.production import eta_mixing_error, meson_amplitude
from dmjax.models.vector import VectorMediator
from dmjax.numerics import gauss_legendre, smooth_weights
from dmjax.sources import DopplerTable, NeutralMesons, boost_kernel, doppler_table
from dmjax.sources.boost import LIGHTEST_MEV, BoostKernel, boosted
from dmjax.sources.harmonics import Harmonics, harmonics, harmonics_at

Scalar = Float[Array, ""]
N_ENERGIES = 20
CLOSED = 0.99999
"""Where V is heavier than this share of the meson, its lines are held here; they are empty then."""
ETA = "eta_yield"
"""Nuisance of the number and shape of η."""
MIXING = "eta_mixing"
"""Nuisance of the quarks of the η, for charges that are not the electric ones."""


def meson_yield(
    mesons: NeutralMesons, v: VectorMediator, mass: Scalar, conventions: Conventions
) -> Scalar:
    """V of mass `mass` per meson at κ_f = 1: BR(γγ) 2 p² (1 − m²/m_M²)³; 0 for m ≥ m_M (P1).

    p is `meson_amplitude`/e, by the quarks and with the form factors that the conventions choose.
    """
    open_fraction = jnp.clip(1.0 - (mass / mesons.mass) ** 2, 0.0)
    amplitude = meson_amplitude(
        v.charges,
        mesons.kind,
        jnp.minimum(mass, mesons.mass),
        quarks=conventions.eta_quarks,
        form_factors=conventions.transition_form_factors,
    )
    return mesons.br_two_photons * 2.0 * (amplitude / E_CHARGE) ** 2 * open_fraction**3


def decay_boxes(
    mesons: NeutralMesons, v: VectorMediator, conventions: Conventions
) -> tuple[Box, Float[Array, " s"]]:
    """χ boxes in the meson's frame, one per mass node, and V per meson in each."""
    nodes = mass_nodes(v, mesons.mass, conventions)
    b = boxes(two_body_energy(mesons.mass, nodes.mass, 0.0), nodes.mass, chi_pair(v, conventions))
    rate = jax.vmap(lambda mass: meson_yield(mesons, v, mass, conventions))(nodes.mass)
    return b, nodes.weight * rate


@final
class MesonsInFlight(AbstractChannel):
    """π⁰ or η → γV in flight: the meson's frame is boosted towards the detector by one table.

    Attributes:
        mesons: parents.
        doppler: their boosts as the detector sees them.
        kernel: of the boost to the lab; `harmonics`: in all directions, for mediators with a
            lifetime alone. None until `prepared`.
        angle: of the detector to the beam [rad]; None: averaged over all directions.
        nuisance: name of the pull of their number and shape; None: without.
    """

    mesons: NeutralMesons
    doppler: DopplerTable
    kernel: BoostKernel | None
    harmonics: Harmonics | None
    angle: float | None = eqx.field(static=True)
    nuisance: str | None = eqx.field(static=True)

    def weights(
        self, v: VectorMediator, k: Float[Array, " n"], conventions: Conventions
    ) -> Float[Array, " n"]:
        """χ per POT and sr at each momentum node (P1).

        dN/dk dΩ = (k²/4πE) ∫ dk′ f(E′) K(y, y′)/E′²: the spectrum in the meson's frame, carried to
        the lab by the beam's boost matrix.
        """
        if self.kernel is None:
            raise ValueError("mesons in flight need the tables of make_beam")
        b, rate = decay_boxes(self.mesons, v, conventions)
        k_parent, weight = jax.vmap(lambda one: box_points(v, one, conventions.transverse_v))(b)
        weight = rate[:, None] * weight
        m_boost = jnp.maximum(v.m_chi, LIGHTEST_MEV)
        y_parent, y = (jnp.arcsinh(momenta / m_boost) for momenta in (k_parent.ravel(), k))
        flux = boosted(self.kernel, y_parent, weight.ravel(), y)
        density = k * k / jnp.sqrt(k * k + v.m_chi * v.m_chi) * jnp.clip(flux, 0.0)
        return self.mesons.per_pot / (4.0 * jnp.pi) * density * smooth_weights(k)

    def momenta(self, v: VectorMediator, conventions: Conventions, lowest: Scalar, n: int) -> None:
        """None: smooth."""

    def lines(self, v: VectorMediator, conventions: Conventions) -> Line:
        """On nodes of V's rapidity: dN/dE dΩ = (k/4πk₀E₀) η(v, ln E₀/E)."""
        table = self.harmonics
        if table is None:
            raise ValueError("a mediator with a lifetime needs a beam from with_harmonics")
        m_v = jnp.minimum(v.m_v, CLOSED * self.mesons.mass)
        e_0 = two_body_energy(self.mesons.mass, m_v, 0.0)
        middle = jnp.arccosh(e_0 / m_v)
        low = jnp.maximum(middle - table.y_max, 1e-3)
        x, w = (jnp.asarray(c, m_v.dtype) for c in gauss_legendre(N_ENERGIES, 0.0, 1.0))
        y = low + (middle + table.y_max - low) * x
        energy, k = m_v * jnp.cosh(y), m_v * jnp.sinh(y)
        a = jnp.arctan2(k, m_v)
        moments = jax.vmap(harmonics_at, in_axes=(None, 0, 0))(table, a, jnp.log(e_0 / energy))
        scale = k / (4.0 * jnp.pi * momentum(e_0, m_v) * e_0)
        pair = chi_pair(v, conventions)
        return lines_of(energy, m_v, pair, w * k, moments * scale[:, None])

    def pulls(self, conventions: Conventions, charges: Charges) -> tuple[Pull, ...]:
        """The number and shape of the mesons, and of the η its mixing."""
        found: tuple[Pull, ...] = ()
        if self.nuisance is not None:
            found += (Pull(self.nuisance, self.mesons.per_pot_error / self.mesons.per_pot),)
        if self.mesons.kind == ETA_MESON and conventions.eta_quarks:
            found += amplitude_pull(MIXING, eta_mixing_error(charges))
        return found

    def k_max(self) -> float:
        """E = E′/g at the smallest g, with E′ ≤ m_M/2 for any mediator."""
        table = self.doppler
        lowest = float(np.exp(table.log_g_min + 2.0 * table.step_log_g))
        return 0.5 * float(self.mesons.mass) / lowest

    def prepared(self, k_max: float, lifetimes: bool) -> Self:
        """The boost up to a momentum, and the harmonics for `lifetimes`."""
        kernel = boost_kernel(self.doppler, k_max) if self.kernel is None else self.kernel
        table = self.harmonics
        if lifetimes and table is None:
            table = harmonics(self.mesons, self.angle)
        return replace(self, kernel=kernel, harmonics=table)


def mesons_in_flight(
    mesons: NeutralMesons, angle: float | None, nuisance: str | None = None
) -> MesonsInFlight:
    """The channel as seen at `angle` [rad], its error a pull of name `nuisance` if given."""
    return MesonsInFlight(mesons, doppler_table(mesons, angle), None, None, angle, nuisance)
