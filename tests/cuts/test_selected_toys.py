"""A made-up detector: brute force, the best window known otherwise, and independent toys."""

from functools import cache

import jax.numpy as jnp
import numpy as np
import pytest

from dmjax.cuts.cells import best_cut, cells_of, region_yields, window_cells
from dmjax.cuts.learning import learned_regions, ratio_of
from dmjax.cuts.objectives import Aim
from dmjax.cuts.objectives import merit as merit_of
from dmjax.cuts.strength import Level
from dmjax.cuts.tables import CutTables, cumulative, held_of
from dmjax.cuts.trials import trial
from dmjax.cuts.windows import best_windows, hard_merits
from dmjax.cuts.yields import Rules
from dmjax.limits.low_counts import exact_limit
from dmjax.limits.weighted_counts import Means
from tolerances import tolerance

RULES = Rules(("flat",), ("steady",), (-1,), (0.0,), (), 0.0, 0)
SIZES = (60, 50)
PUBLISHED = np.array([10, 60, 0, 50])
SCALES = (5.0, 12.0, 40.0)
BACKGROUND = 900.0
TOYS = 20_000


@cache
def counts() -> tuple[np.ndarray, np.ndarray]:
    """Signals that fall with energy, each at its own rate, in a short pulse; flat background."""
    energy = np.arange(SIZES[0])
    pulse = np.exp(-0.5 * ((np.arange(SIZES[1]) - 14.0) / 3.0) ** 2)
    shapes = [np.outer(np.exp(-energy / scale), pulse) for scale in SCALES]
    signal = np.stack([20.0 * shape / shape.sum() for shape in shapes])
    return signal, np.full(SIZES, BACKGROUND / (SIZES[0] * SIZES[1]))


@cache
def tables() -> CutTables:
    signal, background = counts()
    return CutTables(
        signal=jnp.asarray(cumulative(signal))[..., None],
        background=jnp.asarray(cumulative(background))[..., None],
        source_errors=jnp.zeros((len(SCALES), 0)),
        energy=jnp.arange(SIZES[0] + 1.0),
        time=jnp.arange(SIZES[1] + 1.0),
        rules=RULES,
    )


@cache
def best(objective: str, cls: bool = True):
    aim = Aim(objective, Level(0.1, cls))
    return best_windows(tables(), aim, np.ones(len(SCALES)), PUBLISHED, 3)


@pytest.mark.parametrize("objective", ["limit", "s-over-root-b", "discovery"])
def test_no_window_of_forty_ends_on_each_axis_is_better(objective):
    found = best(objective)
    assert found.settled.all() and np.all(found.merit >= found.merit_start)
    ends = [np.unique(np.linspace(0, size, 40).round().astype(int)) for size in SIZES]
    low, high, stop = (x.ravel() for x in np.meshgrid(ends[0], ends[0], ends[1], indexing="ij"))
    some = low < high
    nodes = np.stack([low, high, 0 * low, stop], axis=1)[some]
    aim = Aim(objective, Level(0.1, True))
    for mass in range(len(SCALES)):
        tried = hard_merits(tables(), aim, np.ones(len(SCALES)), np.full(len(nodes), mass), nodes)
        assert tried.max() - found.merit[mass] < tolerance("benchmark")


def test_the_window_of_signal_over_noise_is_a_known_one():
    # S/√B of a falling exponential over a flat background: E₂ = 1.2564 scales, and ±1.4 σ of the
    # pulse, where both slopes of the logarithm balance.
    found = best("s-over-root-b")
    for nodes, scale in zip(found.nodes, SCALES, strict=True):
        assert nodes[0] == 0
        assert nodes[1] == pytest.approx(min(1.2564 * scale, SIZES[0]), abs=1.0)
        assert nodes[2] == pytest.approx(14.5 - 1.4 * 3.0, abs=1.0)
        assert nodes[3] == pytest.approx(14.5 + 1.4 * 3.0, abs=1.0)


def test_a_network_finds_the_region_of_the_ratio_of_signal_to_background():
    # Of a known background the best count is cut on the ratio, which no window is.
    aim, strengths = Aim("limit", Level(0.1, True)), np.ones(len(SCALES))
    windows, found = best("limit"), learned_regions(tables(), aim, strengths)
    for mass, merit in enumerate(found.merit):
        cells = cells_of(held_of(tables(), mass))
        _, ceiling = best_cut(aim, RULES, cells, ratio_of(cells), jnp.asarray(1.0))
        # No region is better; the same one may differ in its last digit.
        assert -tolerance("identity") < float(ceiling) - merit < tolerance("benchmark")
        assert merit > windows.merit[mass]
        kept = region_yields(cells, jnp.asarray(found.kept[mass], float))
        assert float(merit_of(aim, RULES, kept, jnp.asarray(1.0))) == pytest.approx(
            float(merit), rel=tolerance("identity")
        )


@pytest.mark.parametrize("cls", [True, False])
def test_toys_of_one_count_give_its_limit_and_coverage(cls):
    found, level = best("limit", cls), Level(0.1, cls)
    for mass, nodes in enumerate(found.nodes):
        cells = cells_of(held_of(tables(), mass))
        inside = jnp.asarray(window_cells(nodes, SIZES).ravel(), float)
        log = -float(found.merit[mass])
        rng = np.random.default_rng(3)
        seen = trial(RULES, region_yields(cells, inside), log, level, TOYS, rng)
        assert seen.low < log < seen.high
        error = tolerance("sigmas") * np.sqrt(0.9 * 0.1 / TOYS)
        # CLs covers more on purpose; a p-value alone, by the step of one count.
        assert 0.9 - error < seen.covered < (1.0 if cls else 0.95)


def in_window(nodes: np.ndarray, table: np.ndarray) -> np.ndarray:
    return table[..., nodes[0] : nodes[1], nodes[2] : nodes[3]].sum((-1, -2))


def test_toys_of_all_bins_give_the_expected_limit_and_its_coverage():
    signal, background = counts()
    found, rng = best("limit", cls=False), np.random.default_rng(11)
    for mass, nodes in enumerate(found.nodes):
        s, b = float(in_window(nodes, signal[mass])), float(in_window(nodes, background))
        means = Means(np.array([[s]]), np.array([[b]]))
        strength = float(np.exp(-found.merit[mass]))
        # Without signal: the median toy has the limit that was expected, to less than one count.
        median = int(np.median(rng.poisson(b, TOYS)))
        sides = [
            exact_limit(means, np.array([median + step]), 0.9, cls=False) for step in (-1.0, 1.0)
        ]
        assert sides[0].limit < strength < sides[1].limit
        # With a signal of that strength: limits contain it in 90 % of toys or a step more.
        toys, times = np.unique(rng.poisson(strength * s + b, TOYS), return_counts=True)
        limits = [exact_limit(means, np.array([float(n)]), 0.9, cls=False).limit for n in toys]
        covered = float(times[np.array(limits) >= strength].sum() / TOYS)
        error = np.sqrt(0.9 * 0.1 / TOYS)
        assert 0.9 - tolerance("sigmas") * error < covered < 0.95
