"""Keys of the file of a missing-energy search, and what each may be."""

from typing import Any

from dmjax.errors import InputError
from dmjax.experiments.schema import check_assumed
from dmjax.schema import (
    FRACTION,
    NOT_NEGATIVE,
    Number,
    Numbers,
    Section,
    Text,
    Texts,
    check,
    complaint,
)
from dmjax.sources.brem_table import METHODS

SIGNATURE = "missing-energy"
PARTICLES = ("electron", "positron", "muon")
GEV = Number(0.1, 1e4)
ERROR = Number(0.0, 1.0)
MISSING = Section(
    {
        "title": Text(),
        "signature": Text((SIGNATURE,)),
        "beam": Section(
            {
                "particle": Text(PARTICLES),
                "energy_gev": GEV,
                "on_target": Number(1.0, 1e30),
            }
        ),
        "target": Section(
            {
                "z": Number(1.0, 120.0, whole=True),
                "a": Number(1.0, 300.0),
                "x0_g_cm2": Number(1.0, 100.0),
            },
            {"depth_x0": Number(1e-6, 1e3)},
        ),
        "selection": Section({"least_gev": GEV}),
        "efficiency": Section(
            {"values": Numbers(FRACTION, shortest=1), "error": ERROR},
            {"m_v_mev": Numbers(Number(1e-3, 1e6), increasing=True, shortest=1)},
        ),
        "signal": Section({"error": ERROR}, {"cross_section": Text(tuple(METHODS))}),
        "counts": Section(
            {"background": NOT_NEGATIVE},
            {"background_error": Number(0.0, 10.0), "seen": Number(0.0, 1e9, whole=True)},
        ),
    },
    {"note": Text(), "assumed": Texts()},
)
NEAREST = 0.9
"""Of the beam's energy, that may be asked to be missing."""


def is_missing(spec: dict[str, Any]) -> bool:
    """Whether a file says that it describes a missing-energy search."""
    return spec.get("signature") == SIGNATURE


def check_missing(file: str, spec: dict[str, Any]) -> None:
    """Raise InputError, one line, at the first thing wrong in a missing-energy file."""
    check(file, "", spec, MISSING)
    check_assumed(file, spec)
    beam, target = spec["beam"], spec["target"]
    least, most = spec["selection"]["least_gev"], NEAREST * beam["energy_gev"]
    if least > most:
        raise complaint(file, "selection.least_gev", least, f"at most {most:g}, 0.9 of the beam")
    if beam["particle"] == "muon" and "depth_x0" not in target:
        raise InputError(f"{file}: missing key target.depth_x0: muons do not shower")
    if beam["particle"] == "positron" and "depth_x0" in target:
        rule = "left out: a beam of positrons is followed to its end"
        raise complaint(file, "target.depth_x0", target["depth_x0"], rule)
    chosen = spec["efficiency"]
    masses = len(chosen.get("m_v_mev", [1.0]))
    if masses != len(chosen["values"]):
        rule = f"one for each of m_v_mev ({masses} numbers)"
        raise complaint(file, "efficiency.values", chosen["values"], rule)
    counts = spec["counts"]
    if counts.get("background_error", 0.0) > 0.0 and not counts["background"] > 0.0:
        raise complaint(
            file, "counts.background_error", counts["background_error"], "0 without background"
        )
