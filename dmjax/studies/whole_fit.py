"""The whole analysis of a data set, step by step, each step saved as soon as it is done.

A folder holds one analysis: `config.json` says which, every step writes its own file, and a second
run with the same configuration continues where the first one stopped.
"""

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import jax
import numpy as np

from dmjax._version import __version__
from dmjax.analyses.datasets import Dataset, load_dataset
from dmjax.analyses.signal import (
    Signal,
    interpolation_table,
    signal,
    template_at,
)
from dmjax.bayes.grid import GridPosterior, dataset_grid
from dmjax.bayes.posterior import posterior_sampler, sample_posterior
from dmjax.conventions import CHANNELS, DMJAX, Conventions, describe
from dmjax.errors import InputError
from dmjax.limits.curve import analysis, limit
from dmjax.store.files import (
    claim_folder,
    read_json,
    read_netcdf,
    to_json,
    write_json,
    write_netcdf,
)
from dmjax.store.progress import Say, nothing
from dmjax.studies.counting import counting
from dmjax.studies.spectrum import fitted_alpha, spectrum

WINDOWS = ("cuts", "no-cuts")
MAX_DIVERGENT_SHARE = 0.005
"""Divergent draws tolerated: the density drops by a step where π⁻ capture closes."""


@dataclass(frozen=True)
class FitSettings:
    """Everything a fit depends on.

    Attributes:
        dataset, dm, alpha_d, mass_ratio, channels, conventions: what is fitted.
        m_v_min, m_v_max, y_min, y_max: ranges of the log-uniform priors [MeV, 1].
        grid_masses, grid_couplings: size of the dense grid.
        limit_points: masses of the limit curve.
        draws, warmup, chains, seed: of NUTS.
    """

    dataset: str = "csi2017"
    dm: str = "dirac"
    alpha_d: float = 0.5
    mass_ratio: float = 3.0
    channels: tuple[str, ...] = CHANNELS
    conventions: Conventions = DMJAX
    m_v_min: float = 1.0
    m_v_max: float = 200.0
    y_min: float = 1e-12
    y_max: float = 1e-8
    grid_masses: int = 160
    grid_couplings: int = 120
    limit_points: int = 50
    draws: int = 1000
    warmup: int = 300
    chains: int = 4
    seed: int = 2017

    def __post_init__(self):
        for name in ("grid_masses", "grid_couplings", "limit_points", "draws", "warmup"):
            if getattr(self, name) < 2:
                raise InputError(f"{name} must be at least 2, got {getattr(self, name)}")


def describe_settings(settings: FitSettings) -> dict:
    """Settings with the profile's name, the package version and units, as saved."""
    plain = asdict(settings) | {"channels": list(settings.channels), "version": __version__}
    plain["units"] = {"m_v": "MeV", "y": "eps^2 alpha_d (m_chi/m_v)^4"}
    chosen = describe(settings.conventions)
    return plain | {"conventions": chosen["conventions"], "conventions_changed": chosen["changed"]}


def open_folder(out: Path, settings: FitSettings) -> str:
    """Claim the folder for this configuration; returns its fingerprint.

    Raises InputError where the folder holds another configuration or cannot be written.
    """
    wanted = describe_settings(settings)
    claim_folder(out, wanted, "another analysis")
    return hashlib.sha256(to_json(wanted).encode()).hexdigest()[:12]


def _signal(settings: FitSettings, window: str) -> tuple[Dataset, Signal]:
    data = load_dataset(settings.dataset, window, settings.conventions)
    model = signal(
        data,
        dm=settings.dm,
        alpha_d=settings.alpha_d,
        mass_ratio=settings.mass_ratio,
        channels=settings.channels,
    )
    return data, model


def counting_step(settings: FitSettings) -> dict:
    """Counting analysis at R_n = 4.7 and 5.5 fm."""
    results = [
        counting(load_dataset(settings.dataset, "cuts", settings.conventions, radius))._asdict()
        for radius in (4.7, 5.5)
    ]
    return results[0] | {"results": results}


def limit_step(settings: FitSettings, window: str) -> dict:
    """Limit curve in one window."""
    data, model = _signal(settings, window)
    masses = np.geomspace(settings.m_v_min, settings.m_v_max, settings.limit_points)
    return limit(data, model, masses)._asdict()


def posterior_step(settings: FitSettings, window: str) -> dict:
    """Dense grid and NUTS posterior in one window, and how well they agree."""
    data, model = _signal(settings, window)
    ranges = (settings.m_v_min, settings.m_v_max), (settings.y_min, settings.y_max)
    grid = dataset_grid(data, model, *ranges, (settings.grid_masses, settings.grid_couplings))
    table = interpolation_table(model, settings.m_v_min, settings.m_v_max)
    sampler = posterior_sampler(
        partial(template_at, table), settings.chains, settings.warmup, settings.draws
    )
    found = sample_posterior(
        sampler,
        analysis(data),
        grid,
        jax.random.key(settings.seed),
        max_divergences=int(MAX_DIVERGENT_SHARE * settings.draws * settings.chains),
    )
    density = np.asarray(grid.log_density)
    best = np.unravel_index(np.argmax(np.asarray(grid.log_likelihood)), density.shape)
    return {
        "samples": found.samples,
        "log_m_v": np.asarray(grid.log_m_v),
        "log_y": np.asarray(grid.log_y),
        "log_density": density,
        "log_likelihood": np.asarray(grid.log_likelihood),
        "levels": np.asarray(grid.levels),
        "summary": {
            "window": window,
            "best_m_v": float(np.exp(grid.log_m_v[best[0]])),
            "best_y": float(np.exp(grid.log_y[best[1]])),
            "diagnostics": found.diagnostics,
            "converged": found.converged,
            "reasons": list(found.reasons),
            "nuts_inside_grid_regions": inside_regions(found.samples, grid),
        },
    }


def inside_regions(samples: dict[str, np.ndarray], grid: GridPosterior) -> list[float]:
    """Share of draws inside the grid's 68.27 % and 95.45 % regions."""
    nearest = [
        np.clip(
            np.rint((samples[name] - axis[0]) / (axis[1] - axis[0])).astype(int), 0, len(axis) - 1
        )
        for name, axis in (
            ("log_m_v", np.asarray(grid.log_m_v)),
            ("log_y", np.asarray(grid.log_y)),
        )
    ]
    density = np.asarray(grid.log_density)[nearest[0], nearest[1]]
    return [float((density >= level).mean()) for level in np.asarray(grid.levels)]


def spectrum_step(settings: FitSettings, out: Path) -> dict:
    """Recoil spectrum with the best-fit signal of the window with cuts."""
    best = read_netcdf(out / "posterior_cuts.nc")["summary"]
    m_v, y = best["best_m_v"], best["best_y"]
    fitted, family = _signal(settings, "cuts")
    alpha = fitted_alpha(fitted, family, m_v, y)
    shown, family = _signal(settings, "spectrum")
    return spectrum(shown, family, m_v, y, alpha)._asdict()


def run_fit(settings: FitSettings, out: Path, say: Say = nothing) -> dict:
    """Every step of the analysis, saved below `out`; steps already there are kept.

    Args:
        settings: configuration.
        out: folder of this analysis.
        say: see `store.progress.Say`.

    Returns:
        Summary: counting, limits at best, posterior summaries, files.
    """
    open_folder(out, settings)
    steps: list[tuple[str, Callable[[], dict]]] = [
        ("counting.json", partial(counting_step, settings)),
        *[(f"limit_{w}.json", partial(limit_step, settings, w)) for w in WINDOWS],
        *[(f"posterior_{w}.nc", partial(posterior_step, settings, w)) for w in WINDOWS],
        ("spectrum.json", partial(spectrum_step, settings, out)),
    ]
    for name, make in steps:
        path = out / name
        read, write = (
            (read_json, write_json) if path.suffix == ".json" else (read_netcdf, write_netcdf)
        )
        say(name, 0, 1)
        reused = path.exists()
        if reused:
            read(path)
        else:
            write(path, make())
        say(name, 1, 1, "kept from an earlier run" if reused else "done")
    return summarise(settings, out)


def summarise(settings: FitSettings, out: Path) -> dict:
    """What a reader wants first, from the saved files of a folder."""
    posteriors = {w: read_netcdf(out / f"posterior_{w}.nc")["summary"] for w in WINDOWS}
    counts = read_json(out / "counting.json")
    return {
        "settings": describe_settings(settings),
        "counting": counts["results"],
        "posterior": posteriors,
        "converged": all(p["converged"] for p in posteriors.values()),
        "folder": str(out),
    }
