"""Gates: when the draws of a posterior may be used, one rule for every run of the sampler."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpyro.diagnostics import effective_sample_size, split_gelman_rubin

from dmjax.errors import InputError


@dataclass(frozen=True)
class Gates:
    """What draws must pass, and how long a run that misses it goes on by itself.

    Attributes:
        min_ess: smallest effective number of draws of any parameter.
        max_r_hat: largest split R-hat.
        max_divergent: largest share of divergent draws. Not 0: the density drops by a step where a
            production channel closes, and a trajectory across it diverges at any step size. Such a
            draw is still accepted or refused with the true probability.
        budget: steps in all, in multiples of the warm-up and draws asked for; 1: no more than
            those.

    Raises:
        InputError: a gate that nothing or anything passes.
    """

    min_ess: float = 1000.0
    max_r_hat: float = 1.01
    max_divergent: float = 0.005
    budget: float = 4.0

    def __post_init__(self):
        if not (self.min_ess > 0 and self.max_r_hat > 1 and 0 <= self.max_divergent < 1):
            raise InputError(
                "gates need min_ess above 0, max_r_hat above 1 and max_divergent in [0, 1), got "
                f"{self.min_ess:g}, {self.max_r_hat:g} and {self.max_divergent:g}"
            )
        if not self.budget >= 1:
            raise InputError(f"the budget must be at least 1, got {self.budget:g}")


class Sampled(NamedTuple):
    """Posterior draws and the evidence that they may be used.

    Attributes:
        samples: name → draws, NumPy (chains, draws).
        diagnostics: per parameter "r_hat" and "ess" (dicts), "divergences", "draws", "mean_steps"
            (leapfrog steps per draw), "warmup" and "steps" (of each chain, all runs together).
        converged: whether every gate was passed.
        reasons: one line for every gate that failed.
        status: "converged", with what it took where that was more than asked for, or why not.
    """

    samples: dict[str, np.ndarray]
    diagnostics: dict
    converged: bool
    reasons: tuple[str, ...]
    status: str


def check_chains(chains: int, draws: int) -> None:
    """Raise unless there is enough to diagnose."""
    if chains < 2 or draws < 4:
        raise InputError(f"NUTS needs 2 chains and 4 draws at least, got {chains} and {draws}")


def diagnose(samples: dict[str, np.ndarray], diverging, steps) -> dict:
    """Convergence of draws of (chains, draws); see `Sampled`."""
    return {
        "r_hat": {name: float(split_gelman_rubin(x)) for name, x in samples.items()},
        "ess": {name: float(effective_sample_size(x)) for name, x in samples.items()},
        "divergences": int(np.sum(np.asarray(diverging))),
        "draws": int(np.size(diverging)),
        "mean_steps": float(np.mean(np.asarray(steps))),
    }


def failed_gates(diagnostics: dict, gates: Gates) -> tuple[str, ...]:
    """One line for every gate that the diagnostics fail; NaN fails.

    >>> bad = {"r_hat": {"alpha": 1.2}, "ess": {"alpha": 50.0}, "divergences": 0, "draws": 100}
    >>> failed_gates(bad, Gates(min_ess=40.0))
    ('R-hat of alpha is 1.200, above 1.01',)
    """
    return (*_unmixed(diagnostics, gates), *_few(diagnostics, gates), *_astray(diagnostics, gates))


def _unmixed(diagnostics: dict, gates: Gates) -> list[str]:
    return [
        f"R-hat of {name} is {value:.3f}, above {gates.max_r_hat:g}"
        for name, value in diagnostics["r_hat"].items()
        if not value <= gates.max_r_hat
    ]


def _few(diagnostics: dict, gates: Gates) -> list[str]:
    return [
        f"effective sample size of {name} is {value:.0f}, below {gates.min_ess:g}"
        for name, value in diagnostics["ess"].items()
        if not value >= gates.min_ess
    ]


def _astray(diagnostics: dict, gates: Gates) -> list[str]:
    if not diagnostics["divergences"] > gates.max_divergent * diagnostics["draws"]:
        return []
    return [
        f"{diagnostics['divergences']} of {diagnostics['draws']} draws diverged, more than "
        f"{gates.max_divergent:.1%}"
    ]


def further_draws(diagnostics: dict, gates: Gates, draws: int, left: int) -> int:
    """How many more draws of each chain would pass the gates, at most `left`; 0: none would help.

    Only too few effective draws are mended by more of them. They grow in proportion; a fifth is
    added.

    >>> short = {"r_hat": {"a": 1.0}, "ess": {"a": 500.0}, "divergences": 0, "draws": 4000}
    >>> further_draws(short, Gates(), 1000, left=5000), further_draws(short, Gates(), 1000, 500)
    (1400, 500)
    """
    if _unmixed(diagnostics, gates) or _astray(diagnostics, gates):
        return 0
    if not _few(diagnostics, gates):
        return 0
    fewest = min(diagnostics["ess"].values())
    wanted = int(np.ceil(draws * (1.2 * gates.min_ess / max(fewest, 1.0) - 1.0)))
    return max(min(wanted, left), 0)


def judged(samples: dict[str, np.ndarray], diagnostics: dict, gates: Gates, asked: int):
    """`Sampled` of draws with their diagnostics.

    Args:
        samples: name → (chains, draws).
        diagnostics: from `diagnose`, with "warmup" and "steps".
        gates: what to pass.
        asked: steps of each chain that were asked for.
    """
    reasons, steps = failed_gates(diagnostics, gates), diagnostics["steps"]
    status = "; ".join(reasons) or "converged"
    if steps > asked:
        status += f", after {steps} steps in each chain where {asked} were asked for"
    return Sampled(samples, diagnostics, not reasons, reasons, status)
