"""Coupling conventions: ε, g, α_B, Y and what each of them was quoted at."""

from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Float

from dmjax.constants import E_CHARGE
from dmjax.errors import InputError, unknown_name
from dmjax.models.charges import PRESETS

Scalar = Float[Array, ""]
KINDS = ("eps", "g", "alpha_b", "y")
"""ε = κ_f/e; g = κ_f; α_B = κ_f²/4π; Y = ε² α_D (m_χ/m_V)⁴."""

LARGEST_EPS = 0.1
"""κ_f/e above which fluxes and widths, of lowest order in the coupling, are not valid."""

AXES = ("m_v", "m_chi")
SAME = {"alpha_d": "alpha_D", "mass_ratio": "m_V/m_chi", "axis": "mass axis", "model": "model"}


def y_from_eps(eps, alpha_d, mass_ratio):
    """Y = ε² α_D (m_χ/m_V)⁴ with mass_ratio = m_V/m_χ ([D20] §6.1).

    >>> round(float(y_from_eps(1e-4, 0.5, 3.0)) * 1e11, 4)
    6.1728
    """
    return eps**2 * alpha_d / mass_ratio**4


def eps_from_y(y, alpha_d, mass_ratio):
    """ε = √(Y/α_D) (m_V/m_χ)²: the inverse of `y_from_eps`."""
    return jnp.sqrt(jnp.asarray(y / alpha_d)) * mass_ratio**2


@dataclass(frozen=True)
class Coupling:
    """A coupling (or a curve of them) with the convention it is quoted in.

    Attributes:
        kind: one of `KINDS`.
        value: number or array.
        model: preset whose κ_f it is, or "custom".
        alpha_d: α_D it was quoted at.
        mass_ratio: m_V/m_χ, at least 2 for V → χχ̄; None where it varies. Y needs it.
        axis: mass on the axis of a curve, "m_v" or "m_chi".
    """

    kind: str
    value: object
    model: str = "dark-photon"
    alpha_d: float = 0.5
    mass_ratio: float | None = 3.0
    axis: str = "m_v"

    def __post_init__(self):
        if self.kind not in KINDS:
            raise unknown_name("coupling", self.kind, KINDS)
        if self.axis not in AXES:
            raise unknown_name("mass axis", self.axis, AXES)
        if self.model not in (*PRESETS, "custom"):
            raise unknown_name("model", self.model, (*PRESETS, "custom"))
        checks = {"value": self.value, "alpha_d": self.alpha_d}
        if self.mass_ratio is not None:
            checks["mass_ratio"] = self.mass_ratio
        for name, value in checks.items():
            _check_positive(name, value)


def _check_positive(name: str, value) -> None:
    if isinstance(value, Tracer):
        return
    values = np.asarray(value)
    if not np.all(np.isfinite(values)) or np.any(values <= 0):
        raise InputError(f"{name} must be finite and positive, got {value}")


def _need_ratio(coupling: Coupling) -> float:
    if coupling.mass_ratio is None:
        raise InputError("Y needs a fixed mass ratio m_V/m_chi; give mass_ratio")
    return coupling.mass_ratio


def _to_eps(coupling: Coupling):
    value = jnp.asarray(coupling.value)
    if coupling.kind == "y":
        return eps_from_y(value, coupling.alpha_d, _need_ratio(coupling))
    if coupling.kind == "eps":
        return value
    kappa = value if coupling.kind == "g" else jnp.sqrt(4.0 * jnp.pi * value)
    return kappa / E_CHARGE


def convert(coupling: Coupling, kind: str) -> Coupling:
    """The same κ_f in another convention; model, α_D and masses stay what they were.

    ε, g and α_B need no α_D; Y uses the coupling's own α_D and mass ratio (InputError if None).

    >>> round(float(convert(Coupling("eps", 1e-4), "y").value) * 1e11, 4)
    6.1728
    >>> round(float(convert(Coupling("alpha_b", 1e-9, model="leptophobic"), "g").value) * 1e4, 4)
    1.121
    """
    if kind not in KINDS:
        raise unknown_name("coupling", kind, KINDS)
    if kind == coupling.kind:
        return coupling
    eps = _to_eps(coupling)
    if kind == "y":
        value = y_from_eps(eps, coupling.alpha_d, _need_ratio(coupling))
    elif kind == "eps":
        value = eps
    else:
        kappa = E_CHARGE * eps
        value = kappa if kind == "g" else kappa * kappa / (4.0 * jnp.pi)
    return replace(coupling, kind=kind, value=value)


def require_same_convention(a: Coupling, b: Coupling) -> None:
    """Raise unless two couplings can be compared as they stand.

    InputError where the kind, α_D, mass ratio, mass axis or model differ: convert or recast first.

    >>> require_same_convention(Coupling("y", 1e-11), Coupling("y", 3e-11))
    """
    if a.kind != b.kind:
        raise InputError(f"couplings are quoted as '{a.kind}' and '{b.kind}'; convert one of them")
    for name, words in SAME.items():
        ours, theirs = getattr(a, name), getattr(b, name)
        if ours != theirs:
            raise InputError(f"couplings have different {words}: {ours} and {theirs}; recast one")
