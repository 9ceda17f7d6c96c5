"""Settings of `relic`; without JAX, for a quick start."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RelicSettings:
    """Of `relic`: the thermal target at many dark-matter masses."""

    chi_masses: tuple[float, ...]
    model: str = "dark-photon"
    charges: tuple[tuple[str, float], ...] | None = None
    dm: str = "dirac"
    mass_ratio: float = 3.0
    alpha_d: float = 0.5
    splitting: float = 0.0
    omega_h2: float = 0.12
