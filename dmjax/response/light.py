"""Light yield, quenching and acceptance of a scintillator."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

Scalar = Float[Array, ""]


class Acceptance(eqx.Module):
    """Sigmoid acceptance with two steps at threshold (arXiv:1804.09459).

    Attributes:
        amplitude, slope, midpoint: of the sigmoid, in photo-electrons.
        closed_below: no acceptance below [PE].
        half_below: one half of the sigmoid from `closed_below` to here [PE].
    """

    amplitude: Scalar
    slope: Scalar
    midpoint: Scalar
    closed_below: Scalar
    half_below: Scalar


class LightResponse(eqx.Module):
    """PE = light_yield × quenching × T.

    Attributes:
        light_yield: [PE/keVee].
        quenching: [keVee/keVnr], constant.
        acceptance: of recorded light.
    """

    light_yield: Scalar
    quenching: Scalar
    acceptance: Acceptance


def acceptance(curve: Acceptance, pe: Scalar) -> Scalar:
    """a/(1 + e^{−k(PE − x₀)}) × {0, ½, 1} below, between and above the two steps.

    The release evaluates it at the centres of 1-PE bins; differentiable in a, k and x₀.
    """
    sigmoid = curve.amplitude * jax.nn.sigmoid(curve.slope * (pe - curve.midpoint))
    step = jnp.where(pe < curve.closed_below, 0.0, jnp.where(pe < curve.half_below, 0.5, 1.0))
    return sigmoid * step.astype(sigmoid.dtype)


def pe_per_mev(response: LightResponse) -> Scalar:
    """Photo-electrons per MeV of nuclear recoil: 1172.0 for CsI 2017."""
    return 1e3 * response.light_yield * response.quenching
