"""Target nuclei and their radii."""

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.constants import M_ELECTRON
from dmjax.errors import InputError
from dmjax.nuclei.isotopes import atomic_mass as atomic_mass
from dmjax.nuclei.isotopes import atoms_per_kg, electrons_per_kg, isotope
from dmjax.nuclei.radii import charge_radii

Scalar = Float[Array, ""]


class Nucleus(eqx.Module):
    """A nucleus at rest.

    Attributes:
        z, n: protons, neutrons.
        mass: nuclear mass [MeV].
        charge_radius: rms charge radius [fm] (Angeli, Marinova, ADNDT 99 (2013) 69).
        neutron_radius: rms neutron radius [fm].
        name: e.g. "Cs133".
    """

    z: int = eqx.field(static=True)
    n: int = eqx.field(static=True)
    mass: Scalar
    charge_radius: Scalar
    neutron_radius: Scalar
    name: str = eqx.field(static=True)


class Target(NamedTuple):
    """What a detector is made of.

    Attributes:
        nuclei: one per isotope.
        nuclei_per_kg: how many of each, isotopic abundance applied [1/kg].
        electrons_per_kg: [1/kg].
    """

    nuclei: tuple[Nucleus, ...]
    nuclei_per_kg: np.ndarray
    electrons_per_kg: float


NEUTRON_RADII_FM = {"Ar40": 3.55, "I127": 5.03, "Cs133": 5.09}
"""rms neutron radii [fm] of the nuclear shell model (Hoferichter, Menéndez, Schwenk, Phys. Rev. D
102 (2020) 074018), as used in fits of these data, e.g. arXiv:2202.11002, 2303.09360."""


def neutron_skin(z: int, n: int) -> float:
    """R_n − R_p = −0.04 + 1.01 (N − Z)/A [fm]: antiprotonic atoms, ⁴⁰Ca to ²³⁸U, ±0.03 ± 0.15 δ.

    (Trzcińska et al., Phys. Rev. Lett. 87 (2001) 082501.) Stands in for the minor isotopes that
    have no calculated neutron radius; 0 for hydrogen, which has no neutron skin to speak of.
    """
    return -0.04 + 1.01 * (n - z) / (n + z) if z > 1 else 0.0


def nucleus(
    name: str, *, charge_radius_fm: float | None = None, neutron_radius_fm: float | None = None
) -> Nucleus:
    """A nucleus by name; mass = atomic mass − Z m_e (electron binding neglected).

    Args:
        name: symbol and mass number, e.g. "Ar40".
        charge_radius_fm: rms charge radius; needed where `charge_radii` has none (InputError).
        neutron_radius_fm: rms neutron radius; None: `NEUTRON_RADII_FM`, else charge radius plus
            `neutron_skin`.

    >>> nucleus("Cs133").n
    78
    """
    found = isotope(name)
    z, n = found.number, found.isotope - found.number
    tabulated = charge_radii().get((z, z + n))
    charge = tabulated if charge_radius_fm is None else charge_radius_fm
    if charge is None:
        raise InputError(f"no charge radius is tabulated for {name}; give charge_radius_fm")
    neutron = neutron_radius_fm
    if neutron is None:
        neutron = NEUTRON_RADII_FM.get(name) or charge + neutron_skin(z, n)
    for key, radius in (("charge_radius_fm", charge), ("neutron_radius_fm", neutron)):
        if not np.isfinite(radius) or radius <= 0:
            raise InputError(f"{key} of {name} must be finite and positive, got {radius}")
    mass = atomic_mass(name) - z * M_ELECTRON
    leaves = [jnp.asarray(x, float) for x in (mass, charge, neutron)]
    return Nucleus(z, n, leaves[0], leaves[1], leaves[2], name)


def target_nuclei(
    formula: dict[str, float], radii_fm: dict[str, tuple[float, float]] | None = None
) -> Target:
    """Nuclei and electrons of a material, isotope by isotope.

    Args:
        formula: elements ("Ar": natural abundance) or isotopes ("Cs133") → number per formula unit.
        radii_fm: isotope → (charge radius, neutron radius), in place of the tables.

    Returns:
        Target. An isotope without a radius raises InputError; use `electrons_per_kg` where only
        electrons recoil.

    >>> csi = target_nuclei({"Cs": 1, "I": 1})
    >>> [n.name for n in csi.nuclei], f"{csi.nuclei_per_kg[0]:.3e}"
    (['Cs133', 'I127'], '2.318e+24')
    """
    per_kg = atoms_per_kg(formula)
    given = radii_fm or {}
    nuclei = []
    for name in per_kg:
        charge, neutron = given.get(name, (None, None))
        nuclei.append(nucleus(name, charge_radius_fm=charge, neutron_radius_fm=neutron))
    return Target(tuple(nuclei), np.array(list(per_kg.values())), electrons_per_kg(formula))


def mean_charge_radius(target: Target) -> float:
    """rms charge radius averaged over the nuclei of a target [fm]; 4 without nuclei.

    >>> round(mean_charge_radius(target_nuclei({"Ge": 1})), 3)
    4.063
    """
    if not target.nuclei:
        return 4.0
    radii = [float(nucleus.charge_radius) for nucleus in target.nuclei]
    return float(np.average(radii, weights=target.nuclei_per_kg))
