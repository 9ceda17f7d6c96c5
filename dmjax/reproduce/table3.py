"""Table 3 of arXiv:2006.09386: particles per proton, as its own sums and as our beams hold them."""

from typing import Any

from dmjax.conventions import D20, Conventions
from dmjax.data import load_toml
from dmjax.reproduce.cells import draw_cells, shade
from dmjax.reproduce.made import Check, Made, near

FATES = ("decay", "inelastic with pi0", "inelastic without", "capture without", "transportation")
PRINTED: dict[str, dict[str, tuple[float, ...]]] = {
    "sns": {
        "pi+": (0.1098, 0.0803, 0.0016, 0.0239, 0.0, 0.0037),
        "pi-": (0.0470, 0.0001, 0.0004, 0.0113, 0.0333, 0.0017),
        "pi0": (0.1048,),
    },
    "mlf": {
        "pi+": (0.5260, 0.2603, 0.0214, 0.2081, 0.0, 0.0351),
        "pi-": (0.4962, 0.0019, 0.0124, 0.2071, 0.2443, 0.0296),
        "pi0": (0.6142,),
        "eta": (0.0015,),
        "K+": (0.0061,),
    },
    "lujan": {
        "pi+": (0.0665, 0.0520, 0.0006, 0.0112, 0.0, 0.0022),
        "pi-": (0.0259, 0.00004, 0.0002, 0.0053, 0.0192, 0.0009),
        "pi0": (0.0633,),
    },
}
"""Beam → particle → its number, then of charged pions those of `FATES` in that order."""

TITLES = {"sns": "COHERENT", "mlf": "JSNS2", "lujan": "CCM"}
SUMS, HELD = 0.011, 1e-9
NOTE = (
    "Yields are those of the paper's own simulation (GEANT4 10.5 FTFP_BERT, 1e5 protons): dmjax "
    "reads them and does not compute them. What can be checked agrees: the fates of charged pions "
    "add up to their number within 1.1 %, what is left being fates that the table does not list, "
    "and the beams hold the printed numbers. Neutrinos per proton at the SNS are 0.08, the "
    "release's, for 0.0803."
)
MISSING = ("the simulation itself: its yields are inputs of dmjax",)


def make(conventions: Conventions = D20) -> Made:
    """Printed yields, their sums, and what the beams of dmjax hold.

    Args:
        conventions: not used: a table of inputs.
    """
    checks = tuple(check for beam in PRINTED for check in (*_sums(beam), *_held(beam)))
    rows: list[dict[str, Any]] = [
        {"what": c.what, "printed": c.published, "ours": c.ours, "agrees": c.agrees} for c in checks
    ]
    cells = [[c.what, f"{c.published:.4g}", f"{c.ours:.4g}"] for c in checks]
    colours = [[shade(None), shade(None), shade(c.agrees)] for c in checks]
    figure = draw_cells(
        "arXiv:2006.09386 Table 3: particles per proton on target",
        ("particle", "printed", "ours"),
        cells,
        colours,
    )
    return Made(PRINTED, rows, figure, checks, NOTE, MISSING)


def _sums(beam: str) -> list[Check]:
    """Charged pions as the sum of their fates."""
    pions = {name: PRINTED[beam][name] for name in ("pi+", "pi-")}
    return [
        near(f"{TITLES[beam]}: {name}, sum of its fates", n[0], sum(n[1:]), SUMS)
        for name, n in pions.items()
    ]


def _held(beam: str) -> list[Check]:
    """Numbers of the beam's file."""
    spec, printed = load_toml("beams", beam), PRINTED[beam]
    plus, minus = printed["pi+"], printed["pi-"]
    pairs = {
        "pi0": (printed["pi0"][0], spec["pi0"]["per_pot"]),
        "pi- captured": (minus[4], spec["piminus"]["captured_per_pot"]),
        "pi- inelastic without pi0": (minus[3], spec["piminus"]["inelastic_per_pot"]),
        "pi0 by charge exchange": (plus[2] + minus[2], spec["exchange"]["per_pot"]),
    }
    if "eta" in printed:
        pairs["eta"] = (printed["eta"][0], spec["eta"]["per_pot"])
    found = [near(f"{TITLES[beam]}: {name}", *pair, HELD) for name, pair in pairs.items()]
    per_pot = spec["neutrinos"]["per_pot"]
    return [*found, near(f"{TITLES[beam]}: pi+ that decay (neutrinos)", plus[1], per_pot, 0.01)]
