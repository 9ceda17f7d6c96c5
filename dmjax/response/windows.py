"""Time windows of a selection: what arrives between them is not counted."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.response.efficiency import ExponentialTime, bin_averages


class TimeWindows(eqx.Module):
    """Efficiency in time: 1 inside the windows, 0 outside, times another one.

    Attributes:
        starts, stops: of the windows [µs]; they do not overlap.
        inside: efficiency within the windows, or None.
    """

    starts: Float[Array, " windows"]
    stops: Float[Array, " windows"]
    inside: ExponentialTime | None

    def averages(self, edges: Float[Array, " n_plus_1"]) -> Float[Array, " n"]:
        """Mean efficiency in each time bin [µs], of events that fill the bin evenly.

        >>> ends = jnp.asarray([[0.0, 0.54], [0.25, 0.79]])
        >>> TimeWindows(*ends, None).averages(jnp.asarray([0.0, 0.25, 0.54, 0.79])).tolist()
        [1.0, 0.0, 1.0]
        """

        def in_window(start: Float[Array, ""], stop: Float[Array, ""]) -> Float[Array, " n"]:
            return jnp.diff(jnp.clip(edges, start, stop))

        share = jax.vmap(in_window)(self.starts, self.stops).sum(0) / jnp.diff(edges)
        return share if self.inside is None else share * bin_averages(self.inside, edges)
