"""Posterior of dark photons in any set of published data sets: NUTS, or nested sampling."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from dmjax.bayes.chains import Block, Keep
from dmjax.bayes.gates import Gates, Sampled, check_chains
from dmjax.bayes.hypothesis import dark_hypothesis
from dmjax.bayes.nested import NestedRun, nested_sampling
from dmjax.bayes.nuts import Length, dark_posterior
from dmjax.bayes.priors import Prior, dark_priors
from dmjax.errors import InputError, unknown_name
from dmjax.likelihood.joint import JointModel, off_term_of
from dmjax.prediction.signal import Signal, describe_conventions, describe_signal
from dmjax.prediction.tables import SignalTable, mass_nodes, signal_table
from dmjax.prediction.templates import at_index
from dmjax.store import blocks
from dmjax.store.folders import claim_folder
from dmjax.store.locks import working_in
from dmjax.store.progress import Say, nothing
from dmjax.studies.plan import belonging, configuration
from dmjax.studies.posterior_result import PosteriorResult
from dmjax.studies.setting import model_of, searches_of, setting_of, signal_of
from dmjax.studies.settings import PosteriorSettings

METHODS = ("nuts", "nested")


def _check(settings: PosteriorSettings, signal: Signal) -> None:
    if settings.integrate is not None:
        raise InputError("a posterior samples every nuisance: leave out integrate")
    if settings.method not in METHODS:
        raise unknown_name("method", settings.method, METHODS)
    if signal.coupling != "Y":
        raise InputError(f"a posterior is of (m_V, Y), not of {signal.coupling}")
    if settings.nodes < 2 or settings.warmup < 1:
        raise InputError(
            f"needs 2 nodes and a warm-up at least, got {settings.nodes} and {settings.warmup}"
        )
    check_chains(settings.chains, settings.draws)
    _priors(settings)


class JointSetting(NamedTuple):
    """Data sets with a signal of free strength, and its templates against the mass."""

    joint: JointModel
    table: SignalTable


def _priors(settings: PosteriorSettings) -> tuple[Prior, Prior]:
    return dark_priors(settings.prior, settings.m_v_range, settings.y_range)


def joint_setting(settings: PosteriorSettings) -> JointSetting:
    """The joint model of the settings and its templates."""
    signal = signal_of(settings)
    _check(settings, signal)
    setting = setting_of(settings.where, settings, signal)
    table = signal_table(
        searches_of(setting), signal, mass_nodes(*settings.m_v_range, settings.nodes)
    )
    return JointSetting(model_of(setting, at_index(table.counts, 0)), table)


def run_posterior(
    settings: PosteriorSettings, out: Path | None = None, say: Say = nothing
) -> PosteriorResult:
    """Sample the posterior of m_V, Y and every nuisance.

    Args:
        settings: what to sample.
        out: folder for `posterior.json`, the same with its draws, `posterior.nc`, and the finished
            steps of NUTS, from which an interrupted run with the same settings continues.
        say: see `store.progress.Say`.

    Returns:
        `PosteriorResult`.
    """
    setting = joint_setting(settings)
    if out is None:
        return _sampled(settings, setting, lambda _, make: make(), say)
    described = belonging(settings, *setting)
    with working_in(out, "posterior.json", "posterior.nc"):
        claim_folder(out, described, "another posterior")
        kept = partial(_kept, out, described, settings.chains, say)
        found = _sampled(settings, setting, kept, say)
        found.save(out / "posterior.json")
        found.save(out / "posterior.nc")
    return found


def _sampled(
    settings: PosteriorSettings, setting: JointSetting, keep: Keep, say: Say
) -> PosteriorResult:
    key = jax.random.key(settings.seed)
    if settings.method == "nuts":
        found = dark_posterior(
            *setting,
            _priors(settings),
            key,
            length=Length(settings.chains, settings.warmup, settings.draws),
            gates=Gates(min_ess=settings.min_ess),
            keep=keep,
            say=say,
        )
        samples, result = found.samples, _of_nuts(found)
    else:
        hypothesis = dark_hypothesis(*setting, _priors(settings))
        numbers = (settings.live, settings.live * 4)
        run = nested_sampling(hypothesis, key, *numbers, say=say)
        samples = {name: np.atleast_2d(x) for name, x in run.draws.items()}
        result = _of_nested(run)
    signal = signal_of(settings)
    return PosteriorResult(
        **result,
        datasets=[model.name for model in setting.joint.models],
        method=settings.method,
        quantity=signal.coupling or "Y",
        off_term=off_term_of(setting.joint),
        samples=samples,
        signal=describe_signal(signal),
        conventions=describe_conventions(signal.conventions),
        configuration=configuration(settings),
    )


def _kept(
    out: Path, described: dict, chains: int, say: Say, label: str, make: Callable[[], Block]
) -> Block:
    """A block of steps that an earlier run wrote, or a new one."""
    path = out / "chains" / f"{label}.npz"
    return blocks.kept(blocks.Block(path, described, label, chains, _check_steps), make, say)


def _check_steps(arrays: blocks.Arrays) -> str | None:
    """Every draw is finite, and the steps are there."""
    draws = [name for name in arrays if name.startswith("draw_")]
    if not draws or not {"diverging", "steps", "state_0"} <= arrays.keys():
        return "is no block of chains"
    return blocks.finite(*draws)(arrays)


def _quantiles(draws: np.ndarray) -> dict[str, float]:
    values = np.quantile(draws, [0.16, 0.5, 0.84, 0.9])
    return dict(zip(("q16", "q50", "q84", "q90"), values.tolist(), strict=True))


def _of_nuts(found: Sampled) -> dict[str, Any]:
    quality = found.diagnostics
    parameters = {
        name: _quantiles(x) | {"r_hat": quality["r_hat"][name], "ess": quality["ess"][name]}
        for name, x in found.samples.items()
    }
    return {
        "parameters": parameters,
        "divergences": quality["divergences"],
        "draws": quality["draws"],
        "mean_steps": quality["mean_steps"],
        "converged": found.converged,
        "status": found.status,
    }


def _of_nested(run: NestedRun) -> dict[str, Any]:
    parameters = {
        name: _quantiles(x) | {"r_hat": None, "ess": run.effective} for name, x in run.draws.items()
    }
    numbers = ("log_z", "error", "information", "live", "deaths", "evaluations", "status")
    passed = {"parameters": parameters, "converged": run.status == "converged"}
    return passed | {key: getattr(run, key) for key in numbers}
