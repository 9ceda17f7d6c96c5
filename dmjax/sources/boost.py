"""From the parents' rest frame to the lab: one matrix per beam and detector angle.

With k = m sinh y, isotropic parents of spectrum f(E′) give (see `doppler`)

    dN/dE dΩ = (k/4π) ∫ dy′ f(E′)/E′ · K(y, y′),   K(y, y′) = η(v = tanh y, ln cosh y′/cosh y),

and K knows neither masses nor models. It is tabulated on equal steps of rapidity, as cubic
B-spline coefficients that interpolate it in both directions, so that a mass point costs one
product of a vector with a matrix, shared by a whole batch of masses.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from dmjax.numerics import cubic_taps
from dmjax.sources.doppler import DopplerTable

Scalar = Float[Array, ""]
STEP = 0.03
LIGHTEST_MEV = 0.1
"""Below this m_χ is as good as massless in the boost: (m_χ/k)² < 1e−4 for every k of interest."""


class BoostKernel(eqx.Module):
    """B-spline coefficients of K on y_i = (i − 1)·step, both axes, with a mirrored row at y = 0.

    Attributes:
        values: (n, n); the first row and column repeat the third, since K is even in y′.
        step: spacing of the rapidities.
    """

    values: Float[Array, "n n"]
    step: Scalar


def boost_kernel(table: DopplerTable, k_max: float) -> BoostKernel:
    """Tabulate K up to the rapidity of k_max [MeV] at the lightest m_χ (NumPy, once)."""
    y = STEP * np.arange(np.ceil(np.arcsinh(k_max / LIGHTEST_MEV) / STEP) + 4)
    a = np.arctan(np.sinh(y))
    log_cosh = np.logaddexp(y, -y) - np.log(2.0)
    rows = [_row(table, a_i, log_cosh - c_i) for a_i, c_i in zip(a, log_cosh, strict=True)]
    from scipy.ndimage import spline_filter

    padded = np.pad(spline_filter(np.array(rows), order=3, mode="mirror"), 1, mode="reflect")
    return BoostKernel(jnp.asarray(padded, float), jnp.asarray(STEP, float))


def _row(table: DopplerTable, a: float, log_g: np.ndarray) -> np.ndarray:
    """η(a, ln g) for many ln g: cubic B-spline in ln g, linear in a; 0 outside the table."""
    values = np.asarray(table.values)
    n_a, n_g = values.shape
    row = min(a / float(table.step_a), n_a - 1.0)
    i = min(int(row), n_a - 2)
    line = values[i] + (row - i) * (values[i + 1] - values[i])
    column = (log_g - float(table.log_g_min)) / float(table.step_log_g)
    inside = (column >= 1.0) & (column < n_g - 2.0)
    column = np.where(inside, column, 1.0)
    j = column.astype(int)
    taps = cubic_taps(column - j)
    return np.where(inside, sum(w * line[j + t - 1] for t, w in enumerate(taps)), 0.0)


def _cell(
    kernel: BoostKernel, y: Float[Array, " n"]
) -> tuple[Int[Array, "four n"], Float[Array, "four n"]]:
    """Indices of the four coefficients around each rapidity, and their weights."""
    position = jnp.clip(y / kernel.step, 0.0, kernel.values.shape[0] - 3.001)
    cell = jnp.floor(position)
    first = cell.astype(jnp.int32)
    taps = jnp.stack([first + i for i in range(4)])
    return taps, jnp.stack(cubic_taps(position - cell))


def boosted(
    kernel: BoostKernel,
    y_parent: Float[Array, " m"],
    weight: Float[Array, " m"],
    y: Float[Array, " n"],
) -> Float[Array, " n"]:
    """Σ_m weight_m K(y, y′_m) at every lab rapidity y; twice differentiable in all of them."""
    taps, shares = _cell(kernel, y_parent)
    empty = jnp.zeros(kernel.values.shape[1], weight.dtype)
    spectrum = kernel.values @ empty.at[taps].add(shares * weight[None, :])
    taps, shares = _cell(kernel, y)
    return (shares * spectrum[taps]).sum(0)
