"""What in a detector looks unphysical or forgotten: a line each."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dmjax.experiments import Background, Experiment
from dmjax.response import Noise, acceptance, observable_at, recoil_at
from dmjax.units import KEV_PER_MEV, MEV_PER_KEV

BLIND = 0.01
"""Accepted share below which a detector does not see."""
OUT_OF_TIME = 0.5
"""Share of light in the time bins below which they miss the pulse."""
LOWEST_LIGHT = 1e-3
"""keVee, below which nothing is recorded by any detector of recoils."""


class Seen(NamedTuple):
    """What the rules look at.

    Attributes:
        detector: as built.
        spec: its file.
        chosen: backgrounds that apply.
        counts: of every component, (energy, time).
        accepted: shares of `CheckResult`.
    """

    detector: Experiment
    spec: dict[str, Any]
    chosen: Sequence[Background]
    counts: dict[str, np.ndarray]
    accepted: np.ndarray


def warnings_of(
    detector: Experiment,
    spec: dict[str, Any],
    chosen: Sequence[Background],
    counts: dict[str, np.ndarray],
    accepted: np.ndarray,
) -> list[str]:
    """Everything that looks wrong, in a fixed order; see `Seen` for the arguments."""
    seen = Seen(detector, spec, chosen, counts, accepted)
    return [line for rule in RULES for line in rule(seen)]


def _bright(seen: Seen) -> Iterator[str]:
    """Nuclear recoils never give more light than electrons."""
    response = seen.detector.response
    top = recoil_at(response, jnp.asarray(float(seen.detector.edges[-1])))
    t = jnp.asarray(np.geomspace(1e-3, 1.0, 200)) * top
    light = jax.vmap(response.quenching.light)(t * KEV_PER_MEV)
    ratio = np.asarray(light / (t * KEV_PER_MEV))
    if ratio.max() > 1.0 + 1e-9:
        at = float(t[int(ratio.argmax())]) * KEV_PER_MEV
        yield f"quenching above 1: {ratio.max():.3g} at {at:.3g} keV of recoil"


def _beyond(seen: Seen) -> Iterator[str]:
    """Bins beyond the range in which quenching was fitted."""
    end = seen.spec["response"]["quenching"].get("valid_to")
    if end is None:
        return
    response = seen.detector.response
    last = float(observable_at(response, jnp.asarray(end * MEV_PER_KEV)))
    if last < seen.detector.edges[-1]:
        yield (
            f"quenching is known up to {end:g} keV of recoil ({last:.3g} {response.observable}), "
            f"the bins reach {seen.detector.edges[-1]:g}: its tangent is used between"
        )


def _blind(seen: Seen) -> Iterator[str]:
    """Nothing is accepted, or nothing where the selection begins."""
    if not seen.accepted.max() > BLIND:
        yield f"at most {seen.accepted.max():.2g} of the recoils of any energy are accepted"
        return
    kev = seen.detector.selection.recoil_min_kev
    if kev > 0.0:
        t = jnp.asarray([kev * MEV_PER_KEV])
        share = float(acceptance(seen.detector.response, seen.detector.edges, t)[0])
        if share < BLIND:
            yield f"the selection starts at {kev:g} keV, where {share:.2g} of recoils are accepted"


def _open(seen: Seen) -> Iterator[str]:
    """Recoils of next to no energy must not count."""
    response = seen.detector.response
    t = recoil_at(response, LOWEST_LIGHT * response.light_yield)
    share = float(acceptance(response, seen.detector.edges, t[None])[0])
    if share > BLIND:
        noise = " (noise alone triggers)" if isinstance(response.resolution, Noise) else ""
        yield f"no threshold: {share:.2g} of recoils of 1 eVee are accepted{noise}"


def _out_of_time(seen: Seen) -> Iterator[str]:
    """The time bins should hold the pulse."""
    detector = seen.detector
    ends = jnp.asarray([detector.time_edges[0], detector.time_edges[-1]])
    share = float(jnp.diff(jax.vmap(detector.pulse.cdf)(ends))[0])
    if share < OUT_OF_TIME:
        yield f"the time bins hold {share:.2g} of the light of a pulse"


def _unmeasured(seen: Seen) -> Iterator[str]:
    """A detector without any steady background has forgotten it."""
    if not any(one.kind == "steady" for one in seen.chosen):
        yield "no steady-state background: limits will be those of neutrinos alone"


def _empty(seen: Seen) -> Iterator[str]:
    """A detector of nuclei that sees no neutrinos is not at a stopped-pion beam."""
    if not any(name in seen.counts for name in ("prompt", "delayed", "kaon", "in-flight")):
        yield "no neutrino is expected in any bin"


RULES: tuple[Callable[[Seen], Iterator[str]], ...] = (
    _bright,
    _beyond,
    _blind,
    _open,
    _out_of_time,
    _unmeasured,
    _empty,
)
