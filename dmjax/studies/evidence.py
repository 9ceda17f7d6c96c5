"""Dark matter, NSI and backgrounds alone compared on CsI 2017: evidences and Bayes factors."""

from pathlib import Path
from typing import Any, ClassVar

import jax
import numpy as np

from dmjax._version import __version__
from dmjax.bayes.evidence import BayesFactor, bayes_factor, grid_evidence, share_inside
from dmjax.bayes.grid import axis, grid_posterior
from dmjax.bayes.nested import Hypothesis, NestedRun, nested_sampling
from dmjax.bayes.nuts import dark_posterior
from dmjax.bayes.predictive import predictive_checks, prior_draws
from dmjax.bayes.priors import dark_priors
from dmjax.likelihood.joint import Data, JointModel, observed_data
from dmjax.prediction.signal import describe_conventions
from dmjax.store.draws import read_draws, write_draws
from dmjax.store.folders import claim_folder
from dmjax.store.locks import working_in
from dmjax.store.progress import Say, nothing, under
from dmjax.store.result import AbstractResult, container
from dmjax.store.steps import Steps
from dmjax.store.writing import check_writable
from dmjax.studies.hypotheses import (
    DarkSetting,
    backgrounds,
    check_evidence,
    dark_setting,
    describe_evidence,
    hypotheses,
    window_of,
)
from dmjax.studies.plan import configuration
from dmjax.studies.setting import signal_of
from dmjax.studies.settings import EvidenceSettings

GRID = (160, 120)
"""Masses and couplings of the dense grid."""

_NUMBERS = ("log_z", "error", "information", "effective", "live", "deaths", "evaluations", "status")


@container
class EvidenceResult(AbstractResult):
    """Hypotheses compared: evidences, Bayes factors, checks.

    Attributes:
        dataset, window: what they explain.
        runs: hypothesis → log_z, its error, information [nats], effective draws, 16, 50 and 84 %
            quantiles, posterior and prior predictive checks, status.
        bayes_factors: each hypothesis against "none" and "nsi": first, second, log_b, error.
        grid: dark-matter hypothesis → the dense grid beside it; empty where not asked.
        prior_densities: every prior in words.
        converged: whether every sampler passed its gates.
        conventions, configuration, version: see `LimitResult`.
    """

    kind: ClassVar[str] = "evidence"
    table: ClassVar[str] = "runs"

    dataset: str
    window: str
    runs: dict
    bayes_factors: list[BayesFactor]
    grid: dict
    prior_densities: dict[str, str]
    converged: bool
    conventions: dict
    configuration: dict
    version: str = __version__


def _described(run: NestedRun, hypothesis: Hypothesis, key, data: Data, draws: int) -> dict:
    """A run without its draws, with intervals and predictive checks."""
    prior_key, first, second = jax.random.split(key, 3)
    before = prior_draws(prior_key, hypothesis, draws)
    plain = {k: v for k, v in run._asdict().items() if k not in ("draws", "log_likelihood")}
    plain["quantiles_16_50_84"] = {
        name: np.quantile(x, [0.16, 0.5, 0.84]).tolist() for name, x in run.draws.items()
    }
    plain["posterior_predictive"] = predictive_checks(
        first, hypothesis, data, run.draws, effective=run.effective
    )
    plain["prior_predictive"] = predictive_checks(second, hypothesis, data, before)
    return plain


def run_evidence(
    settings: EvidenceSettings,
    out: Path | None = None,
    say: Say = nothing,
) -> EvidenceResult:
    """Evidence of every hypothesis, Bayes factors, and the dense grid beside it.

    Args:
        settings: what to compare.
        out: folder for `evidence.json` and the draws as NetCDF, one file per hypothesis; those of
            an interrupted run with the same settings are used again.
        say: see `store.progress.Say`.

    Returns:
        `EvidenceResult`.
    """
    check_evidence(settings)
    if out is None:
        return _compared(settings, None, say)
    check_writable(out / "evidence.json")
    with working_in(out, "evidence.json"):
        claim_folder(out, describe_evidence(settings), "another comparison")
        result = _compared(settings, out, say)
        result.save(out / "evidence.json")
    return result


def _compared(settings: EvidenceSettings, out: Path | None, say: Say) -> EvidenceResult:
    key, runs, described = jax.random.key(settings.seed), {}, {}
    stated = describe_evidence(settings)
    steps = None if out is None else Steps(out, stated, say)
    data = observed_data(backgrounds(settings))
    dark = dark_setting(settings) if "dark-photon" in settings.signals else None
    for i, (name, hypothesis) in enumerate(hypotheses(settings, dark).items()):
        run_key, check_key = jax.random.split(jax.random.fold_in(key, i))
        path = None if out is None else out / f"draws_{name.replace(' ', '_')}.nc"
        kept = None if path is None or steps is None else _kept(path, name, stated, steps)
        runs[name] = kept or nested_sampling(
            hypothesis, run_key, settings.live, settings.draws, say=under(say, f"{name}: ")
        )
        if path is not None and steps is not None and kept is None:
            _write(path, runs[name], stated)
            steps.finish(path.name)
        described[name] = _described(runs[name], hypothesis, check_key, data, settings.draws)
    factors = [
        bayes_factor(run, runs[other])
        for other in ("none", "nsi")
        for name, run in runs.items()
        if other in runs and name != other and (other == "none" or name != "none")
    ]
    grid = {} if dark is None else _grid_check(settings, runs, dark)
    states = [run.status for run in runs.values()]
    states += [check["nuts_status"] for check in grid.values() if settings.nuts]
    return EvidenceResult(
        dataset=settings.dataset,
        window=window_of(settings),
        runs=described,
        bayes_factors=factors,
        grid=grid,
        prior_densities=stated["prior_densities"],
        converged=all(state.startswith("converged") for state in states),
        conventions=describe_conventions(signal_of(settings).conventions),
        configuration=configuration(settings),
    )


def _grid_check(
    settings: EvidenceSettings, runs: dict[str, NestedRun], dark: DarkSetting
) -> dict[str, Any]:
    """The dense grid beside every run of dark matter, α integrated exactly on it."""
    if not settings.grid:
        return {}
    axes = axis(*settings.m_v_range, GRID[0]), axis(*settings.y_range, GRID[1])
    grid = grid_posterior(JointModel(dark.joint.models, "csi_signal"), dark.table, *axes)
    found = {}
    for name, run in runs.items():
        if not name.startswith("dark-photon"):
            continue
        priors = dark_priors(name.split()[1], settings.m_v_range, settings.y_range)
        exact = grid_evidence(grid, priors)
        found[name] = {
            "log_z": exact.log_z,
            "draws_inside_68_95": share_inside(run.draws, grid, exact),
        }
        if settings.nuts:
            key = jax.random.key(settings.seed)
            sampled = dark_posterior(dark.joint, dark.table, priors, key)
            found[name] |= {
                "nuts_inside_68_95": share_inside(sampled.samples, grid, exact),
                "nuts_diagnostics": sampled.diagnostics,
                "nuts_status": "; ".join(sampled.reasons) or "converged",
            }
    return found


def _kept(path: Path, name: str, stated: dict, steps: Steps) -> NestedRun | None:
    """A finished run of the same settings; None where there is none that is whole."""
    if not steps.done(path.name):
        return None
    draws, attributes, statistics = read_draws(path)
    if attributes["hypothesis"] != name:
        return None
    numbers = {key: attributes[key] for key in _NUMBERS}
    return NestedRun(name, draws=draws, log_likelihood=statistics["log_l"], **numbers)


def _write(path: Path, run: NestedRun, described: dict) -> None:
    attributes = {key: getattr(run, key) for key in _NUMBERS}
    write_draws(
        path,
        run.draws,
        attributes | {"hypothesis": run.name, "configuration": described},
        {"log_l": run.log_likelihood},
    )
