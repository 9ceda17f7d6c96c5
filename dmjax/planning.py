"""The verbs of what is done before data are taken, in Python: optimize_cuts, design."""

from typing import TYPE_CHECKING, Any

from dmjax.asking import settled
from dmjax.studies.cut_settings import CutSettings, DesignSettings

if TYPE_CHECKING:
    from dmjax.cuts.cuts_result import CutsResult
    from dmjax.cuts.design_result import DesignResult


def optimize_cuts(experiment: str, **options: Any) -> "CutsResult":
    """The best windows in energy and time of a detector, at each mass.

    Args:
        experiment: a preset, or the path of your own .toml.
        options: fields of `CutSettings`, e.g. m_v="10:130:25", objective="s-over-root-b".
    """
    from dmjax.cuts.optimizing import run_optimize_cuts

    return run_optimize_cuts(settled(CutSettings, options | {"experiment": experiment}))


def design(experiment: str, **options: Any) -> "DesignResult":
    """What the expected limit of a detector depends on: elasticities, a forecast, a place.

    Args:
        experiment: a preset, or the path of your own .toml.
        options: fields of `DesignSettings`, e.g. m_v=75, cuts=True, floor=(5, 30, 5, 30).
    """
    from dmjax.cuts.designing import run_design

    return run_design(settled(DesignSettings, options | {"experiment": experiment}))
