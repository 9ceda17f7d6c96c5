"""Mediators: charges, couplings, dark-matter spin."""

from dmjax.models.couplings import eps_from_y as eps_from_y
from dmjax.models.couplings import y_from_eps as y_from_eps
from dmjax.models.vector import PRESETS as PRESETS
from dmjax.models.vector import SPINS as SPINS
from dmjax.models.vector import Charges as Charges
from dmjax.models.vector import VectorMediator as VectorMediator
from dmjax.models.vector import mediator as mediator
