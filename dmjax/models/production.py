"""V in place of a photon in hadrons: amplitudes over the photon's, by the charges of the quarks.

Amplitudes are linear in the charges, and those of any model are a sum of three: electric charge,
baryon number and the number of strange quarks.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float
from particle import Particle

from dmjax.data import load_toml
from dmjax.models.charges import ELECTRIC, Charges

Scalar = Float[Array, ""]
MEASURED = load_toml("models", "production")
"""Pole masses, quarks of the η, multipoles, with sources."""

ETA = "eta"
Q_UP, Q_DOWN, Q_STRANGE = (ELECTRIC[quark] for quark in ("up", "down", "strange"))
M_OMEGA, M_PHI = (float(Particle.from_pdgid(code).mass or 0.0) for code in (223, 333))
_PHOTON = Charges(up=Q_UP, down=Q_DOWN, strange=Q_STRANGE)
_BARYON = Charges(up=1.0 / 3.0, down=1.0 / 3.0, strange=1.0 / 3.0)
_STRANGE = Charges(strange=1.0)


def meson_charge(charges: Charges) -> float:
    """Coupling of π⁰ → γV relative to π⁰ → γγ: (Q_u x_u − Q_d x_d)/(Q_u² − Q_d²).

    1, 1, 2 for A′, B, T3R ([D20] Table 4, first row); 1 − e²/(4π)² for "leptophobic", so that
    κ_f times it is e p_X with p_X = g_B/e − ε_B ([CCM]).
    """
    return 3.0 * (2.0 / 3.0 * charges.up + 1.0 / 3.0 * charges.down)


def eta_charge(charges: Charges) -> float:
    """Coupling of η → γV relative to η → γγ, by the quarks of the η.

    (Q_u x_u + Q_d x_d + r Q_s x_s)/(Q_u² + Q_d² + r Q_s²), where r is the amplitude of s s̄ over
    that of u ū and d d̄; at r = −1 it is (9/4)(Q_u x_u + Q_d x_d − Q_s x_s): 1, 0.5, −4.5 for A′,
    B, T3R. ([D20] Table 4 has the couplings of the π⁰ instead.)

    >>> from dmjax.models import PRESETS
    >>> round(eta_charge(PRESETS["baryonic"]), 12)
    0.5
    """
    r = MEASURED["eta"]["strange"]
    light = Q_UP * charges.up + Q_DOWN * charges.down
    return (light + r * Q_STRANGE * charges.strange) / _eta_norm(r)


def _eta_norm(r: float) -> float:
    return Q_UP**2 + Q_DOWN**2 + r * Q_STRANGE**2


def eta_mixing_error(charges: Charges) -> float:
    """Relative error of the amplitude of η → γV by the mixing angle: |dq/dr| δr/|q|.

    0 for a dark photon, whose amplitude is the measured one of η → γγ; 15 % for B and B−L, 5 % for
    T3R.

    >>> from dmjax.models import PRESETS
    >>> [round(eta_mixing_error(PRESETS[name]), 4) for name in ("dark-photon", "b-l", "t3r-1")]
    [0.0, 0.15, 0.05]
    """
    charge = eta_charge(charges)
    if charge == 0.0:
        return 0.0
    norm = _eta_norm(MEASURED["eta"]["strange"])
    slope = Q_STRANGE * (charges.strange - charge * Q_STRANGE) / norm
    return abs(slope / charge) * MEASURED["eta"]["strange_error"]


def meson_amplitude(
    charges: Charges, kind: str, mass: Scalar, *, quarks: bool, form_factors: bool
) -> Scalar:
    """Amplitude of M → γV over that of M → γγ, at κ_f = e.

    q F(m²), F = 1/(1 − m²/Λ²): for the part of the charges that is electric Λ is what M → γ ℓ⁺ℓ⁻
    gives, for baryon number the ω's mass, for what is left of the strange charge the φ's.

    Args:
        charges: x_f.
        kind: "pi0" or "eta".
        mass: of V [MeV], below the meson's and so below every pole.
        quarks: the η by its own quarks; False: by those of the π⁰ ([D20]).
        form_factors: False: F = 1 ([D20]).

    >>> from dmjax.models import PRESETS
    >>> photon, m_v = PRESETS["dark-photon"], jnp.asarray(400.0)
    >>> round(float(meson_amplitude(photon, "eta", m_v, quarks=True, form_factors=True)) ** 2, 2)
    2.1
    """
    charge = eta_charge if kind == ETA and quarks else meson_charge
    if not form_factors:
        return jnp.full_like(mass, charge(charges))
    electric, baryon = charges.up - charges.down, charges.up + 2.0 * charges.down
    strange = charges.strange + (electric - baryon) / 3.0
    parts = (
        (electric * charge(_PHOTON), MEASURED[kind]["pole_mev"]),
        (baryon * charge(_BARYON), M_OMEGA),
        (strange * charge(_STRANGE), M_PHI),
    )
    total = jnp.zeros_like(mass)
    for amplitude, pole in parts:
        total = total + amplitude / (1.0 - (mass / pole) ** 2)
    return total


def capture_charge(charges: Charges) -> float:
    """Coupling of π⁻ p → n V relative to the photon's: x_u/Q_u ([D20] Table 4 as printed)."""
    return 1.5 * charges.up


def _isospin_parts(charges: Charges) -> tuple[float, float, float]:
    """√2 E₀₊ of π⁻ p → n V: isoscalar and isovector part, and the photon's [10⁻³/m_π]."""
    proton, neutron = MEASURED["capture"]["proton"], MEASURED["capture"]["neutron"]
    scalar = 0.5 * (proton + neutron) * 3.0 * (charges.up + charges.down)
    vector = 0.5 * (neutron - proton) * (charges.up - charges.down)
    return scalar, vector, neutron


def capture_amplitude(charges: Charges) -> float:
    """Amplitude of π⁻ p → n V at threshold over the photon's, from the electric dipole E₀₊.

    [1.8 · 3(x_u + x_d) + 29.9 (x_u − x_d)]/31.7 with the multipoles of γp → π⁺n and γn → π⁻p; the
    isoscalar current of V is 3(x_u + x_d) times the photon's, the isovector one x_u − x_d times.
    Squared 1, 0.013, 14.2 for A′, B and B−L, T3R; exact for a light V, which has no longitudinal
    part.

    >>> from dmjax.models import PRESETS
    >>> names = ("dark-photon", "baryonic", "b-l", "t3r-1")
    >>> [round(capture_amplitude(PRESETS[name]) ** 2, 3) for name in names]
    [1.0, 0.013, 0.013, 14.235]
    """
    scalar, vector, photon = _isospin_parts(charges)
    return (scalar + vector) / photon


def capture_amplitude_error(charges: Charges) -> float:
    """Relative error of `capture_amplitude` by its isoscalar part, known to 50 %.

    The photon's own amplitude is measured, so that a dark photon has none; 47 % for B and B−L.

    >>> from dmjax.models import PRESETS
    >>> [round(capture_amplitude_error(PRESETS[name]), 3) for name in ("dark-photon", "b-l")]
    [0.0, 0.472]
    """
    amplitude = capture_amplitude(charges)
    if amplitude == 0.0:
        return 0.0
    scalar, _, photon = _isospin_parts(charges)
    photon_scalar, _, _ = _isospin_parts(_PHOTON)
    slope = (scalar - amplitude * photon_scalar) / photon
    return abs(slope / amplitude) * MEASURED["capture"]["isoscalar_error"]
