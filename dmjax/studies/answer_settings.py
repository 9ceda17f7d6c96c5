"""Settings of the verbs that answer what experiments publish: regions, significance, injection."""

from dataclasses import dataclass

from dmjax.studies.settings import ModelOptions, SignalOptions


@dataclass(frozen=True, kw_only=True)
class RegionSettings(SignalOptions, ModelOptions):
    """Of `regions`: regions of (m_V, coupling)."""

    where: tuple[str, ...]
    m_v: tuple[float, ...]
    method: str = "likelihood"
    levels: tuple[float, ...] = (0.68, 0.90)
    coupling_range: tuple[float, float] | None = None
    coupling_points: int = 40
    toys: int = 200
    seed: int = 2017
    batch_size: int = 100


@dataclass(frozen=True, kw_only=True)
class SignificanceSettings(SignalOptions, ModelOptions):
    """Of `significance`: local p-values against the mass, and the global one."""

    where: tuple[str, ...]
    m_v: tuple[float, ...]
    expected_at: float | None = None
    toys: int = 1000
    seed: int = 2017
    batch_size: int = 100


@dataclass(frozen=True, kw_only=True)
class InjectSettings(SignalOptions, ModelOptions):
    """Of `inject`: what fits give back of signals that were put in."""

    where: tuple[str, ...]
    mass: float | None = None
    injected: tuple[float, ...] = (0.0, 0.5, 1.0, 2.0)
    events: tuple[float, ...] | None = None
    levels: tuple[float, ...] = (0.6827, 0.90)
    toys: int = 1000
    seed: int = 2017
    batch_size: int = 100
