"""The CsI 2017 prediction and likelihood in plain NumPy/SciPy: what the package is timed against.

    python bench/baseline.py SOURCE_DIR

prints median timings as JSON. Conventions d20: isotropic decay, narrow V, R_n = 4.7 fm, all π⁻.
MeV, µs, m. No random numbers: quadrature over the π⁰ list (or its table) and over recoils.
"""

import json
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from particle import Particle
from scipy.constants import physical_constants, speed_of_light
from scipy.integrate import quad
from scipy.special import gammaln, logsumexp, ndtr, xlogy
from scipy.stats import poisson

M_PI0, M_PIMINUS, M_P, M_N, M_E, M_CS, M_I = (
    Particle.from_pdgid(i).mass for i in (111, -211, 2212, 2112, 11, 1000551330, 1000531270)
)
ALPHA = physical_constants["fine-structure constant"][0]
HBARC = physical_constants["reduced Planck constant times c in MeV fm"][0] * 1e-15
KG_PER_MEV = (
    physical_constants["atomic mass constant"][0]
    / (physical_constants["atomic mass constant energy equivalent in MeV"][0])
)
NUCLEI_PER_KG = 1 / ((M_CS + M_I) * KG_PER_MEV)
NUCLEI = ((55, M_CS - 55 * M_E), (53, M_I - 53 * M_E))
KEV_PER_PE = 1 / (13.348 * 0.0878)
PE_EDGES, TIME_EDGES = np.arange(6.0, 33.0), np.arange(0.0, 6.25, 0.5)  # 1 PE, summed in pairs
CELLS, (GAUSS_X, GAUSS_W) = 300, np.polynomial.legendre.leggauss(4)


class Inputs(NamedTuple):
    """π⁰ nodes (γ, Doppler factor to the detector, weight), photon energies and photons per POT."""

    gamma: np.ndarray
    doppler: np.ndarray
    weight: np.ndarray
    photon_energy: np.ndarray
    photons: np.ndarray


def load(source: Path, angle: float = 90.0, cells: tuple[int, int] | None = (200, 50)) -> Inputs:
    """Read the lists; π⁰ × azimuths, merged into cell means in ln D and ln γ unless cells is None.

    D = γ(1 − β cosψ), the Doppler factor: E′ is linear in γ and D, so the means keep it.
    """
    theta, _, _, _, _, kinetic = np.loadtxt(source / "coherent/Pi0_Info.txt").T
    brem = np.loadtxt(source / "coherent/brem.txt").T
    phi = (np.arange(48) + 0.5) * np.pi / 48
    theta, det = np.radians(theta)[:, None], np.radians(angle)
    cos_psi = np.cos(theta) * np.cos(det) + np.sin(theta) * np.sin(det) * np.cos(phi)
    gamma = np.repeat(1 + kinetic / M_PI0, 48)
    doppler = gamma - np.sqrt(gamma**2 - 1) * cos_psi.ravel()
    count = np.ones(gamma.size)
    if cells is not None:
        index = np.ravel_multi_index((steps(doppler, cells[0]), steps(gamma, cells[1])), cells)
        sums = [np.bincount(index, weights=x) for x in (count, gamma, doppler)]
        count, gamma, doppler = (x[sums[0] > 0] for x in sums)
        gamma, doppler = gamma / count, doppler / count
    return Inputs(gamma, doppler, count / count.sum(), brem[0], brem[1] / 1e5)


def steps(x: np.ndarray, n: int) -> np.ndarray:
    """Index of x among n equal cells of its logarithm."""
    y = np.log(x / x.min())
    return np.minimum((y / y.max() * n).astype(int), n - 1)


# --- χ at the detector: cell centres [MeV]; χ per sr and POT (over ε²) in each cell ---------------
def box(e_x: np.ndarray, m_x: float, m_chi: float) -> tuple[np.ndarray, np.ndarray]:
    """Range of E_χ from X of energy E_X: γ_X (E* ∓ β_X p*)."""
    e_star, p_star = m_x / 2, np.sqrt(m_x**2 / 4 - m_chi**2)
    p_x = np.sqrt(np.maximum(e_x**2 - m_x**2, 0))
    return (e_x * e_star - p_x * p_star) / m_x, (e_x * e_star + p_x * p_star) / m_x


def energy_cells(low: float, high: float) -> np.ndarray:
    """Cell edges, finer towards the low end."""
    return low + (high - low) * np.linspace(0, 1, CELLS + 1) ** 2


def pi0_spectrum(inputs: Inputs, m_v: float, m_chi: float) -> tuple[np.ndarray, np.ndarray]:
    """dN/dE dΩ = 2 (k/k′) f(E′)/4π, E′ = γ(E − k) + Dk, f a box, summed over the π⁰ nodes."""
    low, high = box(np.array((M_PI0**2 + m_v**2) / (2 * M_PI0)), m_v, m_chi)
    g_max = inputs.gamma.max()
    top = g_max * high + np.sqrt((g_max**2 - 1) * (high**2 - m_chi**2))
    edges = energy_cells(m_chi, float(top))
    e = (edges[1:] + edges[:-1]) / 2
    k, flux = np.sqrt(e**2 - m_chi**2), np.zeros(CELLS)
    for part in np.array_split(np.arange(inputs.gamma.size), 1 + inputs.gamma.size // 1000):
        g, d, w = inputs.gamma[part], inputs.doppler[part], inputs.weight[part]
        e_pion = g[:, None] * (e - k) + d[:, None] * k
        inside = (e_pion > low) & (e_pion < high)
        k_pion = np.sqrt(np.where(inside, e_pion**2 - m_chi**2, np.inf))
        flux += w @ (k / k_pion)
    per_pot = 0.1048 * 0.98823 * 2 * (1 - (m_v / M_PI0) ** 2) ** 3
    return e, per_pot * 2 / (4 * np.pi) / (high - low) * flux * np.diff(edges)


def isotropic_spectrum(
    e_x: np.ndarray, per_pot: np.ndarray, m_x: float, m_chi: float
) -> tuple[np.ndarray, np.ndarray]:
    """Boxes of X at rest or isotropic in the lab, each shared exactly among the cells."""
    low, high = box(e_x, m_x, m_chi)
    edges = energy_cells(low.min(), high.max())
    filled = np.clip((edges - low[:, None]) / (high - low)[:, None], 0, 1)
    return (edges[1:] + edges[:-1]) / 2, 2 / (4 * np.pi) * per_pot @ np.diff(filled)


def spectra(inputs: Inputs, m_v: float, m_chi: float) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The open channels."""
    found, total = {}, M_P + M_PIMINUS
    if m_v < M_PI0:
        found["pi0"] = pi0_spectrum(inputs, m_v, m_chi)
    if m_v < total - M_N:
        e_x = np.array([(total**2 - M_N**2 + m_v**2) / (2 * total)])
        found["piminus"] = isotropic_spectrum(e_x, np.array([0.0333 + 0.0113]), m_v, m_chi)
    if m_v < inputs.photon_energy.max():
        e_x = inputs.photon_energy[inputs.photon_energy > m_v]
        ratio = m_v / (1.0773 * e_x + 13.716)
        f = np.minimum(1, 1154 * np.exp(-24.42 * ratio**0.3174))
        photons = inputs.photons[inputs.photon_energy > m_v]
        found["cascade"] = isotropic_spectrum(e_x, photons * f, m_v, m_chi)
    return found


# --- scattering, response, time -------------------------------------------------------------------
def helm_squared(recoil: np.ndarray, mass: float, r_n: float = 4.7) -> np.ndarray:
    """|F|² = [3 j₁(qR₀)/(qR₀)]² e^{−q²s²}, R₀² = 5R_n²/3 − 5s²."""
    q = np.sqrt(2 * mass * recoil) / (HBARC * 1e15)
    x = q * np.sqrt(5 * r_n**2 / 3 - 5 * 0.81)
    return (3 * (np.sin(x) - x * np.cos(x)) / x**3) ** 2 * np.exp(-((q * 0.9) ** 2))


def recoil_integrals(e: np.ndarray, edges: np.ndarray, m_v: float, m_chi: float, dm: str):
    """Σ_nuclei ∫dT dσ/dT [m² over ε²α_D] in recoil bins cut at T_max: shape (energies, bins)."""
    total, p2 = 0.0, (e**2 - m_chi**2)[:, None, None]
    for z, m in NUCLEI:
        t_max = 2 * m * p2[..., 0] / (m**2 + m_chi**2 + 2 * m * e[:, None])
        cut = np.minimum(edges, np.maximum(t_max, edges[0]))
        half, mid = np.diff(cut)[..., None] / 2, ((cut[:, 1:] + cut[:, :-1]) / 2)[..., None]
        t, energy = mid + half * GAUSS_X, e[:, None, None]
        bracket = 2 * energy * (energy - t) - m_chi**2 * t / m
        if dm == "dirac":
            bracket += t**2 - m * t
        dsigma = (
            z**2 * helm_squared(t, m) * m * bracket / (4 * np.pi * p2 * (2 * m * t + m_v**2) ** 2)
        )
        total = total + np.sum(half * GAUSS_W * dsigma, axis=-1)
    return HBARC**2 * (4 * np.pi) ** 2 * ALPHA * total


def acceptance(pe: np.ndarray) -> np.ndarray:
    """a/(1 + e^{−k(PE − x₀)}), 0 below 5 PE, half from 5 to 6."""
    return (
        np.select([pe < 5, pe < 6], [0, 0.5], 1) * 0.6655 / (1 + np.exp(-0.4942 * (pe - 10.8507)))
    )


def time_fractions(e: np.ndarray, m_chi: float, distance: float) -> np.ndarray:
    """Fraction of the Gaussian pulse (0.7, 0.15) arriving in each time bin after L/v − L/c."""
    late = distance / (speed_of_light * 1e-6) * (e / np.sqrt(e**2 - m_chi**2) - 1)
    return np.diff(ndtr((TIME_EDGES - 0.7 - late[:, None]) / 0.15))


def predict(
    m_v: float,
    m_chi: float,
    eps: float,
    alpha_d: float,
    inputs: Inputs,
    dm: str = "dirac",
    pot: float = 1.76e23,
    mass_kg: float = 14.57,
    distance: float = 19.3,
) -> dict[str, np.ndarray]:
    """Expected events per channel, 13 × 12 bins: PE 6..32 by 2, t 0..6 µs by 0.5."""
    scale = eps**4 * alpha_d * pot * mass_kg * NUCLEI_PER_KG / distance**2
    passed = acceptance((PE_EDGES[1:] + PE_EDGES[:-1]) / 2)
    out = {name: np.zeros((13, 12)) for name in ("pi0", "piminus", "cascade")}
    for name, (e, flux) in spectra(inputs, m_v, m_chi).items():
        sigma = recoil_integrals(e, PE_EDGES * KEV_PER_PE * 1e-3, m_v, m_chi, dm) * passed
        pairs = sigma.reshape(CELLS, 13, 2).sum(axis=-1)
        out[name] = scale * (flux[:, None] * pairs).T @ time_fractions(e, m_chi, distance)
    return out


# --- likelihood -----------------------------------------------------------------------------------
def log_nbg_sum(s: np.ndarray, n: np.ndarray, m: np.ndarray) -> np.ndarray:
    """ln Σ_j s^j e^{−s}/j! C(n−j+m, m) 2^{−(n−j+m+1)}, j = 0..n; s broadcasts against n, m."""
    j = np.arange(n.max() + 1)
    rest = np.maximum(n[:, None] - j, 0)
    c = gammaln(rest + m[:, None] + 1) - gammaln(rest + 1) - gammaln(m[:, None] + 1)
    c = c - gammaln(j + 1) - (rest + m[:, None] + 1) * np.log(2)
    terms = xlogy(j, s[..., None]) + np.where(j <= n[:, None], c, -np.inf)
    return logsumexp(terms, axis=-1) - s


def log_nbg_quad(s: float, n: int, m: int) -> float:
    """ln ∫₀^∞ dN P(n; s + N) P(m; N) by adaptive quadrature."""
    peak, width = max((n - s + m) / 2, 0.0), np.sqrt(n + m + 1)
    cuts = [max(peak + d * width, 0) for d in (-8, -1, 0, 1, 8, 30)]
    top = poisson.pmf(n, s + peak) * poisson.pmf(m, peak) or 1.0

    def integrand(b: float) -> float:
        log_p = xlogy(n, s + b) - s - 2 * b + xlogy(m, b) - gammaln(n + 1) - gammaln(m + 1)
        return np.exp(log_p) / top

    pieces = [(a, b) for a, b in pairwise([0, *cuts]) if b > a]
    parts = [quad(integrand, a, b, epsabs=0, epsrel=1e-12)[0] for a, b in pieces]
    return float(np.log(np.sum(parts)) + np.log(top))


def log_likelihood(
    signal: np.ndarray,
    neutrinos: np.ndarray,
    neutrons: np.ndarray,
    n_on: np.ndarray,
    n_off: np.ndarray,
    sigma: float = 0.28,
    method: str = "sum",
    nodes: int = 48,
) -> float:
    """Eq. 6.4, α shared: ln ∫dα G(α; σ) Π P, α from −1 (no negative yields) to 6σ."""
    x, w = np.polynomial.legendre.leggauss(nodes)
    low, high = max(-1.0, -6 * sigma), 6 * sigma
    alpha = (low + high) / 2 + (high - low) / 2 * x
    gauss = np.exp(-0.5 * (alpha / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi))
    s = (1 + alpha[:, None]) * (signal + neutrinos).ravel() + neutrons.ravel()
    n, m = n_on.ravel().astype(int), n_off.ravel().astype(int)
    if method == "sum":
        log_p = log_nbg_sum(s, n, m)
    else:
        log_p = np.array(
            [[log_nbg_quad(*args) for args in zip(row, n, m, strict=True)] for row in s]
        )
    return float(logsumexp(log_p.sum(axis=1), b=w * (high - low) / 2 * gauss))


# --- timings --------------------------------------------------------------------------------------
def counts(source: Path, name: str) -> np.ndarray:
    """A released count table in 6 ≤ PE < 32, t < 6 µs."""
    pe, t, n = np.loadtxt(source / f"coherent/{name}.txt", delimiter=",").T
    return n[(pe > 6) & (pe < 32) & (t < 6)].reshape(13, 12)


def median_ms(call: Callable[[], object], repeats: int) -> float:
    """Median wall time of a call after one warm-up [ms]."""
    call()
    clock = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        clock.append(time.perf_counter() - start)
    return round(1e3 * float(np.median(clock)), 4)


def main(source: Path) -> None:
    """Median timings; the neutrino template is a plain 165-event shape, enough for timing."""
    table, raw = load(source), load(source, cells=None)
    args = (75.0, 25.0, 1e-4, 0.5)
    signal = sum(predict(*args, table).values())
    shape = np.exp(-np.arange(13) / 3)[:, None] * np.exp(-np.arange(12) / 4)
    on, off = (counts(source, f"data_{k}coincidence_beamOn") for k in ("", "anti"))
    bins = (signal, 165 * shape / shape.sum(), 10 * shape / shape.sum(), on, off)
    report = {
        "point": dict(zip(("m_v", "m_chi", "eps", "alpha_d"), args, strict=True)),
        "bins": [13, 12],
        "load_pi0_table_ms": median_ms(lambda: load(source), 3),
        "predict_ms": median_ms(lambda: predict(*args, table), 15),
        "predict_raw_pi0_list_ms": median_ms(lambda: predict(*args, raw), 3),
        "log_likelihood_ms": median_ms(lambda: log_likelihood(*bins), 50),
        "log_likelihood_quad_ms": median_ms(lambda: log_likelihood(*bins, method="quad"), 1),
    }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
