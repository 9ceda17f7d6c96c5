"""Build experiments from the shipped descriptions."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from dmjax.constants import BR_PI0_TWO_PHOTONS, M_PI0
from dmjax.data import available, load_table, load_toml
from dmjax.errors import unknown_name
from dmjax.experiments.experiment import Experiment, bin_edges
from dmjax.flux import Beam
from dmjax.nuclei import atomic_mass, nucleus
from dmjax.response import Acceptance, LightResponse
from dmjax.sources import (
    NeutralMesons,
    StoppedPions,
    doppler_table,
    stopped_pion_neutrinos,
    tabulated_times,
)
from dmjax.sources.cascade import cascade_photons
from dmjax.timing import GaussianPulse
from dmjax.units import AVOGADRO, MEV_PER_DALTON

EXPERIMENTS = tuple(available("experiments"))


def _leaf(value: float) -> Array:
    return jnp.asarray(value, float)


def _leaves(values: dict[str, float], *names: str) -> list[Array]:
    return [_leaf(values[name]) for name in names]


@cache
def _beam(name: str, angle_deg: float, precision: str) -> Beam:
    """Parents of a named beam as seen at an angle; tabulated once per JAX float precision."""
    spec = load_toml("beams", name)
    cells = load_table(spec["pi0"]["table"]).columns
    mesons = NeutralMesons(
        _leaf(M_PI0),
        _leaf(BR_PI0_TWO_PHOTONS),
        _leaf(spec["pi0"]["per_pot"]),
        *(jnp.asarray(cells[key], float) for key in ("kinetic_energy", "cos_theta", "weight")),
    )
    captures = spec["piminus"]
    pions = StoppedPions(
        _leaf(captures["captured_per_pot"] + captures["inelastic_per_pot"]),
        _leaf(captures["radiative_fraction"]),
        _leaf(captures["radiative_fraction_error"]),
    )
    spectrum = load_table(spec["cascade"]["table"]).columns
    photons = cascade_photons(spectrum["energy"], spectrum["photons"])
    doppler = doppler_table(mesons, np.radians(angle_deg))
    # E = E'/g with E' ≤ m_π/2 for any m_V, and E ≤ E_γ in the cascade.
    fastest = 0.5 * M_PI0 / float(np.exp(doppler.log_g_min + 2.0 * doppler.step_log_g))
    k_max = max(fastest, float(photons.edges[-1]))
    return Beam(mesons, doppler, pions, photons, _leaf(k_max))


def experiment(name: str) -> Experiment:
    """A preset by name.

    >>> experiment("coherent-csi").name
    'coherent-csi'
    """
    with jax.ensure_compile_time_eval():
        return _experiment(name, str(jnp.result_type(float)))


@cache
def _experiment(name: str, precision: str) -> Experiment:
    if name not in EXPERIMENTS:
        raise unknown_name("experiment", name, EXPERIMENTS)
    spec = load_toml("experiments", name)
    beam = load_toml("beams", spec["beam"])
    names = [nucleus_name for nucleus_name, count in spec["target"].items() for _ in range(count)]
    grams_per_mole = sum(atomic_mass(n) for n in names) / MEV_PER_DALTON
    detector = spec["detector"]
    pulse = GaussianPulse(*_leaves(beam["pulse"], "mean_us", "sigma_us"))
    nuclei = tuple(nucleus(n) for n in names)
    units_per_kg = _leaf(1e3 * AVOGADRO / grams_per_mole)
    curve = Acceptance(
        *_leaves(spec["acceptance"], "amplitude", "slope", "midpoint", "closed_below", "half_below")
    )
    return Experiment(
        beam=_beam(spec["beam"], detector["angle_deg"], precision),
        neutrinos=stopped_pion_neutrinos(
            beam["neutrinos"]["per_pot"], pulse, times=tabulated_times(spec["neutrino_times"])
        ),
        pulse=pulse,
        nuclei=nuclei,
        formula_units_per_kg=units_per_kg,
        nuclei_per_kg=jnp.full(len(nuclei), units_per_kg),
        electrons_per_kg=units_per_kg * float(sum(n.z for n in nuclei)),
        mass_kg=_leaf(detector["mass_kg"]),
        distance_m=_leaf(detector["distance_m"]),
        pot=_leaf(detector["pot"]),
        single_radius=_leaf(detector["single_radius_fm"]),
        response=LightResponse(
            light_yield=_leaf(spec["response"]["light_yield"]),
            quenching=_leaf(spec["response"]["quenching"]),
            acceptance=curve,
        ),
        name=name,
        recoil="nucleus",
        pe_edges=tuple(bin_edges(spec["bins"]["pe"]).tolist()),
        time_edges=tuple(bin_edges(spec["bins"]["time_us"]).tolist()),
    )
