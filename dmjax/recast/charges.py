"""What of a search goes with the charges of V: how it is made, what it strikes.

Rates are relative to those of a mediator of unit charges; ratios of them recast a curve ([D20] Eqs.
6.8, 6.9, Table 7).
"""

import math
from collections.abc import Mapping

import periodictable

from dmjax.errors import InputError, shown, unknown_name
from dmjax.models.charges import PRESETS, Charges, neutron_charge, nuclear_charge, proton_charge
from dmjax.models.production import meson_charge
from dmjax.models.sensitivity import couples_to

MADE = ("pi0", "electron", "kaon", "beam")
"""How V is made: π⁰ → γV, from electrons (bremsstrahlung, annihilation), K⁺ → π⁺V; or in all the
ways of a beam that dmjax simulates."""
DETECTED = ("electron", "nucleus", "nucleon", "invisible")
"""What is seen: a recoiling electron, nucleus (coherent) or nucleon (quasi-elastic); or nothing:
V is missed."""


def atoms(target: Mapping[str, float]) -> list[tuple[int, int, float]]:
    """(Z, N, atoms) of a target {element: atoms}, each element as its commonest isotope.

    >>> atoms({"C": 1, "H": 2})
    [(6, 6, 1), (1, 0, 2)]
    """
    found = []
    for name, count in target.items():
        element = getattr(periodictable, name, None) if name.isalpha() else None
        if element is None or not hasattr(element, "isotopes") or not element.number:
            raise InputError(f"unknown element {shown(name)} in a target: write e.g. Ar = 1")
        shares = {a: element[a].abundance for a in element.isotopes}
        common = max(shares, key=shares.__getitem__)
        found.append((element.number, common - element.number, count))
    return found


def production(charges: Charges, made: str) -> float:
    """Square of the amplitude that makes V, at κ_f = e, over the dark photon's.

    π⁰: (3|x_u Q_u − x_d Q_d|)²: 1 for A′, B and B−L, 4 for T3R. Electrons: x_e².
    """
    if made == "pi0":
        return meson_charge(charges) ** 2
    if made == "electron":
        return charges.electron**2
    raise unknown_name("production that goes with charges", made, MADE[:2])


def detection(charges: Charges, detected: str, target: Mapping[str, float]) -> float:
    """Square of the charge that is struck, summed over the target.

    Electrons: Z x_e² an atom. Nuclei: (Z g_p + N g_n)², coherent. Nucleons: Z g_p² + N g_n², which
    counts those that are struck: 8 in CH₂ for A′, 14 for B. Nothing (invisible): 1.

    >>> from dmjax.models import PRESETS
    >>> ch2 = {"C": 1, "H": 2}
    >>> [round(detection(PRESETS[m], "nucleon", ch2), 1) for m in ("dark-photon", "baryonic")]
    [8.0, 14.0]
    """
    if detected == "invisible":
        return 1.0
    parts = {
        "electron": lambda z, n: z * charges.electron**2,
        "nucleus": lambda z, n: nuclear_charge(charges, z, n) ** 2,
        "nucleon": lambda z, n: z * proton_charge(charges) ** 2 + n * neutron_charge(charges) ** 2,
    }
    if detected not in parts:
        raise unknown_name("what is detected", detected, DETECTED)
    return sum(count * parts[detected](z, n) for z, n, count in atoms(target))


def coupling_ratio(
    charges: Charges, target: Mapping[str, float], detected: str = "nucleus"
) -> float:
    """κ²/(εe)² of equal events at equal κ_D, V made by π⁰ decays ([D20] Eq. 6.8).

    √(Q²_A′/(q² Q²)): Z/A for B; for T3R, with q = 2, Z/(4|A − 2Z|), where the paper prints
    Z/[2(A − 2Z)]. Times κ_D^A′/κ_D.

    >>> from dmjax.models import PRESETS
    >>> round(coupling_ratio(PRESETS["t3r-1"], {"Cs": 1}), 3)
    0.598
    """
    photon = detection(PRESETS["dark-photon"], detected, target)
    return math.sqrt(photon / (production(charges, "pi0") * detection(charges, detected, target)))


def blind(charges: Charges, made: str, detected: str) -> str:
    """Why a search does not see V at tree level; "" where it does."""
    struck = "electron" if detected in ("electron", "invisible") else "nucleus"
    needs_electrons = made == "electron" or detected == "electron"
    if needs_electrons and not couples_to(charges, "electron"):
        return "it needs a coupling to electrons, and V has none at tree level"
    if struck == "nucleus" and not couples_to(charges, "nucleus"):
        return "it needs a coupling to nucleons, and V has none at tree level"
    if made == "pi0" and abs(meson_charge(charges)) < 1e-2:
        return "pi0 decays do not make V, and the curve holds no other production"
    return ""
