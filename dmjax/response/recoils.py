"""Recoil-energy nodes and the matrix that folds them into bins."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.numerics import panel_nodes
from dmjax.response.light import LightResponse, acceptance, pe_per_mev
from dmjax.units import MEV_PER_KEV

LOWEST_PANEL_KEV = 1e-6
PANEL_RATIO = 1.35


class RecoilGrid(eqx.Module):
    """Quadrature in recoil energy, with everything that depends on the recoil alone.

    Attributes:
        t: nodes [MeV].
        fold: (bins, nodes) weight × acceptance × membership: counts = fold @ dN/dT [MeV].
    """

    t: Float[Array, " nodes"]
    fold: Float[Array, "bins nodes"]


def _membership(edges: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    inside = (nodes >= edges[:-1, None]) & (nodes < edges[1:, None])
    return inside.astype(float)


def accepted_recoils(response: LightResponse, pe_edges: np.ndarray, order: int = 2) -> RecoilGrid:
    """Recoils as counted: bins in photo-electrons, acceptance at the centre of each 1-PE bin.

    The nodes sit at fixed light, so T_j = PE_j/(light_yield × quenching) moves with the response
    and the prediction is differentiable in every response parameter.
    """
    whole = np.arange(np.ceil(pe_edges[0]), np.floor(pe_edges[-1]) + 1.0)
    panels = np.union1d(pe_edges, whole)
    pe, weight = panel_nodes(panels, order)
    dtype = response.light_yield.dtype
    accepted = jax.vmap(acceptance, in_axes=(None, 0))(
        response.acceptance, jnp.asarray(np.floor(pe) + 0.5, dtype)
    )
    scale = pe_per_mev(response)
    member = jnp.asarray(_membership(pe_edges, pe) * weight, dtype)
    return RecoilGrid(jnp.asarray(pe, dtype) / scale, member * (accepted / scale)[None, :])


def all_recoils(edges_kev: np.ndarray, dtype=float, order: int = 4) -> RecoilGrid:
    """True recoils without acceptance: bins in keV, panels finer towards zero.

    Panels grow by a factor 1.35, fine enough for the propagator (2MT + m_V²)⁻² of a mediator of
    any mass and for the dips of the form factor.
    """
    top = edges_kev[-1]
    count = int(np.ceil(np.log(top / LOWEST_PANEL_KEV) / np.log(PANEL_RATIO)))
    ladder = top * PANEL_RATIO ** (-np.arange(count + 1.0))
    inside = ladder[(ladder > edges_kev[0]) & (ladder < top)]
    panels = np.union1d(edges_kev, inside)
    t, weight = panel_nodes(panels, order)
    fold = _membership(edges_kev, t) * weight * MEV_PER_KEV
    return RecoilGrid(jnp.asarray(t * MEV_PER_KEV, dtype), jnp.asarray(fold, dtype))
