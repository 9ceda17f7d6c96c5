"""COHERENT CsI 2021: what moves recoils (clock, efficiency, quenching), and CEvNS."""

from collections.abc import Callable
from functools import cache

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.analyses.csi2021_shapes import NAME, Binning, csi2021_binning
from dmjax.analyses.ingredients import FLUX, Parts, events, exposure, pull
from dmjax.analyses.moves import Move, clock, recoil_effects
from dmjax.data import load_toml
from dmjax.experiments import Experiment
from dmjax.likelihood.effects import Component, Scale
from dmjax.prediction.nuisances import Responses, Sides
from dmjax.prediction.search import Search, neutrino_counts, neutrino_knots, search
from dmjax.programs import kept_value
from dmjax.response import RecoilGrid, accepted_recoils

RADIUS = "csi_radius"


def csi2021_moves(bins: Binning, systematics: bool = True) -> tuple[Move, ...]:
    """Nuisances of the detector: "csi_time" [µs], "csi_efficiency", two of quenching.

    Args:
        bins: of the analysis.
        systematics: with changes of shape; without, efficiency and quenching change totals alone,
            and the clock is known.
    """
    spec = load_toml("datasets", NAME)
    moves = tuple(
        Move(Responses(recoils=_both_sides(sides, bins), name=name), pull(name), bends=systematics)
        for name, sides in spec["alternates"].items()
    )
    return (clock(spec["clock"]), *moves) if systematics else moves


def _both_sides(sides: dict[str, dict[str, float]], bins: Binning) -> RecoilGrid:
    """Recoils as counted one standard deviation down and up."""
    down, up = (
        accepted_recoils(_changed(exposure(NAME), sides[side]).response, bins.pe)
        for side in ("down", "up")
    )
    return jax.tree.map(lambda *pair: jnp.stack(pair), down, up)


def _changed(detector: Experiment, numbers: dict[str, float]) -> Experiment:
    places: dict[str, Callable] = {
        "a": lambda e: e.response.quenching,
        "amplitude": lambda e: e.response.efficiency,
    }
    where = places[next(iter(numbers))]
    for key, value in numbers.items():
        leaf = jnp.asarray(value, float)
        detector = eqx.tree_at(lambda e, k=key: getattr(where(e), k), detector, leaf)
    return detector


@kept_value
def csi2021_search(region: str = "signal", binning: Binning | None = None) -> Search:
    """The detector of the data set in the bins of a region, with its nuisances."""
    chosen = binning or csi2021_binning(region)
    moves = csi2021_moves(chosen)
    return search(
        exposure(NAME), chosen.pe, chosen.time, nuisances=tuple(one.nuisance for one in moves)
    )


def _counts(setting: Search) -> np.ndarray:
    return np.asarray(neutrino_counts(setting)).ravel()


@cache
@kept_value
def _events_below() -> tuple[float, dict[str, np.ndarray]]:
    """CEvNS below 60 photo-electrons, as it is and at the knots of every nuisance."""
    setting = csi2021_search()
    moved = neutrino_knots(setting)
    return float(_counts(setting).sum()), {k: np.asarray(v).sum(1) for k, v in moved.items()}


def _radii(setting: Search, nominal: np.ndarray, step: float) -> Float[Array, "3 bins"]:
    """CEvNS with the neutron radii one standard deviation down, as they are, and up."""

    def moved(shift: float) -> np.ndarray:
        radii = [nucleus.neutron_radius + shift for nucleus in setting.experiment.nuclei]
        places = lambda s: [n.neutron_radius for n in s.experiment.nuclei]  # noqa: E731
        return _counts(eqx.tree_at(places, setting, radii))

    return jnp.asarray(np.stack([moved(-step), nominal, moved(step)]))


@kept_value
def cevns_part(bins: Binning, cevns: str, systematics: bool) -> Parts:
    """CEvNS, predicted or counted by "csi_n_cevns": events below 60 photo-electrons in any region.

    Predicted, it has the shared pull of the flux and that of the radius, and efficiency, quenching
    and the clock act on it as on everything that recoils. Counted, they change its shape alone.

    Args:
        bins: of the analysis.
        cevns: "free" or "predicted".
        systematics: see `csi2021_moves`.
    """
    spec, setting = load_toml("datasets", NAME), csi2021_search(binning=bins)
    nominal, moved = _counts(setting), dict(neutrino_knots(setting))
    moves = csi2021_moves(bins, systematics)
    if cevns == "free":
        unit, totals = _events_below()
        known, parameters = Scale("csi_n_cevns"), events("csi_n_cevns", unit)
        nominal = nominal / unit
        moved = {name: rows / totals[name][:, None] for name, rows in moved.items()}
        moves = moves if systematics else ()
    else:
        known, parameters = Scale(FLUX.name, 1.0, spec["flux_error"]), FLUX
        moved[RADIUS] = _radii(setting, nominal, spec["radius_step_fm"])
        moves = (*moves, Move(Sides(RADIUS), pull(RADIUS), bends=systematics))
    moving = recoil_effects(jnp.asarray(nominal), moved, moves)
    component = Component("cevns", nominal, (known, *moving.effects))
    return Parts((component,), (parameters, *moving.parameters))
