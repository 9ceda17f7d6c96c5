"""What `posterior` gives: quantiles, gates, and the draws."""

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from dmjax._version import __version__
from dmjax.store import fields
from dmjax.store.result import AbstractResult, container

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@container
class PosteriorResult(AbstractResult):
    """Posterior of m_V, the coupling and every nuisance.

    A JSON file has everything but the draws; a NetCDF file has them too, as ArviZ reads them.

    Attributes:
        datasets: names.
        method: "nuts" or "nested".
        quantity: the coupling.
        off_term: of bins with off counts; None where there are none.
        parameters: name → quantiles q16, q50, q84, q90, r_hat (None: not of nested sampling), ess.
        converged, status: whether every gate was passed; "converged", or why not.
        draws, divergences, mean_steps: of NUTS; divergent draws; leapfrog steps per draw.
        log_z, error, information, live, deaths, evaluations: of nested sampling.
        samples: name → (chains, draws); None from a JSON file.
        signal, conventions, configuration, version: see `LimitResult`.
    """

    kind: ClassVar[str] = "posterior"
    table: ClassVar[str] = "parameters"

    datasets: list[str]
    method: str
    quantity: str
    off_term: str | None
    parameters: dict[str, dict[str, float | None]]
    converged: bool
    status: str
    draws: int | None = None
    divergences: int | None = None
    mean_steps: float | None = None
    log_z: float | None = None
    error: float | None = None
    information: float | None = None
    live: int | None = None
    deaths: int | None = None
    evaluations: int | None = None
    samples: dict[str, np.ndarray] | None = fields.draws()
    signal: dict
    conventions: dict
    configuration: dict
    version: str = __version__

    def plot(self) -> "Figure":
        """Draws of the mass and the coupling."""
        from dmjax.plots.posterior import plot_posterior

        return plot_posterior(self)
