"""χ of mediators that live long enough to fly: their energy and delay at the detector.

The prompt weights of each channel are multiplied by what `chain` finds for the ratio of late to
prompt χ at every momentum, so τ → 0 gives back the prompt result exactly. V is taken on its mass
shell, as a measurable lifetime implies. In flight V's polarisation enters through the prompt
spectrum alone; where the parent is at rest that is exact.
"""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.conventions import Conventions
from dmjax.flux.beam import Beam
from dmjax.flux.boxes import box, momentum
from dmjax.flux.chain import late_chain, prompt_chain
from dmjax.flux.lines import nothing
from dmjax.flux.vertices import N_SLICES, Line
from dmjax.models.vector import VectorMediator
from dmjax.numerics import hat_cumulative, safe_divide

Scalar = Float[Array, ""]
N_DELAYS = 120
FIRST_DELAY_US = 0.004
LAST_DELAY_US = 20.0


def delay_nodes(dtype) -> Float[Array, " d"]:
    """Delays against light [µs]: 4 ns apart at first, growing in proportion, up to 20 µs."""
    steps = np.linspace(0.0, np.arcsinh(LAST_DELAY_US / FIRST_DELAY_US), N_DELAYS)
    return jnp.asarray(FIRST_DELAY_US * np.sinh(steps), dtype)


def _slices_on_grid(line: Line, k: Float[Array, " n"]) -> Float[Array, "s n"]:
    """Share of each slice of V's decay in each momentum node, one isotropic box."""
    b = box(line.energy, line.mass, line.m_chi, line.other)
    edges = jnp.linspace(-1.0, 1.0, N_SLICES + 1, dtype=k.dtype)
    momenta = momentum(b.middle + b.half * edges, line.m_chi)
    inside = jnp.diff(jax.vmap(hat_cumulative, in_axes=(None, 0))(k, momenta), axis=0)
    speed = k / jnp.sqrt(k * k + line.m_chi**2)
    return (speed / b.half)[None, :] * inside


def delay_shares(
    beam: Beam,
    v: VectorMediator,
    k: Float[Array, " n"],
    lifetime: Scalar,
    distance: Scalar,
    conventions: Conventions,
    channels: tuple[str, ...],
) -> Float[Array, "channels n d"]:
    """χ with lifetime, by delay, over χ of prompt V at each momentum node, for every channel.

    Args:
        beam: prepared by `with_harmonics`; v: mediator; k: momentum nodes [MeV].
        lifetime: proper lifetime of V [µs]; distance: target to detector [m].
        conventions: profile; V is on its mass shell whatever it says.
        channels: production channels.

    Returns:
        Shares on `delay_nodes`; summed over them, the fluence relative to prompt decays. 0 where a
        channel makes no χ of that momentum.
    """
    on_shell = replace(conventions, width="narrow")
    found = (beam.channels.get(name) for name in channels)
    per_channel = [nothing(v) if one is None else one.lines(v, on_shell) for one in found]
    lines = jax.tree.map(lambda *parts: jnp.concatenate(parts), *per_channel)
    delays = delay_nodes(k.dtype)

    def of_line(line: Line):
        on_grid = line.rate * _slices_on_grid(line, k).T
        late = late_chain(line, lifetime, distance, delays)
        return on_grid @ late, on_grid @ prompt_chain(line)

    late, prompt = jax.vmap(of_line)(lines)
    ends = np.cumsum([one.energy.shape[0] for one in per_channel])[:-1]
    pairs = zip(jnp.split(late, ends), jnp.split(prompt, ends), strict=True)
    sums = [(late.sum(0), prompt.sum(0)[:, None]) for late, prompt in pairs]
    return jnp.stack([safe_divide(a, jnp.broadcast_to(b, a.shape)) for a, b in sums])
