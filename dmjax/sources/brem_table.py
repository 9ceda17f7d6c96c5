"""Dark bremsstrahlung tabulated once for a target: σ against m_V at the energies of a beam."""

from collections.abc import Callable
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.errors import InputError, unknown_name
from dmjax.programs import kept, kept_value
from dmjax.sources.brem_integrals import energy_nodes, spectrum
from dmjax.sources.lepton_target import Target, nuclear_mass
from dmjax.sources.weizsacker_williams import improved_spectrum

Scalar = Float[Array, ""]
METHODS: dict[str, Callable] = {"exact": spectrum, "improved-ww": improved_spectrum}
"""How dσ/dx is computed: tree level, or an approximation that is offered for comparison."""
LIGHTEST_MEV = 0.02
"""Below it σ is that of a massless V, to 0.3 %."""
HEAVIEST = 0.25
"""Of the least energy of V: where tables end, or at half of what a light nucleus can take up."""
STEP = 0.25
"""Largest, of ln m_V: a cubic spline is within 0.1 %."""
TOGETHER, BLOCK = 8, 64


class BremTable(eqx.Module):
    """ln σ of V above some energy, against ln m_V.

    Attributes:
        start, step: knots of ln m_V, equal steps.
        pieces: coefficients of (ln m_V − knot), highest first, (4, cells, energies).
    """

    start: Scalar
    step: Scalar
    pieces: Float[Array, "4 cells energies"]


@kept_value
def brem_table(
    target: Target, mass: float, energies: tuple[float, ...], least: float, method: str = "exact"
) -> BremTable:
    """σ(E_V > least) at some energies of a lepton, tabulated from 0.02 MeV to a quarter of `least`,
    or to √(M least/2) where that is less.

    Args:
        target: the material.
        mass: of the lepton [MeV].
        energies: of the lepton [MeV]; what is above `least` must let the nucleus recoil.
        least: energy that V must have [MeV].
        method: one of `METHODS`.

    Returns:
        `BremTable`; a spline through the exact numbers.

    Raises:
        InputError: an unknown method, or an energy too near to `least`.
    """
    if method not in METHODS:
        raise unknown_name("method of bremsstrahlung", method, METHODS)
    end = min(HEAVIEST * least, float(0.5 * nuclear_mass(target) * least) ** 0.5)
    low, high = np.log(LIGHTEST_MEV), np.log(end)
    knots = np.linspace(low, high, int(np.ceil((high - low) / STEP)) + 1)
    pairs = np.stack(np.meshgrid(np.exp(knots), energies, indexing="ij"), axis=-1).reshape(-1, 2)
    with jax.enable_x64(True):
        numbers = jax.tree.map(jnp.asarray, (target, mass, least))
        padded = np.resize(pairs, (-(-len(pairs) // BLOCK), BLOCK, 2))
        blocks = [np.asarray(_sections(numbers, jnp.asarray(one), method)) for one in padded]
        sigma = np.concatenate(blocks)[: len(pairs)]
    if not sigma.min() > 0.0:
        raise InputError(
            f"leptons of {min(energies):g} MeV hardly radiate {least:g} MeV: ask for less energy"
        )
    from scipy.interpolate import CubicSpline

    spline = CubicSpline(knots, np.log(sigma).reshape(knots.size, len(energies)))
    return BremTable(
        jnp.asarray(knots[0], float),
        jnp.asarray(knots[1] - knots[0], float),
        jnp.asarray(spline.c, float),
    )


@kept
def _sections(
    numbers: tuple[Target, Scalar, Scalar], pairs: Float[Array, "pairs 2"], method: str
) -> Float[Array, " pairs"]:
    target, mass, least = numbers

    def one(pair: Float[Array, "2"]) -> Scalar:
        x, weights = energy_nodes(mass, pair[1], pair[0], least)
        return weights @ jax.vmap(partial(METHODS[method], target, mass, pair[1], pair[0]))(x)

    return jax.lax.map(one, pairs, batch_size=TOGETHER)


def cross_sections(table: BremTable, m_v: Scalar) -> Float[Array, " energies"]:
    """σ per (κ_f x_ℓ)² [MeV⁻²] at every energy of the table.

    Exactly 0, with gradient 0, for V heavier than a quarter of the energy that it must have: tables
    end there, where σ is 10⁻¹² of that at 1 MeV and less. Constant below 0.02 MeV.

    Args:
        table: of a target.
        m_v: mass of V [MeV], above 0.
    """
    cells = table.pieces.shape[1]
    place = (jnp.log(m_v) - table.start) / table.step
    inside = place <= cells
    place = jnp.clip(jnp.where(inside, place, 0.0), 0.0, cells)
    cell = jnp.clip(jnp.floor(place).astype(int), 0, cells - 1)
    rest = (place - cell.astype(place.dtype)) * table.step
    a, b, c, d = (table.pieces[i, cell] for i in range(4))
    return jnp.where(inside, jnp.exp(((a * rest + b) * rest + c) * rest + d), 0.0)


def heaviest_mev(table: BremTable) -> float:
    """Mass of V at which a table ends [MeV]."""
    return float(jnp.exp(table.start + table.pieces.shape[1] * table.step))
