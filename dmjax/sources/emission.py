"""V of the e± cascade by energy, summed over photons: one table per beam, for every mass.

With n photons per MeV and the suppression f of `emission_suppression`, what a mass needs is

    A(m, E) = ∫_m^E dE′ n(E′) f(m/⟨E_e⟩)/p(E′, m),   p² = E′² − m²,

an integral over V's rapidity. Near E = m it rises as √(E − m), so it is tabulated in z = √(E − m),
in which it is smooth, and in ln m.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.numerics import cubic_taps, safe_sqrt
from dmjax.sources.cascade import CascadePhotons, emission_suppression

Scalar = Float[Array, ""]
LIGHTEST_MEV = 0.02
"""Lighter V are emitted as those of this mass."""
STEP_LOG_M = 0.04
STEP_Z = 0.1
"""[√MeV]. Half of either step moves the χ of any mass by less than 2e-4."""


class EmissionTable(eqx.Module):
    """A on equal steps of ln m, as coefficients of cubic B-splines, and of z.

    Attributes:
        values: (ln m, z), a row more at either end.
        log_m_min: ln of the mass of the second row.
        step_log_m, step_z: spacings.
    """

    values: Float[Array, "m z"]
    log_m_min: Scalar
    step_log_m: Scalar
    step_z: Scalar


def emission_table(photons: CascadePhotons) -> EmissionTable:
    """Tabulate A for the photons of a beam (NumPy, once)."""
    from scipy.ndimage import spline_filter1d

    top = float(photons.edges[-1])
    count = int(np.ceil(np.log(top / LIGHTEST_MEV) / STEP_LOG_M)) + 1
    masses = top * np.exp(-STEP_LOG_M * np.arange(count - 1.0, -1.0, -1.0))
    z = STEP_Z * np.arange(np.ceil(np.sqrt(top) / STEP_Z) + 2)
    rows = np.array([_row(photons, m, m + z * z) for m in masses])
    coefficients = spline_filter1d(rows, order=3, axis=0, mode="mirror")
    padded = np.pad(coefficients, ((1, 1), (0, 0)), mode="reflect")
    numbers = (np.log(masses[0]), STEP_LOG_M, STEP_Z)
    return EmissionTable(jnp.asarray(padded, float), *(jnp.asarray(x, float) for x in numbers))


def _row(photons: CascadePhotons, mass: float, energy: np.ndarray) -> np.ndarray:
    """A at many energies: n is even within each bin, so the rapidity integral is exact."""
    edges = np.asarray(photons.edges, float)
    middle = 0.5 * (edges[1:] + edges[:-1])
    suppression = np.asarray(emission_suppression(jnp.asarray(mass), jnp.asarray(middle)))
    density = np.asarray(photons.photons) / np.diff(edges) * suppression
    rapidity = np.arccosh(np.maximum(edges, mass) / mass)
    below = np.concatenate([[0.0], np.cumsum(density * np.diff(rapidity))])
    return np.interp(np.arccosh(energy / mass), rapidity, below)


def emitted_below(
    table: EmissionTable, mass: Float[Array, " s"], excess: Float[Array, "s n"]
) -> Float[Array, "s n"]:
    """A(m, m + excess) for every mass and what the energies exceed it by [MeV], ≥ 0."""
    n_m, n_z = table.values.shape
    position = (jnp.log(mass) - table.log_m_min) / table.step_log_m
    position = jnp.clip(position, 0.0, n_m - 3.001)
    row = jnp.floor(position)
    taps = jnp.stack(cubic_taps(position - row))
    first = row.astype(jnp.int32)
    around = first[:, None] + jnp.arange(4, dtype=jnp.int32)[None, :]
    lines = jnp.einsum("ts,stz->sz", taps, table.values[around])
    place = jnp.clip(safe_sqrt(excess) / table.step_z, 0.0, n_z - 1.001)
    column = jnp.floor(place)
    j = column.astype(jnp.int32)
    low, high = (jnp.take_along_axis(lines, j + one, axis=1) for one in (0, 1))
    return low + (place - column) * (high - low)
