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
from dmjax.flux.beam import Beam, MovingMesons
from dmjax.flux.boxes import box, momentum
from dmjax.flux.capture import capture_lines
from dmjax.flux.chain import late_chain, prompt_chain
from dmjax.flux.vertices import N_SLICES, Line
from dmjax.kinematics import two_body_energy
from dmjax.models.vector import VectorMediator
from dmjax.numerics import gauss_legendre, hat_cumulative, safe_divide
from dmjax.sources import CascadePhotons
from dmjax.sources.cascade import emission_suppression
from dmjax.sources.harmonics import ORDER, harmonics_at

Scalar = Float[Array, ""]
N_ENERGIES = 20
N_PHASES = 4
N_PHOTON_LINES = 32
N_DELAYS = 120
FIRST_DELAY_US = 0.004
LAST_DELAY_US = 20.0
ISOTROPIC = 1.0 / (4.0 * np.pi)


def delay_nodes(dtype) -> Float[Array, " d"]:
    """Delays against light [µs]: 4 ns apart at first, growing in proportion, up to 20 µs."""
    steps = np.linspace(0.0, np.arcsinh(LAST_DELAY_US / FIRST_DELAY_US), N_DELAYS)
    return jnp.asarray(FIRST_DELAY_US * np.sinh(steps), dtype)


def _lines(energy: Array, mass: Scalar, m_chi: Scalar, rate: Array, moments: Array) -> Line:
    each = [jnp.broadcast_to(x, energy.shape) for x in (mass, m_chi)]
    return Line(energy, each[0], each[1], rate, jnp.full_like(energy, 0.5), moments)


def _isotropic(energy: Array, mass: Scalar, m_chi: Scalar, rate: Array) -> Line:
    moments = jnp.zeros((*energy.shape, ORDER + 1), energy.dtype).at[..., 0].set(ISOTROPIC)
    return _lines(energy, mass, m_chi, rate, moments)


def _monochromatic(energy: Array, mass: Scalar, m_chi: Scalar, rate: Array) -> Line:
    """A few energies, each as several lines of different phase, for smooth delays."""
    lines = _isotropic(energy, mass, m_chi, rate / N_PHASES)
    phases = (np.arange(N_PHASES) + 0.5) / N_PHASES
    copies = [lines._replace(phase=jnp.full_like(energy, phase)) for phase in phases]
    return jax.tree.map(lambda *parts: jnp.concatenate(parts), *copies)


def _nothing(v: VectorMediator) -> Line:
    energy = 2.0 * v.m_v[None]
    return _isotropic(energy, v.m_v, v.m_chi, jnp.zeros_like(energy))


def flying_lines(moving: MovingMesons, v: VectorMediator) -> Line:
    """V from mesons in flight, on nodes of V's rapidity: dN/dE dΩ = (k/4πk₀E₀) η(v, ln E₀/E)."""
    table = moving.harmonics
    if table is None:
        raise ValueError("a mediator with a lifetime needs a beam from with_harmonics")
    m_v = jnp.minimum(v.m_v, 0.99999 * moving.mesons.mass)
    e_0 = two_body_energy(moving.mesons.mass, m_v, 0.0)
    middle = jnp.arccosh(e_0 / m_v)
    low = jnp.maximum(middle - table.y_max, 1e-3)
    x, w = (jnp.asarray(c, m_v.dtype) for c in gauss_legendre(N_ENERGIES, 0.0, 1.0))
    y = low + (middle + table.y_max - low) * x
    energy, k = m_v * jnp.cosh(y), m_v * jnp.sinh(y)
    a = jnp.arctan2(k, m_v)
    moments = jax.vmap(harmonics_at, in_axes=(None, 0, 0))(table, a, jnp.log(e_0 / energy))
    scale = k / (4.0 * jnp.pi * momentum(e_0, m_v) * e_0)
    return _lines(energy, m_v, v.m_chi, w * k, moments * scale[:, None])


def cascade_lines(photons: CascadePhotons, v: VectorMediator) -> Line:
    """V in place of cascade photons, a few photon bins to a line.

    A line has the harmonic mean of its momenta, on which the share of early decays depends.
    """
    low, high = photons.edges[:-1], photons.edges[1:]
    bottom = jnp.clip(v.m_v, low, high)
    count = photons.photons * (high - bottom) / (high - low)
    middle = jnp.maximum(0.5 * (bottom + high), v.m_v * (1.0 + 1e-4))
    rate = count * emission_suppression(v.m_v, middle)
    group = -(-low.shape[0] // N_PHOTON_LINES)
    sums = jnp.pad(
        jnp.stack([rate, rate / momentum(middle, v.m_v)]), ((0, 0), (0, -low.shape[0] % group))
    )
    total, slowness = sums.reshape(2, -1, group).sum(-1)
    k = jnp.where(total > 0.0, safe_divide(total, slowness), v.m_v)
    return _isotropic(jnp.sqrt(k * k + v.m_v * v.m_v), v.m_v, v.m_chi, total)


def channel_lines(name: str, beam: Beam, v: VectorMediator, conventions: Conventions) -> Line:
    """The V of one production channel as a few lines of one energy each."""
    match name:
        case "pi0":
            return flying_lines(beam.pi0, v)
        case "eta":
            return (
                _isotropic(v.m_v[None], v.m_v, v.m_chi, jnp.zeros_like(v.m_v)[None])
                if beam.eta is None
                else flying_lines(beam.eta, v)
            )
        case "piminus":
            energy, mass, rate = capture_lines(beam.pions, v, conventions)
            return _monochromatic(energy, mass[0], v.m_chi, rate)
        case "exchange":
            m_v = jnp.minimum(v.m_v, 0.99999 * beam.pi0.mesons.mass)
            energy = two_body_energy(beam.pi0.mesons.mass, m_v, 0.0)[None]
            return _monochromatic(energy, m_v, v.m_chi, jnp.ones_like(energy))
        case _:
            return cascade_lines(beam.photons, v)


def _slices_on_grid(line: Line, k: Float[Array, " n"]) -> Float[Array, "s n"]:
    """Share of each slice of V's decay in each momentum node, one isotropic box."""
    b = box(line.energy, line.mass, line.m_chi)
    edges = jnp.linspace(-1.0, 1.0, N_SLICES + 1, dtype=k.dtype)
    momenta = momentum(0.5 * b.e_v + b.half * edges, line.m_chi)
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
    per_channel = [channel_lines(name, beam, v, on_shell) for name in channels]
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
