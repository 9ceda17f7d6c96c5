"""X → χχ̄ with and without what loops add to baryon number."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from dmjax.constants import E_CHARGE, M_ELECTRON
from dmjax.conventions import conventions
from dmjax.experiments import experiment
from dmjax.flux import chi_flux
from dmjax.models import branching_ratios, double_mediator, lifetime_ns
from tolerances import tolerance

KAPPA, DARK, M_X, M_CHI = 2e-3, 1e-7, 75.0, 2.0


def share_of_dark_matter() -> float:
    """Γ_χ/(Γ_χ + Γ_ee), Γ = κ² m (1 + 2r²)√(1 − 4r²)/12π; ee by e ε_X = e² κ_X/(4π)²."""

    def width(kappa, mass):
        r2 = (mass / M_X) ** 2
        return kappa**2 * (1 + 2 * r2) * np.sqrt(1 - 4 * r2)

    visible = width(E_CHARGE**2 * KAPPA / (4 * np.pi) ** 2, M_ELECTRON)
    return width(DARK, M_CHI) / (width(DARK, M_CHI) + visible)


def x_of(model):
    return double_mediator(30.0, eps=1e-6, model_x=model).producer


def test_loop_mixing_takes_almost_all_decays():
    assert round(100.0 * share_of_dark_matter(), 2) == 0.74
    mixed = float(branching_ratios(x_of("leptophobic"))["chi"])
    assert np.isclose(mixed, share_of_dark_matter(), rtol=tolerance("identity"))
    assert float(branching_ratios(x_of("baryonic"))["chi"]) == 1.0
    shorter = float(lifetime_ns(x_of("leptophobic")) / lifetime_ns(x_of("baryonic")))
    assert np.isclose(shorter, share_of_dark_matter(), rtol=tolerance("identity"))


@pytest.mark.parametrize("width", ["narrow", "fixed"])
def test_dark_matter_falls_with_the_branching_ratio(width):
    beam, k = experiment("coherent-csi").beam, jnp.geomspace(0.2, 400.0, 60)
    profile = conventions("dmjax", width=width, transition_form_factors=False)
    plain, mixed = (
        eqx.filter_jit(chi_flux)(beam, x_of(model), k, profile, ("pi0",)).sum()
        for model in ("baryonic", "leptophobic")
    )
    amplitude = 1.0 - E_CHARGE**2 / (4 * np.pi) ** 2
    expected = share_of_dark_matter() * amplitude**2
    assert np.isclose(mixed / plain, expected, rtol=tolerance("table"))
