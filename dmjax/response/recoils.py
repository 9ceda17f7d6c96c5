"""Recoil-energy nodes and the response matrix that folds them into bins of the observable."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.numerics import gauss_legendre, panel_nodes
from dmjax.response.detector import Response, observable_at, recoil_and_slope
from dmjax.response.resolution import Noise
from dmjax.units import KEV_PER_MEV, MEV_PER_KEV

LOWEST_PANEL_KEV = 1e-6
PANEL_RATIO = 1.35
SHARP_RATIO = 1.1
SMEARED_ORDER = 3
HALVINGS = 6
STEP = {"pe": 1.0, "keVee": 0.5, "keV": 0.5}
"""Width of the sub-bins in which an efficiency of the observable is taken at the centre."""


class RecoilGrid(eqx.Module):
    """Quadrature in recoil energy, with everything that depends on the recoil alone.

    Attributes:
        t: nodes [MeV], increasing.
        fold: (bins, nodes) weight × efficiency × share in the bin: counts = fold @ dN/dT [MeV].
        ends: of the recoils that each node stands for [MeV], one more than nodes.
        apart: whether no node counts in two bins, and those of a bin follow those of the one before
            (static).
    """

    t: Float[Array, " nodes"]
    fold: Float[Array, "bins nodes"]
    ends: Float[Array, " nodes_plus_1"]
    apart: bool = eqx.field(static=True)


def cell_ends(first: Float[Array, ""], width: Float[Array, " n"]) -> Float[Array, " n_plus_1"]:
    """Ends of cells of some widths that follow each other, none below 0."""
    return jnp.clip(jnp.concatenate([first[None], first + jnp.cumsum(width)]), 0.0)


def _membership(edges: np.ndarray, nodes: Float[Array, " n"]) -> Float[Array, "bins n"]:
    ends = jnp.asarray(edges, nodes.dtype)[:, None]
    inside = (nodes[None, :] >= ends[:-1]) & (nodes[None, :] < ends[1:])
    return inside.astype(nodes.dtype)


def falling_ladder(top: float, bottom: float, ratio: float) -> np.ndarray:
    """Points from `top` down to `bottom`, each smaller than the one before by `ratio`."""
    count = int(np.ceil(np.log(top / bottom) / np.log(ratio)))
    return top * ratio ** (-np.arange(count + 1.0))


def rising_ladder(top: float, step: float, growth: float) -> np.ndarray:
    """0, then steps of `step` or of `growth` × x if that is wider, until `top` is passed."""
    if top < step:
        return np.array([0.0, step])
    linear = step * np.arange(np.floor(min(top, step / growth) / step) + 1.0)
    count = int(np.ceil(np.log(max(top / linear[-1], 1.0)) / np.log1p(growth)))
    return np.concatenate([linear, linear[-1] * (1.0 + growth) ** np.arange(1.0, count + 1.0)])


def inside(points: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The edges with those points between the first and the last."""
    kept = points[(points > edges[0]) & (points < edges[-1])]
    return np.union1d(edges, kept)


def accepted_recoils(
    response: Response, edges: np.ndarray, order: int = 2, breaks: tuple[float, ...] = ()
) -> RecoilGrid:
    """Recoils as counted, in bins of the observable.

    counts_b = ∫dT dN/dT Σ_{sub-bins s in b} ε(x_s) [C(s₊ | T) − C(s₋ | T)], C the cumulative
    distribution of the resolution and x_s the centre of a sub-bin (1 PE or 0.5 keVee; 2 % wide
    where that is more); without resolution, ∫dT dN/dT ε(x(T)) over the bin. An efficiency of the
    recoil multiplies dN/dT. No panel or sub-bin crosses a step of the efficiency. Differentiable in
    every response parameter, the place of a step too.

    Args:
        response: detector response.
        edges: increasing, in the observable.
        order: nodes per panel where there is no resolution.
        breaks: steps of the spectrum in the observable, kept between panels where there is no
            resolution.

    Returns:
        RecoilGrid. With resolution its nodes reach a mean observable of x + 12√x + 100, x the last
        edge, from where nothing leaks back as long as σ is below 2√x.
    """
    edges = np.asarray(edges, float)
    if response.resolution is None:
        return _sharp(response, edges, order, breaks)
    return _smeared(response, tuple(edges.tolist()))


def _sharp(
    response: Response, edges: np.ndarray, order: int, breaks: tuple[float, ...]
) -> RecoilGrid:
    """Nodes at fixed observable x, so that T(x) moves with the response.

    In photo-electrons the efficiency is taken at the centres of 1-PE bins, as releases do; above
    100 PE the panels are 1 % wide.
    """
    if response.observable == "pe":
        panels = np.union1d(edges, np.unique(np.round(rising_ladder(edges[-1], 1.0, 0.01))))
        panels = inside(panels, edges)
    else:
        lowest = max(edges[0], LOWEST_PANEL_KEV)
        panels = inside(falling_ladder(edges[-1], lowest, SHARP_RATIO), edges)
    panels = inside(np.union1d(panels, breaks), edges)
    x, weight = _nodes_between_steps(response, panels, order)
    centre = jnp.floor(x) + 0.5 if response.observable == "pe" else x
    t, slope = jax.vmap(recoil_and_slope, in_axes=(None, 0))(response, x)
    passed = efficiency_at(response, t, centre)
    fold = _membership(edges, x) * (weight * passed * slope)[None, :]
    ends = cell_ends(t[0] - slope[0] * (x[0] - float(panels[0])), weight * slope)
    return RecoilGrid(t, fold, ends, apart=True)


def _nodes_between_steps(
    response: Response, panels: np.ndarray, order: int
) -> tuple[Float[Array, " n"], Float[Array, " n"]]:
    """Nodes and weights in the observable; no panel crosses a step of the efficiency."""
    dtype = response.light_yield.dtype
    by_bins = response.observable == "pe" and response.efficiency_on == "observable"
    if by_bins or not response.efficiency.steps():
        x, weight = panel_nodes(panels, order)
        return jnp.asarray(x, dtype), jnp.asarray(weight, dtype)
    first, last = float(panels[0]), float(panels[-1])
    ends = jnp.clip(with_steps(response, jnp.asarray(panels, dtype)), first, last)
    u, w = (jnp.asarray(column, dtype) for column in gauss_legendre(order, 0.0, 1.0))
    width = jnp.diff(ends)
    x = ends[:-1, None] + width[:, None] * u[None, :]
    return x.ravel(), (width[:, None] * w[None, :]).ravel()


def with_steps(response: Response, panels: Float[Array, " p"]) -> Float[Array, " p_more"]:
    """Panels in the mean observable that end where the efficiency jumps, too.

    Not where the response spreads the observable of which it is the efficiency.
    """
    steps = response.efficiency.steps()
    on_recoil = response.efficiency_on == "recoil"
    if not steps or (response.resolution is not None and not on_recoil):
        return panels
    places = jnp.stack(steps).astype(panels.dtype)
    if on_recoil:
        places = jax.vmap(observable_at, in_axes=(None, 0))(response, places * MEV_PER_KEV)
    return jnp.sort(jnp.concatenate([panels, places]))


def efficiency_at(
    response: Response, t: Float[Array, " n"], observable: Float[Array, " n"]
) -> Float[Array, " n"]:
    """Efficiency of recoils of t [MeV] and mean observable, on whichever the curve is."""
    x = observable if response.efficiency_on == "observable" else t * KEV_PER_MEV
    return jax.vmap(response.efficiency.at)(x)


@eqx.filter_jit
def _smeared(response: Response, edge_tuple: tuple[float, ...]) -> RecoilGrid:
    """The edges are a tuple, and so static: they set the shape of everything."""
    edges = np.array(edge_tuple)
    dtype = response.light_yield.dtype
    step = STEP[response.observable]
    panels = mean_panels(edges, step, _leak(edges[-1]))
    if isinstance(response.resolution, Noise):
        panels = halved_towards(panels, edges)
    means, weight = _nodes_between_steps(response, panels, SMEARED_ORDER)
    t, slope = jax.vmap(recoil_and_slope, in_axes=(None, 0))(response, means)
    weight = weight * slope
    ends = cell_ends(t[0] - slope[0] * (means[0] - float(panels[0])), weight)
    if response.efficiency_on == "recoil":
        weight = weight * efficiency_at(response, t, means)
        fold = smearing_matrix(response, means, edges) * weight[None, :]
        return RecoilGrid(t, fold, ends, apart=False)
    fine = jnp.asarray(inside(rising_ladder(edges[-1], step, 0.02), edges), dtype)
    steps = response.efficiency.steps()
    if steps and response.observable != "pe":
        places = jnp.concatenate([fine, jnp.stack(steps).astype(dtype)])
        fine = jnp.sort(jnp.clip(places, edge_tuple[0], edge_tuple[-1]))
    centre = 0.5 * (fine[1:] + fine[:-1])
    passed = jax.vmap(response.efficiency.at)(centre)
    shares = _membership(edges, centre) @ (passed[:, None] * smearing_matrix(response, means, fine))
    return RecoilGrid(t, shares * weight[None, :], ends, apart=False)


def _leak(x: float) -> float:
    """Mean observable from where nothing is recorded below x."""
    return x + 12.0 * np.sqrt(x) + 100.0


def mean_panels(edges: np.ndarray, step: float, top: float) -> np.ndarray:
    """Panels in the mean observable up to `top`, finer towards zero."""
    rising = rising_ladder(top, step, 0.04)
    falling = falling_ladder(rising[1], 1e-4 * step, 2.0)
    return np.union1d(np.concatenate([rising, falling]), edges[edges > 0.0])


def halved_towards(panels: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Panels that shrink by halves towards every edge, to 1/64 of the bins beside it.

    A resolution much narrower than its bins turns into a step there.
    """
    width = np.diff(edges)
    steps = 0.5 ** np.arange(HALVINGS + 1.0)
    above = edges[:, None] + np.append(width, width[-1])[:, None] * steps
    below = edges[:, None] - np.append(width[0], width)[:, None] * steps
    points = np.concatenate([panels, above.ravel(), below.ravel()])
    return np.unique(points[points > 0.0])


def smearing_matrix(
    response: Response, means: Float[Array, " nodes"], edges: np.ndarray | Array
) -> Float[Array, "bins nodes"]:
    """Share of the recoils with each mean observable (> 0) that is recorded in each bin.

    Columns sum to one where the edges reach far enough to both sides of the mean.
    """
    return jnp.diff(recorded_below(response, means, jnp.asarray(edges, means.dtype)), axis=0)


def recorded_below(
    response: Response, means: Float[Array, " nodes"], edges: Float[Array, " edges"]
) -> Float[Array, "edges nodes"]:
    """C(edge | mean): share of the recoils of each mean observable recorded below each edge."""
    resolution = response.resolution
    if resolution is None:
        raise ValueError("this response has no resolution")
    over_means = jax.vmap(resolution.cdf, in_axes=(None, 0, 0))
    over_edges = jax.vmap(over_means, in_axes=(0, None, None))
    return over_edges(edges, means, means / response.light_yield)


def all_recoils(
    edges_kev: np.ndarray, dtype=float, order: int = 4, breaks: tuple[float, ...] = ()
) -> RecoilGrid:
    """True recoils without acceptance: bins in keV, panels finer towards zero.

    Panels grow by a factor 1.35, fine enough for the propagator (2MT + m_V²)⁻² of a mediator of
    any mass, on nuclei and on electrons up to 1 GeV, and for the dips of the form factor. Steps of
    the spectrum at `breaks` [keV] are kept between panels.
    """
    ladder = np.union1d(falling_ladder(edges_kev[-1], LOWEST_PANEL_KEV, PANEL_RATIO), breaks)
    panels = inside(ladder, np.asarray(edges_kev, float))
    t, weight = panel_nodes(panels, order)
    width = jnp.asarray(weight * MEV_PER_KEV, dtype)
    fold = _membership(edges_kev, jnp.asarray(t, dtype)) * width[None, :]
    ends = cell_ends(jnp.asarray(panels[0] * MEV_PER_KEV, dtype), width)
    return RecoilGrid(jnp.asarray(t * MEV_PER_KEV, dtype), fold, ends, apart=True)
