"""`design`: what the expected limit of a detector depends on, and how to improve it first."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from dmjax.analyses.projections import projected
from dmjax.cuts.design_result import DesignResult
from dmjax.cuts.forecast import best_place, fisher, floor_of, marginal_errors
from dmjax.cuts.optimizing import check_detector
from dmjax.cuts.plan import Plan, at_rest, plan_of, plan_yields, slopes
from dmjax.cuts.strength import Level
from dmjax.errors import InputError
from dmjax.prediction.points import REFERENCE, strength_of
from dmjax.prediction.signal import describe_conventions, describe_signal
from dmjax.studies.cut_settings import DesignSettings
from dmjax.studies.plan import configuration
from dmjax.studies.setting import signal_of


def run_design(settings: DesignSettings) -> DesignResult:
    """The expected limit at one mass and its elasticities, by one derivative in reverse.

    Args:
        settings: detector, signal, mass, exposure.

    Returns:
        `DesignResult`.

    Raises:
        InputError: a data set in place of a detector; a mass without signal; a floor or a signal
            that does not go with the rest.

    >>> from dmjax.studies.rules import settle
    >>> given = {"experiment": "ccm-tight", "mass": "75", "cuts": True, "source_errors": False}
    >>> found = run_design(settle(DesignSettings, given))
    >>> -0.5 < found.elasticities["mass"] < -0.25
    True
    """
    _check(settings)
    signal, name = signal_of(settings), settings.experiment
    setting = projected(
        name, years=settings.years, pot=settings.pot, background=settings.background
    )
    plan = plan_of(setting, signal, settings.mass, settings.cuts)
    level = Level(1.0 - settings.cl, settings.cls)
    value, found = slopes(plan, level, at_rest(plan))
    limit = float(np.exp(float(value)))
    if not np.isfinite(limit):
        raise InputError(
            f"no coupling is excluded in {name} at m_v = {settings.mass:g} MeV: choose an open mass"
        )
    here = plan_yields(plan, at_rest(plan))
    names = plan.rules.components
    reference = REFERENCE[signal.coupling or ""]
    strength = float(strength_of(signal, settings.mass, limit, reference))
    return DesignResult(
        experiment=name,
        counting=settings.cuts,
        m_v=settings.mass,
        coupling=signal.coupling or "",
        value=limit,
        elasticities={knob: float(found[knob]) for knob in plan.names},
        background={one: float(here.background[k].sum()) for k, one in enumerate(names)},
        signal_events=strength * float(here.signal[0].sum()),
        place=_place(settings, plan, level, limit),
        cl=settings.cl,
        cls=settings.cls,
        signal=describe_signal(signal),
        conventions=describe_conventions(signal.conventions),
        configuration=configuration(settings),
        **_forecast(settings, plan),
    )


def _check(settings: DesignSettings) -> None:
    check_detector(settings.experiment, settings.cl)
    if settings.floor is None:
        return
    if len(settings.floor) != 4:
        raise InputError(f"floor takes four numbers [m], got {len(settings.floor)}")
    low, high = np.array(settings.floor[0::2]), np.array(settings.floor[1::2])
    if not np.all(low < high):
        raise InputError("floor takes from < to, along and across the beam")
    if low[1] <= 0.0:
        raise InputError("floor must be beside the beam: across from a number above 0")


def _forecast(settings: DesignSettings, plan: Plan) -> dict[str, Any]:
    if settings.expected_at is None:
        return {}
    first, second, both = marginal_errors(
        np.asarray(fisher(plan, jnp.asarray(settings.expected_at, float)))
    )
    return {
        "expected_at": settings.expected_at,
        "sigma_ln_m_v": first,
        "sigma_ln_coupling": second,
        "correlation": both,
    }


def _place(
    settings: DesignSettings, plan: Plan, level: Level, limit: float
) -> dict[str, Any] | None:
    if settings.floor is None:
        return None
    if plan.detector.beam.angle is None:
        raise InputError("floor needs a beam that is seen at an angle")
    found = best_place(plan, level, floor_of(plan, settings.floor))
    best = float(np.exp(found.log_limit))
    return {
        "distance_m": found.distance_m,
        "angle_deg": found.angle_deg,
        "value": best,
        "gain": limit / best,
        "slope_along_per_m": found.slopes[0],
        "slope_across_per_m": found.slopes[1],
    }
