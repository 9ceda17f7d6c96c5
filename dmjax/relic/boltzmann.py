"""The Boltzmann equation of freeze-out, by a stiff solver in ln Y against ln x."""

import math
from typing import NamedTuple

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import optimistix
from jaxtyping import Array, Float

from dmjax.models import VectorMediator
from dmjax.numerics import frozen, safe_divide
from dmjax.relic.degrees import log_entropy_degrees, root_degrees
from dmjax.relic.thermal import HOTTEST, log_average, log_yield, nodes

Scalar = Float[Array, ""]
Row = Float[Array, " x"]
Columns = tuple[Row, Row, Row, Row]
"""Two functions at `LOG_X`, each followed by its slopes."""

M_PLANCK = 1.22089e22
"""[MeV]."""
ENTROPY_TODAY, CRITICAL = 2891.2, 8.0992e-35
"""s₀ [cm⁻³] and ρ_c/h² [MeV⁴] (PDG)."""
INVERSE_MEV_CM = 1.9732698e-11
"""ħc [MeV cm]."""
OMEGA_PER_YIELD = ENTROPY_TODAY * INVERSE_MEV_CM**3 / CRITICAL
"""Ωh² = this × m_χ Y [1/MeV]."""

COLDEST = 5e3
"""Last x. What p-wave annihilation takes later is 2e-5 of Y. Where m_V is 2m_χ to 1e-3 it goes on
as ln x: ε² of a scalar on the pole is 3.2, 2.5 or 1.7e-12 with a last x of 1e3, 5e3 or 1e5, and
the truth depends on when χ and electrons stop to exchange heat, which is not computed."""
KEEN = 1e3
"""Annihilations per e-fold of x where the solver starts."""
_POINTS = 84
LOG_X = np.linspace(math.log(HOTTEST), math.log(COLDEST), _POINTS)
"""Where the thermal average is computed; between them it is interpolated."""
_FIRST_STEP = 0.01
"""Of the solver, in ln x."""


class FreezeOut(NamedTuple):
    """The two functions of the Boltzmann equation at `LOG_X`.

    Attributes:
        log_rate: ln Λ, Λ = √(π/45) M_Pl m_χ g_*^{1/2} c⟨σv⟩/x.
        log_yield: ln Y_eq + x.
    """

    log_rate: Row
    log_yield: Row


def freeze_out(v: VectorMediator) -> FreezeOut:
    """Λ and Y_eq of one mediator; Y_eq = 45/(4π⁴h) Σ g_i (m_i/T)² K₂(m_i/T)."""
    held, constant = nodes(v), 0.5 * math.log(math.pi / 45.0) + math.log(M_PLANCK)

    def at(log_x: Scalar) -> FreezeOut:
        x = jnp.exp(log_x)
        temperature = v.m_chi / x
        rate = log_average(v, held, x) + jnp.log(v.m_chi * root_degrees(temperature))
        equilibrium = log_yield(v, x) - log_entropy_degrees(temperature)
        return FreezeOut(constant + rate - log_x, equilibrium)

    return jax.vmap(at)(jnp.asarray(LOG_X))


def _slopes(values: Row) -> Row:
    """Slopes per step, of fourth order inside."""
    inside = (8.0 * (values[3:-1] - values[1:-3]) - (values[4:] - values[:-4])) / 12.0
    left = jnp.stack([values[1] - values[0], 0.5 * (values[2] - values[0])])
    right = jnp.stack([0.5 * (values[-1] - values[-3]), values[-1] - values[-2]])
    return jnp.concatenate([left, inside, right])


def _between(columns: Columns, log_x: Scalar) -> tuple[Scalar, Scalar]:
    """Two functions with their slopes at `LOG_X`, by cubic polynomials between the points."""
    place = (log_x - LOG_X[0]) / (LOG_X[1] - LOG_X[0])
    i = jnp.clip(place.astype(int), 0, _POINTS - 2)
    u = place - i.astype(place.dtype)
    found = []
    for value, slope in (columns[:2], columns[2:]):
        a, b, p, q = value[i], value[i + 1], slope[i], slope[i + 1]
        rise = b - a
        found.append(a + u * (p + u * (3.0 * rise - 2.0 * p - q + u * (p + q - 2.0 * rise))))
    return found[0], found[1]


def _start(held: FreezeOut, columns: Columns) -> tuple[Scalar, Scalar]:
    """(ln x, ln Y) where dark matter begins to leave equilibrium.

    The last place at which it annihilates `KEEN` times per e-fold, or the first of `LOG_X`; there
    Y = Y_eq (1 + x/2Λ Y_eq).
    """
    points = jnp.asarray(LOG_X)
    ahead = held.log_rate + held.log_yield - jnp.exp(points) - math.log(KEEN)
    i = jnp.max(jnp.where(ahead[:-1] > 0.0, jnp.arange(_POINTS - 1), 0))
    part = jnp.clip(safe_divide(ahead[i], ahead[i] - ahead[i + 1]), 0.0, 1.0)
    # The result does not depend on where the solver starts.
    place = points[i] + frozen(part) * (LOG_X[1] - LOG_X[0])
    log_rate, equilibrium = _between(columns, place)
    equilibrium = equilibrium - jnp.exp(place)
    late = jnp.exp(place - jnp.maximum(log_rate + equilibrium, math.log(KEEN)))
    return place, equilibrium + 0.5 * late


def final_yield(held: FreezeOut, tolerance: float) -> Scalar:
    """ln Y at x = `COLDEST`, from dln Y/dln x = −Λ (Y − Y_eq²/Y).

    Args:
        held: see `freeze_out`.
        tolerance: of the solver: largest relative and absolute error of a step in ln Y.

    Returns:
        ln of n/s; NaN where the solver fails.
    """
    columns = held.log_rate, _slopes(held.log_rate), held.log_yield, _slopes(held.log_yield)

    def slope(log_x, log_y, columns):
        log_rate, log_equilibrium = _between(columns, log_x)
        equilibrium = log_equilibrium - jnp.exp(log_x)
        gain = jnp.exp(log_rate + 2.0 * equilibrium - log_y)
        return gain - jnp.exp(log_rate + log_y)

    first, log_y = _start(held, columns)
    # A slope taken once per step, the solver's default, is off by orders in equilibrium.
    newton = diffrax.with_stepsize_controller_tols(optimistix.Newton)()
    found = diffrax.diffeqsolve(
        diffrax.ODETerm(slope),
        diffrax.Kvaerno5(root_finder=newton),
        first,
        LOG_X[-1],
        _FIRST_STEP,
        log_y,
        columns,
        stepsize_controller=diffrax.PIDController(rtol=tolerance, atol=tolerance),
        adjoint=diffrax.ForwardMode(),
        throw=False,
    )
    assert found.ys is not None
    succeeded = found.result == diffrax.RESULTS.successful
    return jnp.where(succeeded, found.ys[-1], jnp.nan)
