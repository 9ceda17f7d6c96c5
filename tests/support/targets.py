"""Thermal targets of many masses at once, for the tests of the relic density."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from dmjax.batches import in_blocks
from dmjax.constants import E_CHARGE
from dmjax.models import mediator
from dmjax.relic.target import OMEGA_H2, relic_target

BLOCK = 12
"""Masses of one program, so that each spin and model compiles once."""


@eqx.filter_jit
def _block(points, dm, model):
    key = "eps" if model == "dark-photon" else "g"

    def one(m_chi, ratio, alpha_d, delta):
        splitting = {"splitting": delta * m_chi} if dm == "pseudo-dirac" else {}
        coupling = {key: 1e-5, "alpha_d": alpha_d, "dm": dm, "role": "scatterer"}
        v = mediator(model, ratio * m_chi, m_chi, **coupling, **splitting)
        found = relic_target(v, jnp.asarray(OMEGA_H2))
        return jnp.exp(2.0 * found.log_kappa) / E_CHARGE**2, found.exists

    return jax.vmap(one)(*points)


def target_line(m_chi, ratio, alpha_d, dm="dirac", model="dark-photon", delta=0.0):
    """(ε² or g²/e², whether it exists) at each mass; `delta` is the splitting over m_χ."""
    points = np.broadcast_arrays(*(np.asarray(x, float) for x in (m_chi, ratio, alpha_d, delta)))
    return in_blocks(lambda block: _block(block, dm, model), tuple(points), BLOCK)


def target_y(m_chi, ratio, alpha_d, **options):
    """Y of the targets, all of which must exist."""
    squared, exists = target_line(m_chi, ratio, alpha_d, **options)
    assert exists.all()
    return np.asarray(squared) * np.asarray(alpha_d) / np.asarray(ratio) ** 4
