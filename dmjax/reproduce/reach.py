"""Curves of one plane: what detectors are expected to exclude, published limits, the target."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from dmjax._version import __version__
from dmjax.constants import E_CHARGE
from dmjax.conventions import Conventions
from dmjax.models import mediator
from dmjax.recast.curve import Curve
from dmjax.recast.library import sliced
from dmjax.relic.target import OMEGA_H2, relic_target
from dmjax.reproduce.asked import terms
from dmjax.studies.curve_settings import TermOptions
from dmjax.studies.curves import OWN_LICENCE, as_curve, curves_of_result, found_curve
from dmjax.studies.limits import run_limit
from dmjax.studies.recasting import recast_for
from dmjax.studies.relic import CAVEATS, run_relic
from dmjax.studies.relic_settings import RelicSettings
from dmjax.studies.settings import LimitSettings

YEARS = 3.0
"""Of exposure in [D20] §6.2."""


def projection(
    where: tuple[str, ...], masses: np.ndarray, conventions: Conventions, **options: Any
) -> Curve:
    """What detectors are expected to exclude together, inside their cuts, by [D20] Eqs. 6.6, 6.7.

    Args:
        where: detectors.
        masses: m_V [MeV].
        conventions: profile.
        options: fields of `LimitSettings` beside.
    """
    asked = {"window": "cuts", "method": "chi2-d20", "years": YEARS} | options
    m_v = tuple(masses.tolist())
    settings = LimitSettings(where=where, m_v=m_v, expected=True, **asked, **terms(conventions))
    return as_curve(run_limit(settings))


def published(name: str, asked: TermOptions) -> Curve:
    """A shipped curve for the terms of a figure."""
    held = sliced(found_curve(name), asked.mass_ratio, asked.m_chi)
    return recast_for(held, asked)


def target(masses: np.ndarray, asked: TermOptions) -> Curve:
    """The thermal target for the terms of a figure; masses: m_χ [MeV], fixed m_V/m_χ."""
    settings = RelicSettings(
        chi_masses=tuple(masses.tolist()),
        model=asked.model or "dark-photon",
        dm=asked.dm or "dirac",
        mass_ratio=asked.mass_ratio or 3.0,
        alpha_d=asked.alpha_d or 0.5,
    )
    line = curves_of_result(run_relic(settings))[0]
    return recast_for(line, asked)


def curve_rows(curves: dict[str, Curve]) -> list[dict[str, Any]]:
    """One row per point of every curve."""
    return [
        {"curve": label, "role": curve.role, curve.x_quantity: x, curve.y_quantity: y}
        for label, curve in curves.items()
        for x, y in zip(curve.x, curve.y, strict=True)
    ]


def curve_numbers(curves: dict[str, Curve]) -> dict[str, Any]:
    """What JSON holds of curves: points, terms, source and notes."""
    kept = ("x_quantity", "y_quantity", "role", "model", "dm", "alpha_d", "mass_ratio", "cl")
    also = ("m_chi", "simulated", "provenance", "source", "licence", "notes")
    return {
        label: {"x": curve.x, "y": curve.y, "piece": curve.piece}
        | {name: getattr(curve, name) for name in kept + also}
        for label, curve in curves.items()
    }


@eqx.filter_jit
def _target_eps(m_chi, m_v, alpha_d):
    def one(mass):
        v = mediator("dark-photon", mass, m_chi, eps=1e-5, alpha_d=alpha_d)
        found = relic_target(v, jnp.asarray(OMEGA_H2))
        return jnp.where(found.exists, jnp.exp(found.log_kappa) / E_CHARGE, jnp.inf)

    return jax.vmap(one)(m_v)


def target_at(m_chi: float, m_v: np.ndarray, alpha_d: float = 0.5) -> Curve:
    """ε of a dark photon that gives Dirac dark matter of one mass its density, against m_V.

    Args:
        m_chi: [MeV].
        m_v: [MeV], above 2m_χ.
        alpha_d: α_D.
    """
    eps = np.asarray(_target_eps(jnp.asarray(m_chi), jnp.asarray(m_v), jnp.asarray(alpha_d)))
    there = np.isfinite(eps)
    return Curve(
        name="relic-target",
        label="relic density",
        x=m_v[there],
        y=eps[there],
        x_quantity="m_V",
        y_quantity="eps",
        piece=np.zeros(int(there.sum()), int),
        model="dark-photon",
        dm="dirac",
        alpha_d=alpha_d,
        m_chi=m_chi,
        made="beam",
        detected="invisible",
        target={},
        role="target",
        simulated="dmjax relic",
        provenance=f"dmjax {__version__}",
        source=f"dmjax {__version__}",
        licence=OWN_LICENCE,
        notes=list(CAVEATS),
        configuration={},
    )
