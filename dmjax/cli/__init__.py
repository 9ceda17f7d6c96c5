"""The command line. JAX is imported inside the commands, so `--help` starts at once."""

import os
import sys

import typer

from dmjax.cli.data import data
from dmjax.cli.diagnose import diagnose
from dmjax.cli.evidence import evidence
from dmjax.cli.export import export
from dmjax.cli.fit import fit
from dmjax.cli.info import info
from dmjax.cli.limit import limit
from dmjax.cli.nsi import nsi
from dmjax.cli.plot import plot
from dmjax.cli.posterior import posterior
from dmjax.cli.predict import predict
from dmjax.cli.reproduce import reproduce
from dmjax.cli.study import coverage, toys
from dmjax.errors import InputError

app = typer.Typer(
    name="dmjax",
    help="Light dark matter at stopped-pion and beam-dump experiments: predict, fit, limit.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
COMMANDS = (info, predict, fit, limit, toys, coverage, posterior, evidence, nsi)
COMMANDS += (diagnose, plot, reproduce)
for command in COMMANDS:
    app.command()(command)
app.add_typer(data, name="data")
app.add_typer(export, name="export")


_INTERRUPTED = 130


def main() -> None:
    """Entry point: bad input ends in one line on stderr and exit status 2."""
    try:
        app()
    except InputError as problem:
        sys.stderr.write(f"dmjax: {problem}\n")
        sys.exit(2)
    except SystemExit as end:
        if end.code == _INTERRUPTED:
            # A compilation may still run in other threads: it crashes at an orderly clean-up.
            sys.stderr.flush()
            os._exit(_INTERRUPTED)
        raise
