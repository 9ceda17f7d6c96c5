"""What describes a signal in settings and in `Signal` alike; without JAX, for a quick start."""

from dataclasses import dataclass

from dmjax.conventions import CHANNELS


@dataclass(frozen=True)
class SignalFields:
    """The fields of a signal but for its conventions; see `dmjax.prediction.signal.Signal`."""

    model: str = "dark-photon"
    charges: tuple[tuple[str, float], ...] | None = None
    dm: str = "dirac"
    mass_ratio: float | None = None
    m_chi: float | None = None
    alpha_d: float = 0.5
    splitting: float = 0.0
    lifetime_ns: float | None = None
    m_x: float | None = None
    model_x: str | None = None
    kappa_x: float | None = None
    kappa_d_x: float | None = None
    coupling: str | None = None
    channels: tuple[str, ...] = CHANNELS
    source_errors: bool = True
