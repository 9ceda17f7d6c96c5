"""Charges of the Standard-Model fermions under a mediator ([D20] Tables 1 and 4)."""

import dataclasses
import math

import equinox as eqx

from dmjax.constants import E_CHARGE
from dmjax.data import load_toml
from dmjax.errors import InputError, shown
from dmjax.schema import Number

LOOP_MIXING = E_CHARGE**2 / (4.0 * math.pi) ** 2
"""ε_B e/g_B of one charged fermion in the loop, e²/(4π)²: ε_B = e g_B/(4π)² ([CCM])."""

TREE_LEVEL = 0.01
"""Charges smaller than this, in units of κ_f, are loops and open no channel at tree level."""

CHARGE = Number(-1e3, 1e3)
"""Of any fermion: larger ones belong into κ_f."""

ELECTRIC = {
    "up": 2.0 / 3.0,
    "down": -1.0 / 3.0,
    "strange": -1.0 / 3.0,
    "electron": -1.0,
    "muon": -1.0,
    "tau": -1.0,
}


class Charges(eqx.Module):
    """Charges x_f of the Standard-Model fermions under V, in units of κ_f.

    `up` and `down` are the first generation; `strange` is seen in decays of the η alone. Every
    charge must be a number of at most 1000 in size; InputError otherwise.

    >>> Charges(up=1 / 3, down=1 / 3).electron
    0.0
    """

    up: float = 0.0
    down: float = 0.0
    strange: float = 0.0
    electron: float = 0.0
    muon: float = 0.0
    tau: float = 0.0
    nu_e: float = 0.0
    nu_mu: float = 0.0
    nu_tau: float = 0.0

    def __check_init__(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if not CHARGE.holds(value):
                rule = CHARGE.rule()
                raise InputError(f"charge '{field.name}' must be {rule}, got {shown(value)}")


def kinetically_mixed(charges: Charges, mixing: float) -> Charges:
    """Charges less `mixing` × electric charge: what a kinetic mixing −mixing·κ_f/e adds.

    >>> kinetically_mixed(Charges(up=1 / 3, down=1 / 3), 1e-3).electron
    0.001
    """
    shifted = {name: getattr(charges, name) - mixing * q for name, q in ELECTRIC.items()}
    return dataclasses.replace(charges, **shifted)


def _presets() -> dict[str, Charges]:
    presets = {name: Charges(**row) for name, row in load_toml("models", "vector").items()}
    presets["leptophobic"] = kinetically_mixed(presets["baryonic"], LOOP_MIXING)
    return presets


PRESETS = _presets()
"""The eight models of [D20] Table 1, and "leptophobic": baryonic with the loop mixing of [CCM]."""


def proton_charge(charges: Charges) -> float:
    """2x_u + x_d."""
    return 2.0 * charges.up + charges.down


def neutron_charge(charges: Charges) -> float:
    """x_u + 2x_d."""
    return charges.up + 2.0 * charges.down


def nuclear_charge(charges: Charges, z: float, n: float) -> float:
    """Coherent charge of a nucleus: Z(2x_u + x_d) + N(x_u + 2x_d).

    Z for A′, A for B and B−L, 2(A − 2Z) for T3R, 0 for leptonic models.

    >>> round(nuclear_charge(PRESETS["t3r-1"], 55, 78), 6)
    46.0
    """
    return z * proton_charge(charges) + n * neutron_charge(charges)
