"""A vector mediator V: what it couples to and how strongly ([D20] Tables 1 and 4)."""

import math

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, ArrayLike, Float

from dmjax.constants import E_CHARGE
from dmjax.errors import InputError, unknown_name
from dmjax.models.charges import PRESETS as PRESETS
from dmjax.models.charges import Charges as Charges

Scalar = Float[Array, ""]
SPINS = ("dirac", "scalar", "majorana", "pseudo-dirac")
"""Dark-matter spins: complex scalar; Dirac; Majorana (axial current); pseudo-Dirac (χ₁ → χ₂)."""

ROLES = ("producer", "scatterer")
NEAREST_IN_FLOAT32 = 1e-4
"""m_V/(2m_χ + Δ) − 1 below which rounding to float32 moves m_V − 2m_χ by a thousandth or more."""

CUSTOM = "custom"


class VectorMediator(eqx.Module):
    """V with L = κ_f x_f V f̄γf + κ_D V J_χ ([D20] Eqs. 2.3, 2.5).

    J_χ = χ̄γχ (Dirac), iχ*∂χ + h.c. (complex scalar), ½ χ̄γγ₅χ (Majorana) or i χ̄₂γχ₁
    (pseudo-Dirac: two Majorana states of masses m_χ and m_χ + Δ, coupled off the diagonal).
    Couplings are kept as logarithms: κ_f⁴ would underflow in float32.

    Attributes:
        m_v, m_chi: masses [MeV].
        log_kappa: ln κ_f; κ_f = εe for the dark photon.
        log_alpha_d: ln α_D, α_D = κ_D²/4π.
        charges: x_f.
        splitting: Δ = m_χ₂ − m_χ₁ [MeV]; 0 unless pseudo-Dirac.
        lifetime: proper lifetime of V [ns] in place of the one from its widths, or None.
        model: preset name, or "custom".
        dm: one of `SPINS`.
    """

    m_v: Scalar
    m_chi: Scalar
    log_kappa: Scalar
    log_alpha_d: Scalar
    charges: Charges
    splitting: Scalar
    lifetime: Scalar | None
    model: str = eqx.field(static=True)
    dm: str = eqx.field(static=True)


def check_masses(
    m_v: ArrayLike, m_chi: ArrayLike, splitting: ArrayLike = 0.0, *, role: str = "producer"
) -> None:
    """Raise unless masses are finite and positive, Δ ≥ 0, and a producer's V → χχ̄ is open."""
    for name, mass in (("m_v", m_v), ("m_chi", m_chi)):
        _check_positive(name, mass, " in MeV")
    gap = np.asarray(splitting)
    if not np.all(np.isfinite(gap)) or np.any(gap < 0):
        raise InputError(f"splitting must be finite and at least 0 MeV, got {splitting}")
    if role == "scatterer":
        return
    if np.any(np.asarray(m_chi) + 0.5 * gap >= 0.5 * np.asarray(m_v)):
        needed, at = "m_chi < m_v/2", ""
        if np.any(gap > 0):
            needed, at = "2 m_chi + splitting < m_v", f", splitting = {splitting} MeV"
        raise InputError(
            f"V -> chi chi needs {needed}, got m_v = {m_v} MeV, m_chi = {m_chi} MeV{at}"
        )


def check_dark_sector(mass_ratio: float, alpha_d: float) -> None:
    """Raise unless m_V/m_χ leaves V → χχ̄ open and α_D is above 0."""
    if not mass_ratio > 2.0:
        raise InputError(f"V -> chi chi needs a mass ratio m_v/m_chi above 2, got {mass_ratio}")
    if not alpha_d > 0.0:
        raise InputError(f"alpha_d must be positive, got {alpha_d}")


def _check_positive(name: str, value, unit: str = "") -> None:
    values = np.asarray(value)
    if not np.all(np.isfinite(values)) or np.any(values <= 0):
        raise InputError(f"{name} must be finite and positive{unit}, got {value}")


def _charges_of(model: str | Charges) -> tuple[str, Charges]:
    if isinstance(model, Charges):
        return CUSTOM, model
    if model not in PRESETS:
        raise unknown_name("model", model, PRESETS)
    return model, PRESETS[model]


def _check_spin(dm: str, splitting) -> None:
    if dm not in SPINS:
        raise unknown_name("dark-matter spin", dm, SPINS)
    given = isinstance(splitting, Tracer) or np.any(np.asarray(splitting) != 0)
    if given and dm != "pseudo-dirac":
        raise InputError(f"a splitting needs dm = 'pseudo-dirac', got dm = '{dm}'")


def mediator(
    model: str | Charges,
    m_v: ArrayLike,
    m_chi: ArrayLike,
    *,
    alpha_d: ArrayLike = 0.5,
    eps: ArrayLike | None = None,
    g: ArrayLike | None = None,
    dm: str = "dirac",
    splitting: ArrayLike = 0.0,
    lifetime_ns: ArrayLike | None = None,
    role: str = "producer",
) -> VectorMediator:
    """A mediator of [D20] Table 1, or of given charges, at given masses and couplings.

    Args:
        model: a key of `PRESETS`, or a `Charges` of your own.
        m_v, m_chi: masses [MeV], m_chi < m_v/2; numbers or traced scalars.
        alpha_d: dark fine-structure constant κ_D²/4π.
        eps: kinetic mixing, for "dark-photon" (κ_f = εe).
        g: gauge coupling, for every other model (κ_f = g).
        dm: "dirac", "scalar", "majorana" or "pseudo-dirac".
        splitting: m_χ₂ − m_χ₁ [MeV] for "pseudo-dirac", 2m_χ + splitting < m_V; see the
            convention `heavier_state` for what becomes of χ₂.
        lifetime_ns: proper lifetime of V [ns] to use instead of ħ over the total width.
        role: "scatterer" drops the condition that V → χχ̄ is open (see `DoubleMediator`).

    Returns:
        VectorMediator. Outside the domain: InputError for concrete values, exact zeros downstream
        for traced ones.

    >>> a = mediator("dark-photon", 75.0, 25.0, eps=1e-4)
    >>> round(float(eps_of(a)), 7)
    0.0001
    >>> mediator(Charges(up=1.0, down=-1.0), 75.0, 25.0, g=1e-4).model
    'custom'
    """
    name, charges = _charges_of(model)
    _check_spin(dm, splitting)
    if role not in ROLES:
        raise unknown_name("role", role, ROLES)
    key, coupling, other = ("eps", eps, g) if name == "dark-photon" else ("g", g, eps)
    if coupling is None or other is not None:
        raise InputError(f"model '{name}' takes its coupling as {key}, and only that")
    leaves: list[ArrayLike] = [m_v, m_chi, coupling, alpha_d, splitting]
    if lifetime_ns is not None:
        leaves.append(lifetime_ns)
    if not any(isinstance(x, Tracer) for x in leaves):
        check_masses(m_v, m_chi, splitting, role=role)
        _check_positive(key, coupling)
        _check_positive("alpha_d", alpha_d)
        if lifetime_ns is not None:
            _check_positive("lifetime_ns", lifetime_ns)
    dtype = jnp.result_type(float, *(x for x in leaves if isinstance(x, jnp.ndarray)))
    if dtype != jnp.float64 and role == "producer":
        _check_digits(m_v, m_chi, splitting)
    m_v, m_chi, coupling, alpha_d, splitting, *rest = (jnp.asarray(x, dtype) for x in leaves)
    log_e = math.log(E_CHARGE) if name == "dark-photon" else 0.0
    return VectorMediator(
        m_v=m_v,
        m_chi=m_chi,
        log_kappa=jnp.log(coupling) + log_e,
        log_alpha_d=jnp.log(alpha_d),
        charges=charges,
        splitting=splitting,
        lifetime=rest[0] if rest else None,
        model=name,
        dm=dm,
    )


def _check_digits(m_v: ArrayLike, m_chi: ArrayLike, splitting: ArrayLike) -> None:
    """InputError where rounding to float32 moves m_V − 2m_χ by a thousandth or more.

    At m_V = 2m_χ itself it would close the decay, and every total would be an exact 0.
    """
    if any(isinstance(x, Tracer) for x in (m_v, m_chi, splitting)):
        return
    made = 2.0 * np.asarray(m_chi, float) + np.asarray(splitting, float)
    above = np.min(np.asarray(m_v, float) / made) - 1.0
    if above < NEAREST_IN_FLOAT32:
        raise InputError(
            f"m_V lies {above:.1g} of itself above the threshold of V -> chi chi, which float32 "
            "does not resolve: first jax.config.update('jax_enable_x64', True)"
        )


def eps_of(v: VectorMediator) -> Scalar:
    """κ_f/e: the kinetic mixing ε of the dark photon."""
    return jnp.exp(v.log_kappa) / E_CHARGE


def heavier_mass(v: VectorMediator) -> Scalar:
    """m_χ₂ = m_χ + Δ [MeV]: what an upscatter makes; m_χ itself unless pseudo-Dirac."""
    return v.m_chi + v.splitting


def mass_gap(v: VectorMediator) -> Scalar:
    """m_χ₂² − m_χ₁² = Δ(2m_χ + Δ) [MeV²]: the `gap` of `kinematics.momentum_min`."""
    return v.splitting * (2.0 * v.m_chi + v.splitting)
