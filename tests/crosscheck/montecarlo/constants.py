"""Constants of the Monte Carlo: MeV, m, µs, kg; masses from the particle tables."""

from particle import Particle

HBARC = 197.3269804e-15  # MeV m
ALPHA = 1 / 137.035999
LIGHT_SPEED = 299.792458  # m/µs
KG_PER_MEV = 1.78266192e-30
AVOGADRO = 6.02214076e23
BR_GAMMA_GAMMA = 0.98823
M_PI0, M_PIMINUS, M_P, M_N, M_E, M_ETA = (
    float(Particle.from_pdgid(code).mass) for code in (111, -211, 2212, 2112, 11, 221)
)
CAPTURE_LIMIT = M_P + M_PIMINUS - M_N  # heaviest X of π⁻p → nX at rest
