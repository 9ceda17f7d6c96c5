"""The response of one detector, from a recoil to what is counted."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.response.efficiency import AbstractEfficiency, ExponentialTime, bin_averages
from dmjax.response.quenching import AbstractQuenching
from dmjax.response.resolution import AbstractResolution
from dmjax.response.windows import TimeWindows
from dmjax.units import KEV_PER_MEV, MEV_PER_KEV

Scalar = Float[Array, ""]
OBSERVABLES = ("pe", "keVee", "keV")
"""Photo-electrons; electron-equivalent energy; true recoil energy (with `Unquenched`)."""
EFFICIENCY_ON = ("observable", "recoil")


class Response(eqx.Module):
    """Mean observable = light_yield × E_ee(T); then resolution; then efficiency.

    Attributes:
        quenching: E_ee(T).
        light_yield: observable per keVee: [PE/keVee], or 1 where the observable is an energy.
        resolution: spread of the observable, or None.
        efficiency: of the observable, or of the true recoil energy [keV].
        time_efficiency: in time, or None.
        observable: "pe", "keVee" or "keV".
        efficiency_on: "observable" or "recoil".
    """

    quenching: AbstractQuenching
    light_yield: Scalar
    resolution: AbstractResolution | None
    efficiency: AbstractEfficiency
    time_efficiency: ExponentialTime | TimeWindows | None
    observable: str = eqx.field(static=True)
    efficiency_on: str = eqx.field(static=True, default="observable")


def observable_at(response: Response, t_mev: Scalar) -> Scalar:
    """Mean observable of a recoil of T [MeV]: light_yield × E_ee(T)."""
    return response.light_yield * response.quenching.light(t_mev * KEV_PER_MEV)


def recoil_at(response: Response, observable: Scalar) -> Scalar:
    """Recoil energy [MeV] whose mean observable this is; the inverse of `observable_at`."""
    return response.quenching.recoil(observable / response.light_yield) * MEV_PER_KEV


def recoil_and_slope(response: Response, observable: Scalar) -> tuple[Scalar, Scalar]:
    """T [MeV] and dT/d(observable) [MeV] at a mean observable."""
    t = recoil_at(response, observable)
    return t, 1.0 / jax.grad(observable_at, argnums=1)(response, t)


def time_acceptance(
    response: Response, time_edges: Float[Array, " n_plus_1"]
) -> Float[Array, " n"]:
    """Efficiency of each time bin [µs]; 1 without a time efficiency."""
    if response.time_efficiency is None:
        return jnp.ones(time_edges.shape[0] - 1, time_edges.dtype)
    if isinstance(response.time_efficiency, TimeWindows):
        return response.time_efficiency.averages(time_edges)
    return bin_averages(response.time_efficiency, time_edges)
