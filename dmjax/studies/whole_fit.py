"""The whole analysis of a data set, step by step, each step saved as soon as it is done.

A folder holds one analysis: `config.json` says which, every step writes its own file, and a second
run with the same configuration continues where the first one stopped.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import jax
import numpy as np

from dmjax._version import __version__
from dmjax.analyses.datasets import load_dataset
from dmjax.bayes.evidence import grid_evidence, share_inside
from dmjax.bayes.gates import Gates
from dmjax.bayes.grid import axis, grid_posterior
from dmjax.bayes.nuts import Length, dark_posterior
from dmjax.bayes.priors import dark_priors
from dmjax.errors import InputError
from dmjax.likelihood.joint import JointModel
from dmjax.prediction.signal import describe_conventions, describe_signal
from dmjax.prediction.tables import mass_nodes, signal_table
from dmjax.prediction.templates import at_index
from dmjax.store.draws import read_netcdf, write_netcdf
from dmjax.store.folders import claim_folder
from dmjax.store.locks import working_in
from dmjax.store.plain import read_json, write_json
from dmjax.store.progress import Say, nothing, under
from dmjax.store.result import AbstractResult, container
from dmjax.store.steps import Steps
from dmjax.studies.conclusions import conclusions
from dmjax.studies.counting import Counting, run_counting
from dmjax.studies.limits import run_limit
from dmjax.studies.plan import configuration
from dmjax.studies.setting import Setting, model_of, searches_of, setting_of, signal_of
from dmjax.studies.settings import SIGNAL_OPTIONS, FitSettings, LimitSettings, ModelOptions
from dmjax.studies.spectrum import Point, fitted_alpha, spectrum

WINDOWS = ("cuts", "no-cuts")
M_V_RANGE, Y_RANGE = (1.0, 200.0), (1e-12, 1e-8)
"""Of the log-uniform priors [MeV, 1]."""

GRID = (160, 120)
LIMIT_POINTS = 50
ANSWERS_MEV = (30.0, 75.0, 120.0)
"""Masses at which the summary states limits."""

_NODES = 400
_WARMUP, _CHAINS = 300, 4


@container
class WholeFitResult(AbstractResult):
    """The whole analysis of a data set; its files are in a folder.

    Attributes:
        counting: a `Counting` for each nuclear radius.
        posterior: window → best point of the grid, diagnostics of the draws, gates.
        converged: whether every gate was passed.
        conclusions: what a physicist asks, a line each.
        folder: of the files.
        conventions, configuration, version: see `LimitResult`.
    """

    kind: ClassVar[str] = "whole_fit"
    table: ClassVar[str] = "posterior"

    counting: list[Counting]
    posterior: dict
    converged: bool
    conclusions: list[str]
    folder: str
    conventions: dict
    configuration: dict
    version: str = __version__


def run_whole_fit(settings: FitSettings, out: Path, say: Say = nothing) -> WholeFitResult:
    """Every step of the analysis, saved below `out`; steps already there are kept.

    Args:
        settings: signal, conventions, length of the sampling.
        out: folder of this analysis.
        say: see `store.progress.Say`.

    Returns:
        `WholeFitResult`, also saved as `fit.json`.
    """
    if settings.draws < 2:
        raise InputError(f"draws must be at least 2, got {settings.draws}")
    wanted = describe_fit(settings)
    _setting(settings, WINDOWS[0])
    with working_in(out, "fit.json"):
        claim_folder(out, wanted, "another analysis")
        _make_steps(settings, out, Steps(out, wanted, say), say)
        found = summarise(settings, out)
        found.save(out / "fit.json")
    return found


def _make_steps(settings: FitSettings, out: Path, steps: Steps, say: Say) -> None:
    """Every file of the analysis, in order."""
    files: list[tuple[str, Callable[[], dict]]] = [
        ("counting.json", lambda: run_counting(settings).to_plain()),
        *[(f"limit_{w}.json", partial(_limit, settings, w)) for w in WINDOWS],
        *[(f"posterior_{w}.nc", partial(posterior_step, settings, w, say)) for w in WINDOWS],
        ("spectrum.json", partial(_spectrum, settings, out)),
    ]
    for name, make in files:
        write = write_json if name.endswith(".json") else write_netcdf
        steps.keep(name, lambda path, write=write, make=make: write(path, make()))


def describe_fit(settings: FitSettings) -> dict[str, Any]:
    """Settings with version, ranges and units, as saved."""
    units = {"m_v": "MeV", "y": "eps^2 alpha_d (m_chi/m_v)^4"}
    ranges: dict[str, Any] = {"m_v_range": list(M_V_RANGE), "y_range": list(Y_RANGE)}
    ranges |= {"signal": describe_signal(signal_of(settings))}
    return configuration(settings) | ranges | {"units": units, "version": __version__}


def _setting(settings: FitSettings, window: str) -> Setting:
    if settings.window is not None or settings.integrate is not None:
        raise InputError("the whole fit takes both windows, and α both ways: leave these out")
    signal = signal_of(settings)
    if signal.coupling != "Y":
        raise InputError(f"the whole fit is of (m_V, Y), not of {signal.coupling}")
    options = ModelOptions(
        window=window, systematics=settings.systematics, off_term=settings.off_term
    )
    return setting_of(settings.where, options, signal)


def _limit(settings: FitSettings, window: str) -> dict[str, Any]:
    """Limit curve in one window, with the masses of the summary among its points."""
    scan = np.geomspace(*M_V_RANGE, LIMIT_POINTS)
    held = {name: getattr(settings, name) for name in SIGNAL_OPTIONS}
    asked = LimitSettings(
        where=settings.where,
        m_v=tuple(np.union1d(scan, ANSWERS_MEV).tolist()),
        window=window,
        systematics=settings.systematics,
        off_term=settings.off_term,
        **held,
    )
    return run_limit(asked).to_plain()


def posterior_step(settings: FitSettings, window: str, say: Say = nothing) -> dict[str, Any]:
    """Dense grid and NUTS posterior in one window, and how well they agree."""
    setting = _setting(settings, window)
    signal = signal_of(settings)
    table = signal_table(searches_of(setting), signal, mass_nodes(*M_V_RANGE, _NODES))
    joint = model_of(setting, at_index(table.counts, 0))
    axes = axis(*M_V_RANGE, GRID[0]), axis(*Y_RANGE, GRID[1])
    grid = grid_posterior(JointModel(joint.models, "csi_signal"), table, *axes)
    priors, asked = dark_priors("log-uniform", M_V_RANGE, Y_RANGE), settings.draws * _CHAINS
    found = dark_posterior(
        joint,
        table,
        priors,
        jax.random.key(settings.seed),
        length=Length(_CHAINS, _WARMUP, settings.draws),
        gates=Gates(min_ess=min(1000.0, 0.25 * asked)),
        say=under(say, f"{window}: "),
    )
    logs = {"log_m_v": np.log(found.samples["m_v"]), "log_y": np.log(found.samples["y"])}
    rest = {name: x for name, x in found.samples.items() if name not in ("m_v", "y")}
    samples = logs | rest
    density = np.asarray(grid.log_density)
    best = np.unravel_index(np.argmax(np.asarray(grid.log_likelihood)), density.shape)
    return {
        "samples": samples,
        "log_m_v": np.asarray(grid.log_m_v),
        "log_y": np.asarray(grid.log_coupling),
        "log_density": density,
        "log_likelihood": np.asarray(grid.log_likelihood),
        "levels": np.asarray(grid.levels),
        "summary": {
            "window": window,
            "best_m_v": float(np.exp(grid.log_m_v[best[0]])),
            "best_y": float(np.exp(grid.log_coupling[best[1]])),
            "at_edge": [bool(best[i] in (0, density.shape[i] - 1)) for i in (0, 1)],
            "diagnostics": found.diagnostics,
            "converged": found.converged,
            "reasons": list(found.reasons),
            "status": found.status,
            "nuts_inside_grid_regions": share_inside(
                found.samples, grid, grid_evidence(grid, priors)
            ),
        },
    }


def _spectrum(settings: FitSettings, out: Path) -> dict[str, Any]:
    """Recoil spectrum with the best-fit signal of the window with cuts."""
    best = read_netcdf(out / "posterior_cuts.nc")["summary"]
    m_v, y = best["best_m_v"], best["best_y"]
    setting = _setting(settings, "cuts")
    point = Point(m_v, y, fitted_alpha(setting, m_v, y))
    name, profile = setting.names[0], signal_of(settings).conventions
    shown = load_dataset(name, "spectrum", profile)
    return spectrum(replace(setting, window=None), shown, point)._asdict()


def summarise(settings: FitSettings, out: Path) -> WholeFitResult:
    """What a reader wants first, from the saved files of a folder."""
    posteriors = {w: read_netcdf(out / f"posterior_{w}.nc")["summary"] for w in WINDOWS}
    limits = {w: read_json(out / f"limit_{w}.json") for w in WINDOWS}
    return WholeFitResult(
        counting=[Counting(**one) for one in read_json(out / "counting.json")["results"]],
        posterior=posteriors,
        converged=all(p["converged"] for p in posteriors.values()),
        conclusions=conclusions(posteriors, limits, ANSWERS_MEV),
        folder=str(out),
        conventions=describe_conventions(signal_of(settings).conventions),
        configuration=describe_fit(settings),
    )
