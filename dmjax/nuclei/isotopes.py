"""Isotopes: masses, natural abundances, and how many atoms a kilogram holds."""

import difflib
import re

import numpy as np
import periodictable
from periodictable.core import Isotope

from dmjax.errors import InputError
from dmjax.units import AVOGADRO, MEV_PER_DALTON

ELEMENTS = {element.symbol: element for element in periodictable.elements}


def isotope(name: str) -> Isotope:
    """An isotope by symbol and mass number, e.g. "Ar40"; InputError naming near ones."""
    match = re.fullmatch(r"([A-Z][a-z]?)(\d+)", name)
    element = ELEMENTS.get(match[1]) if match else None
    if match and element and int(match[2]) in element.isotopes:
        return element[int(match[2])]
    known = [
        f"{e.symbol}{a}" for e in ([element] if element else ELEMENTS.values()) for a in e.isotopes
    ]
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.3)
    raise InputError(
        f"unknown isotope '{name}'; near ones: {', '.join(near) or 'none'} (e.g. Ar40)"
    )


def atomic_mass(name: str) -> float:
    """Mass of the neutral atom [MeV] (periodictable: AME 2020).

    >>> round(atomic_mass("H1"), 3)
    938.783
    """
    return float(isotope(name).mass) * MEV_PER_DALTON


def isotopes(name: str) -> dict[str, float]:
    """Isotopes of an element, or of the one named, with their number fractions (sum 1).

    Natural abundances of the IUPAC commission as in periodictable; every isotope with one is kept.

    >>> [(name, round(x, 4)) for name, x in isotopes("Ar").items()]
    [('Ar36', 0.0033), ('Ar38', 0.0006), ('Ar40', 0.996)]
    """
    if name not in ELEMENTS:
        return {f"{isotope(name).symbol}{isotope(name).isotope}": 1.0}
    element = ELEMENTS[name]
    shares = {f"{name}{a}": element[a].abundance for a in element.isotopes if element[a].abundance}
    if not shares:
        example = f"{name}{element.isotopes[len(element.isotopes) // 2]}"
        raise InputError(f"element '{name}' has no natural isotopes; name one, e.g. '{example}'")
    total = sum(shares.values())
    return {each: share / total for each, share in shares.items()}


def atoms_per_kg(formula: dict[str, float]) -> dict[str, float]:
    """Atoms of each isotope per kg of a formula unit."""
    if not formula:
        raise InputError("a target needs at least one element or isotope, e.g. {'Ar': 1}")
    counts: dict[str, float] = {}
    for name, count in formula.items():
        if not np.isfinite(count) or count <= 0:
            raise InputError(f"the number of {name} per formula unit must be positive, got {count}")
        for each, share in isotopes(name).items():
            counts[each] = counts.get(each, 0.0) + count * share
    grams = sum(count * atomic_mass(name) for name, count in counts.items()) / MEV_PER_DALTON
    return {name: 1e3 * AVOGADRO * count / grams for name, count in counts.items()}


def electrons_per_kg(formula: dict[str, float]) -> float:
    """Electrons per kg of a formula unit; needs no radii.

    >>> f"{electrons_per_kg({'C': 18, 'H': 30}):.4e}"
    '3.3724e+26'
    """
    return sum(isotope(name).number * count for name, count in atoms_per_kg(formula).items())
