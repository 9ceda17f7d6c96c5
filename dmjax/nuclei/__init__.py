"""Nuclei: isotopes, radii, form factors, targets."""

from dmjax.nuclei.form_factor import Radii as Radii
from dmjax.nuclei.form_factor import coherent_amplitude as coherent_amplitude
from dmjax.nuclei.form_factor import helm_form_factor as helm_form_factor
from dmjax.nuclei.form_factor import matter_radius as matter_radius
from dmjax.nuclei.nucleus import Nucleus as Nucleus
from dmjax.nuclei.nucleus import Target as Target
from dmjax.nuclei.nucleus import mean_charge_radius as mean_charge_radius
from dmjax.nuclei.nucleus import neutron_skin as neutron_skin
from dmjax.nuclei.nucleus import nucleus as nucleus
from dmjax.nuclei.nucleus import target_nuclei as target_nuclei
