"""`dmjax explore`."""

from pathlib import Path

from dmjax.cli.common import begin, emit
from dmjax.studies.curve_settings import ExploreSettings

ABOUT = """One HTML page of limits: saved results and curves of others, to point at and convert.

Everything is inside of the page: no network. Terms and curves are those of plot world; without
options the terms are those of the first saved result.
"""
OUT = "The page; default: page.html."


def explore(settings: ExploreSettings, json: bool, out: Path | None, quiet: bool) -> None:
    """Write it, and say where."""
    target = out or Path("page.html")
    begin(target)
    from dmjax.export.explorer import write_page
    from dmjax.store.plain import to_json
    from dmjax.studies.world import run_world, terms_of_first

    found = run_world(terms_of_first(settings))
    write_page(target, found.curves, found.left_out)
    if json:
        names = [one.name for one in found.curves]
        emit(to_json({"page": target, "curves": names, "left_out": found.left_out}))
    elif not quiet:
        emit(str(target))
