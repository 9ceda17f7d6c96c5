"""Four-vectors (E, px, py, pz) of shape (4, n), z along the beam: directions, boosts, bands."""

import numpy as np


def around(axis: np.ndarray, cos: np.ndarray, phi: np.ndarray) -> np.ndarray:
    """Unit vectors at polar angle arccos(cos) and azimuth phi about the unit vectors `axis`."""
    helper = np.where(np.abs(axis[2]) < 0.9, [[0.0], [0.0], [1.0]], [[1.0], [0.0], [0.0]])
    first = np.cross(axis, helper, axis=0)
    first /= np.linalg.norm(first, axis=0)
    second = np.cross(axis, first, axis=0)
    return cos * axis + np.sqrt(1 - cos**2) * (np.cos(phi) * first + np.sin(phi) * second)


def isotropic(rng: np.random.Generator, n: int) -> np.ndarray:
    """n unit vectors, uniform in cosθ and azimuth."""
    cos, phi = rng.uniform(-1, 1, n), rng.uniform(0, 2 * np.pi, n)
    sin = np.sqrt(1 - cos**2)
    return np.stack([sin * np.cos(phi), sin * np.sin(phi), cos])


def boost(p: np.ndarray, frame: np.ndarray, mass: float | np.ndarray) -> np.ndarray:
    """p from the rest frame of `frame` (four-momentum, its mass given) to where `frame` is seen."""
    dot = np.sum(p[1:] * frame[1:], axis=0)
    energy = (p[0] * frame[0] + dot) / mass
    return np.concatenate([energy[None], p[1:] + frame[1:] * (energy + p[0]) / (frame[0] + mass)])


def on_shell(energy: np.ndarray, mass: float | np.ndarray, unit: np.ndarray) -> np.ndarray:
    """(E, √(E² − m²) n)."""
    momentum = np.sqrt(np.maximum(energy**2 - mass**2, 0.0))
    return np.concatenate([np.broadcast_to(energy, unit[:1].shape), momentum * unit])


def cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Cosine of the angle between two sets of three-vectors."""
    lengths = np.linalg.norm(a, axis=0) * np.linalg.norm(b, axis=0)
    return np.clip(np.sum(a * b, axis=0) / lengths, -1.0, 1.0)


def polar(p: np.ndarray) -> np.ndarray:
    """Cosine of the angle between four-momenta and the beam."""
    return p[3] / np.linalg.norm(p[1:], axis=0)


def band(angle: float, half_width: float) -> tuple[float, float, float]:
    """cosθ limits of the band angle ± half_width [deg] about the beam and its 2πΔcosθ [sr]."""
    lower, upper = np.cos(np.radians([angle + half_width, angle - half_width]))
    return float(lower), float(upper), float(2 * np.pi * (upper - lower))


def in_band(chi: np.ndarray, angle: float, half_width: float) -> tuple[np.ndarray, float]:
    """Mask of χ within half_width [deg] of polar angle `angle`; the band's solid angle [sr]."""
    lower, upper, solid_angle = band(angle, half_width)
    cos = polar(chi)
    return (cos > lower) & (cos < upper), solid_angle


def turned_into_band(
    rng: np.random.Generator,
    cos_own: np.ndarray,
    cos_parent: np.ndarray,
    angle: float,
    half_width: float,
    turns: int,
) -> tuple[np.ndarray, float]:
    """Indices of vectors that fall into the band when turned `turns` times about their parent.

    A vector at cos_own to a parent at polar cos_parent has, at azimuth φ about the parent,
    cosΘ = cos_own cos_parent + sin_own sin_parent cosφ. Unpolarised parents make φ uniform.
    """
    lower, upper, solid_angle = band(angle, half_width)
    sines, first = np.sqrt((1 - cos_own**2) * (1 - cos_parent**2)), cos_own * cos_parent
    hits = []
    for _ in range(turns):
        cos = first + sines * np.cos(rng.uniform(0, np.pi, first.size))
        hits.append(np.flatnonzero((cos > lower) & (cos < upper)))
    return np.concatenate(hits), solid_angle


def mean_and_error(batches: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean over batches (axis 0) and its standard error from their scatter."""
    batches = np.asarray(batches)
    return batches.mean(axis=0), batches.std(axis=0, ddof=1) / np.sqrt(len(batches))
