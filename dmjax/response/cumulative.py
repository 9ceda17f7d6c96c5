"""Recoils counted below an edge of the observable: bins whose edges can be traced.

Panels and nodes in the mean observable m do not depend on the edges. On each panel dN/dm is the
polynomial Σ_j L_j(m) dN/dm|_j through its Gauss–Legendre nodes, so the recoils recorded below x are

    A(x) = Σ_j dN/dm|_j ∫ dm L_j(m) S(x | m),

S(x | m) the share recorded and accepted below x; a bin is a difference of two A. Without
resolution S is a step, and the integral a polynomial in x: A is continuous and its slope is the
spectrum at the edge. With one, S is summed on finer nodes.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.numerics import gauss_legendre, safe_divide
from dmjax.response.detector import Response, recoil_and_slope
from dmjax.response.recoils import (
    LOWEST_PANEL_KEV,
    PANEL_RATIO,
    SHARP_RATIO,
    STEP,
    RecoilGrid,
    cell_ends,
    efficiency_at,
    falling_ladder,
    halved_towards,
    mean_panels,
    recorded_below,
    rising_ladder,
    with_steps,
)
from dmjax.response.resolution import Gaussian, Noise

ORDER = 3
FINE = 12
"""Nodes per panel for a Gaussian resolution, which is narrower than a panel at high energy."""

_U, _W = gauss_legendre(ORDER, 0.0, 1.0)
_LAGRANGE = np.linalg.inv(np.vander(_U, increasing=True)).T
"""(node, power): L_j(u) = Σ_c coefficient u^c."""
_INTEGRALS = _LAGRANGE / np.arange(1.0, ORDER + 1.0)
"""(node, power − 1) of ∫₀^u L_j."""


def cumulative_recoils(
    response: Response,
    edges: Float[Array, " bins_plus_1"],
    native: tuple[float, ...],
    highest: float,
) -> RecoilGrid:
    """Recoils as counted, in bins whose edges may be traced and differentiated.

    Args:
        response: detector response; differentiable in every parameter, but in the place of a step
            of an efficiency of the observable only where it meets no node of its sub-bins.
        edges: increasing, in the observable.
        native: the detector's own edges (static): the range of fine sub-bins of an efficiency.
        highest: largest mean observable that any recoil gives (static).

    Returns:
        RecoilGrid, that of `accepted_recoils` to the width of the panels (0.5 %). In the
        observable beyond `native` an efficiency is taken at the centre of what is left of the bin.

    >>> from dmjax.response import Flat, Unquenched
    >>> one = jnp.asarray(1.0)
    >>> sharp = Response(Unquenched(), one, None, Flat(one), None, "keV")
    >>> grid = cumulative_recoils(sharp, jnp.asarray([1.0, 2.5]), (1.0, 10.0), 100.0)
    >>> float(grid.fold.sum().round(6))  # MeV: the width of the bin
    0.0015
    """
    if response.resolution is None:
        points = _sharp_panels(response.observable, native, highest)
    else:
        points = mean_panels(np.asarray(native), STEP[response.observable], highest)
        if isinstance(response.resolution, Noise):
            points = halved_towards(points, np.asarray(native))
    panels = with_steps(response, jnp.asarray(points, edges.dtype))
    left, width = panels[:-1], jnp.diff(panels)
    x = _inside(left, width, _U)
    t, slope = jax.vmap(recoil_and_slope, in_axes=(None, 0))(response, x)
    if response.resolution is None:
        centre = x
        if response.observable == "pe":
            whole = x < np.ceil(native[-1])
            centre = jnp.where(whole, jnp.floor(x) + 0.5, x)
        factor = slope * efficiency_at(response, t, centre)
        below = _steps_below(edges, left, width)
    elif response.efficiency_on == "recoil":
        factor = slope * efficiency_at(response, t, x)
        below = _recorded_below(response, edges, left, width)
    else:
        factor = slope
        below = _accepted_below(response, edges, left, width, native)
    share = (width[:, None] * jnp.asarray(_W, width.dtype)).ravel()
    ends = cell_ends(t[0] - slope[0] * (x[0] - panels[0]), share * slope)
    return RecoilGrid(t, jnp.diff(below, axis=0) * factor[None, :], ends, apart=False)


def _sharp_panels(observable: str, native: tuple[float, ...], highest: float) -> np.ndarray:
    """Panels of a sharp response: of 1 PE inside the detector's bins, coarse far below them."""
    floor = 1.0 if observable == "pe" else 0.1 * min(e for e in native if e > 0.0)
    low = falling_ladder(floor, LOWEST_PANEL_KEV, PANEL_RATIO)
    if observable != "pe":
        return np.union1d(low, falling_ladder(highest, floor, SHARP_RATIO))
    top = np.ceil(native[-1])
    high = np.maximum(falling_ladder(max(highest, top), top, SHARP_RATIO), top)
    return np.unique(np.concatenate([low, np.arange(1.0, top + 1.0), high]))


def _inside(left: Array, width: Array, u: np.ndarray) -> Float[Array, " nodes"]:
    """Places u ∈ (0, 1) of every panel."""
    return (left[:, None] + width[:, None] * jnp.asarray(u, left.dtype)[None, :]).ravel()


def _steps_below(edges: Array, left: Array, width: Array) -> Float[Array, "edges nodes"]:
    """∫ L_j over what of each panel is below each edge."""
    past = edges[:, None] - left[None, :]
    u = jnp.clip(safe_divide(past, jnp.broadcast_to(width, past.shape)), 0.0, 1.0)
    powers = jnp.stack([u ** (c + 1) for c in range(ORDER)], axis=-1)
    below = width[None, :, None] * (powers @ jnp.asarray(_INTEGRALS.T, edges.dtype))
    return below.reshape(edges.shape[0], -1)


def _recorded_below(
    response: Response, edges: Array, left: Array, width: Array
) -> Float[Array, "edges nodes"]:
    """∫ L_j(m) C(x | m) dm on each panel, C the cumulative distribution of the resolution."""
    order = FINE if isinstance(response.resolution, Gaussian | Noise) else ORDER
    u, w = gauss_legendre(order, 0.0, 1.0)
    basis = np.vander(u, ORDER, increasing=True) @ _LAGRANGE.T * w[:, None]
    shares = recorded_below(response, _inside(left, width, u), edges)
    per_panel = shares.reshape(edges.shape[0], left.shape[0], u.shape[0])
    below = width[None, :, None] * (per_panel @ jnp.asarray(basis, edges.dtype))
    return below.reshape(edges.shape[0], -1)


def _accepted_below(
    response: Response, edges: Array, left: Array, width: Array, native: tuple[float, ...]
) -> Float[Array, "edges nodes"]:
    """As `_recorded_below`, every sub-bin times the efficiency at its centre; see STEP.

    An edge between two sub-bins belongs to both, so that its derivative is the mean of theirs.
    """
    ladder = jnp.asarray(rising_ladder(native[-1], STEP[response.observable], 0.02), edges.dtype)
    steps = response.efficiency.steps()
    if steps:
        ladder = jnp.sort(jnp.concatenate([ladder, jnp.stack(steps).astype(edges.dtype)]))
    efficiency = jax.vmap(response.efficiency.at)
    recorded = _recorded_below(response, ladder, left, width)
    passed = efficiency(0.5 * (ladder[1:] + ladder[:-1]))
    parts = jnp.cumsum(passed[:, None] * jnp.diff(recorded, axis=0), axis=0)
    full = jnp.concatenate([jnp.zeros_like(parts[:1]), parts])
    at_edges = _recorded_below(response, edges, left, width)

    def from_sub_bin(side: str) -> Array:
        i = jnp.clip(jnp.searchsorted(ladder, edges, side=side) - 1, 0, ladder.shape[0] - 1)
        rest = at_edges - recorded[i]
        return full[i] + efficiency(0.5 * (ladder[i] + edges))[:, None] * rest

    return 0.5 * (from_sub_bin("left") + from_sub_bin("right"))
