"""Amplitudes over the photon's: SU(3) mixing, isospin, pole form factors, worked out apart."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dmjax.models import PRESETS, Charges
from dmjax.models.production import (
    capture_amplitude,
    capture_amplitude_error,
    eta_charge,
    eta_mixing_error,
    meson_amplitude,
    meson_charge,
)
from tolerances import tolerance

ELECTRIC = np.array([2.0, -1.0, -1.0]) / 3.0
IDEAL = np.arcsin(-1.0 / 3.0)


def close(ours, theirs, kind="identity"):
    return np.allclose(ours, theirs, rtol=tolerance(kind), atol=0.0)


def quarks(charges: Charges) -> np.ndarray:
    return np.array([charges.up, charges.down, charges.strange])


def by_mixing(charges: Charges, theta: float) -> float:
    """η = η₈ cosθ − η₀ sinθ: Σ_f c_f Q_f x_f over Σ_f c_f Q_f²."""
    octet, singlet = np.array([1.0, 1.0, -2.0]) / np.sqrt(6.0), np.ones(3) / np.sqrt(3.0)
    c = octet * np.cos(theta) - singlet * np.sin(theta)
    return float((c * ELECTRIC) @ quarks(charges) / ((c * ELECTRIC) @ ELECTRIC))


@pytest.mark.parametrize("model", PRESETS)
def test_eta_couples_by_its_own_quarks(model):
    assert np.isclose(eta_charge(PRESETS[model]), by_mixing(PRESETS[model], IDEAL), atol=1e-14)


def test_known_charges_of_the_eta():
    names = ("dark-photon", "baryonic", "b-l", "t3r-1", "t3r-2", "leptonic")
    assert close([eta_charge(PRESETS[n]) for n in names], (1.0, 0.5, 0.5, -4.5, -4.5, 0.0))


def test_error_of_the_mixing_covers_the_range_of_angles():
    """15 % for B: −11.5° and −21° give 0.63 and 0.48."""
    for model in ("baryonic", "b-l", "t3r-1"):
        charges = PRESETS[model]
        ends = [by_mixing(charges, np.radians(angle)) for angle in (-11.5, -21.0)]
        half = 0.5 * abs(ends[0] - ends[1]) / abs(eta_charge(charges))
        assert abs(eta_mixing_error(charges) / half - 1.0) < 0.1
    assert close(eta_mixing_error(PRESETS["baryonic"]), 0.15)
    assert eta_mixing_error(PRESETS["dark-photon"]) < 1e-12
    assert eta_mixing_error(PRESETS["leptonic"]) == 0.0


def test_captures_by_isospin():
    """E(γp → π⁺n) = √2(E⁰ + E⁻), E(γn → π⁻p) = √2(E⁰ − E⁻), E⁰ of the isoscalar current."""
    scalar, vector = np.linalg.solve([[1.0, 1.0], [1.0, -1.0]], [28.1, -31.7])
    for model, charges in PRESETS.items():
        parts = (3.0 * (charges.up + charges.down), charges.up - charges.down)
        expected = (scalar * parts[0] - vector * parts[1]) / -31.7
        assert np.isclose(capture_amplitude(charges), expected, atol=1e-14), model
    squares = [capture_amplitude(PRESETS[n]) ** 2 for n in ("dark-photon", "b-l", "t3r-2")]
    assert np.allclose(squares, (1.0, 0.013, 14.2), rtol=tolerance("benchmark"))


def test_half_of_the_isoscalar_part_is_the_error_of_captures():
    scalar, vector = -1.8, -29.9
    for model in ("baryonic", "t3r-1", "dark-photon"):
        x = PRESETS[model]

        def amplitude(change, x=x):
            part = (1.0 + change) * scalar
            return (part * 3.0 * (x.up + x.down) + vector * (x.up - x.down)) / (part + vector)

        slope = (amplitude(1e-6) - amplitude(-1e-6)) / 2e-6
        expected = 0.5 * abs(slope / amplitude(0.0))
        assert np.isclose(capture_amplitude_error(x), expected, rtol=1e-6, atol=1e-10)


def amplitude(model, kind, m_v, **chosen):
    chosen = {"quarks": True, "form_factors": True} | chosen
    return float(meson_amplitude(PRESETS[model], kind, jnp.asarray(m_v), **chosen))


def test_form_factors_of_a_dark_photon_are_the_measured_poles():
    """+6 % at 130 MeV for the π⁰, ×2.1 at 400 MeV for the η."""
    assert round(amplitude("dark-photon", "pi0", 130.0) ** 2, 2) == 1.06
    assert round(amplitude("dark-photon", "eta", 400.0) ** 2, 1) == 2.1
    slope = (amplitude("dark-photon", "pi0", 1.35) - 1.0) * (134.9768 / 1.35) ** 2
    assert abs(slope - 0.033) < 1e-3


@pytest.mark.parametrize(("kind", "charge"), [("pi0", 1.0), ("eta", 0.5)])
def test_baryon_number_has_the_mass_of_the_omega(kind, charge):
    for m_v in (1.0, 130.0, 400.0):
        expected = charge / (1.0 - (m_v / 782.66) ** 2)
        assert close(amplitude("baryonic", kind, m_v), expected, "table")


def test_form_factors_are_one_without_mass_and_where_they_are_off():
    for model in PRESETS:
        for kind in ("pi0", "eta"):
            charge = (eta_charge if kind == "eta" else meson_charge)(PRESETS[model])
            assert np.isclose(amplitude(model, kind, 0.0), charge, atol=1e-14)
            assert amplitude(model, kind, 500.0, form_factors=False) == charge
    assert amplitude("baryonic", "eta", 100.0, quarks=False, form_factors=False) == 1.0


def test_amplitudes_are_linear_in_the_charges():
    one, other = PRESETS["t3r-1"], PRESETS["b-l"]
    both = Charges(
        **{q: getattr(one, q) - 0.3 * getattr(other, q) for q in ("up", "down", "strange")}
    )
    for kind in ("pi0", "eta"):
        at = [
            float(meson_amplitude(x, kind, jnp.asarray(300.0), quarks=True, form_factors=True))
            for x in (one, other, both)
        ]
        assert close(at[2], at[0] - 0.3 * at[1])


def test_gradient_of_the_form_factor():
    def total(m_v):
        photon = PRESETS["t3r-1"]
        return meson_amplitude(photon, "eta", m_v, quarks=True, form_factors=True)

    exact = jax.grad(total)(jnp.asarray(400.0))
    numeric = (total(jnp.asarray(400.01)) - total(jnp.asarray(399.99))) / 0.02
    assert close(exact, numeric, "gradient")
