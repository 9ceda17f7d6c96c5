"""Physical constants; masses [MeV] come from the PDG tables in the `particle` package."""

import math

from particle import Particle


def _particle(pdgid: int) -> Particle:
    return Particle.from_pdgid(pdgid)


def _mass(pdgid: int) -> float:
    return float(_particle(pdgid).mass or 0.0)


M_ELECTRON = _mass(11)
M_MUON = _mass(13)
M_TAU = _mass(15)
M_PI0 = _mass(111)
M_ETA = _mass(221)
M_PION = _mass(211)
M_PROTON = _mass(2212)
M_NEUTRON = _mass(2112)
M_KAON = _mass(321)

TAU_PION_US, TAU_MUON_US, TAU_KAON_US = (
    1e-3 * float(_particle(pdgid).lifetime or 0.0) for pdgid in (211, 13, 321)
)
"""Mean lives of π⁺, µ⁺ and K⁺ [µs]: 0.02603, 2.197, 0.01238."""

ALPHA_EM = 7.2973525693e-3
"""Fine-structure constant at zero momentum (CODATA 2018)."""

E_CHARGE = math.sqrt(4.0 * math.pi * ALPHA_EM)
"""Elementary charge e = √(4πα), Heaviside–Lorentz."""

G_FERMI = 1.1663788e-11
"""Fermi constant [MeV⁻²] (PDG 2022)."""

BR_PI0_TWO_PHOTONS = 0.98823
"""BR(π⁰ → γγ) (PDG 2022)."""

BR_ETA_TWO_PHOTONS = 0.3936
"""BR(η → γγ) (PDG 2022)."""

E_NU_PROMPT = (M_PION**2 - M_MUON**2) / (2.0 * M_PION)
"""Energy of the ν_µ line of π⁺ → µ⁺ν_µ at rest [MeV], 29.79."""

E_NU_KAON = (M_KAON**2 - M_MUON**2) / (2.0 * M_KAON)
"""Energy of the ν_µ line of K⁺ → µ⁺ν_µ at rest [MeV], 235.5."""

BR_KAON_MUON = 0.6356
"""BR(K⁺ → µ⁺ν_µ) (PDG 2022)."""

M_CAPTURE_MAX = M_PROTON + M_PION - M_NEUTRON
"""Heaviest mediator that π⁻ p → n V at rest can make [MeV], 138.28."""
