"""Differential cross sections dσ/dT on targets at rest."""

from dmjax.scattering.cevns import cevns as cevns
from dmjax.scattering.cevns import weak_radii as weak_radii
from dmjax.scattering.dark import bracket_powers as bracket_powers
from dmjax.scattering.dark import chi_electron as chi_electron
from dmjax.scattering.dark import chi_nucleus as chi_nucleus
from dmjax.scattering.dark import chi_target as chi_target
from dmjax.scattering.dark import form_factor_radii as form_factor_radii
from dmjax.scattering.nsi import Nsi as Nsi
from dmjax.scattering.nsi import nsi as nsi
from dmjax.scattering.nu_electron import nu_electron as nu_electron
