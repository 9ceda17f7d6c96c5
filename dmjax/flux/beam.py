"""Everything a proton beam makes that can turn into dark matter, as one detector sees it."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.sources import (
    CascadePhotons,
    DopplerTable,
    NeutralMesons,
    StoppedPions,
    boost_kernel,
    doppler_table,
)
from dmjax.sources.boost import BoostKernel
from dmjax.sources.harmonics import Harmonics, harmonics

Scalar = Float[Array, ""]


class MovingMesons(eqx.Module):
    """Mesons in flight and the boost of their decays towards the detector.

    `harmonics`, in all directions, is needed for mediators with a lifetime alone: None without.
    """

    mesons: NeutralMesons
    kernel: BoostKernel
    harmonics: Harmonics | None = None


class Beam(eqx.Module):
    """All parents of one beam; the angle of the detector enters through the boosts alone.

    Attributes:
        pi0, eta: P1, η None below its threshold; pions: P2; photons: P4.
        exchange_per_pot: π⁰ of charge exchange, nearly at rest, per proton on target (P3).
        k_max: largest χ momentum that any channel gives [MeV].
        angle: of the detector to the beam [rad]; None: averaged over all directions.
    """

    pi0: MovingMesons
    eta: MovingMesons | None
    pions: StoppedPions
    exchange_per_pot: Scalar
    photons: CascadePhotons
    k_max: Scalar
    angle: float | None = eqx.field(static=True)


def make_beam(
    pi0: NeutralMesons,
    eta: NeutralMesons | None,
    pions: StoppedPions,
    exchange_per_pot: Scalar,
    photons: CascadePhotons,
    angle: float | None,
) -> Beam:
    """The beam as seen at `angle` [rad] from its direction; None: averaged over all directions."""
    moving = [meson for meson in (pi0, eta) if meson is not None]
    tables = [doppler_table(meson, angle) for meson in moving]
    fastest = [_k_max(meson, table) for meson, table in zip(moving, tables, strict=True)]
    k_max = max(*fastest, float(photons.edges[-1]))
    seen = [
        MovingMesons(meson, boost_kernel(table, k_max))
        for meson, table in zip(moving, tables, strict=True)
    ]
    return Beam(
        pi0=seen[0],
        eta=seen[1] if eta is not None else None,
        pions=pions,
        exchange_per_pot=exchange_per_pot,
        photons=photons,
        k_max=jnp.asarray(k_max, float),
        angle=angle,
    )


def with_harmonics(beam: Beam) -> Beam:
    """The beam prepared for mediators with a lifetime; takes seconds, so only on demand."""

    def seen(moving: MovingMesons | None) -> MovingMesons | None:
        if moving is None:
            return None
        table = harmonics(moving.mesons, beam.angle)
        return MovingMesons(moving.mesons, moving.kernel, table)

    return Beam(
        pi0=seen(beam.pi0) or beam.pi0,
        eta=seen(beam.eta),
        pions=beam.pions,
        exchange_per_pot=beam.exchange_per_pot,
        photons=beam.photons,
        k_max=beam.k_max,
        angle=beam.angle,
    )


def _k_max(mesons: NeutralMesons, table: DopplerTable) -> float:
    """Largest χ momentum [MeV]: E = E′/g with E′ ≤ m_M/2 for any mediator."""
    lowest = float(np.exp(table.log_g_min + 2.0 * table.step_log_g))
    return 0.5 * float(mesons.mass) / lowest
