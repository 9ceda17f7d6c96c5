"""Checks of a description file that no single key can show; `check_detector` and `check_beam`.

A detector file names a beam, a geometry, a target and a response; a beam file names the parents of
dark matter and neutrinos per proton. Checking a file reads no table and builds nothing.
"""

import difflib
import re
from typing import Any

import numpy as np

from dmjax.data import Table
from dmjax.errors import InputError, shown
from dmjax.experiments.layout import BEAM, DETECTOR
from dmjax.schema import LARGE, POSITIVE, check, complaint

_SYMBOLS = (
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se "
    "Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb "
    "Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U"
)
ELEMENTS = tuple(_SYMBOLS.split())
DENSEST_KG_M3 = 22.6e3
"""Of osmium."""
LIGHT = {"points": "kevee", "linear": "a", "polynomial": "a"}
"""Kind of quenching → the key that errors of its size name."""
ROUNDING = 1e-9
LOWEST_END = 1e-3
"""PE, keVee or keV."""


def check_detector(file: str, spec: dict[str, Any]) -> None:
    """Raise InputError, one line, at the first thing wrong in a detector description."""
    check(file, "", spec, DETECTOR)
    check_assumed(file, spec)
    for name in spec["target"]:
        check_nuclide(file, name)
    _check_observable(file, spec["response"], spec["detector"].get("recoil", "nucleus"))
    _check_curves(file, spec["response"])
    place = spec["detector"]
    check_distance(file, "detector.distance_m", place["mass_kg"], place["distance_m"])
    check_reach(file, "bins.energy", spec["bins"]["energy"])
    if "pulse" in spec:
        check_pulse(file, spec["pulse"])
    window = spec["selection"]
    for low, high in (("recoil_min_kev", "recoil_max_kev"), ("time_min_us", "time_max_us")):
        least = window.get(low, 0.0)
        if high in window and window[high] <= least:
            raise complaint(file, f"selection.{high}", window[high], f"above {low} = {least:g}")
    latest = window["time_max_us"]
    for i, one in enumerate(window.get("more", ())):
        for end in ("start_us", "stop_us"):
            if one[end] <= latest and (end == "stop_us" or one[end] < latest):
                raise complaint(file, f"selection.more[{i}].{end}", one[end], f"above {latest:g}")
            latest = one[end]


def check_nuclide(file: str, name: str) -> None:
    """An element ("Ar") or one of its isotopes ("Ar40")."""
    match = re.fullmatch(r"([A-Z][a-z]?)(\d{1,3})?", name)
    if match is None or match[1] not in ELEMENTS:
        symbol = name.rstrip("0123456789")
        near = difflib.get_close_matches(symbol, ELEMENTS, n=1, cutoff=0.4)
        hint = f"did you mean '{near[0]}{name[len(symbol) :]}'? " if near else ""
        raise InputError(
            f"{file}: target: unknown element or isotope {shown(name)}; {hint}(known: H to U, with "
            "a mass number for a single isotope, e.g. Ar or Ar40)"
        )


def _check_observable(file: str, response: dict[str, Any], recoil: str) -> None:
    """Quenching, light yield, resolution and kind of recoil must fit the observable."""
    observable, kind = response["observable"], response["quenching"]["kind"]
    if observable == "pe" and "light_yield" not in response:
        raise InputError(
            f"{file}: missing key response.light_yield: must be {POSITIVE.rule()} [PE/keVee] "
            "where observable = 'pe'"
        )
    if observable != "pe" and "light_yield" in response:
        value = response["light_yield"]
        raise complaint(file, "response.light_yield", value, "left out unless observable = 'pe'")
    if kind != "none" and (observable == "keV" or recoil == "electron"):
        why = "observable = 'keV'" if observable == "keV" else "recoil = 'electron'"
        raise complaint(file, "response.quenching.kind", kind, f"'none' where {why}")
    spread = response.get("resolution", {}).get("kind")
    if spread == "poisson" and observable != "pe":
        raise complaint(
            file, "response.resolution.kind", spread, f"other where observable = {observable!r}"
        )


def _check_curves(file: str, response: dict[str, Any]) -> None:
    """Quenching must increase over its range; efficiency curves must be well formed."""
    quenching, curve = response["quenching"], response["efficiency"]
    if quenching["kind"] in ("linear", "polynomial"):
        t = np.linspace(0.0, quenching["valid_to"], 2001)
        coefficients = _slope_coefficients(quenching)
        if not np.all(np.polynomial.polynomial.polyval(t, coefficients) > 0.0):
            end = quenching["valid_to"]
            raise complaint(
                file, "response.quenching.valid_to", end, "inside the range where E_ee(T) increases"
            )
    if quenching["kind"] == "points" and len(quenching["t_kev"]) != len(quenching["kevee"]):
        rule = f"as long as t_kev ({len(quenching['t_kev'])} numbers)"
        raise complaint(file, "response.quenching.kevee", quenching["kevee"], rule)
    check_light(file, quenching)
    if curve["kind"] == "shifted-sigmoid" and not 0.0 < curve["amplitude"] + curve["offset"] <= 1.0:
        rule = "such that amplitude + offset, the efficiency of all light, is above 0, at most 1"
        raise complaint(file, "response.efficiency.offset", curve["offset"], rule)
    if curve["kind"] in ("log-log", "points") and len(curve["x"]) != len(curve["values"]):
        rule = f"as long as x ({len(curve['x'])} numbers)"
        raise complaint(file, "response.efficiency.values", curve["values"], rule)
    if curve["kind"] == "stepped-sigmoid" and curve["half_below"] < curve["closed_below"]:
        rule = f"at least closed_below = {curve['closed_below']:g}"
        raise complaint(file, "response.efficiency.half_below", curve["half_below"], rule)


def check_light(file: str, quenching: dict[str, Any]) -> None:
    """No nuclear recoil gives more light than an electron of its energy."""
    kind = quenching["kind"]
    if kind == "points":
        t, light = (np.array(quenching[name], float) for name in ("t_kev", "kevee"))
    elif kind in ("linear", "polynomial"):
        t = np.linspace(0.0, quenching["valid_to"], 2001)[1:]
        light = np.polynomial.Polynomial(_slope_coefficients(quenching)).integ()(t)
    else:
        return
    ratio = light / t
    if ratio.max() > 1.0 + ROUNDING:
        most = f"{ratio.max():.3g} T at {t[ratio.argmax()]:.3g} keV"
        rule = f"such that E_ee is at most T, and not {most}"
        raise complaint(file, f"response.quenching.{LIGHT[kind]}", quenching[LIGHT[kind]], rule)


def check_reach(file: str, key: str, edges: Any) -> None:
    """Bins in the observable reach recoils: they end above 0."""
    last = edges["stop"] if isinstance(edges, dict) else edges[-1]
    if last < LOWEST_END:
        raise complaint(file, key, edges, f"bins that end at {LOWEST_END:g} or above")


def check_distance(file: str, key: str, mass_kg: float, distance_m: float) -> None:
    """A detector does not reach the target: not even as a ball of the densest element."""
    radius = (3.0 * mass_kg / (4.0 * np.pi * DENSEST_KG_M3)) ** (1.0 / 3.0)
    if distance_m <= radius:
        rule = f"above {radius:.2g}, the radius of {mass_kg:g} kg of the densest element"
        raise complaint(file, key, distance_m, rule)


def _slope_coefficients(quenching: dict[str, Any]) -> list[float]:
    """dE_ee/dT as a polynomial in T [keV]."""
    a, b = quenching["a"], quenching["b"]
    if quenching["kind"] == "linear":
        return [a, 2.0 * b]
    return [a, 2e-3 * b, 3e-6 * quenching["c"], 4e-9 * quenching["d"]]


def check_beam(file: str, spec: dict[str, Any]) -> None:
    """Raise InputError, one line, at the first thing wrong in a beam description."""
    check(file, "", spec, BEAM)
    check_assumed(file, spec)
    check_pulse(file, spec["pulse"])


def check_assumed(file: str, spec: dict[str, Any]) -> None:
    """What is stated to be assumed must be in the file, by its dotted key."""
    for name in spec.get("assumed", []):
        held: Any = spec
        for part in name.split("."):
            if not isinstance(held, dict) or part not in held:
                raise complaint(file, "assumed", name, "dotted keys of this file")
            held = held[part]


def check_pulse(file: str, pulse: dict[str, Any]) -> None:
    """A tabulated pulse needs one fraction per bin, and something in them."""
    if pulse["kind"] != "tabulated":
        return
    bins, fractions = len(pulse["edges_us"]) - 1, pulse["fractions"]
    if len(fractions) != bins:
        raise complaint(file, "pulse.fractions", fractions, f"one per bin ({bins} bins)")
    if not sum(fractions) > 0.0:
        raise complaint(file, "pulse.fractions", fractions, "of a sum above 0")


def check_weights(file: str, key: str, table: Table, columns: tuple[str, ...], weight: str) -> None:
    """A beam or response table must have its columns, finite, and a weight that integrates."""
    missing = [name for name in columns if name not in table.columns]
    if missing:
        found = ", ".join(table.columns)
        raise InputError(f"{file}: {key}: missing column '{missing[0]}' (found: {found})")
    for name in columns:
        if not np.all(np.isfinite(table.columns[name])):
            raise InputError(f"{file}: {key}: column '{name}' must hold finite numbers")
        largest = float(np.abs(table.columns[name]).max(initial=0.0))
        if largest > LARGE:
            raise InputError(f"{file}: {key}: column '{name}' reaches {largest:g}, above {LARGE:g}")
    values = table.columns[weight]
    if np.any(values < 0.0) or not values.sum() > 0.0:
        raise InputError(
            f"{file}: {key}: column '{weight}' sums to {values.sum():g}: must have no negative "
            "entry and a sum above 0"
        )
