"""From true recoil energy to what a detector counts."""

from dmjax.response.light import Acceptance as Acceptance
from dmjax.response.light import LightResponse as LightResponse
from dmjax.response.light import acceptance as acceptance
from dmjax.response.recoils import RecoilGrid as RecoilGrid
from dmjax.response.recoils import accepted_recoils as accepted_recoils
from dmjax.response.recoils import all_recoils as all_recoils
