"""Differential cross sections dσ/dT on targets at rest."""

from dmjax.scattering.cevns import cevns_recoil as cevns_recoil
from dmjax.scattering.dark import chi_electron as chi_electron
from dmjax.scattering.dark import chi_nucleus as chi_nucleus
from dmjax.scattering.dark import chi_target as chi_target
from dmjax.scattering.dark import form_factor_radius as form_factor_radius
