"""Limits that are known only as curves: typed, and recast by rules with a domain."""

from dmjax.recast.charges import coupling_ratio as coupling_ratio
from dmjax.recast.curve import Curve as Curve
from dmjax.recast.curve import require_same_terms as require_same_terms
from dmjax.recast.curve import terms_of as terms_of
from dmjax.recast.library import curve_names as curve_names
from dmjax.recast.library import shipped as shipped
from dmjax.recast.library import sliced as sliced
from dmjax.recast.recasting import recast as recast
from dmjax.recast.terms import Terms as Terms
from dmjax.recast.terms import merged as merged
