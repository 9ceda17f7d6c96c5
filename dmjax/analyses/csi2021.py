"""COHERENT CsI 2021: photo-electrons × time, signal region and sideband."""

import math

import jax.numpy as jnp

from dmjax.analyses.csi2021_cevns import cevns_part, csi2021_moves
from dmjax.analyses.csi2021_shapes import (
    NAME,
    UNBINNED,
    Binning,
    Events,
    counted,
    csi2021_binning,
    csi2021_events,
    neutron_shape,
    steady_shape,
)
from dmjax.analyses.ingredients import (
    FLUX,
    Parts,
    check_cevns,
    events,
    exposure,
    signal_parts,
    unit_sum,
)
from dmjax.analyses.moves import recoil_effects
from dmjax.data import load_toml
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.effects import Component, Scale
from dmjax.likelihood.signals import SignalLike
from dmjax.prediction.nuisances import Clock
from dmjax.programs import kept_value


def csi2021(
    signal: SignalLike | None = None,
    *,
    cevns: str = "free",
    systematics: bool = True,
    region: str = "signal",
    single: Events | None = None,
    binning: Binning | None = None,
) -> CountModel:
    """The CsI 2021 analysis: CEvNS, beam-related and neutrino-induced neutrons, steady state.

    Parameters: csi_n_cevns (free), csi_n_brn (18.4 ± 25 %), csi_n_nin (5.6 ± 36 %), all in events
    below 60 photo-electrons, so that the sideband shares them; csi_n_ss (csi_n_ss_sideband), the
    anticoincidence count ± its square root, whose energies carry their own statistics; csi_time,
    csi_efficiency, csi_quenching_0 and _1, which move everything that recoils.

    Args:
        signal: events per bin at strength 1, from `dark_matter_signal`; adds the parameter
            "signal" and the pull of the flux.
        cevns: "free", or "predicted" with pulls of flux (shared) and radius.
        systematics: let efficiency and quenching change shapes, the clock be off, and the energies
            of the steady state carry their statistics; without, totals alone change.
        region: "signal" (below 60 photo-electrons) or "sideband" (60–250).
        single: events of the release, in place of the shipped counts.
        binning: other edges; with `single`, as narrow as one likes, which is the unbinned fit.

    Returns:
        `CountModel`, named "csi2021" or "csi2021-sideband".

    Source: COHERENT arXiv:2110.07730.

    >>> int(csi2021().observed.on.sum())
    1578
    """
    check_cevns(cevns)
    spec = load_toml("datasets", NAME)
    bins = binning or csi2021_binning(region)
    on, off = counted(bins, single)
    moves = csi2021_moves(bins, systematics)
    known = [cevns_part(bins, cevns, systematics)]
    known += [_neutrons(spec, key, bins, systematics) for key in ("brn", "nin")]
    components = [one for part in known for one in part.components]
    parameters = [one for part in known for one in part.parameters]
    name = "csi_n_ss" if region == "signal" else "csi_n_ss_sideband"
    parameters.append(events(name, float(off.sum()), math.sqrt(off.sum())))
    shape = steady_shape(exposure(NAME), off, bins)
    components.append(Component("steady", unit_sum(shape), (Scale(name),)))
    added = signal_parts(signal, (Scale(FLUX.name, 1.0, spec["flux_error"]),), (FLUX,), moves)
    return CountModel(
        NAME if region == "signal" else f"{NAME}-{region}",
        [*components, *added.components],
        [*parameters, *added.parameters],
        on=on,
        axes=[("pe", bins.pe), ("time_us", bins.time)],
        contains=("csi2017",) if region == "signal" else (),
        measured="steady" if systematics else None,
        behind=off.sum(1) if systematics else None,
    )


@kept_value
def _neutrons(spec: dict, key: str, bins: Binning, systematics: bool) -> Parts:
    """Neutrons of the beam, or those that neutrinos make: they come with the clock of the beam."""
    held = spec["parameters"][f"csi_n_{key}"]
    moves = csi2021_moves(bins, systematics)
    late = {
        one.nuisance.name: jnp.stack(
            [jnp.asarray(neutron_shape(key, bins, x).ravel()) for x in one.nuisance.knots]
        )
        for one in moves
        if isinstance(one.nuisance, Clock)
    }
    shape = jnp.asarray(neutron_shape(key, bins).ravel())
    moving = recoil_effects(shape, late, moves)
    number = events(f"csi_n_{key}", held["centre"], held["relative_sigma"] * held["centre"])
    component = Component(key, shape, (Scale(number.name), *moving.effects))
    return Parts((component,), (number, *moving.parameters))


def csi2021_unbinned(signal: SignalLike | None = None, **options) -> CountModel:
    """`csi2021` on the single events of the release, in bins of 1 photo-electron × 0.05 µs.

    The shapes are histograms of 1 photo-electron, so finer bins in energy change nothing; in time
    0.05 µs is a third of the width of the pulse. Its name is "csi2021" too: one or the other.
    """
    return csi2021(signal, single=csi2021_events(), binning=UNBINNED, **options)
