"""Brute-force Monte Carlo of beam → mediator → χ → recoil, sharing no code with the package.

Every step is sampled literally with four-vectors (E, px, py, pz) of shape (4, n), z along the beam.
MeV, µs, m; angles in degrees at the surface. Generators are passed in, so every seed is explicit.
A batch visits all parents equally often; the scatter between batches is the statistical error.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from particle import Particle

HBARC = 197.3269804e-15  # MeV m
ALPHA = 1 / 137.035999
LIGHT_SPEED = 299.792458  # m/µs
KG_PER_MEV = 1.78266192e-30
BR_GAMMA_GAMMA = 0.98823
PI0_PER_POT = 0.1048  # COHERENT, 1 GeV protons on mercury
PIMINUS_PER_POT = 0.0333 + 0.0113
PE_PER_KEV = 13.348 * 0.0878
CHARGE_RADII = {"Cs133": 4.804, "I127": 4.750}  # fm
M_PI0, M_PIMINUS, M_P, M_N, M_E = (
    float(Particle.from_pdgid(code).mass) for code in (111, -211, 2212, 2112, 11)
)


class Nucleus(NamedTuple):
    """A target nucleus: charge, nuclear mass [MeV], radius R_n [fm], nuclei per kg of CsI."""

    z: int
    mass: float
    radius: float
    per_kg: float


def csi(r_n: float | None = 4.7) -> list[Nucleus]:
    """133Cs and 127I in equal numbers; R_n [fm] for both, or None for the charge radii."""
    atoms = {"Cs133": (55, 1000551330), "I127": (53, 1000531270)}
    masses = {name: float(Particle.from_pdgid(code).mass) for name, (_, code) in atoms.items()}
    per_kg = 1 / (sum(masses.values()) * KG_PER_MEV)
    return [
        Nucleus(z, masses[name] - z * M_E, CHARGE_RADII[name] if r_n is None else r_n, per_kg)
        for name, (z, _) in atoms.items()
    ]


# --- parents and yields ---------------------------------------------------------------------------
def read_pi0(path: Path) -> np.ndarray:
    """π⁰ four-momenta of the raw list, its −z beam turned to +z; E from p and the π⁰ mass."""
    _, px, py, pz, _, _ = np.loadtxt(path).T
    return np.stack([np.sqrt(px**2 + py**2 + pz**2 + M_PI0**2), px, py, -pz])


def pi0_yield(m_v: float, eps: float) -> float:
    """V per POT: N_π⁰ BR(γγ) 2ε² (1 − m_V²/m_π²)³."""
    return PI0_PER_POT * BR_GAMMA_GAMMA * 2 * eps**2 * max(0.0, 1 - (m_v / M_PI0) ** 2) ** 3


def capture_energy(m_x: float) -> float:
    """E_X of π⁻p → nX at rest: ((m_p+m_π)² − m_n² + m_X²)/2(m_p+m_π)."""
    total = M_P + M_PIMINUS
    return (total**2 - M_N**2 + m_x**2) / (2 * total)


def capture_yield(m_x: float, eps: float) -> float:
    """X per POT: N_π⁻ ε², nothing above m_p + m_π − m_n."""
    return PIMINUS_PER_POT * eps**2 if m_x < M_P + M_PIMINUS - M_N else 0.0


def cascade_photons(
    rng: np.random.Generator, brem: np.ndarray, m_x: float, repeats: int, smear: bool
) -> tuple[np.ndarray, np.ndarray]:
    """X energies above m_X and X per POT (over ε²) each stands for: n_γ f(m_X/⟨E_e⟩)."""
    energy, counts = (np.repeat(column, repeats) for column in brem.T)
    if smear:
        energy = energy + np.diff(brem[:, 0]).mean() * (rng.random(energy.size) - 0.5)
    energy, counts = energy[energy > m_x], counts[energy > m_x]
    ratio = m_x / (1.0773 * energy + 13.716)
    suppression = np.minimum(1.0, 1154 * np.exp(-24.42 * ratio**0.3174))
    return energy, counts / 1e5 / repeats * suppression


# --- kinematics -----------------------------------------------------------------------------------
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


def boost(p: np.ndarray, frame: np.ndarray, mass: float) -> np.ndarray:
    """p from the rest frame of `frame` (four-momentum, its mass given) to where `frame` is seen."""
    dot = np.sum(p[1:] * frame[1:], axis=0)
    energy = (p[0] * frame[0] + dot) / mass
    return np.concatenate([energy[None], p[1:] + frame[1:] * (energy + p[0]) / (frame[0] + mass)])


def on_shell(energy: np.ndarray, mass: float, unit: np.ndarray) -> np.ndarray:
    """(E, √(E² − m²) n)."""
    momentum = np.sqrt(np.maximum(energy**2 - mass**2, 0.0))
    return np.concatenate([np.broadcast_to(energy, unit[:1].shape), momentum * unit])


def decay_density(cos: np.ndarray, decay: str, r: float) -> np.ndarray:
    """Density in cosθ*: ½; ¾ sin²θ* (scalar); ∝ 1 + cos²θ* + 4r² sin²θ* (dirac), r = m_χ/m_V."""
    if decay == "isotropic":
        return np.full_like(cos, 0.5)
    if decay == "scalar":
        return 0.75 * (1 - cos**2)
    return (1 + cos**2 + 4 * r**2 * (1 - cos**2)) / (8 / 3 + 16 * r**2 / 3)


def sample_cos(rng: np.random.Generator, n: int, decay: str, r: float) -> np.ndarray:
    """cosθ* of V → χχ̄ by rejection under the flat line at the largest density."""
    ceiling = decay_density(np.array([0.0, 1.0]), decay, r).max()
    kept, need = [], n
    while need > 0:
        trial = rng.uniform(-1, 1, 2 * need)
        trial = trial[rng.uniform(0, ceiling, trial.size) < decay_density(trial, decay, r)][:need]
        kept.append(trial)
        need -= trial.size
    return np.concatenate(kept)


def decay_to_chi(
    rng: np.random.Generator, v: np.ndarray, m_v: float, m_chi: float, decay: str
) -> tuple[np.ndarray, np.ndarray]:
    """χ and χ̄ in the frame where V has four-momentum v; θ* is measured from V's direction there."""
    n = v.shape[1]
    axis = v[1:] / np.linalg.norm(v[1:], axis=0)
    cos, phi = sample_cos(rng, n, decay, m_chi / m_v), rng.uniform(0, 2 * np.pi, n)
    chi = on_shell(np.full(n, m_v / 2), m_chi, around(axis, cos, phi))
    anti = chi * np.array([[1.0], [-1.0], [-1.0], [-1.0]])
    return boost(chi, v, m_v), boost(anti, v, m_v)


def pi0_batch(
    rng: np.random.Generator, pions: np.ndarray, m_v: float, m_chi: float, decay: str, repeats: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lab four-momenta (2 χ per V stacked; V; π⁰): every π⁰ of the list decays `repeats` times."""
    parents = np.repeat(pions, repeats, axis=1)
    n = parents.shape[1]
    phi, (energy, px, py, pz) = rng.uniform(0, 2 * np.pi, n), parents
    c, s = np.cos(phi), np.sin(phi)
    parents = np.stack([energy, c * px - s * py, s * px + c * py, pz])
    energy_v = np.full(n, (M_PI0**2 + m_v**2) / (2 * M_PI0))
    v = on_shell(energy_v, m_v, isotropic(rng, n))
    chi = np.concatenate(decay_to_chi(rng, v, m_v, m_chi, decay), axis=1)
    return boost(chi, np.tile(parents, 2), M_PI0), boost(v, parents, M_PI0), parents


def at_rest_batch(
    rng: np.random.Generator, energy: np.ndarray, m_x: float, m_chi: float
) -> np.ndarray:
    """Lab χ (2 per X, stacked) of X with the given energies, isotropic, decaying isotropically."""
    x = on_shell(energy, m_x, isotropic(rng, energy.size))
    return np.concatenate(decay_to_chi(rng, x, m_x, m_chi, "isotropic"), axis=1)


# --- flux at the detector -------------------------------------------------------------------------
def in_band(chi: np.ndarray, angle: float, half_width: float) -> tuple[np.ndarray, float]:
    """Mask of χ within half_width [deg] of polar angle `angle`; the band's 2πΔcosθ [sr]."""
    lower, upper = np.cos(np.radians([angle + half_width, angle - half_width]))
    cos = chi[3] / np.linalg.norm(chi[1:], axis=0)
    return (cos > lower) & (cos < upper), float(2 * np.pi * (upper - lower))


def point_detector(
    v: np.ndarray, pions: np.ndarray, m_v: float, m_chi: float, angle: float, decay: str
) -> tuple[np.ndarray, np.ndarray]:
    """χ energies and χ per sr at polar angle `angle`, expected from each V; two momenta per V.

    E* = γ(E − βk cosδ) has the roots k = (Ab ± √D)/(1 − b²), A = E*/γ, b = β cosδ,
    D = A² − m²(1 − b²), each with density 2 w(cosθ*)/2π · k²/(γ k* √D).
    """
    theta = np.radians(angle)
    unit = np.array([[np.sin(theta)], [0.0], [np.cos(theta)]])
    gamma, b = v[0] / m_v, np.sum(v[1:] * unit, axis=0) / v[0]
    a, k_star = m_v / 2 / gamma, np.sqrt(m_v**2 / 4 - m_chi**2)
    disc = a**2 - m_chi**2 * (1 - b**2)
    root = np.sqrt(np.where(disc > 0, disc, 1.0))
    k = (a * b + np.array([[1.0], [-1.0]]) * root) / (1 - b**2)
    energy = np.sqrt(k**2 + m_chi**2)
    in_meson = (energy * pions[0] - k * np.sum(pions[1:] * unit, axis=0)) / M_PI0
    energy_v, k_v = (M_PI0**2 + m_v**2) / (2 * M_PI0), (M_PI0**2 - m_v**2) / (2 * M_PI0)
    cos_star = (in_meson * m_v - energy_v * m_v / 2) / (k_v * k_star)
    density = 2 * decay_density(np.clip(cos_star, -1, 1), decay, m_chi / m_v) / (2 * np.pi)
    weight = density * k**2 / (gamma * k_star * root)
    return energy, np.where((disc > 0) & (k > 0), weight, 0.0)


def mean_and_error(batches: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean over batches (axis 0) and its standard error from their scatter."""
    batches = np.asarray(batches)
    return batches.mean(axis=0), batches.std(axis=0, ddof=1) / np.sqrt(len(batches))


# --- scattering, response, time -------------------------------------------------------------------
def helm(recoil: np.ndarray, nucleus: Nucleus) -> np.ndarray:
    """F = 3 j₁(qR₀)/(qR₀) e^{−q²s²/2}, R₀² = 5R_n²/3 − 5s², s = 0.9 fm, q = √(2MT)."""
    q = np.sqrt(2 * nucleus.mass * np.maximum(recoil, 1e-9)) / (HBARC * 1e15)
    x = q * np.sqrt(5 * nucleus.radius**2 / 3 - 5 * 0.9**2)
    return 3 * (np.sin(x) - x * np.cos(x)) / x**3 * np.exp(-((q * 0.9) ** 2) / 2)


def dsigma_dt(
    recoil: np.ndarray, e: np.ndarray, nucleus: Nucleus, m_v: float, m_chi: float, dm: str
) -> np.ndarray:
    """dσ/dT [m²/MeV] over ε²α_D, without the T_max cut; dm is "dirac" or "scalar"."""
    m = nucleus.mass
    bracket = 2 * e * (e - recoil) - m_chi**2 * recoil / m
    if dm == "dirac":
        bracket = bracket + recoil**2 - m * recoil
    strength = 4 * np.pi * ALPHA * 4 * np.pi * nucleus.z**2 * helm(recoil, nucleus) ** 2
    flux = 4 * np.pi * (e**2 - m_chi**2) * (2 * m * recoil + m_v**2) ** 2
    return HBARC**2 * strength * m * bracket / flux


def sample_recoil(
    rng: np.random.Generator,
    e: np.ndarray,
    nucleus: Nucleus,
    m_v: float,
    m_chi: float,
    dm: str,
    window: tuple[float, float],
) -> tuple[np.ndarray, np.ndarray]:
    """One T per χ in window ∩ (0, T_max) and dσ/dT over its density ∝ (2MT + a)⁻² [m²/ε²α_D].

    a = 1/(1/m_V² + 1/60²) follows the propagator and, for heavy mediators, the form factor.
    """
    m, a = nucleus.mass, 1 / (1 / m_v**2 + 1 / 60**2)
    t_max = 2 * m * (e**2 - m_chi**2) / (m**2 + m_chi**2 + 2 * m * e)
    low, high = window[0], np.clip(t_max, window[0], window[1])
    u_low, u_high = 1 / (2 * m * low + a), 1 / (2 * m * high + a)
    u = u_low + (u_high - u_low) * rng.random(e.size)
    recoil = (1 / u - a) / (2 * m)
    weight = (u_low - u_high) / (2 * m * u**2)
    return recoil, weight * dsigma_dt(recoil, e, nucleus, m_v, m_chi, dm)


def acceptance(pe: np.ndarray) -> np.ndarray:
    """a/(1 + e^{−k(x−x₀)}) at the 1-PE bin centre x, times 0 below 5 PE and ½ from 5 to 6."""
    centre = np.floor(pe) + 0.5
    step = np.where(centre < 5, 0.0, np.where(centre < 6, 0.5, 1.0))
    return step * 0.6655 / (1 + np.exp(-0.4942 * (centre - 10.8507)))


def arrival_time(
    rng: np.random.Generator, energy: np.ndarray, m_chi: float, distance: float
) -> np.ndarray:
    """t [µs] = Gaussian pulse (0.7, 0.15) + L/v_χ − L/c."""
    velocity = np.sqrt(energy**2 - m_chi**2) / energy
    return rng.normal(0.7, 0.15, energy.size) + distance / LIGHT_SPEED * (1 / velocity - 1)
