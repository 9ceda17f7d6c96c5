"""`missing_energy`: a search for energy that a beam loses to V, shipped or from a user's file."""

from functools import cache
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.constants import M_ELECTRON, M_MUON
from dmjax.data import available, load_toml
from dmjax.errors import unknown_name
from dmjax.experiments.files import described
from dmjax.experiments.missing_layout import check_missing
from dmjax.programs import kept_value
from dmjax.sources.brem_table import BremTable, brem_table
from dmjax.sources.lepton_target import Target
from dmjax.sources.positron_annihilation import Positrons
from dmjax.sources.shower import Tracks, energy_nodes, track_lengths
from dmjax.units import AVOGADRO, M2_PER_INVERSE_MEV2

MISSING_SEARCHES = tuple(available("missing"))
MEV_PER_GEV, CM2_PER_M2 = 1e3, 1e4
ENERGIES = 6
"""Of a shower: with them the yield is within 0.2 % of 200."""
APART, MASSES = 0.01, 3.0
"""Of the least energy, and of the lepton's, by which the energies of a shower lie above it."""
LEPTONS = {"electron": M_ELECTRON, "positron": M_ELECTRON, "muon": M_MUON}


class Counted(NamedTuple):
    """What was counted: events seen (None: no data), expected background, its relative error."""

    seen: float | None
    background: float
    error: float


class MissingEnergy(eqx.Module):
    """Events in which a beam loses energy that nothing sees; every leaf can be varied.

    Attributes:
        table: bremsstrahlung of the beam's leptons in the target.
        exposed: leptons × nuclei per area at the energies of the table [MeV²].
        positrons: of the shower, × electrons per area [MeV²/MeV]; None where there is no shower.
        log_m_v, efficiency: nodes of the efficiency in ln m_V, linear between, constant beyond.
        name: of the preset, or of the user's file.
        lepton: charge that V couples with, "electron" or "muon".
        method: how dσ/dx was computed.
        signal_error: relative error of the cross sections, shared by all such searches.
        efficiency_error: relative error of efficiency and exposure.
        on_target: leptons.
        note: what must be said beside its numbers; "": nothing.
        window_gev: least and largest missing energy [GeV].
        counted: what was seen and expected.
    """

    table: BremTable
    exposed: Float[Array, " energies"]
    positrons: Positrons | None
    log_m_v: Float[Array, " masses"]
    efficiency: Float[Array, " masses"]
    name: str = eqx.field(static=True)
    lepton: str = eqx.field(static=True)
    method: str = eqx.field(static=True)
    signal_error: float = eqx.field(static=True)
    efficiency_error: float = eqx.field(static=True)
    on_target: float = eqx.field(static=True)
    note: str = eqx.field(static=True)
    window_gev: tuple[float, float] = eqx.field(static=True)
    counted: Counted = eqx.field(static=True)


def missing_energy(name_or_path: str) -> MissingEnergy:
    """A shipped missing-energy search by name, or one described in a file of your own.

    Args:
        name_or_path: one of `MISSING_SEARCHES`, or a path that ends in .toml.

    Raises:
        InputError: an unknown name, or anything wrong in a file: one line.

    >>> missing_energy("na64-2019").lepton
    'electron'
    """
    with jax.ensure_compile_time_eval():
        if name_or_path.endswith(".toml"):
            return _build(read_missing(name_or_path), name_or_path)
        return _preset(name_or_path, str(jnp.result_type(float)))


def read_missing(name_or_path: str) -> dict[str, Any]:
    """The checked content of the file of a missing-energy search."""
    if name_or_path.endswith(".toml"):
        spec = described(name_or_path).spec
    elif name_or_path in MISSING_SEARCHES:
        spec = load_toml("missing", name_or_path)
    else:
        raise unknown_name("missing-energy search", name_or_path, MISSING_SEARCHES)
    check_missing(name_or_path, spec)
    return spec


@cache
@kept_value
def _preset(name: str, precision: str) -> MissingEnergy:
    return _build(read_missing(name), name)


def _build(spec: dict[str, Any], name: str) -> MissingEnergy:
    beam, material, chosen = spec["beam"], spec["target"], spec["efficiency"]
    target = Target(float(material["z"]), float(material["a"]), float(material["x0_g_cm2"]))
    energy, least = (MEV_PER_GEV * x for x in (beam["energy_gev"], spec["selection"]["least_gev"]))
    mass = LEPTONS[beam["particle"]]
    tracks = None
    energies, lengths = np.array([energy]), np.array([material.get("depth_x0", 0.0)])
    if "depth_x0" not in material:
        tracks = track_lengths(least / energy, beam["particle"])
        shares, lengths = energy_nodes(tracks, ENERGIES)
        energies = np.maximum(energy * shares, least + max(APART * least, MASSES * mass))
    method = spec["signal"].get("cross_section", "exact")
    nuclei = beam["on_target"] * AVOGADRO / target.a * target.x0 * CM2_PER_M2 * M2_PER_INVERSE_MEV2
    counts = spec["counts"]
    return MissingEnergy(
        table=brem_table(target, mass, tuple(energies.tolist()), least, method),
        exposed=jnp.asarray(nuclei * lengths, float),
        positrons=None if tracks is None else _positrons(tracks, energy, nuclei * target.z),
        log_m_v=jnp.asarray(np.log(chosen.get("m_v_mev", [1.0])), float),
        efficiency=jnp.asarray(chosen["values"], float),
        name=name,
        lepton="muon" if beam["particle"] == "muon" else "electron",
        method=method,
        signal_error=float(spec["signal"]["error"]),
        efficiency_error=float(chosen["error"]),
        on_target=float(beam["on_target"]),
        note=spec.get("note", ""),
        window_gev=(float(spec["selection"]["least_gev"]), float(beam["energy_gev"])),
        counted=Counted(
            counts.get("seen"), float(counts["background"]), counts.get("background_error", 0.0)
        ),
    )


def _positrons(tracks: Tracks, energy: float, electrons: float) -> Positrons:
    return Positrons(
        jnp.asarray(energy * tracks.share, float),
        jnp.asarray(electrons / energy * tracks.positron, float),
    )
