"""Dark matter, NSI and backgrounds alone compared on CsI 2017: evidences and best fits."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dmjax._version import __version__
from dmjax.errors import InputError, unknown_name
from dmjax.inference.curve import analysis
from dmjax.inference.dark_joint import dark_hypothesis, joint_hypothesis
from dmjax.inference.dark_nuts import dark_posterior
from dmjax.inference.evidence import bayes_factor, grid_evidence, share_inside
from dmjax.inference.grid import GridPosterior, grid_posterior
from dmjax.inference.nested import Hypothesis, NestedRun, nested_sampling
from dmjax.inference.predictive import predictive_checks, prior_draws
from dmjax.inference.priors import DARK_PRIORS, M_V_RANGE, Y_RANGE, dark_priors
from dmjax.io import check_writable, read_draws, to_json, write_draws, write_json
from dmjax.likelihood.csi2017 import NAME, csi2017
from dmjax.likelihood.datasets import Dataset, load_dataset
from dmjax.likelihood.joint import JointModel, observed_data
from dmjax.likelihood.nsi2017 import EPS_RANGE, csi2017_nsi
from dmjax.likelihood.signal import (
    Y_REF,
    Signal,
    TemplateTable,
    interpolation_table,
    signal,
    template_table,
)
from dmjax.profiles import CHANNELS, DMJAX, Conventions, describe

SIGNALS = ("none", "dark-photon", "nsi")
Progress = Callable[[str, int, float, float], None]
_NODES = 400
_NUMBERS = ("log_z", "error", "information", "effective", "live", "deaths", "evaluations", "status")


@dataclass(frozen=True)
class EvidenceSettings:
    """Everything a comparison of evidences depends on.

    Attributes:
        dataset: "csi2017".
        window: "cuts" or "no-cuts".
        signals: of `SIGNALS`.
        priors: choices of `DARK_PRIORS` for (m_V, Y).
        m_v_range, y_range, eps_range: ranges of the priors [MeV, 1, 1]; ε is uniform.
        quarks: which quarks carry ε.
        dm, alpha_d, mass_ratio, channels, conventions: the prediction.
        live, draws, seed: of nested sampling.
        grid_masses, grid_couplings: of the dense grid that checks it; 0: no check.
        nuts: whether NUTS samples dark matter as well, to be checked by the same grid.
    """

    dataset: str = NAME
    window: str = "no-cuts"
    signals: tuple[str, ...] = SIGNALS
    priors: tuple[str, ...] = ("log-uniform",)
    m_v_range: tuple[float, float] = M_V_RANGE
    y_range: tuple[float, float] = Y_RANGE
    eps_range: tuple[float, float] = EPS_RANGE
    quarks: str = "u"
    dm: str = "dirac"
    alpha_d: float = 0.5
    mass_ratio: float = 3.0
    channels: tuple[str, ...] = CHANNELS
    conventions: Conventions = DMJAX
    live: int = 500
    draws: int = 2000
    seed: int = 2017
    grid_masses: int = 160
    grid_couplings: int = 120
    nuts: bool = False

    def __post_init__(self):
        if self.dataset != NAME:
            raise unknown_name("data set with evidences", self.dataset, (NAME,))
        for name in self.signals:
            if name not in SIGNALS:
                raise unknown_name("signal", name, SIGNALS)
        if self.live < 20 or self.draws < 100:
            raise InputError(
                "nested sampling needs at least 20 live points and 100 draws, got "
                f"{self.live} and {self.draws}"
            )
        if not (self.signals and self.priors):
            raise InputError("name at least one signal and one prior")
        for choice in self.priors:
            dark_priors(choice, self.m_v_range, self.y_range)
        if self.window not in ("cuts", "no-cuts"):
            raise unknown_name("window", self.window, ("cuts", "no-cuts"))


class DarkSetting(NamedTuple):
    """Dark matter in the bins of a window.

    Attributes:
        data, family: counts and signal.
        joint: with a signal of free strength.
        table: templates against the mass.
    """

    data: Dataset
    family: Signal
    joint: JointModel
    table: TemplateTable


def dark_setting(settings: EvidenceSettings, window: str | None = None) -> DarkSetting:
    """Dark matter and data of a window (None: that of the settings)."""
    data = load_dataset(settings.dataset, window or settings.window, settings.conventions)
    family = signal(
        data,
        dm=settings.dm,
        alpha_d=settings.alpha_d,
        mass_ratio=settings.mass_ratio,
        channels=settings.channels,
    )
    table = interpolation_table(family, *settings.m_v_range, _NODES)
    return DarkSetting(data, family, JointModel(csi2017(table.values[0], data=data)), table)


def hypotheses(settings: EvidenceSettings) -> dict[str, Hypothesis]:
    """Every hypothesis of the settings by name; dark matter once per prior."""
    found = {}
    data = load_dataset(settings.dataset, settings.window, settings.conventions)
    if "none" in settings.signals:
        found["none"] = joint_hypothesis("none", JointModel(csi2017(data=data)))
    if "dark-photon" in settings.signals:
        dark = dark_setting(settings)
        for choice in settings.priors:
            name = f"dark-photon {choice}"
            priors = dark_priors(choice, settings.m_v_range, settings.y_range)
            tables = {dark.joint.models[0].name: dark.table}
            found[name] = dark_hypothesis(dark.joint, tables, priors, name=name)
    if "nsi" in settings.signals:
        whole = load_dataset(settings.dataset, "no-cuts", settings.conventions)
        model = csi2017_nsi(
            settings.window, settings.quarks, eps_range=settings.eps_range, data=whole
        )
        found["nsi"] = joint_hypothesis("nsi", JointModel(model))
    return found


def _grid(settings: EvidenceSettings, dark: DarkSetting) -> GridPosterior:
    axes = [
        np.linspace(np.log(ends[0]), np.log(ends[1]), count)
        for ends, count in (
            (settings.m_v_range, settings.grid_masses),
            (settings.y_range, settings.grid_couplings),
        )
    ]
    templates = template_table(dark.family, np.exp(axes[0]))
    log_m_v, log_y = (jnp.asarray(axis) for axis in axes)
    log_y_ref = jnp.asarray(np.log(Y_REF))
    return grid_posterior(analysis(dark.data), jnp.asarray(templates), log_m_v, log_y, log_y_ref)


def _described(run: NestedRun, hypothesis: Hypothesis, key, settings: EvidenceSettings) -> dict:
    """A run without its draws, with intervals and predictive checks."""
    data = observed_data(JointModel(csi2017(window=settings.window)))
    prior_key, first, second = jax.random.split(key, 3)
    before = prior_draws(prior_key, hypothesis, settings.draws)
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
    progress: Progress = lambda *_: None,
) -> dict:
    """Evidence of every hypothesis, Bayes factors, and the dense grid beside it.

    Args:
        settings: what to compare.
        out: folder for `evidence.json` and the draws as NetCDF, one file per hypothesis; those of
            an interrupted run with the same settings are used again.
        progress: called with (hypothesis, deaths, ln Z so far, share of Z still open).

    Returns:
        runs, bayes_factors (each against "none" and "nsi"), grid, settings.
    """
    if out is not None:
        check_writable(out / "evidence.json")
    key, runs, described = jax.random.key(settings.seed), {}, {}
    stated = describe_evidence(settings)
    for i, (name, hypothesis) in enumerate(hypotheses(settings).items()):
        run_key, check_key = jax.random.split(jax.random.fold_in(key, i))
        path = None if out is None else out / f"draws_{name.replace(' ', '_')}.nc"
        kept = None if path is None else _kept(path, name, stated)
        runs[name] = kept or nested_sampling(
            hypothesis, run_key, settings.live, settings.draws, say=partial(progress, name)
        )
        if path is not None and kept is None:
            _write(path, runs[name], stated)
        described[name] = _described(runs[name], hypothesis, check_key, settings)
    factors = [
        bayes_factor(run, runs[other])
        for other in ("none", "nsi")
        for name, run in runs.items()
        if other in runs and name != other and (other == "none" or name != "none")
    ]
    result = {
        "settings": stated,
        "runs": described,
        "bayes_factors": factors,
        "grid": _grid_check(settings, runs),
    }
    states = [run.status for run in runs.values()]
    states += [check["nuts_status"] for check in result["grid"].values() if settings.nuts]
    result["converged"] = all(state == "converged" for state in states)
    if out is not None:
        write_json(out / "evidence.json", result)
    return result


def _grid_check(settings: EvidenceSettings, runs: dict[str, NestedRun]) -> dict:
    dark = {name: run for name, run in runs.items() if name.startswith("dark-photon")}
    if not dark or settings.grid_masses < 2 or settings.grid_couplings < 2:
        return {}
    setting, found = dark_setting(settings), {}
    grid, tables = _grid(settings, setting), {setting.joint.models[0].name: setting.table}
    for name, run in dark.items():
        priors = dark_priors(name.split()[1], settings.m_v_range, settings.y_range)
        exact = grid_evidence(grid, priors)
        found[name] = {
            "log_z": exact.log_z,
            "draws_inside_68_95": share_inside(run.draws, grid, exact),
        }
        if settings.nuts:
            key = jax.random.key(settings.seed)
            sampled = dark_posterior(setting.joint, tables, priors, key)
            flat = {parameter: draws.ravel() for parameter, draws in sampled.samples.items()}
            found[name] |= {
                "nuts_inside_68_95": share_inside(flat, grid, exact),
                "nuts_diagnostics": sampled.diagnostics,
                "nuts_status": "; ".join(sampled.reasons) or "converged",
            }
    return found


def _kept(path: Path, name: str, stated: dict) -> NestedRun | None:
    """A finished run of the same settings; None where there is none."""
    if not path.exists():
        return None
    draws, attributes, statistics = read_draws(path)
    if attributes["configuration"] != to_json(stated) or attributes["hypothesis"] != name:
        raise InputError(f"{path} is of other settings; choose another --out or delete it")
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


def describe_evidence(settings: EvidenceSettings) -> dict:
    """Settings as saved, with every prior in words and the version."""
    chosen = describe(settings.conventions)
    stated = {
        choice: f"m_v {DARK_PRIORS[choice][0]} in {settings.m_v_range} MeV, "
        f"Y {DARK_PRIORS[choice][1]} in {settings.y_range}"
        for choice in settings.priors
    }
    stated["nsi"] = f"eps_ee, eps_mumu uniform in {settings.eps_range}, quarks {settings.quarks}"
    stated["alpha"] = "normal, 0 +- 0.28, above -1"
    plain = asdict(settings) | {"prior_densities": stated, "version": __version__}
    return plain | {"conventions": chosen["conventions"], "conventions_changed": chosen["changed"]}
