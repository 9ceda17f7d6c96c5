"""Neutrinos in the detector: the background of a dark-matter search, by component."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from dmjax.constants import E_NU_KAON, E_NU_PROMPT, M_ELECTRON
from dmjax.conventions import DMJAX, Conventions
from dmjax.experiments.experiment import Experiment
from dmjax.kinematics import momentum_min
from dmjax.nuclei import Nucleus, Radii
from dmjax.numerics import cast_floats
from dmjax.prediction.windows import clocked
from dmjax.response import RecoilGrid, time_acceptance
from dmjax.scattering.cevns import cevns, weak_radii
from dmjax.scattering.nsi import Nsi
from dmjax.scattering.nu_electron import nu_electron
from dmjax.sources.neutrinos import E_NU_MAX, StoppedPionNeutrinos, scattering_per_pot
from dmjax.timing import AbstractPulse, arrival_fractions
from dmjax.units import KEV_PER_MEV, M2_PER_INVERSE_MEV2

Scalar = Float[Array, ""]
Spectra = dict[str, Float[Array, " bins"]]


def neutrino_spectra(
    experiment: Experiment,
    recoils: RecoilGrid,
    conventions: Conventions = DMJAX,
    radius_fm: float | None = None,
    nsi: Nsi | None = None,
) -> Spectra:
    """Neutrino events per energy bin over all times, by component.

    N = POT/(4πL²) Σ_targets N_T ∫dT ε(T) ∫dE φ(E) dσ/dT: CEvNS on every nucleus, or ν–e scattering
    where the experiment records electron recoils. The flux is isotropic, also in flight.

    Args:
        experiment, recoils: detector and energy bins.
        conventions: sets the weak charge, and the radii unless one is given.
        radius_fm: rms radius of every nucleus [fm]; None: by the conventions.
        nsi: non-standard interactions with quarks: CEvNS only.

    Returns:
        (bins) for "prompt" (ν_µ of π⁺), "delayed" (ν̄_µ and ν_e of µ⁺), "kaon" (ν_µ of K⁺) and,
        where the source has it, "in-flight".
    """
    dtype = recoils.t.dtype
    experiment, nsi = cast_floats(experiment, dtype), cast_floats(nsi, dtype)
    if experiment.recoil == "electron":
        total = _on_electrons(experiment, recoils, conventions.sin2_theta_w)
    else:
        total = _on_nuclei(experiment, recoils, conventions, radius_fm, nsi)
    area = 4.0 * jnp.pi * experiment.distance_m**2
    scale = experiment.pot / area * (experiment.mass_kg * M2_PER_INVERSE_MEV2)
    return jax.tree.map(lambda per_kg: scale * per_kg, total)


def neutrino_background(
    experiment: Experiment,
    recoils: RecoilGrid,
    time_edges: Float[Array, " times_plus_1"],
    conventions: Conventions = DMJAX,
    radius_fm: float | None = None,
    nsi: Nsi | None = None,
    clock_us: ArrayLike = 0.0,
) -> dict[str, Float[Array, "bins times"]]:
    """Neutrino events per energy and time bin [µs], by component; see `neutrino_spectra`.

    `clock_us`: everything from the beam is this much later on the clock of the data [µs].
    """
    spectra = neutrino_spectra(experiment, recoils, conventions, radius_fm, nsi)
    dtype = recoils.t.dtype
    times = component_times(clocked(cast_floats(experiment, dtype), conventions).neutrinos)
    edges, late = jnp.asarray(time_edges, dtype), jnp.asarray(clock_us, dtype)
    passed = cast_floats(time_acceptance(experiment.response, edges), dtype)
    return {
        name: jnp.outer(spectrum, arrival_fractions(times[name], late, edges) * passed)
        for name, spectrum in spectra.items()
    }


def endpoints_kev(experiment: Experiment) -> tuple[float, ...]:
    """Recoil energies [keV] at which ν–e spectra of lines end in a step; none on nuclei.

    >>> from dmjax.experiments import experiment
    >>> [round(float(t) * 1e-3, 1) for t in endpoints_kev(experiment("jsns2"))]
    [29.5, 52.6, 235.3]
    """
    if experiment.recoil != "electron":
        return ()
    energies = np.array([E_NU_PROMPT, E_NU_MAX, E_NU_KAON])
    return tuple(KEV_PER_MEV * 2.0 * energies**2 / (M_ELECTRON + 2.0 * energies))


def component_times(neutrinos: StoppedPionNeutrinos) -> dict[str, AbstractPulse]:
    """When the neutrinos of each component arrive."""
    return {
        "prompt": neutrinos.prompt_time,
        "delayed": neutrinos.delayed_time,
        "kaon": neutrinos.kaon_time,
        "in-flight": neutrinos.inflight_time,
    }


def _on_electrons(experiment: Experiment, recoils: RecoilGrid, sin2_theta_w: float) -> Spectra:
    def rates(t: Scalar) -> dict[str, Scalar]:
        def cross(neutrino: str, e_nu: Scalar) -> Scalar:
            return nu_electron(neutrino, sin2_theta_w, e_nu, t)

        e_min = momentum_min(jnp.asarray(M_ELECTRON, t.dtype), jnp.zeros_like(t), t)
        return scattering_per_pot(experiment.neutrinos, cross, e_min)

    per_electron = jax.vmap(rates)(recoils.t)
    # 1e-23 MeV⁻³ times 1e26/kg: the large number goes in first, for float32.
    fold = recoils.fold * experiment.electrons_per_kg
    return jax.tree.map(lambda rate: fold @ rate, per_electron)


def _on_nuclei(
    experiment: Experiment,
    recoils: RecoilGrid,
    conventions: Conventions,
    radius_fm: float | None,
    nsi: Nsi | None,
) -> Spectra:
    parts = []
    for nucleus, per_kg in zip(experiment.nuclei, experiment.nuclei_per_kg, strict=True):
        radii = weak_radii(nucleus, experiment.single_radius, conventions)
        if radius_fm is not None:
            radii = Radii(jnp.asarray(radius_fm, recoils.t.dtype))
        rates = partial(_nuclear_rates, experiment.neutrinos, nucleus, radii, conventions, nsi)
        fold = recoils.fold * per_kg
        parts.append(jax.tree.map(lambda rate, f=fold: f @ rate, jax.vmap(rates)(recoils.t)))
    return jax.tree.map(lambda *terms: sum(terms[1:], terms[0]), *parts)


def _nuclear_rates(
    neutrinos: StoppedPionNeutrinos,
    nucleus: Nucleus,
    radii: Radii,
    conventions: Conventions,
    nsi: Nsi | None,
    t: Scalar,
) -> dict[str, Scalar]:
    sin2, radiative = conventions.sin2_theta_w, conventions.radiative_weak_charge

    def cross(neutrino: str, e_nu: Scalar) -> Scalar:
        return cevns(nucleus, radii, sin2, e_nu, t, neutrino, nsi, radiative)

    return scattering_per_pot(neutrinos, cross, momentum_min(nucleus.mass, jnp.zeros_like(t), t))
