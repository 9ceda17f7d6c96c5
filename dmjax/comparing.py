"""The verbs that compare with curves of others, in Python: recast, plot_world, export_curve."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmjax.asking import Out, as_path, settled
from dmjax.studies.curve_settings import RecastSettings, WorldSettings

if TYPE_CHECKING:
    from dmjax.recast.curve import Curve
    from dmjax.store.result import AbstractResult


def recast(curve: "str | Path | Curve", **options: Any) -> "Curve":
    """A published limit for another model, spin, α_D, mass ratio, coupling or axis.

    Args:
        curve: a shipped name, a TOML of your own, a saved limit, or a curve.
        options: fields of `RecastSettings`, e.g. model="b-l", mass_ratio=3, alpha_d=0.5.

    Returns:
        `Curve` with arrays x [MeV] and y, what they hold for, and notes.

    Raises:
        InputError: no rule leads there, or something needed is not stated.

    >>> import jax
    >>> jax.config.update("jax_enable_x64", True)
    >>> made = recast("babar-2017", coupling="Y", alpha_d=0.1, mass_ratio=3, m_v=[30.0])
    >>> f"{made.y[0]:.2e}"
    '1.12e-09'
    """
    from dmjax.recast.curve import Curve
    from dmjax.studies.recasting import recast_for, run_recast

    if isinstance(curve, Curve):
        import numpy as np

        made = settled(RecastSettings, options | {"curve": curve.name})
        masses = None if made.m_v is None else np.sort(np.array(made.m_v))
        return recast_for(curve, made, masses)
    return run_recast(settled(RecastSettings, options | {"curve": str(curve)}))


def plot_world(*results: str | Path, out: Out = None, **options: Any) -> list[Path]:
    """Limits of many searches in one figure, as .pdf and .png.

    Args:
        results: saved limits, curves and lines, drawn with the others.
        out: name of the figure; None: world, here.
        options: fields of `WorldSettings`, e.g. dm="scalar", alpha_d=0.5, curves="lsnd,e137".

    Raises:
        InputError: a saved result does not hold for the terms of the figure.
    """
    from dmjax.plots.canvas import save_figure
    from dmjax.plots.world import plot_world as draw
    from dmjax.studies.world import run_world

    asked = settled(WorldSettings, options | {"results": tuple(map(str, results))})
    figure = draw(run_world(asked).curves, asked.y_limits)
    return save_figure(figure, as_path(out) or Path("world"))


def export_curve(result: "AbstractResult | Path | str", out: Path | str) -> list[Path]:
    """A limit or a curve as NAME.csv and NAME.toml, which others plot and `recast` reads.

    Args:
        result: a limit, a curve, or the file of one.
        out: folder; its files are named after the file of the result, or the result.
    """
    from dmjax.export.curves import write_curve
    from dmjax.studies.curves import curve_of_result
    from dmjax.studies.load import made_from

    if isinstance(result, Path | str):
        path = Path(result)
        return made_from([path], lambda held: write_curve(Path(out), held[0], path.stem))
    return write_curve(Path(out), result, curve_of_result(result).name)
