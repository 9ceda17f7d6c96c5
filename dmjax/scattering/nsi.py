"""Non-standard neutral-current interactions of neutrinos with quarks."""

from collections.abc import Mapping

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, ArrayLike, Float

from dmjax.errors import InputError, unknown_name
from dmjax.nuclei import Nucleus

Scalar = Float[Array, ""]
FLAVOURS = ("e", "mu", "tau")
NEUTRINOS = {f"{kind}_{flavour}": flavour for kind in ("nu", "nubar") for flavour in FLAVOURS}
"""Neutrino name → flavour; an antineutrino sees the same weak charge (real couplings)."""

PAIRS = {
    f"{a}{b}": (i, j) for i, a in enumerate(FLAVOURS) for j, b in enumerate(FLAVOURS) if i <= j
}
QUARKS = ("u", "d")

RADIATIVE_PROTON = {"e": 0.0382, "mu": 0.0300, "tau": 0.0256}
"""g_V^p with radiative corrections, by flavour: the charge radii of the neutrinos differ.

As fits of these data use them (e.g. arXiv:2303.09360); assumed, not derived here."""
RADIATIVE_NEUTRON = -0.5117
"""g_V^n with radiative corrections, of the same source."""
RADIATIVE_SIN2 = 0.2386
"""s_w² at which they hold."""


class Nsi(eqx.Module):
    """Vector couplings ε^q_αβ of neutrinos to quarks in units of the Fermi interaction.

    Real and symmetric: CP-violating phases of the off-diagonal elements are not covered.

    Attributes:
        eps_u, eps_d: ε^u, ε^d in the basis (e, µ, τ).
        mediator_mass: [MeV] of a light mediator; None: contact interaction.
    """

    eps_u: Float[Array, "3 3"]
    eps_d: Float[Array, "3 3"]
    mediator_mass: Scalar | None


def nsi(
    couplings: Mapping[str, Mapping[str, ArrayLike]], mediator_mass: ArrayLike | None = None
) -> Nsi:
    """NSI from the couplings that are not zero.

    Args:
        couplings: flavour pair ("ee", "emu", "etau", "mumu", "mutau", "tautau") → {"u": ε, "d": ε}.
        mediator_mass: [MeV], positive; None: contact interaction.

    >>> float(nsi({"emu": {"u": 0.1}}).eps_u[1, 0])
    0.1
    """
    given = [x for quarks in couplings.values() for x in quarks.values()]
    given += [] if mediator_mass is None else [mediator_mass]
    dtype = jnp.result_type(float, *(x for x in given if isinstance(x, jnp.ndarray)))
    eps = {quark: jnp.zeros((3, 3), dtype) for quark in QUARKS}
    for pair, quarks in couplings.items():
        if pair not in PAIRS:
            raise unknown_name("flavour pair", pair, PAIRS)
        i, j = PAIRS[pair]
        for quark, value in quarks.items():
            if quark not in QUARKS:
                raise unknown_name("quark", quark, QUARKS)
            if not isinstance(value, Tracer) and not np.isfinite(value):
                raise InputError(f"the coupling {pair} to {quark} must be finite, got {value}")
            eps[quark] = eps[quark].at[jnp.array([i, j]), jnp.array([j, i])].set(value)
    if mediator_mass is None:
        return Nsi(eps["u"], eps["d"], None)
    if not isinstance(mediator_mass, Tracer) and not 0.0 < np.asarray(mediator_mass) < np.inf:
        raise InputError(f"the mediator mass must be finite and positive, got {mediator_mass} MeV")
    return Nsi(eps["u"], eps["d"], jnp.asarray(mediator_mass, dtype))


def weak_couplings(
    neutrino: str, sin2_theta_w: ArrayLike, radiative: bool
) -> tuple[ArrayLike, ArrayLike]:
    """2g_V of a proton and of a neutron: 1 − 4s_w² and −1, or with radiative corrections.

    Radiative: g_V^p of `RADIATIVE_PROTON`, which depends on the flavour, less 2(s_w² − 0.2386);
    g_V^n = −0.5117. (Erler, Su, Prog. Part. Nucl. Phys. 71 (2013) 119; effects of the momentum
    transfer, at the per mille level, are in Tomalak et al., JHEP 02 (2021) 097, and left out.)

    >>> weak_couplings("nu_mu", 0.25, False)
    (0.0, -1.0)
    """
    if neutrino not in NEUTRINOS:
        raise unknown_name("neutrino", neutrino, NEUTRINOS)
    if not radiative:
        return 1.0 - 4.0 * sin2_theta_w, -1.0
    proton = RADIATIVE_PROTON[NEUTRINOS[neutrino]] - 2.0 * (sin2_theta_w - RADIATIVE_SIN2)
    return 2.0 * proton, 2.0 * RADIATIVE_NEUTRON


def weak_charge_squared(
    target: Nucleus,
    neutrino: str,
    interaction: Nsi | None,
    sin2_theta_w: ArrayLike,
    t_recoil: Scalar,
    radiative: bool = False,
    numbers: tuple[ArrayLike, ArrayLike] | None = None,
) -> Scalar:
    """Q_w² of a nucleus for one neutrino, summed over the flavour that comes out.

    4{[Z g_p + N g_n + q_αα]² + Σ_{β≠α} q_αβ²}, g_p = ½ − 2s_w² and g_n = −½ at tree level, with
    q_αβ = Z(2ε^u_αβ + ε^d_αβ) + N(ε^u_αβ + 2ε^d_αβ), times m²/(m² + 2MT) for a mediator of mass m;
    4[Z g_p + N g_n]² without NSI.
    (Barranco, Miranda, Rashba, JHEP 12 (2005) 021.)

    Args:
        target: nucleus.
        neutrino: a key of `NEUTRINOS` (static).
        interaction: NSI or None.
        sin2_theta_w: weak mixing angle.
        t_recoil: [MeV].
        radiative: g_p and g_n with radiative corrections, see `weak_couplings` (static).
        numbers: in place of Z and N: Z F_p and N F_n.

    >>> from dmjax.nuclei import nucleus
    >>> round(float(weak_charge_squared(nucleus("Cs133"), "nu_mu", None, 0.25, jnp.asarray(0.01))))
    6084
    """
    w_proton, w_neutron = weak_couplings(neutrino, sin2_theta_w, radiative)
    z, n = (target.z, target.n) if numbers is None else numbers
    standard = jnp.asarray(z * w_proton + n * w_neutron, t_recoil.dtype)
    if interaction is None:
        return standard * standard
    alpha = FLAVOURS.index(NEUTRINOS[neutrino])
    row = (2.0 * z + n) * interaction.eps_u[alpha] + (z + 2.0 * n) * interaction.eps_d[alpha]
    if interaction.mediator_mass is not None:
        m2 = interaction.mediator_mass**2
        row = row * (m2 / (m2 + 2.0 * target.mass * t_recoil))
    changed = [row[beta] ** 2 for beta in range(len(FLAVOURS)) if beta != alpha]
    return (standard + 2.0 * row[alpha]) ** 2 + 4.0 * sum(changed[1:], changed[0])
