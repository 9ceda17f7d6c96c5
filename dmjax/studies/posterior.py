"""Posterior of dark photons in any set of published data sets: NUTS, or nested sampling."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dmjax._version import __version__
from dmjax.analyses.signal import TemplateTable, mass_nodes
from dmjax.bayes.chains import Block
from dmjax.bayes.hypothesis import dark_hypothesis
from dmjax.bayes.nested import NestedRun, nested_sampling
from dmjax.bayes.nuts import dark_posterior
from dmjax.bayes.posterior import PosteriorResult
from dmjax.bayes.priors import M_V_RANGE, Y_RANGE, Prior, dark_priors
from dmjax.bayes.sampling import check_chains
from dmjax.errors import InputError, unknown_name
from dmjax.likelihood.joint import JointModel
from dmjax.store import blocks
from dmjax.store.files import claim_folder, to_plain, write_draws, write_json
from dmjax.store.progress import Say, nothing
from dmjax.studies.family import Family, describe_family, strength_model, templates

METHODS = ("nuts", "nested")


@dataclass(frozen=True)
class PosteriorSettings:
    """Everything a joint posterior depends on.

    Attributes:
        family: dark photons in named data sets.
        method: of `METHODS`.
        prior: a choice of `DARK_PRIORS`.
        m_v_range, y_range: of the priors [MeV, 1].
        nodes: masses at which templates are computed.
        chains, warmup, draws, min_ess: of NUTS; draws per chain.
        live, nested_draws: of nested sampling.
        seed: of both.
    """

    family: Family
    method: str = "nuts"
    prior: str = "log-uniform"
    m_v_range: tuple[float, float] = M_V_RANGE
    y_range: tuple[float, float] = Y_RANGE
    nodes: int = 400
    chains: int = 4
    warmup: int = 500
    draws: int = 1000
    min_ess: float = 1000.0
    live: int = 500
    nested_draws: int = 2000
    seed: int = 2017

    def __post_init__(self):
        if self.method not in METHODS:
            raise unknown_name("method", self.method, METHODS)
        if self.family.model != "dark-photon":
            raise InputError(f"a posterior of Y is for dark-photon, not {self.family.model}")
        if self.nodes < 2 or self.warmup < 1:
            raise InputError(
                f"needs 2 nodes and a warm-up at least, got {self.nodes} and {self.warmup}"
            )
        check_chains(self.chains, self.draws)
        _priors(self)


class JointSetting(NamedTuple):
    """Data sets with a signal of free strength, and its templates against the mass."""

    joint: JointModel
    tables: dict[str, TemplateTable]


def _priors(settings: PosteriorSettings) -> tuple[Prior, Prior]:
    return dark_priors(settings.prior, settings.m_v_range, settings.y_range)


def joint_setting(settings: PosteriorSettings) -> JointSetting:
    """The joint model of the settings; a measured steady state is integrated out (Eq. 6.4)."""
    family, log_m_v = settings.family, mass_nodes(*settings.m_v_range, settings.nodes)
    counts = templates(family, np.exp(log_m_v))
    joint = strength_model(family, counts, off_term="integral")
    pairs = zip(joint.models, counts, strict=True)
    tables = {model.name: TemplateTable(jnp.asarray(log_m_v), one) for model, one in pairs}
    return JointSetting(joint, tables)


def run_posterior(
    settings: PosteriorSettings, out: Path | None = None, say: Say = nothing
) -> dict[str, Any]:
    """Sample the posterior of m_V, Y and every nuisance.

    Args:
        settings: what to sample.
        out: folder for `posterior.json`, the draws, `posterior.nc`, and the finished steps of NUTS,
            from which an interrupted run with the same settings continues.
        say: see `store.progress.Say`.

    Returns:
        parameters (16, 50, 84 and 90 % quantiles, R-hat and effective number), status ("converged"
        or why not), and of nested sampling log_z with its error.
    """
    described = describe_posterior(settings)
    if out is not None:
        claim_folder(out, to_plain(described), "another posterior")
    setting, key = joint_setting(settings), jax.random.key(settings.seed)
    if settings.method == "nuts":
        found = dark_posterior(
            *setting,
            _priors(settings),
            key,
            chains=settings.chains,
            warmup=settings.warmup,
            draws=settings.draws,
            min_ess=settings.min_ess,
            keep=partial(_kept, out, to_plain(described), say),
            say=lambda done, of: say("NUTS", done, of, "steps in each chain"),
        )
        samples, result = found.samples, _of_nuts(found)
    else:
        hypothesis = dark_hypothesis(*setting, _priors(settings))
        numbers = (settings.live, settings.nested_draws)
        run = nested_sampling(
            hypothesis, key, *numbers, say=partial(say_nested, say, "nested sampling")
        )
        samples, result = run.draws, _of_nested(run)
    result |= {"settings": described}
    if out is not None:
        write_json(out / "posterior.json", result)
        attributes = {k: v for k, v in result.items() if k != "settings"}
        write_draws(
            out / "posterior.nc", samples, attributes | {"configuration": result["settings"]}
        )
    return result


def _kept(
    out: Path | None, described: dict, say: Say, label: str, make: Callable[[], Block]
) -> Block:
    """A block of steps that an earlier run wrote, or a new one."""
    if out is None:
        return make()
    saved = blocks.Block(out / "chains" / f"{label}.npz", described, label)
    return blocks.kept(saved, make, say)


def say_nested(say: Say, what: str, deaths: int, log_z: float, left: float) -> None:
    """How far a nested run is: points so far, ln Z, and the share of Z still in live points."""
    say(what, deaths, None, f"points, ln Z = {log_z:.2f}, {left:.1%} still open")


def _quantiles(draws: np.ndarray) -> dict[str, float]:
    values = np.quantile(draws, [0.16, 0.5, 0.84, 0.9])
    return dict(zip(("q16", "q50", "q84", "q90"), values.tolist(), strict=True))


def _of_nuts(found: PosteriorResult) -> dict[str, Any]:
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
        "status": "converged" if found.converged else "; ".join(found.reasons),
    }


def _of_nested(run: NestedRun) -> dict[str, Any]:
    parameters = {
        name: _quantiles(x) | {"r_hat": None, "ess": run.effective} for name, x in run.draws.items()
    }
    numbers = ("log_z", "error", "information", "live", "deaths", "evaluations", "status")
    return {"parameters": parameters} | {key: getattr(run, key) for key in numbers}


def describe_posterior(settings: PosteriorSettings) -> dict[str, Any]:
    """Settings as saved, with the version."""
    plain = {k: v for k, v in vars(settings).items() if k != "family"}
    return plain | {"family": describe_family(settings.family), "version": __version__}
