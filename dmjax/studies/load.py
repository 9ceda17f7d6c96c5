"""`dmjax.load`: saved results of every kind."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TypeVar

from dmjax.errors import InputError, shown
from dmjax.store.load import load_result
from dmjax.store.result import AbstractResult

T = TypeVar("T")
SCAN = ".zarr"
"""Ending of the folder of a scan."""

KINDS = {
    "limit": ("dmjax.studies.limit_result", "LimitResult"),
    "toys": ("dmjax.studies.toys", "ToyResult"),
    "coverage": ("dmjax.studies.coverage", "CoverageResult"),
    "significance": ("dmjax.studies.significance", "SignificanceResult"),
    "injection": ("dmjax.studies.injecting", "InjectionResult"),
    "relic": ("dmjax.studies.relic", "RelicResult"),
    "regions": ("dmjax.studies.regions", "RegionResult"),
    "fit": ("dmjax.studies.best_fit", "FitResult"),
    "counting": ("dmjax.studies.counting", "CountingResult"),
    "design": ("dmjax.cuts.design_result", "DesignResult"),
    "cuts": ("dmjax.cuts.cuts_result", "CutsResult"),
    "whole_fit": ("dmjax.studies.whole_fit", "WholeFitResult"),
    "diagnosis": ("dmjax.fits.diagnostics", "DiagnosisResult"),
    "nsi": ("dmjax.studies.nsi", "NsiResult"),
    "posterior": ("dmjax.studies.posterior_result", "PosteriorResult"),
    "evidence": ("dmjax.studies.evidence", "EvidenceResult"),
    "scan": ("dmjax.scan.result", "ScanResult"),
    "check": ("dmjax.studies.check_result", "CheckResult"),
    "curve": ("dmjax.recast.curve", "Curve"),
    "prediction": ("dmjax.prediction.prediction", "Prediction"),
}
"""Kind → where its class is; a class is loaded when a file of its kind is."""


def class_of(kind: str) -> type[AbstractResult]:
    """The class of a kind."""
    module, name = KINDS[kind]
    return getattr(import_module(module), name)


def load(path: Path | str) -> AbstractResult:
    """The result that `.save()`, or a command's `--out`, wrote: the same object.

    What is read is checked: its checksum, and every field against the schema of its kind.

    Args:
        path: JSON (.json), NetCDF (.nc), or the folder of a scan (.zarr), finished or growing.

    Raises:
        InputError: the file cannot be read, is damaged, was changed, or is of a kind or a schema
            version that is not known; older files say to run again.
    """
    if Path(path).suffix == SCAN:
        return import_module("dmjax.scan.head").load_scan(Path(path))
    return load_result(Path(path), KINDS, class_of)


def made_from(paths: list[Path], make: Callable[[list[AbstractResult]], T]) -> T:
    """Something made of saved results: a figure, an export.

    Their fields keep the schema; what a field of any JSON holds (signal, configuration), and how
    long columns of different fields are, can still be another program's.

    Args:
        paths: of the files.
        make: called with what they hold.

    Raises:
        InputError: as `load`; or the parts of a file do not fit together.
    """
    held = [load(path) for path in paths]
    try:
        return make(held)
    except InputError:
        raise
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as problem:
        named = ", ".join(map(str, paths))
        why = f"{type(problem).__name__}: {shown(str(problem))}"
        raise InputError(
            f"{named}: parts of it do not fit together ({why}): run again"
        ) from problem
