"""What of a detector can be turned: each knob a factor, 0 its logarithm as it stands."""

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.cuts.yields import WIDE, Rules, Scalar
from dmjax.experiments import Experiment
from dmjax.flux.mesons import MesonsInFlight
from dmjax.sources import doppler_table
from dmjax.sources.boost import boost_kernel
from dmjax.timing import AbstractPulse, DecayedPulse
from dmjax.timing.pulses import GaussianPulse
from dmjax.timing.repeated import RepeatedPulse

PLACES = ("midpoint", "start")
"""Of an efficiency curve: where it rises."""
_TURN = np.radians(1.0)
"""Half of the difference of angles by which boosts are differentiated."""


class StretchedPulse(AbstractPulse):
    """A pulse made longer about a fixed time: F(c + (t − c)/s).

    Attributes:
        pulse: as it was.
        centre: c [µs].
        stretch: s > 0.
    """

    pulse: AbstractPulse
    centre: Scalar
    stretch: Scalar

    def cdf(self, time: Scalar) -> Scalar:
        """That of the pulse at the time before it was stretched."""
        return self.pulse.cdf(self.centre + (time - self.centre) / self.stretch)

    def decayed_cdf(self, time: Scalar, lifetime: Scalar) -> Scalar:
        """The same, with the lifetime in the pulse's own time."""
        at = self.centre + (time - self.centre) / self.stretch
        return self.pulse.decayed_cdf(at, lifetime / self.stretch)


def stretched(pulse: AbstractPulse, factor: Scalar) -> AbstractPulse:
    """A pulse of another length: a Gaussian about its mean, others from their start.

    Each of several pulses is stretched where it is; decays keep their lifetimes, and measured
    times of neutrinos stay as they are.
    """
    if isinstance(pulse, GaussianPulse):
        return GaussianPulse(pulse.mean, pulse.sigma * factor)
    if isinstance(pulse, RepeatedPulse):
        return RepeatedPulse(stretched(pulse.pulse, factor), pulse.starts)
    if isinstance(pulse, DecayedPulse):
        return DecayedPulse(stretched(pulse.pulse, factor), pulse.lifetimes)
    return StretchedPulse(pulse, jnp.zeros_like(factor), factor)


class Turned(NamedTuple):
    """How the boosts of one production channel change with the detector's angle.

    Attributes:
        channel: name.
        slope: d(boost matrix)/d ln(angle).
    """

    channel: str
    slope: Float[Array, "n n"]


def turning(detector: Experiment) -> tuple[Turned, ...]:
    """`Turned` of every channel in flight, by boosts 1° to both sides; none at 0° or averaged."""
    angle, k_max = detector.beam.angle, float(detector.beam.k_max)
    if angle is None or angle <= _TURN:
        return ()
    found = []
    for name, channel in detector.beam.channels.items():
        if isinstance(channel, MesonsInFlight):
            sides = [
                boost_kernel(doppler_table(channel.mesons, angle + side), k_max).values
                for side in (-_TURN, _TURN)
            ]
            found.append(Turned(name, angle * (sides[1] - sides[0]) / (2.0 * _TURN)))
    return tuple(found)


def knob_names(detector: Experiment, rules: Rules, turned: tuple[Turned, ...]) -> tuple[str, ...]:
    """Knobs of a detector, backgrounds and systematics by their own names."""
    names = ["mass", "distance", "exposure", "threshold", "pulse_width"]
    names += ["light_yield"] if detector.response.observable == "pe" else []
    names += ["angle"] if turned else []
    others = [
        k for k, kind in zip(rules.components, rules.kinds, strict=True) if kind != "neutrino"
    ]
    names += ["background:neutrinos", *(f"background:{name}" for name in others)]
    return (*names, *(f"systematic:{name}" for name in rules.pulls))


def moved_detector(
    detector: Experiment, turned: tuple[Turned, ...], x: dict[str, Scalar]
) -> Experiment:
    """The detector with its knobs turned.

    Args:
        detector: as it stands.
        turned: from `turning`.
        x: knob → ln of its factor, of `knob_names`.
    """
    factor = {name: jnp.exp(value) for name, value in x.items()}
    made = eqx.tree_at(
        lambda e: (e.mass_kg, e.distance_m, e.pot),
        detector,
        (
            detector.mass_kg * factor["mass"],
            detector.distance_m * factor["distance"],
            detector.pot * factor["exposure"],
        ),
    )
    pulse, neutrinos = detector.pulse, detector.neutrinos
    width = factor["pulse_width"]
    times = ("prompt_time", "delayed_time", "kaon_time", "inflight_time")
    late = [
        stretched(one, width) if isinstance(one, DecayedPulse) else one
        for one in (getattr(neutrinos, name) for name in times)
    ]
    made = eqx.tree_at(lambda e: e.pulse, made, stretched(pulse, width))
    made = eqx.tree_at(lambda e: [getattr(e.neutrinos, name) for name in times], made, late)
    response = made.response
    for place in PLACES:
        if hasattr(response.efficiency, place):
            value = getattr(response.efficiency, place) * factor["threshold"]
            made = eqx.tree_at(lambda e, p=place: getattr(e.response.efficiency, p), made, value)
    if "light_yield" in x:
        value = response.light_yield * factor["light_yield"]
        made = eqx.tree_at(lambda e: e.response.light_yield, made, value)
    for one in turned:
        kernel = detector.beam.channels[one.channel].kernel.values  # pyright: ignore
        made = eqx.tree_at(
            lambda e, name=one.channel: e.beam.channels[name].kernel.values,
            made,
            kernel + x["angle"] * one.slope,
        )
    return made


def pull_scales(
    rules: Rules, source_errors: Float[Array, " sources"], x: dict[str, Scalar]
) -> Float[Array, " pulls"]:
    """Factors on the pulls that make every systematic e^x times as large.

    ln(1 + σe^x)/ln(1 + σ) of a factor (1 + σ)^θ, e^x of 1 + σθ.
    """
    sizes = {rules.moved[k]: rules.errors[k] for k in range(len(rules.moved))}
    if rules.shared > 0.0:
        sizes[0] = rules.shared
    first, scales = len(rules.pulls) - rules.sources, []
    for i, name in enumerate(rules.pulls):
        grown = jnp.exp(x[f"systematic:{name}"])
        size = source_errors[i - first] if i >= first else jnp.asarray(sizes[i], grown.dtype)
        wide = i >= first or sizes[i] > WIDE
        scales.append(jnp.log1p(size * grown) / jnp.log1p(size) if wide else grown)
    return jnp.stack(scales) if scales else jnp.zeros(0)
