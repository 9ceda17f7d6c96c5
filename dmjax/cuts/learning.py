"""Selections of any shape: a small network on (energy, time), trained on the objective itself."""

from functools import partial
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Key

from dmjax.cuts.adam import climbed
from dmjax.cuts.cells import Cells, best_cut, cells_of, region_yields
from dmjax.cuts.objectives import Aim, merit
from dmjax.cuts.tables import CutTables, held_of
from dmjax.cuts.yields import Rules, Scalar
from dmjax.numerics import frozen
from dmjax.programs import kept

WIDTH, DEPTH = 16, 2
"""Of the hidden layers."""
FITTED, TRAINED = 600, 600
"""Steps towards the ratio of signal to background, and of the objective."""
RATES = (0.02, 0.001)
"""Adam's largest step at the start and at the end."""
EDGES = (1.0, 0.1)
"""Width of the edge in the score, at the start and at the end of training."""
CLIPPED = 4.0
"""Of the logarithm of signal over background about its threshold."""
STRETCH = 4.0
"""Of places: the beam's pulse and the endpoints of neutrinos are short against the axes."""
SEED = 2006
"""Of the network before training."""


class Score(eqx.Module):
    """A number for every energy and time; what lies above a threshold is kept.

    Attributes:
        network: place of a cell (see `Cells`) → score.
    """

    network: eqx.nn.MLP

    def __call__(self, place: Float[Array, " 4"]) -> Float[Array, ""]:
        """The score of one place."""
        return self.network(STRETCH * place)


def new_score(key: Key[Array, ""]) -> Score:
    """A score before training.

    >>> round(float(new_score(jax.random.key(0))(jnp.zeros(4))), 1) < 2.0
    True
    """
    return Score(eqx.nn.MLP(4, "scalar", WIDTH, DEPTH, jnp.tanh, key=key))


class Learned(NamedTuple):
    """What a network selects.

    Attributes:
        kept: cells above its threshold, (cells,).
        merit: of them; see `objectives.merit`.
    """

    kept: Bool[Array, " cells"]
    merit: Float[Array, ""]


def ratio_of(cells: Cells) -> Float[Array, " cells"]:
    """ln(signal/background) of each cell, by which the best region of a known background is cut."""
    logs = [jnp.log(x / jnp.maximum(jnp.sum(x), 1e-300) + 1e-12) for x in shapes(cells)]
    return logs[0] - logs[1]


def shapes(cells: Cells) -> tuple[Float[Array, " cells"], Float[Array, " cells"]]:
    """All signal and all background of each cell."""
    return cells.signal[:, 0], jnp.sum(cells.background, axis=1)


def trained(loss, score: Score, steps: int) -> Score:
    """A score after steps of Adam.

    Args:
        loss: of (score, share of the steps that are done).
        score: to begin with.
        steps: how many.
    """
    arrays, rest = eqx.partition(score, eqx.is_inexact_array)
    slope = jax.grad(lambda done, at: -loss(eqx.combine(at, rest), done), argnums=1)
    return eqx.combine(climbed(slope, arrays, jnp.linspace(0.0, 1.0, steps), RATES), rest)


def learned_region(aim: Aim, rules: Rules, cells: Cells, strength: Scalar) -> Learned:
    """Train a network on one mass, and cut on what it says.

    First towards ln(signal/background) about its best threshold, then on the objective of smooth
    shares σ(score/width) whose width narrows; what is returned is a hard cut on its score.

    Args:
        aim, rules, strength: see `merit`.
        cells: expected counts; no observed count is among them.
    """
    ratio = ratio_of(cells)
    inside, _ = best_cut(aim, rules, cells, ratio, strength)
    threshold = jnp.min(jnp.where(inside, ratio, jnp.inf))
    first, second = (x / jnp.maximum(jnp.sum(x), 1e-300) for x in shapes(cells))
    weights = first + second
    target = frozen(jnp.clip(ratio - threshold, -CLIPPED, CLIPPED))

    def distance(score: Score, _: Scalar) -> Scalar:
        return weights @ (jax.vmap(score)(cells.place) - target) ** 2

    def lost(score: Score, done: Scalar) -> Scalar:
        width = EDGES[0] * (EDGES[1] / EDGES[0]) ** done
        share = jax.nn.sigmoid(jax.vmap(score)(cells.place) / width)
        return -merit(aim, rules, region_yields(cells, share), strength)

    begun = trained(distance, new_score(jax.random.key(SEED)), FITTED)
    ended = trained(lost, begun, TRAINED)
    cut = partial(best_cut, aim, rules, cells)
    first, last = (Learned(*cut(jax.vmap(one)(cells.place), strength)) for one in (begun, ended))
    better = last.merit > first.merit
    return Learned(jnp.where(better, last.kept, first.kept), jnp.maximum(first.merit, last.merit))


@kept
def _one_region(tables: CutTables, aim: Aim, mass: Array, strength: Float[Array, ""]) -> Learned:
    return learned_region(aim, tables.rules, cells_of(held_of(tables, mass)), strength)


def learned_regions(tables: CutTables, aim: Aim, strengths: np.ndarray) -> Learned:
    """`learned_region` at every mass.

    Args:
        tables, aim: of the detector.
        strengths: of the signal, for objectives that need one, (masses,).
    """
    found = []
    for mass, strength in enumerate(strengths):
        alone = eqx.tree_at(
            lambda t: (t.signal, t.source_errors),
            tables,
            (tables.signal[mass : mass + 1], tables.source_errors[mass : mass + 1]),
        )
        found.append(_one_region(alone, aim, jnp.asarray(0), jnp.asarray(strength)))
    return jax.tree.map(lambda *parts: jnp.stack(parts), *found)
