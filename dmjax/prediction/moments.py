"""Cross sections folded with a detector's response: three moments in T, read at the ends of T.

dσ/dT is M/(4πk²) times a quadratic in T with coefficients c_p(k) over (2MT + m_V²)². So

    σ_b(k) = M/(4πk²) Σ_p c_p(k) [Q_pb(T₊(k)) − Q_pb(T₋(k))],
    Q_pb(T) = ∫₀^T dT′ T′^p F²(T′) ε_b(T′)/(2MT′ + m_V²)²,

ε_b the share that is counted in bin b. A mass costs one running sum over the recoil nodes.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.constants import M_ELECTRON
from dmjax.conventions import Conventions
from dmjax.experiments.experiment import Experiment
from dmjax.kinematics import recoil_max, recoil_range
from dmjax.models import VectorMediator
from dmjax.models.charges import neutron_charge, proton_charge
from dmjax.models.vector import mass_gap
from dmjax.nuclei import coherent_amplitude
from dmjax.numerics import safe_divide
from dmjax.response import RecoilGrid
from dmjax.scattering import bracket_powers, form_factor_radii

Scalar = Float[Array, ""]
POWERS = 3
BLOCK = 16
"""Nodes whose running sums are one product with a triangular matrix."""


def cross_sections(
    experiment: Experiment,
    v: VectorMediator,
    recoils: RecoilGrid,
    k: Float[Array, " n"],
    conventions: Conventions,
) -> tuple[Float[Array, "bins n"], Scalar]:
    """σ per target into each energy bin for χ of each momentum [MeV⁻²], and targets per kg.

    Averaged over the nuclei of a detector of nuclear recoils; on one electron otherwise.
    """
    if experiment.recoil == "electron":
        mass = jnp.asarray(M_ELECTRON, k.dtype)
        weight = jnp.full_like(recoils.t, v.charges.electron**2)
        return on_target(v, recoils, k, mass, weight), experiment.electrons_per_kg
    charges = proton_charge(v.charges), neutron_charge(v.charges)
    per_kg = experiment.nuclei_per_kg.sum()
    weights = []
    for nucleus, number in zip(experiment.nuclei, experiment.nuclei_per_kg, strict=True):
        radii = form_factor_radii(v, nucleus, experiment.single_radius, conventions)
        form = coherent_amplitude(nucleus, radii, *charges, recoils.t)
        weights.append(number / per_kg * form * form)
    masses = jnp.stack([nucleus.mass for nucleus in experiment.nuclei])
    each = jax.vmap(on_target, in_axes=(None, None, None, 0, 0))
    return each(v, recoils, k, masses, jnp.stack(weights)).sum(0), per_kg


def on_target(
    v: VectorMediator,
    recoils: RecoilGrid,
    k: Float[Array, " n"],
    mass: Scalar,
    weight: Float[Array, " nodes"],
) -> Float[Array, "bins n"]:
    """σ on a target of one mass [MeV] at κ_f = κ_D = 1, times a weight of every recoil node.

    Continuous in every mass, with a slope but where an end of T meets one of `recoils.ends`.
    """
    propagator = 2.0 * mass * recoils.t + v.m_v * v.m_v
    zeroth = weight / (propagator * propagator)
    moments = jnp.stack([zeroth, zeroth * recoils.t, zeroth * recoils.t**2])
    below = _below_in_turn if recoils.apart else _below
    if v.dm == "pseudo-dirac":
        low, high = recoil_range(mass, v.m_chi, k, mass_gap(v))
        found = below(recoils, moments, high) - below(recoils, moments, low)
    else:
        found = below(recoils, moments, recoil_max(mass, v.m_chi, k))
    constant, linear, square = bracket_powers(v, mass, k)
    total = constant[None, :] * found[0] + linear[None, :] * found[1] + square * found[2]
    return jnp.clip(total, 0.0) * (mass / (4.0 * jnp.pi * k * k))[None, :]


def _place(ends: Float[Array, " e"], t: Float[Array, " n"]) -> tuple[Array, Float[Array, " n"]]:
    """The cell of every recoil energy, and how much of the cell is below it."""
    i = jnp.searchsorted(ends, t, side="right", method="scan_unrolled").astype(jnp.int32) - 1
    i = jnp.clip(i, 0, ends.shape[0] - 2)
    return i, jnp.clip(safe_divide(t - ends[i], ends[i + 1] - ends[i]), 0.0, 1.0)


def _below_in_turn(
    recoils: RecoilGrid, moments: Float[Array, "p nodes"], t: Float[Array, " n"]
) -> Float[Array, "p bins n"]:
    """Q_pb(T) where bins follow each other: one running sum, cut to what is in each bin."""
    counted = moments * recoils.fold.sum(0)[None, :]
    zero = jnp.zeros((POWERS, 1), counted.dtype)
    running = jnp.concatenate([zero, jnp.cumsum(counted, axis=1)], axis=1)
    i, share = _place(recoils.ends, t)
    now = (running[:, i] + share[None, :] * counted[:, i])[:, None, :]
    in_bin = moments @ recoils.fold.T
    end = jnp.cumsum(in_bin, axis=1)
    start = end - in_bin
    return jnp.clip(now, start[:, :, None], end[:, :, None]) - start[:, :, None]


def _below(
    recoils: RecoilGrid, moments: Float[Array, "p nodes"], t: Float[Array, " n"]
) -> Float[Array, "p bins n"]:
    """Q_pb(T) where recoils of one energy count in several bins: a running sum for each."""
    counted = (moments.T[:, :, None] * recoils.fold.T[:, None, :]).reshape(recoils.t.shape[0], -1)
    i, share = _place(recoils.ends, t)
    now = running_sums(counted)[i] + share[:, None] * counted[i]
    return now.T.reshape(POWERS, -1, t.shape[0])


def running_sums(rows: Float[Array, "n m"]) -> Float[Array, "n m"]:
    """Sums of all rows before each row, by two products with triangular matrices.

    >>> running_sums(jnp.ones((3, 1)))[:, 0].tolist()
    [0.0, 1.0, 2.0]
    """
    count = rows.shape[0]
    blocks = jnp.pad(rows, ((0, -count % BLOCK), (0, 0))).reshape(-1, BLOCK, rows.shape[1])
    inside = jnp.einsum("ij,bjm->bim", _before(BLOCK, rows.dtype), blocks)
    ahead = _before(blocks.shape[0], rows.dtype) @ blocks.sum(1)
    return (inside + ahead[:, None, :]).reshape(-1, rows.shape[1])[:count]


def _before(n: int, dtype) -> Float[Array, "n n"]:
    return jnp.asarray(np.tri(n, k=-1), dtype)
