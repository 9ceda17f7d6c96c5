"""A vector mediator V: what it couples to and how strongly ([D20] Tables 1 and 4)."""

import math

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, ArrayLike, Float

from dmjax.constants import E_CHARGE
from dmjax.data import load_toml
from dmjax.errors import InputError, unknown_name

Scalar = Float[Array, ""]
SPINS = ("dirac", "scalar")


class Charges(eqx.Module):
    """Charges x_f of the Standard-Model fermions under V, in units of κ_f."""

    up: float
    down: float
    electron: float


class VectorMediator(eqx.Module):
    """V with L = κ_f x_f V f̄γf + κ_D V χ̄γχ ([D20] Eqs. 2.3, 2.5).

    Couplings are kept as logarithms: κ_f⁴ would underflow in float32.

    Attributes:
        m_v, m_chi: masses [MeV].
        log_kappa: ln κ_f; κ_f = εe for the dark photon.
        log_alpha_d: ln α_D, α_D = κ_D²/4π.
        charges: x_f.
        model: preset name.
        dm: "dirac" or "scalar" (complex).
    """

    m_v: Scalar
    m_chi: Scalar
    log_kappa: Scalar
    log_alpha_d: Scalar
    charges: Charges
    model: str = eqx.field(static=True)
    dm: str = eqx.field(static=True)


PRESETS = {name: Charges(**charges) for name, charges in load_toml("models", "vector").items()}
"""First-generation charges of [D20] Table 1: all that production and scattering here need."""


def check_masses(m_v, m_chi) -> None:
    """Raise unless both masses are finite and positive and V → χχ̄ is open."""
    for name, mass in (("m_v", m_v), ("m_chi", m_chi)):
        values = np.asarray(mass)
        if not np.all(np.isfinite(values)) or np.any(values <= 0):
            raise InputError(f"{name} must be finite and positive in MeV, got {mass}")
    if np.any(np.asarray(m_chi) >= 0.5 * np.asarray(m_v)):
        raise InputError(
            f"V -> chi chi needs m_chi < m_v/2, got m_v = {m_v} MeV, m_chi = {m_chi} MeV"
        )


def mediator(
    model: str,
    m_v: ArrayLike,
    m_chi: ArrayLike,
    *,
    alpha_d: ArrayLike = 0.5,
    eps: ArrayLike | None = None,
    g: ArrayLike | None = None,
    dm: str = "dirac",
) -> VectorMediator:
    """A preset of [D20] Table 1 at given masses and couplings.

    Args:
        model: a key of `PRESETS`.
        m_v, m_chi: masses [MeV], m_chi < m_v/2; numbers or traced scalars.
        alpha_d: dark fine-structure constant κ_D²/4π.
        eps: kinetic mixing, for "dark-photon" (κ_f = εe).
        g: gauge coupling, for every other model (κ_f = g).
        dm: "dirac" or "scalar".

    Returns:
        VectorMediator. Outside the domain: InputError for concrete values, exact zeros downstream
        for traced ones.

    >>> a = mediator("dark-photon", 75.0, 25.0, eps=1e-4)
    >>> round(float(eps_of(a)), 7)
    0.0001
    """
    if model not in PRESETS:
        raise unknown_name("model", model, PRESETS)
    if dm not in SPINS:
        raise unknown_name("dark-matter spin", dm, SPINS)
    name, other = ("eps", g) if model == "dark-photon" else ("g", eps)
    coupling = eps if model == "dark-photon" else g
    if coupling is None or other is not None:
        raise InputError(f"model '{model}' takes its coupling as {name}, and only that")
    arguments = (m_v, m_chi, coupling, alpha_d)
    if not any(isinstance(x, Tracer) for x in arguments):
        check_masses(m_v, m_chi)
        for key, value in ((name, coupling), ("alpha_d", alpha_d)):
            if not np.all(np.isfinite(value)) or np.any(np.asarray(value) <= 0):
                raise InputError(f"{key} must be finite and positive, got {value}")
    dtype = jnp.result_type(float, *(x for x in arguments if isinstance(x, jnp.ndarray)))
    m_v, m_chi, coupling, alpha_d = (jnp.asarray(x, dtype) for x in arguments)
    log_e = math.log(E_CHARGE) if model == "dark-photon" else 0.0
    return VectorMediator(
        m_v, m_chi, jnp.log(coupling) + log_e, jnp.log(alpha_d), PRESETS[model], model, dm
    )


def eps_of(v: VectorMediator) -> Scalar:
    """κ_f/e: the kinetic mixing ε of the dark photon."""
    return jnp.exp(v.log_kappa) / E_CHARGE


def meson_charge(charges: Charges) -> float:
    """Coupling of π⁰ → γV relative to π⁰ → γγ: (Q_u x_u − Q_d x_d)/(Q_u² − Q_d²).

    ([D20] Table 4, first row: 1, 1, 2 for A′, B, T3R.)
    """
    return 3.0 * (2.0 / 3.0 * charges.up + 1.0 / 3.0 * charges.down)


def capture_charge(charges: Charges) -> float:
    """Coupling of π⁻ p → n V relative to the photon's: x_u/Q_u ([D20] Table 4 as printed)."""
    return 1.5 * charges.up


def nuclear_charge(charges: Charges, z: float, n: float) -> float:
    """Coherent charge of a nucleus: Z(2x_u + x_d) + N(x_u + 2x_d).

    Z for A′, A for B and B−L, 2(A − 2Z) for T3R, 0 for leptonic models.

    >>> round(nuclear_charge(PRESETS["t3r-1"], 55, 78), 6)
    46.0
    """
    return z * (2.0 * charges.up + charges.down) + n * (charges.up + 2.0 * charges.down)
