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


def weak_charge_squared(
    target: Nucleus,
    neutrino: str,
    interaction: Nsi | None,
    sin2_theta_w: ArrayLike,
    t_recoil: Scalar,
) -> Scalar:
    """Q_w² of a nucleus for one neutrino, summed over the flavour that comes out.

    4{[Z(½ − 2s_w²) − N/2 + q_αα]² + Σ_{β≠α} q_αβ²} with
    q_αβ = Z(2ε^u_αβ + ε^d_αβ) + N(ε^u_αβ + 2ε^d_αβ), times m²/(m² + 2MT) for a mediator of mass m;
    [Z(1 − 4s_w²) − N]² without NSI.
    (Barranco, Miranda, Rashba, JHEP 12 (2005) 021.)

    Args:
        target: nucleus.
        neutrino: a key of `NEUTRINOS` (static).
        interaction: NSI or None.
        sin2_theta_w: weak mixing angle.
        t_recoil: [MeV].

    >>> from dmjax.nuclei import nucleus
    >>> round(float(weak_charge_squared(nucleus("Cs133"), "nu_mu", None, 0.25, jnp.asarray(0.01))))
    6084
    """
    if neutrino not in NEUTRINOS:
        raise unknown_name("neutrino", neutrino, NEUTRINOS)
    standard = jnp.asarray(target.z * (1.0 - 4.0 * sin2_theta_w) - target.n, t_recoil.dtype)
    if interaction is None:
        return standard * standard
    alpha = FLAVOURS.index(NEUTRINOS[neutrino])
    z, n = target.z, target.n
    row = (2.0 * z + n) * interaction.eps_u[alpha] + (z + 2.0 * n) * interaction.eps_d[alpha]
    if interaction.mediator_mass is not None:
        m2 = interaction.mediator_mass**2
        row = row * (m2 / (m2 + 2.0 * target.mass * t_recoil))
    changed = [row[beta] ** 2 for beta in range(len(FLAVOURS)) if beta != alpha]
    return (standard + 2.0 * row[alpha]) ** 2 + 4.0 * sum(changed[1:], changed[0])
