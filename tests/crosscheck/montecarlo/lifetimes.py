"""X that flies before it decays: vertices, χ tracks through a thin shell at the detector's radius.

The fluence at distance L from the target, averaged over directions, is the track length in the
shell L ± h over the shell's volume. Lengths in m, times in ns, everything is made at t = 0.
"""

from typing import NamedTuple

import numpy as np

from .constants import LIGHT_SPEED

C = LIGHT_SPEED * 1e-3  # m/ns


class Vertices(NamedTuple):
    """Where and when X decays: distance from the target, time, and the weight of the draw."""

    distance: np.ndarray
    time: np.ndarray
    weight: np.ndarray


class Segments(NamedTuple):
    """Pieces of χ tracks inside the shell: whose, length, weight, and one random point of each.

    `radial` is the change of radius along the piece; `point` has shape (3, n), `delay` is the
    arrival time there minus its distance from the target over c.
    """

    index: np.ndarray
    length: np.ndarray
    radial: np.ndarray
    point: np.ndarray
    delay: np.ndarray


def decay_vertices(
    rng: np.random.Generator,
    energy: np.ndarray,
    m_x: float,
    tau: float,
    split: float,
    near: float = 0.8,
) -> Vertices:
    """Exponential decays with proper lifetime tau [ns]; a share `near` decays before `split` [m].

    Both shares are drawn from the exponential within their range and weighted by its content.
    With tau = 0 all decay at the target.
    """
    if tau == 0:
        zeros = np.zeros_like(energy)
        return Vertices(zeros, zeros, zeros + 1)
    gamma = energy / m_x
    speed = C * np.sqrt(1 - gamma**-2)
    mean = speed * gamma * tau
    inside = -np.expm1(-split / mean)
    strata = (rng.permutation(energy.size) + rng.random(energy.size)) / energy.size
    is_near = strata < near
    share = np.where(is_near, strata / near, (1 - strata) / (1 - near))
    near_distance = -mean * np.log1p(-share * inside)
    far_distance = split - mean * np.log(np.maximum(share, 1e-300))
    distance = np.where(is_near, near_distance, far_distance)
    weight = np.where(is_near, inside / near, (1 - inside) / (1 - near))
    return Vertices(distance, distance / speed, weight)


def ball(start: np.ndarray, unit: np.ndarray, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Where along start + s·unit, s ≥ 0, the track enters and leaves the ball; equal if it misses.

    A track that misses has both at its point of closest approach (or at 0 behind the start).
    """
    along = np.sum(start * unit, axis=0)
    half = np.sqrt(np.maximum(along**2 - np.sum(start**2, axis=0) + radius**2, 0.0))
    return np.maximum(-along - half, 0.0), np.maximum(-along + half, 0.0)


def shell_segments(
    rng: np.random.Generator,
    start: np.ndarray,
    unit: np.ndarray,
    time: np.ndarray,
    speed: np.ndarray,
    distance: float,
    half: float,
) -> Segments:
    """All pieces of the tracks within distance ± half of the origin; at most two per track."""
    enter, leave = ball(start, unit, distance + half)
    inner_enter, inner_leave = ball(start, unit, distance - half)
    parts = []
    for low, high in ((enter, inner_enter), (inner_leave, leave)):
        index = np.flatnonzero(high > low)
        low, high = low[index], high[index]
        origin, direction = start[:, index], unit[:, index]
        s = low + (high - low) * rng.random(index.size)
        point = origin + s * direction
        radius = np.linalg.norm(point, axis=0)
        ends = [np.linalg.norm(origin + end * direction, axis=0) for end in (low, high)]
        delay = time[index] + s / speed[index] - radius / C
        parts.append(Segments(index, high - low, ends[1] - ends[0], point, delay))
    return Segments(*(np.concatenate(column, axis=-1) for column in zip(*parts, strict=True)))


def shell_volume(distance: float, half: float) -> float:
    """Volume [m³] of the shell distance ± half over the full sphere."""
    return 4 * np.pi / 3 * ((distance + half) ** 3 - (distance - half) ** 3)
