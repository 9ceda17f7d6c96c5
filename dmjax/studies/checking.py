"""`check` of settings: what a detector sees, before any search."""

from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from dmjax.experiments import Experiment, experiment, in_scenario
from dmjax.experiments.files import read_beam, read_detector
from dmjax.plots.canvas import save_figure
from dmjax.prediction.backgrounds import exposed, known_backgrounds
from dmjax.prediction.neutrinos import endpoints_kev, neutrino_background
from dmjax.response import acceptance, accepted_recoils, observable_at, recoil_at
from dmjax.store.progress import Say, nothing
from dmjax.studies.check_result import CheckResult
from dmjax.studies.check_warnings import warnings_of
from dmjax.studies.plan import configuration
from dmjax.studies.setting import profile_of
from dmjax.studies.settings import CheckSettings
from dmjax.units import KEV_PER_MEV

POINTS = 241
DECADES = 3.0
"""Of recoil energy, below the one whose mean is the last edge."""
FINER = 501
"""Steps between two of those energies, for the threshold."""


def run_check(settings: CheckSettings, out: Path | None = None, say: Say = nothing) -> CheckResult:
    """Neutrinos, steady state, neutrons, response and warnings of a detector.

    Args:
        settings: the detector, its exposure and background; where the figure goes.
        out, say: not used.

    Returns:
        `CheckResult`. Events are those of the file's own bins.

    Raises:
        InputError: anything wrong in the file.

    >>> from dmjax.studies.rules import settle
    >>> found = run_check(settle(CheckSettings, {"experiment": "ccm120"}))
    >>> round(found.threshold_kev), round(found.events["measured"])
    (979, 115005)
    """
    name = settings.experiment
    detector = exposed(experiment(name), settings.years, settings.pot)
    origin = read_detector(name)
    beam = read_beam(origin)
    chosen = in_scenario(name, detector.backgrounds, settings.background)
    counts = _counts(detector, chosen, settings)
    kinds = dict.fromkeys(counts, "neutrino") | {one.name: one.kind for one in chosen}
    errors = dict.fromkeys(counts, detector.signal_error) | {one.name: one.error for one in chosen}
    t = _recoils(detector)
    mean, light, accepted = _response(detector, t)
    assumed = [*origin.spec.get("assumed", ())]
    assumed += [f"beam: {key}" for key in beam.spec.get("assumed", ())]
    assumed += [
        f"{section}: {one['name']}"
        for section in ("steady_state", "neutrons")
        for one in origin.spec.get(section, ())
        if one.get("assumed", False) and one["name"] in counts
    ]
    shares = np.asarray(detector.nuclei_per_kg) / max(float(detector.nuclei_per_kg.sum()), 1.0)
    found = CheckResult(
        experiment=name,
        title=origin.spec["title"],
        beam=beam.spec["title"],
        recoil=detector.recoil,
        observable=detector.response.observable,
        nuclei={n.name: float(x) for n, x in zip(detector.nuclei, shares, strict=True)},
        mass_kg=float(detector.mass_kg),
        distance_m=float(detector.distance_m),
        angle_deg=float(origin.spec["detector"]["angle_deg"]),
        pot=float(detector.pot),
        years=float(detector.years),
        neutrinos_per_pot=float(detector.neutrinos.per_pot),
        events={name: float(n.sum()) for name, n in counts.items()},
        kinds=kinds,
        errors=errors,
        recoil_kev=t * KEV_PER_MEV,
        mean=mean,
        light_kevee=light,
        accepted=accepted,
        threshold_kev=_threshold(detector, t, accepted),
        energy_edges=np.asarray(detector.edges),
        time_edges_us=np.asarray(detector.time_edges),
        background_counts=counts,
        assumed=assumed,
        warnings=warnings_of(detector, origin.spec, chosen, counts, accepted),
        configuration=configuration(settings),
    )
    if settings.figure is not None:
        save_figure(found.plot(), settings.figure)
    return found


def _counts(detector: Experiment, chosen, settings: CheckSettings) -> dict[str, np.ndarray]:
    """Everything that is known, per bin of the file; components without events left out."""
    edges, times = jnp.asarray(detector.edges), jnp.asarray(detector.time_edges)
    grid = accepted_recoils(
        detector.response, np.asarray(detector.edges), breaks=endpoints_kev(detector)
    )
    profile = profile_of(settings)
    neutrinos = eqx.filter_jit(neutrino_background)(detector, grid, times, profile)
    seen = {name: n for name, n in neutrinos.items() if float(n.sum()) > 0.0}
    known = seen | known_backgrounds(detector, chosen, edges, times)
    return {name: np.asarray(n, float) for name, n in known.items()}


def _recoils(detector: Experiment) -> np.ndarray:
    """Recoil energies [MeV]: equal steps in ln T up to the last edge's."""
    top = float(recoil_at(detector.response, jnp.asarray(float(detector.edges[-1]))))
    return top * np.logspace(-DECADES, np.log10(1.5), POINTS)


def _response(detector: Experiment, t: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean observable, electron-equivalent energy and accepted share of recoils of T [MeV]."""
    response, given = detector.response, jnp.asarray(t)
    mean = jax.vmap(observable_at, in_axes=(None, 0))(response, given)
    accepted = acceptance(response, detector.edges, given)
    light = mean / response.light_yield
    return np.asarray(mean), np.asarray(light), np.asarray(accepted)


def _threshold(detector: Experiment, t: np.ndarray, accepted: np.ndarray) -> float | None:
    """Where the accepted share first reaches half of its largest value [keV]."""
    half = 0.5 * accepted.max()
    if not half > 0.0:
        return None
    i = int(np.argmax(accepted >= half))
    if i == 0:
        return float(t[0]) * KEV_PER_MEV
    fine = np.linspace(t[i - 1], t[i], FINER)
    shares = np.asarray(acceptance(detector.response, detector.edges, jnp.asarray(fine)))
    return float(fine[int(np.argmax(shares >= half))]) * KEV_PER_MEV
