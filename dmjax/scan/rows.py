"""Points of a scan as numbers of a signal, one row each, and their couplings."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np

from dmjax.constants import E_CHARGE
from dmjax.models.couplings import eps_from_y, y_from_eps
from dmjax.prediction.points import REFERENCE, Numbers, Producer
from dmjax.prediction.signal import Signal
from dmjax.scan.settings import NUMBERS, ScanSettings
from dmjax.studies.setting import signal_of

_PRODUCER = ("m_x", "kappa_x", "kappa_d_x")


def example_signal(settings: ScanSettings) -> Signal:
    """The signal of a scan at its most open point; what does not fit together is refused.

    Args:
        settings: with every choice made.
    """
    held = {}
    for name, values in settings.grid:
        if name in NUMBERS and name not in ("m_v", "reference"):
            held[name] = values[-1] if name == "m_x" else values[0]
    return signal_of(replace(settings, **held))


def numbers_of_rows(signal: Signal, axes: Mapping[str, np.ndarray], dtype: str) -> Numbers:
    """The numbers of a signal at the points of a chunk.

    Args:
        signal: for what is no axis.
        axes: name → value at every point, (rows,); with "m_v".
        dtype: of the numbers.

    Returns:
        `Numbers` of NumPy arrays, at the axis "reference" or at the usual coupling of the quantity.
    """
    m_v = np.asarray(axes["m_v"], float)

    def column(name: str) -> np.ndarray:
        return np.broadcast_to(np.asarray(axes.get(name, getattr(signal, name)), float), m_v.shape)

    if "mass_ratio" in axes or signal.m_chi is None:
        m_chi = m_v / column("mass_ratio")
    else:
        m_chi = column("m_chi")
    alpha_d = column("alpha_d")
    reference = axes.get("reference", np.full_like(m_v, REFERENCE[signal.coupling or ""]))
    kappa = kappa_from(signal.coupling or "", reference, m_v / m_chi, alpha_d)

    def typed(value: np.ndarray) -> Any:
        return np.asarray(value, dtype)

    return Numbers(
        m_v=typed(m_v),
        m_chi=typed(m_chi),
        kappa=typed(np.asarray(kappa)),
        alpha_d=typed(alpha_d),
        splitting=typed(column("splitting")),
        lifetime_ns=None if not _lives(signal, axes) else typed(column("lifetime_ns")),
        producer=Producer(*(typed(column(n)) for n in _PRODUCER)) if signal.double else None,
    )


def _lives(signal: Signal, axes: Mapping[str, np.ndarray]) -> bool:
    return "lifetime_ns" in axes or signal.lifetime_ns is not None


def is_open(numbers: Numbers) -> np.ndarray:
    """Whether what makes χ can decay to them, m > 2m_χ + Δ, (rows,)."""
    mass = numbers.m_v if numbers.producer is None else numbers.producer.m_x
    return np.asarray(mass > 2.0 * numbers.m_chi + numbers.splitting)


def kappa_from(quantity: str, coupling, ratio, alpha_d):
    """κ_f of couplings; `points.kappa_of` with a mass ratio m_V/m_χ and an α_D in each row.

    >>> round(float(kappa_from("Y", 6.1728e-11, 3.0, 0.5)) / E_CHARGE, 7)
    0.0001
    """
    if quantity == "Y":
        return E_CHARGE * eps_from_y(coupling, alpha_d, ratio)
    if quantity == "eps":
        return E_CHARGE * coupling
    return jnp.sqrt(4.0 * jnp.pi * coupling) if quantity == "alpha_B" else coupling


def coupling_from(quantity: str, kappa, ratio, alpha_d):
    """The inverse of `kappa_from`.

    >>> float(coupling_from("eps", kappa_from("eps", 1e-4, 3.0, 0.5), 3.0, 0.5))
    0.0001
    """
    if quantity == "Y":
        return y_from_eps(kappa / E_CHARGE, alpha_d, ratio)
    if quantity == "eps":
        return kappa / E_CHARGE
    return kappa * kappa / (4.0 * jnp.pi) if quantity == "alpha_B" else kappa
