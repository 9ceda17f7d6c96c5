"""η from a list of π⁰ by m_T scaling, where no list of η is public."""

import numpy as np
from particle import Particle


def _mass(pdgid: int) -> float:
    return float(Particle.from_pdgid(pdgid).mass or 0.0)


M_PI0, M_ETA = _mass(111), _mass(221)
M_NUCLEON = 0.5 * (_mass(2212) + _mass(2112))


def centre_of_mass(beam_energy: float) -> tuple[float, float]:
    """√s [MeV] and rapidity of the NN centre of mass: proton of kinetic energy T on N at rest.

    >>> [round(float(x), 4) for x in centre_of_mass(3000.0)]
    [3026.5139, 1.0563]
    """
    root_s = np.sqrt(2.0 * M_NUCLEON * (2.0 * M_NUCLEON + beam_energy))
    return root_s, np.arccosh((beam_energy + 2.0 * M_NUCLEON) / root_s)


def largest_energy(mass: float, root_s: float) -> float:
    """E*_max = (s + m² − 4m_N²)/2√s [MeV] of a meson in NN → NNX, in the centre of mass."""
    return (root_s**2 + mass**2 - 4.0 * M_NUCLEON**2) / (2.0 * root_s)


def scaled_etas(p_transverse: np.ndarray, p_beam: np.ndarray, beam_energy: float) -> np.ndarray:
    """(T, cosθ) of η in the lab, one per π⁰ with m_T ≥ m_η.

    In the nucleon–nucleon centre of mass each η takes the transverse mass of a π⁰ and its
    rapidity times the ratio of the kinematic limits at that m_T,

        y*_η = y*_π y_max(η)/y_max(π⁰),  cosh y_max(X) = E*_max(X)/m_T;

    π⁰ beyond their own limit (Fermi motion, cascades) are dropped, all others count once.

    Equal m_T, not equal m_T − m, is the scaling of meson spectra in nuclear collisions at 1–2 GeV
    per nucleon (Bratkovskaya, Cassing, Mosel, Phys. Lett. B 424 (1998) 244, nucl-th/9712046); it
    is carried over to p + Hg here. It also compares like with like: at 3 GeV E*_max is 934 MeV
    for π⁰ and 980 MeV for η, so the same m_T leaves the nucleons about as much energy, and the
    soft π⁰ of the cascade, which tell nothing of η, stay out. Equal m_T − m would give 7 % fewer
    χ towards 29°.

    Args:
        p_transverse: of the π⁰ [MeV].
        p_beam: π⁰ momentum along the beam, lab [MeV].
        beam_energy: kinetic energy of the protons [MeV].

    Returns:
        Kinetic energy [MeV] and cosθ to the beam, (n, 2), n ≤ number of π⁰.

    Valid for the shape only, from the η threshold (1.26 GeV) to several GeV; the number of η is
    not derived. Three-body phase space, NN → NNη isotropic in the centre of mass, gives 13–16 %
    more χ towards 29° at 3 GeV (beams/mlf.toml).
    """
    root_s, y_cm = centre_of_mass(beam_energy)
    m_t = np.hypot(p_transverse, M_PI0)
    y = np.arcsinh(p_beam / m_t) - y_cm
    top_pi0, top_eta = (largest_energy(mass, root_s) for mass in (M_PI0, M_ETA))
    kept = (m_t >= M_ETA) & (m_t * np.cosh(y) <= top_pi0)
    m_t, y = m_t[kept], y[kept]
    y_lab = y_cm + y * np.arccosh(top_eta / m_t) / np.arccosh(top_pi0 / m_t)
    energy = m_t * np.cosh(y_lab)
    cos_theta = m_t * np.sinh(y_lab) / np.sqrt(energy**2 - M_ETA**2)
    return np.column_stack([energy - M_ETA, cos_theta])
