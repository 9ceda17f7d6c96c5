"""Neutrinos of a pion source: lines and Michel spectra at rest, kaons, decay in flight."""

from collections.abc import Callable
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from dmjax.constants import (
    BR_KAON_MUON,
    E_NU_KAON,
    E_NU_PROMPT,
    M_MUON,
    TAU_KAON_US,
    TAU_MUON_US,
    TAU_PION_US,
)
from dmjax.data import load_table
from dmjax.timing import AbstractPulse, DecayedPulse, PiecewisePulse, tabulated_pulse

Scalar = Float[Array, ""]
E_NU_MAX = 0.5 * M_MUON
"""Endpoint of the Michel spectra [MeV]."""

MICHEL_NODES = 3
"""Exact: Michel spectra times σ ∝ a + bT/E + cT/E² are cubic in E."""

INFLIGHT_NODES = 4


class NeutrinoSpectrum(eqx.Module):
    """Tabulated spectrum, uniform in each bin.

    Attributes:
        edges: [MeV], increasing.
        per_pot: neutrinos per proton on target in each bin.
    """

    edges: Float[Array, " n_plus_1"]
    per_pot: Float[Array, " n"]


class StoppedPionNeutrinos(eqx.Module):
    """Neutrinos of π⁺ → µ⁺ν_µ, µ⁺ → e⁺ν_e ν̄_µ at rest, and what a harder beam adds; isotropic.

    Attributes:
        per_pot: neutrinos of each flavour (ν_µ, ν̄_µ, ν_e) per proton on target.
        prompt_time, delayed_time: arrival of ν_µ from π⁺ and of ν̄_µ, ν_e from µ⁺.
        kaon_per_pot: ν_µ of K⁺ → µ⁺ν_µ at rest (235.5 MeV) per proton on target; 0 if none.
        kaon_time: their arrival.
        inflight: ν_µ outside the two lines, or None.
        inflight_time: their arrival.
    """

    per_pot: Scalar
    prompt_time: AbstractPulse
    delayed_time: AbstractPulse
    kaon_per_pot: Scalar
    kaon_time: AbstractPulse
    inflight: NeutrinoSpectrum | None
    inflight_time: AbstractPulse


def stopped_pion_neutrinos(
    per_pot: ArrayLike,
    pulse: AbstractPulse,
    *,
    kaons_per_pot: ArrayLike = 0.0,
    inflight: NeutrinoSpectrum | None = None,
    times: tuple[AbstractPulse, AbstractPulse] | None = None,
) -> StoppedPionNeutrinos:
    """Neutrinos of a beam pulse: every time spectrum is the pulse ⊗ the parents' decays.

    Args:
        per_pot: neutrinos of each flavour per proton on target.
        pulse: beam pulse in the detector's light clock.
        kaons_per_pot: K⁺ that stop, per proton on target; times BR(K⁺ → µ⁺ν_µ) = 0.6356.
        inflight: see `inflight_spectrum`.
        times: measured (prompt, delayed) arrival in place of pulse ⊗ π and pulse ⊗ π ⊗ µ.
    """
    pion, muon, kaon = (jnp.asarray(t, float) for t in (TAU_PION_US, TAU_MUON_US, TAU_KAON_US))
    from_pions = DecayedPulse(pulse, (pion,))
    prompt, delayed = times or (from_pions, DecayedPulse(pulse, (pion, muon)))
    return StoppedPionNeutrinos(
        per_pot=jnp.asarray(per_pot, float),
        prompt_time=prompt,
        delayed_time=delayed,
        kaon_per_pot=BR_KAON_MUON * jnp.asarray(kaons_per_pot, float),
        kaon_time=DecayedPulse(pulse, (kaon,)),
        inflight=inflight,
        inflight_time=from_pions,
    )


def inflight_spectrum(table: str) -> NeutrinoSpectrum:
    """Spectrum from a shipped table with columns low, high [MeV] and per_pot.

    >>> round(float(inflight_spectrum("numu_inflight_mlf").per_pot.sum()), 4)
    0.0081
    """
    columns = load_table(table).columns
    edges = np.append(columns["low"], columns["high"][-1])
    return NeutrinoSpectrum(jnp.asarray(edges, float), jnp.asarray(columns["per_pot"], float))


def tabulated_times(table: str) -> tuple[PiecewisePulse, PiecewisePulse]:
    """(prompt, delayed) arrival from a shipped table: time (equal bins, µs), prompt, delayed.

    >>> round(float(tabulated_times("times_csi2017")[0].cdf(jnp.asarray(1.0))), 4)
    0.9743
    """
    columns = load_table(table).columns
    centres = columns["time"]
    step = centres[1] - centres[0]
    edges = np.append(centres - 0.5 * step, centres[-1] + 0.5 * step)
    return tabulated_pulse(edges, columns["prompt"]), tabulated_pulse(edges, columns["delayed"])


def michel_numubar(e_nu: Scalar) -> Scalar:
    """ν̄_µ of µ⁺ decay at rest: dN/dE = (2/m_µ) 2x²(3 − 2x), x = 2E/m_µ ∈ [0, 1] [MeV⁻¹]."""
    x = e_nu / E_NU_MAX
    return 2.0 * x * x * (3.0 - 2.0 * x) / E_NU_MAX


def michel_nue(e_nu: Scalar) -> Scalar:
    """ν_e of µ⁺ decay at rest: dN/dE = (2/m_µ) 12x²(1 − x), x = 2E/m_µ ∈ [0, 1] [MeV⁻¹]."""
    x = e_nu / E_NU_MAX
    return 12.0 * x * x * (1.0 - x) / E_NU_MAX


def scattering_per_pot(
    neutrinos: StoppedPionNeutrinos,
    cross: Callable[[str, Scalar], Scalar],
    e_min: Scalar,
) -> dict[str, Scalar]:
    """∫dE φ(E) dσ/dT per proton on target at one recoil, by component.

    Args:
        neutrinos: the source.
        cross: (neutrino name, E [MeV]) → dσ/dT [MeV⁻³].
        e_min: smallest E that reaches this recoil [MeV].

    Returns:
        "prompt", "delayed", "kaon" and, where the source has it, "in-flight" [MeV⁻³].
    """
    line, kaon_line = (jnp.asarray(e, e_min.dtype) for e in (E_NU_PROMPT, E_NU_KAON))
    rates = {
        "prompt": neutrinos.per_pot * cross("nu_mu", line),
        "delayed": neutrinos.per_pot * _delayed(cross, e_min),
        "kaon": neutrinos.kaon_per_pot * cross("nu_mu", kaon_line),
    }
    if neutrinos.inflight is not None:
        rates["in-flight"] = _inflight(neutrinos.inflight, cross, e_min)
    return rates


def _delayed(cross: Callable[[str, Scalar], Scalar], e_min: Scalar) -> Scalar:
    x, w = (jnp.asarray(a, e_min.dtype) for a in np.polynomial.legendre.leggauss(MICHEL_NODES))
    half = 0.5 * jnp.clip(E_NU_MAX - e_min, 0.0)
    energy = E_NU_MAX - half * (1.0 - x)
    numubar = michel_numubar(energy) * jax.vmap(partial(cross, "nubar_mu"))(energy)
    nue = michel_nue(energy) * jax.vmap(partial(cross, "nu_e"))(energy)
    return half * jnp.dot(w, numubar + nue)


def _inflight(
    spectrum: NeutrinoSpectrum, cross: Callable[[str, Scalar], Scalar], e_min: Scalar
) -> Scalar:
    x, w = (jnp.asarray(a, e_min.dtype) for a in np.polynomial.legendre.leggauss(INFLIGHT_NODES))
    low, high = spectrum.edges[:-1], spectrum.edges[1:]
    half = 0.5 * jnp.clip(high - jnp.maximum(low, e_min), 0.0)
    energy = high[:, None] - half[:, None] * (1.0 - x)[None, :]
    sigma = jax.vmap(jax.vmap(partial(cross, "nu_mu")))(energy)
    return jnp.dot(spectrum.per_pot / (high - low) * half, sigma @ w)
