"""Windows on cumulative counts: hard edges are exact, smooth ones positive, monotone and C¹."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dmjax.cuts.ascent import ordered, settle, tried_from
from dmjax.cuts.nodes import axis_nodes
from dmjax.cuts.selection import STRIDES, Held, hard_yields, soft_yields
from dmjax.cuts.starts import best_starts
from dmjax.cuts.tables import cumulative
from tolerances import tolerance

RNG = np.random.default_rng(3)
COUNTS = RNG.exponential(size=(37, 50))
TABLE = jnp.asarray(cumulative(COUNTS))[..., None]
HELD = Held(TABLE, 2.0 * TABLE, jnp.zeros(0))
LAST = np.array([37.0, 37.0, 50.0, 50.0])


def test_hard_windows_count_their_bins():
    found = hard_yields(HELD, jnp.asarray([3, 20, 7, 31]))
    assert float(found.signal[0, 0]) == pytest.approx(COUNTS[3:20, 7:31].sum())
    two = hard_yields(HELD, jnp.asarray([3, 20, 7, 11, 30, 31]))
    assert float(two.signal[0, 0]) == pytest.approx(
        COUNTS[3:20, 7:11].sum() + COUNTS[3:20, 30].sum()
    )
    assert float(two.background[0, 0]) == pytest.approx(2.0 * float(two.signal[0, 0]))


@pytest.mark.parametrize("stride", STRIDES)
def test_the_whole_range_counts_whole(stride):
    whole = soft_yields(HELD, jnp.asarray(stride), jnp.asarray([0.0, 1.0, 0.0, 1.0]))
    missed = 1.0 - float(whole.signal[0, 0]) / COUNTS.sum()
    assert abs(missed) < (0.3 if stride > 1.0 else tolerance("identity"))


@pytest.mark.parametrize("stride", STRIDES)
def test_smooth_edges_are_positive_and_grow_with_the_window(stride):
    shares = jnp.linspace(0.05, 1.0, 400)
    sized = jax.vmap(
        lambda high: soft_yields(
            HELD, jnp.asarray(stride), jnp.stack([0.05, high, 0.2, 0.7])
        ).signal[0, 0]
    )(shares)
    assert np.all(np.diff(np.asarray(sized)) >= -1e-9)


def test_narrow_edges_tend_to_the_hard_cut():
    nodes = np.array([5, 30, 8, 44])
    soft = soft_yields(HELD, jnp.asarray(1.0), jnp.asarray(nodes / LAST))
    hard = hard_yields(HELD, jnp.asarray(nodes))
    assert float(soft.signal[0, 0]) == pytest.approx(float(hard.signal[0, 0]), rel=0.05)


def test_slopes_of_smooth_edges_have_no_jump_between_nodes():
    def count(x):
        edges = jnp.stack([x, jnp.asarray(0.9), jnp.asarray(0.1), jnp.asarray(0.8)])
        return soft_yields(HELD, jnp.asarray(2.0), edges).signal[0, 0]

    slope = jax.grad(count)
    middle = 9.0 / 37.0
    sides = [float(slope(jnp.asarray(middle + side))) for side in (-1e-9, 1e-9)]
    assert sides[0] == pytest.approx(sides[1], rel=tolerance("gradient"))
    step = 1e-5
    for x in (0.11, 0.3333, middle):
        differences = (count(jnp.asarray(x + step)) - count(jnp.asarray(x - step))) / (2.0 * step)
        assert float(slope(jnp.asarray(x))) == pytest.approx(float(differences), rel=1e-3)


def test_nodes_hold_the_bins_and_marked_places():
    found = axis_nodes((0.0, 1.0, 2.0), (0.333, 5.0))
    assert {0.0, 1.0, 2.0, 0.333} <= set(found.tolist())
    assert found.size >= 97 and np.all(np.diff(found) > 0.0) and found[-1] == 2.0


def test_edges_stay_ordered():
    found = ordered(jnp.asarray([0.9, 0.2, 1.4, -0.3]))
    assert found.tolist() == [0.2, 0.9, 0.0, 1.0]


def bowl(centre: np.ndarray):
    return lambda rows, nodes: -((nodes - centre[rows]) ** 2).sum(axis=1).astype(float)


def test_settling_ends_where_no_step_is_better():
    centre = np.array([[3, 30, 5, 40], [10, 12, 1, 2]])
    start = np.array([[0, 37, 0, 50], [0, 37, 0, 50]])
    nodes, merit, settled = settle(bowl(centre), start, (37, 50))
    assert np.array_equal(nodes, centre) and settled.all() and np.all(merit == 0.0)


def test_a_search_that_never_ends_says_so_and_keeps_its_best():
    seen = iter(range(10**6))

    def rising(rows, nodes):
        return np.full(rows.size, float(next(seen)))

    _, merit, settled = settle(rising, np.array([[1, 2, 3, 4]]), (37, 50))
    assert not settled.any() and merit[0] > 0.0


def test_starts_differ_in_energy_and_are_the_best_of_their_own():
    signal = np.asarray(TABLE[None, ..., 0])
    found = best_starts(signal, bowl(np.array([[4, 33, 6, 45]])), 3, ())
    assert found.shape == (1, 3, 4)
    assert len({tuple(row[:2]) for row in found[0].tolist()}) == 3
    shifted = best_starts(signal, lambda rows, nodes: np.ones(rows.size), 2, (10,))
    assert shifted.shape == (1, 2, 6)


def test_every_edge_goes_to_every_node_of_its_axis():
    last = np.array([5, 5, 7, 7])
    tried = tried_from(np.array([[1, 4, 2, 6]]), last)[0]
    rows = set(map(tuple, tried.tolist()))
    assert {(1, k, 2, 6) for k in range(1, 6)} <= rows
    assert {(1, 4, k, 6) for k in range(7)} <= rows
    assert tuple(tried[0]) == (1, 4, 2, 6) and np.all(tried <= last) and np.all(tried >= 0)
