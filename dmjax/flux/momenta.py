"""Where the χ of V made at rest lie: momenta that a quadrature must resolve.

In flight every spectrum is smooth. At rest (π⁻ capture, charge exchange) V has one energy, and χ
fill a box that closes to a line where m_V comes near m₁ + m₂ or the largest mass.
"""

from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.constants import M_CAPTURE_MAX, M_PI0
from dmjax.conventions import Conventions
from dmjax.flux.boxes import box, boxes, chi_pair
from dmjax.flux.capture import capture_energy
from dmjax.flux.mass_shell import mass_nodes
from dmjax.kinematics import two_body_energy
from dmjax.models.vector import VectorMediator

Scalar = Float[Array, ""]


def at_rest_momenta(
    v: VectorMediator,
    conventions: Conventions,
    lowest: Scalar,
    n: int,
) -> Float[Array, " four_n"]:
    """Momenta [MeV] over the χ of π⁻ capture and of π⁰ at rest, none below `lowest`.

    For either n in equal steps over the box of V on its mass shell, and n from the softest to the
    hardest χ of any V that the width allows. A box that is closed gives nodes without weight.
    """
    pair = chi_pair(v, conventions)

    def steps(low: Scalar, high: Scalar) -> Float[Array, " n"]:
        low, high = jnp.maximum(low, lowest), jnp.maximum(high, lowest)
        return low + (high - low) * jnp.linspace(0.0, 1.0, n, dtype=low.dtype)

    def of_source(m_max: float, energy: Callable[[Array], Array]) -> Float[Array, " twice_n"]:
        on_shell = jnp.minimum(v.m_v, m_max)
        line = box(energy(on_shell), on_shell, *pair)
        mass = mass_nodes(v, m_max, conventions).mass
        all_of_them = boxes(energy(mass), mass, pair)
        hull = steps(jnp.min(all_of_them.low), jnp.max(all_of_them.high))
        return jnp.concatenate([steps(line.low, line.high), hull])

    captured = of_source(M_CAPTURE_MAX, capture_energy)
    exchanged = of_source(M_PI0, lambda mass: two_body_energy(M_PI0, mass, 0.0))
    return jnp.concatenate([captured, exchanged])
