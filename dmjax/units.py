"""Units. Inside the package ħ = c = 1; energies and masses in MeV, lengths in m, times in µs."""

HBARC_MEV_FM = 197.3269804
"""ħc [MeV fm] (CODATA 2018, exact to the digits given)."""

HBAR_MEV_NS = 6.582119569e-13
"""ħ [MeV ns] (CODATA 2018)."""

M2_PER_INVERSE_MEV2 = (HBARC_MEV_FM * 1e-15) ** 2
"""(ħc)²: one MeV⁻² of cross section in m²."""

M_PER_US = 299.792458
"""Speed of light [m/µs] (exact)."""

US_PER_NS = 1e-3

MEV_PER_KEV = 1e-3
KEV_PER_MEV = 1e3

AVOGADRO = 6.02214076e23
"""Particles per mole (exact)."""

MEV_PER_DALTON = 931.49410242
"""Atomic mass unit [MeV] (CODATA 2018)."""
