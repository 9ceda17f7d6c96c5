"""What the CMB says of dark matter that annihilates, and what it annihilates to."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.data import load_table
from dmjax.models import VectorMediator, fermion_width
from dmjax.numerics import safe_divide
from dmjax.relic.annihilation import (
    SPECIES,
    full_width,
    hadron_width,
    pair_mass,
    rate_density,
    visible_width,
)

Scalar = Float[Array, ""]
P_ANN_MOST = 3.2e-28
"""Largest p_ann [cm³ s⁻¹ GeV⁻¹] at 95 % (Planck 2018, TT, TE, EE + lowE + lensing + BAO)."""
CM3_PER_S = (1.9732698e-11) ** 2 * 2.99792458e10
"""One MeV⁻² of σv in cm³/s."""
MEV_PER_GEV = 1e3
SPEED = 1e-4
"""v_rel of dark matter at recombination, at most: what is p-wave is suppressed by its square."""
_FREEZE = 20.0


def slow_rate(v: VectorMediator, speed: float = SPEED) -> Scalar:
    """c σv_rel into everything at one low relative velocity [MeV⁻²]; c as of `log_average`.

    Pseudo-Dirac: 0 with a splitting, since no χ₂ are left; without, that of Dirac.

    >>> from dmjax.models import mediator
    >>> import jax; jax.config.update("jax_enable_x64", True)
    >>> v = mediator("dark-photon", 60.0, 20.0, eps=4.24e-5, alpha_d=0.1, dm="dirac")
    >>> round(2.0 * float(slow_rate(v)) * CM3_PER_S * 1e26, 1)
    7.7
    """
    beta2 = 0.25 * speed * speed
    mass = pair_mass(v) * (1.0 - beta2) ** -0.5
    sigma_lambda = rate_density(v, mass, full_width(v))
    rate = sigma_lambda * 2.0 * beta2**0.5 / (mass**4 * beta2)
    if v.dm == "pseudo-dirac":
        return jnp.where(v.splitting > 0.0, 0.0, 0.5 * rate)
    return SPECIES[v.dm].pairs * rate


def p_ann(v: VectorMediator) -> Scalar:
    """f_eff c⟨σv⟩/m_χ of annihilation to e⁺e⁻ [cm³ s⁻¹ GeV⁻¹], to be below `P_ANN_MOST`.

    Muons and pions also heat the gas, about a third as much: they are left out, so that less is
    excluded. All of dark matter is taken to be χ.

    Source: Planck 2018 (arXiv:1807.06209); f_eff of arXiv:1506.03811.
    """
    held = load_table("cmb_electrons").columns
    share = jnp.interp(v.m_chi, jnp.asarray(held["energy"]), jnp.asarray(held["share"]))
    mass = pair_mass(v)
    electrons = safe_divide(fermion_width(v, "electron", mass), visible_width(v, mass))
    return share * electrons * slow_rate(v) * CM3_PER_S * MEV_PER_GEV / v.m_chi


def hadron_share(v: VectorMediator) -> Scalar:
    """Share of hadrons in annihilation at freeze-out, at √s = m_χ + m_χ₂ + 3T/2, x = 20.

    0 where everything is closed.
    """
    mass = pair_mass(v) + 1.5 * v.m_chi / _FREEZE
    return safe_divide(hadron_width(v, mass), visible_width(v, mass))
