"""The verbs of dmjax in Python: the same names and options as its commands.

Every option of a verb is a field of its settings class (`dmjax.studies.settings`); a signal may
also be given whole, as `signal=dmjax.signal(…)`. Nothing is printed; `out` keeps what takes long.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmjax.asking import Out, as_path, settled
from dmjax.errors import InputError
from dmjax.fits.diagnostics import DiagnosisResult
from dmjax.store.progress import Say, nothing
from dmjax.studies.best_fit import FitResult
from dmjax.studies.check_result import CheckResult
from dmjax.studies.counting import CountingResult
from dmjax.studies.coverage import CoverageResult
from dmjax.studies.limit_result import LimitResult
from dmjax.studies.nsi import NsiResult
from dmjax.studies.posterior_result import PosteriorResult
from dmjax.studies.settings import (
    CheckSettings,
    CoverageSettings,
    DiagnoseSettings,
    EvidenceSettings,
    FitSettings,
    LimitSettings,
    NsiSettings,
    PosteriorSettings,
    PyhfSettings,
    ToySettings,
)
from dmjax.studies.toys import ToyResult

if TYPE_CHECKING:
    from dmjax.studies.evidence import EvidenceResult
    from dmjax.studies.whole_fit import WholeFitResult


def check(experiment: str, **options: Any) -> CheckResult:
    """What a detector sees: neutrinos, steady state, neutrons, response; and what looks wrong.

    Args:
        experiment: a preset, or the path of your own .toml.
        options: fields of `CheckSettings`, e.g. figure="mine.png".

    Returns:
        `CheckResult`; its `.warnings` are lines, its `.plot()` the figure.

    >>> import jax
    >>> jax.config.update("jax_enable_x64", True)
    >>> check("ccm200").warnings
    []
    """
    from dmjax.studies.checking import run_check

    return run_check(settled(CheckSettings, options | {"experiment": experiment}))


def fit(
    *where: str, out: Out = None, say: Say = nothing, **options: Any
) -> "FitResult | CountingResult | WholeFitResult":
    """Fit data sets: best fit and errors; csi2017 alone: the whole analysis, saved in `out`.

    Args:
        where: data sets, by name or path.
        out: folder of the whole analysis of csi2017; it is needed there.
        say: called as work goes on; see `dmjax.store.progress.Say`.
        options: fields of `FitSettings`, e.g. fit="dark-matter" as signal="dark-matter", m_v=30.

    Returns:
        `FitResult`; `WholeFitResult` of the whole analysis; `CountingResult` with counting=True.

    Raises:
        InputError: an unknown name, a bad value, or an option without effect.

    >>> import jax
    >>> jax.config.update("jax_enable_x64", True)
    >>> round(fit("ccm120").parameters["n_excess"]["value"], 1)
    16.5
    """
    settings = settled(FitSettings, options | {"where": where}, whole_signal=False)
    if settings.counting:
        from dmjax.studies.counting import run_counting

        return run_counting(settings)
    if settings.signal is None and settings.where == ("csi2017",):
        if out is None:
            raise InputError("the whole analysis of csi2017 needs a folder: give out")
        from dmjax.studies.whole_fit import run_whole_fit

        return run_whole_fit(settings, Path(out), say)
    from dmjax.studies.best_fit import run_fit

    return run_fit(settings)


def limit(*where: str, out: Out = None, say: Say = nothing, **options: Any) -> LimitResult:
    """Upper limits, or Feldman–Cousins intervals, on a coupling at many masses.

    Args:
        where: data sets by name or path; with expected=True one detector.
        out: file beside which finished toys are kept.
        say: called as work goes on.
        options: fields of `LimitSettings`; `signal=` a whole `Signal`.

    >>> import jax
    >>> jax.config.update("jax_enable_x64", True)
    >>> round(float(limit("ccm120", model="events", method="asymptotic").limit[0]))
    601
    """
    from dmjax.studies.limits import run_limit

    return run_limit(settled(LimitSettings, options | {"where": where}), as_path(out), say)


def toys(*where: str, out: Out = None, say: Say = nothing, **options: Any) -> ToyResult:
    """The distribution of a test statistic from toys, and the p-value of the data.

    Args:
        where, out, say: see `limit`.
        options: fields of `ToySettings`.
    """
    from dmjax.studies.toys import run_toys

    return run_toys(settled(ToySettings, options | {"where": where}), as_path(out), say)


def coverage(*where: str, out: Out = None, say: Say = nothing, **options: Any) -> CoverageResult:
    """How often limits or intervals contain the truth, with Monte Carlo errors.

    Args:
        where, out, say: see `limit`.
        options: fields of `CoverageSettings`.
    """
    from dmjax.studies.coverage import run_coverage

    return run_coverage(settled(CoverageSettings, options | {"where": where}), as_path(out), say)


def posterior(*where: str, out: Out = None, say: Say = nothing, **options: Any) -> PosteriorResult:
    """Posterior of m_V, Y and every nuisance of data sets, by NUTS or nested sampling.

    Args:
        where: data sets.
        out: folder of draws and finished steps.
        say: called as work goes on.
        options: fields of `PosteriorSettings`.
    """
    from dmjax.studies.posterior import run_posterior

    return run_posterior(settled(PosteriorSettings, options | {"where": where}), as_path(out), say)


def evidence(
    dataset: str = "csi2017", *, out: Out = None, say: Say = nothing, **options: Any
) -> "EvidenceResult":
    """Dark matter, NSI and backgrounds compared on csi2017: evidences and Bayes factors.

    Args:
        dataset: "csi2017".
        out, say: see `posterior`.
        options: fields of `EvidenceSettings`.
    """
    from dmjax.studies.evidence import run_evidence

    return run_evidence(
        settled(EvidenceSettings, options | {"dataset": dataset}), as_path(out), say
    )


def nsi(**options: Any) -> NsiResult:
    """Flavour-diagonal NSI fitted to CsI 2017 with and without the cuts.

    Args:
        options: fields of `NsiSettings`.
    """
    from dmjax.studies.nsi import run_nsi

    return run_nsi(settled(NsiSettings, options))


def diagnose(*where: str, **options: Any) -> DiagnosisResult:
    """Goodness of fit, pulls, impacts and correlations of a best fit.

    Args:
        where: data sets.
        options: fields of `DiagnoseSettings`.
    """
    from dmjax.studies.diagnosing import run_diagnose

    return run_diagnose(settled(DiagnoseSettings, options | {"where": where}))


def export_pyhf(*where: str, **options: Any) -> dict[str, Any]:
    """The likelihood of data sets as a pyhf workspace.

    Args:
        where: data sets.
        options: fields of `PyhfSettings`.
    """
    from dmjax.export.pyhf import export_pyhf as export
    from dmjax.studies.exporting import to_export

    settings = settled(PyhfSettings, options | {"where": where})
    if settings.check:
        raise InputError("check goes with the command: compare with dmjax.export.check")
    chosen = to_export(settings)
    return export(chosen.joint, settings.poi, chosen.units).workspace


def export_hepdata(result: LimitResult | Path | str, out: Path | str) -> list[Path]:
    """A limit as a HEPData submission in a folder.

    Args:
        result: a limit, or the file of one.
        out: folder of the submission.
    """
    from dmjax.export.hepdata import write_hepdata
    from dmjax.studies.load import made_from

    if isinstance(result, Path | str):
        return made_from([Path(result)], lambda held: write_hepdata(Path(out), held[0]))
    return write_hepdata(Path(out), result)


def plot(*results: Path | str, out: Out = None) -> list[Path]:
    """The figures of a saved fit, or that of a saved result, or of several limits or targets.

    Args:
        results: folder of a fit, the file of a result, or files of several limits or targets.
        out: name of the figure of results; None: beside the first.
    """
    from dmjax.plots.canvas import save_figure
    from dmjax.plots.fits import draw_fit
    from dmjax.plots.limits import plot_limits
    from dmjax.plots.relic import plot_relic
    from dmjax.studies.load import SCAN, made_from
    from dmjax.studies.relic import RelicResult

    paths = [Path(one) for one in results]
    if paths and all(path.suffix in (".json", ".nc", SCAN) for path in paths):
        target = as_path(out) or paths[0]

        def drawn(held: list) -> list[Path]:
            targets = all(isinstance(one, RelicResult) for one in held)
            together = plot_relic if targets else plot_limits
            figure = held[0].plot() if len(held) == 1 else together(held)
            return save_figure(figure, target)

        return made_from(paths, drawn)
    if len(paths) != 1 or out is not None:
        raise InputError("one folder of a fit, or files of results (.json, .nc) with --out")
    return draw_fit(paths[0])


def reproduce(*names: str, out: Out = None, conventions: str = "d20") -> dict[str, dict[str, Any]]:
    """Published figures and tables beside ours, by name; "all" for every one.

    Args:
        names: e.g. "fig7", "table6", "ccm-fig3".
        out: folder; None: results/figures.
        conventions: profile.

    Returns:
        Target → what its JSON holds, and its "files".

    Raises:
        InputError: no name, an unknown one, or a folder that cannot be written.
    """
    from dmjax.conventions import conventions as named
    from dmjax.reproduce import reproduce as make
    from dmjax.reproduce import target_names

    if not names:
        raise InputError("name what to reproduce, e.g. fig7, or all")
    folder = as_path(out) or Path("results") / "figures"
    chosen = named(conventions)
    wanted = target_names(names, chosen)
    made = {name: make(name, folder, chosen) for name in wanted}
    return {name: one.record | {"files": one.files} for name, one in made.items()}


def info(name: str | Path | None = None) -> dict[str, Any]:
    """Versions, devices, experiments, models, data sets, tables with their sources.

    Args:
        name: of one data set, detector, beam or table, for what its file says of itself; or the
            path of saved work (a result, a block, a folder), for its configuration, digests,
            version and checks.

    Raises:
        InputError: an unknown name, or saved work that is not what it says.

    >>> info("ccm120")["data set"]["note"][:9]
    'one count'
    """
    from dmjax.studies.facts import facts

    return facts(None if name is None else str(name))
