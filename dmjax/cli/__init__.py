"""The command line. JAX is imported inside the commands, so `--help` starts at once."""

import os
import sys
from contextlib import suppress
from typing import Annotated

import typer

from dmjax._version import __version__
from dmjax.cli import (
    check,
    cuts,
    design,
    diagnose,
    evidence,
    explore,
    fit,
    inject,
    limit,
    nsi,
    posterior,
    predict,
    recast,
    regions,
    relic,
    significance,
    study,
)
from dmjax.cli.common import emit, emit_lines
from dmjax.cli.data import data
from dmjax.cli.export import export
from dmjax.cli.generate import OUT_HELP, command
from dmjax.cli.info import info
from dmjax.cli.plot import plot
from dmjax.cli.reproduce import reproduce
from dmjax.cli.scan import merge, scan
from dmjax.cli.signals import INTERRUPTED, leaving, stopped_by_signals
from dmjax.cli.streams import standard_streams
from dmjax.errors import InputError, one_line
from dmjax.studies import (
    answer_settings,
    curve_settings,
    cut_settings,
    relic_settings,
    settings,
)

app = typer.Typer(
    name="dmjax",
    help="Light dark matter at stopped-pion and beam-dump experiments: predict, fit, limit.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

FOLDER = "Folder of results and draws; the same command continues there."
VERBS = {
    "predict": (settings.PredictSettings, predict.predict, predict.ABOUT, OUT_HELP),
    "check": (settings.CheckSettings, check.check, check.ABOUT, OUT_HELP),
    "fit": (settings.FitSettings, fit.fit, fit.ABOUT, fit.OUT),
    "limit": (settings.LimitSettings, limit.limit, limit.ABOUT, OUT_HELP),
    "toys": (settings.ToySettings, study.toys, study.ABOUT_TOYS, OUT_HELP),
    "coverage": (settings.CoverageSettings, study.coverage, study.ABOUT_COVERAGE, OUT_HELP),
    "inject": (answer_settings.InjectSettings, inject.inject, inject.ABOUT, OUT_HELP),
    "significance": (
        answer_settings.SignificanceSettings,
        significance.significance,
        significance.ABOUT,
        OUT_HELP,
    ),
    "optimize-cuts": (cut_settings.CutSettings, cuts.optimize_cuts, cuts.ABOUT, OUT_HELP),
    "design": (cut_settings.DesignSettings, design.design, design.ABOUT, OUT_HELP),
    "regions": (answer_settings.RegionSettings, regions.regions, regions.ABOUT, OUT_HELP),
    "relic": (relic_settings.RelicSettings, relic.relic, relic.ABOUT, OUT_HELP),
    "posterior": (settings.PosteriorSettings, posterior.posterior, posterior.ABOUT, FOLDER),
    "evidence": (settings.EvidenceSettings, evidence.evidence, evidence.ABOUT, FOLDER),
    "nsi": (settings.NsiSettings, nsi.nsi, nsi.ABOUT, OUT_HELP),
    "explore": (curve_settings.ExploreSettings, explore.explore, explore.ABOUT, explore.OUT),
    "recast": (curve_settings.RecastSettings, recast.recast, recast.ABOUT, OUT_HELP),
    "diagnose": (settings.DiagnoseSettings, diagnose.diagnose, diagnose.ABOUT, OUT_HELP),
}
"""Command → settings class, what runs it, its help, help of --out."""

app.command()(info)
for name, (kind, run, about, out) in VERBS.items():
    app.command(name)(command(kind, run, about, out))
app.command()(scan)
app.command()(merge)
app.command()(reproduce)
app.add_typer(data, name="data")
app.add_typer(export, name="export")
app.add_typer(plot, name="plot")


def _version(wanted: bool) -> None:
    if wanted:
        emit(f"dmjax {__version__}")
        raise typer.Exit


@app.callback()
def _first(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Light dark matter at stopped-pion and beam-dump experiments: predict, fit, limit."""


_USAGE: type[Exception] = typer.BadParameter.__mro__[1]
"""Errors of the option parser."""


def main() -> None:
    """Entry point: bad input ends in one line on stderr and exit status 2."""
    with standard_streams(), stopped_by_signals() as came:
        try:
            status = app(standalone_mode=False)
            # Some releases of the option parser give the status of Ctrl-C back as a value.
            if status == INTERRUPTED:
                raise KeyboardInterrupt
            sys.exit(status if isinstance(status, int) else 0)
        except InputError as problem:
            _refuse(str(problem))
        except _USAGE as problem:
            if type(problem).__name__ != "NoArgsIsHelpError":
                _refuse(one_line(problem.format_message()))  # pyright: ignore
            emit_lines(str(problem).splitlines())
        except OSError as problem:
            _refuse(one_line(f"{problem.filename or 'system'}: {problem.strerror or problem}"))
        except (typer.Abort, KeyboardInterrupt):
            _leave(128 + came[0] if came else INTERRUPTED)


def _refuse(problem: str) -> None:
    sys.stderr.write(f"dmjax: {problem}\n")
    sys.exit(2)


def _leave(status: int) -> None:
    """Without clean-up: a compilation may still run in other threads, and crashes there."""
    leaving()
    for stream in (sys.stdout, sys.stderr):
        with suppress(InputError, SystemExit):
            stream.flush()
    os._exit(status)
