"""The verbs that compare with curves of others, in Python: recast, plot_world, export_curve."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmjax.asking import settled
from dmjax.studies.curve_settings import RecastSettings

if TYPE_CHECKING:
    from dmjax.recast.curve import Curve


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
