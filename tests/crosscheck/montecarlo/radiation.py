"""V radiated by a lepton on a nucleus: momenta thrown one by one, amplitudes from gamma matrices.

Nothing of the closed formula is used: the spin sum is a product of 4 × 4 matrices at every thrown
azimuth, the nucleus a scalar current, V summed with −g.
"""

import numpy as np

from .constants import ALPHA, M_E, M_P

M_U = 931.49410242
_PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
_GAMMA = np.array(
    [np.kron(np.diag([1, -1]), np.eye(2))] + [np.kron([[0, 1], [-1, 0]], s) for s in _PAULI]
)
_SIGNS = np.array([1.0, -1.0, -1.0, -1.0])


def form_factors(z: float, a: float, t: np.ndarray) -> np.ndarray:
    """Elastic and inelastic, with the electrons of the atom; t [MeV²]."""
    screen, inner = (111.0 * z ** (-1 / 3) / M_E) ** 2, (773.0 * z ** (-2 / 3) / M_E) ** 2
    elastic = (z * screen * t / (1 + screen * t) / (1 + t / (0.164e6 * a ** (-2 / 3)))) ** 2
    struck = 1 + t * (2.79**2 - 1) / (4 * M_P**2)
    return elastic + z * (inner * t / (1 + inner * t)) ** 2 * struck / (1 + t / 0.71e6) ** 4


def momenta(mass, m_nucleus, energy, m_v, x, delta, t, phi):
    """(lepton in, lepton out, V, P_i + P_f, whether all are on shell), arrays of four-vectors."""
    p, k = np.sqrt(energy**2 - mass**2), np.sqrt((x * energy) ** 2 - m_v**2)
    zero = np.zeros_like(x)
    cos = 1 - delta
    sin = np.sqrt(delta * (2 - delta))
    first = np.stack([energy + zero, zero, zero, p + zero])
    v = np.stack([x * energy, k * sin, zero, k * cos])
    rest = first - v
    size = np.linalg.norm(rest[1:], axis=0)
    q, lost = np.sqrt(t + (t / (2 * m_nucleus)) ** 2), t / (2 * m_nucleus)
    left = rest[0] - lost
    cos_q = (size**2 + q**2 + mass**2 - left**2) / (2 * size * q)
    good = (np.abs(cos_q) < 1) & (left > mass)
    sin_q = np.sqrt(np.maximum(1 - cos_q**2, 0))
    along, side = rest[1:] / size, np.stack([-rest[3], zero, rest[1]]) / size
    up = np.stack([zero, zero + 1, zero])
    kick = q * (cos_q * along + sin_q * (np.cos(phi) * side + np.sin(phi) * up))
    last = np.concatenate([left[None], rest[1:] - kick])
    nucleus = np.concatenate([(2 * m_nucleus + lost)[None], kick])
    return first, last, v, nucleus, good


def _slash(p):
    return np.einsum("an,aij->nij", p * _SIGNS[:, None], _GAMMA)


def summed_squares(mass, first, last, v, nucleus):
    """Σ̄|amplitude|² of unit charges, without the photon's 1/t²."""
    one, m_v2 = np.eye(4), np.sum(_SIGNS[:, None] * v * v, axis=0)
    after = m_v2 + 2 * np.sum(_SIGNS[:, None] * last * v, axis=0)
    before = m_v2 - 2 * np.sum(_SIGNS[:, None] * first * v, axis=0)
    hit = _slash(nucleus)
    late = (_slash(last + v) + mass * one) / after[:, None, None]
    early = (_slash(first - v) + mass * one) / before[:, None, None]
    total = np.zeros(len(hit))
    ends = _slash(last) + mass * one, _slash(first) + mass * one
    for sign, g in zip(_SIGNS, _GAMMA, strict=True):
        there, back = g @ late @ hit + hit @ early @ g, hit @ late @ g + g @ early @ hit
        product = ends[0] @ there @ ends[1] @ back
        total -= 0.5 * sign * np.einsum("nii->n", product).real
    return total


def cross_section(rng, z, a, mass, energy, m_v, least, thrown):
    """(σ, its error) [MeV⁻²] per (κx)² of V above `least` [MeV]; flat in logarithms."""
    nucleus = a * M_U
    ends = np.log([mass / energy, 1 - max(least, m_v) / energy])
    wide, deep = np.log([1e-12, 1.0]), np.log([1e-8, 4e5])
    x = 1 - np.exp(rng.uniform(*ends, thrown))
    delta, t = np.exp(rng.uniform(*wide, thrown)), np.exp(rng.uniform(*deep, thrown))
    found = momenta(mass, nucleus, energy, m_v, x, delta, t, rng.uniform(0, 2 * np.pi, thrown))
    first, last, v, hit, good = found
    p, k = first[3], np.linalg.norm(v[1:], axis=0)
    size = np.linalg.norm((first - v)[1:], axis=0)
    squares = np.zeros(thrown)
    squares[good] = summed_squares(mass, *(one[:, good] for one in (first, last, v, hit)))
    charges = (4 * np.pi * ALPHA) ** 2 * form_factors(z, a, t) / t**2
    space = k * energy / (8 * np.pi**2) * 2 * np.pi / (32 * np.pi**2 * nucleus * size)
    area = np.prod([np.diff(pair)[0] for pair in (ends, wide, deep)]) * (1 - x) * delta * t
    each = squares * charges * space * area / (4 * nucleus * p)
    return each.mean(), each.std() / np.sqrt(thrown)
