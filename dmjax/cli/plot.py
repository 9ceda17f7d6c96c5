"""`dmjax plot`."""

from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from dmjax.cli.common import JSON, begin, emit, emit_lines, show
from dmjax.cli.generate import command
from dmjax.studies.curve_settings import WorldSettings

SAVED = "saved"


class SavedFirst(TyperGroup):
    """A group whose first command may go unnamed: `plot FILE` is `plot saved FILE`."""

    def parse_args(self, ctx, args: list[str]) -> list[str]:
        """Put the name of the first command where none is."""
        if args and args[0] not in (*self.commands, "--help"):
            args = [SAVED, *args]
        return super().parse_args(ctx, args)


plot = typer.Typer(
    cls=SavedFirst,
    help="Figures: of saved results (plot FILE…), and of the world's limits (plot world).",
    no_args_is_help=True,
)


@plot.command(SAVED)
def saved(
    results: Annotated[
        list[Path],
        typer.Argument(help="Folder of a fit, or saved results: limits or targets in one figure."),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Results: name of the figure; default: beside the first.")
    ] = None,
    json: JSON = False,
) -> None:
    """Draw the figures of a saved fit or result again; limits alone with bands, or several."""
    from dmjax.store.plain import to_json
    from dmjax.verbs import plot as draw

    names = [str(path) for path in draw(*results, out=out)]
    emit_lines([to_json({"figures": names})] if json else names)


ABOUT = """Limits of many searches in one figure: shipped curves, your own limits, projections.

All are brought to one model, spin, alpha_D and mass ratio by the rules of recast. Saved limits
hold for their own terms, and are refused where those differ. Labels stand on the curves.
"""


def world(settings: WorldSettings, json: bool, out: Path | None, quiet: bool) -> None:
    """Draw it, and say what was left out or cut."""
    target = out or Path("world")
    begin(target.with_suffix(".png"))
    from dmjax.plots.canvas import save_figure
    from dmjax.plots.world import plot_world
    from dmjax.store.plain import to_json
    from dmjax.studies.world import run_world

    found = run_world(settings)
    files = save_figure(plot_world(found.curves, settings.y_limits), target)
    notes = {one.name: one.notes for one in found.curves}
    if json:
        held = {"figures": files, "notes": notes, "left_out": found.left_out}
        emit(to_json(held | {"curves": [one.to_plain() for one in found.curves]}))
        return
    emit_lines([str(path) for path in files])
    if quiet:
        return
    rows = [[one.name, str(one.x.size), "; ".join(one.notes)] for one in found.curves]
    show("curves", ["", "points", "notes"], rows)
    for name, why in found.left_out.items():
        emit(f"left out: {name}: {why}")


plot.command("world")(command(WorldSettings, world, ABOUT, "Name of the figure; default: world."))
