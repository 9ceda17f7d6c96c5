"""Differential cross sections dσ/dT on targets at rest."""

from dmjax.scattering.cevns import cevns_recoil as cevns_recoil
from dmjax.scattering.nuclear import chi_nucleus as chi_nucleus
from dmjax.scattering.nuclear import form_factor_radius as form_factor_radius
