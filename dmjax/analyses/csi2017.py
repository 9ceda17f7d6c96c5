"""COHERENT CsI 2017 as a count model: the likelihood of [D20] Eq. 6.4, parameters named."""

import jax.numpy as jnp

from dmjax.analyses.datasets import Dataset, load_dataset, window_edges
from dmjax.analyses.ingredients import exposure, pull, signal_parts, yield_factor
from dmjax.conventions import DMJAX, Conventions
from dmjax.data import load_toml
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.effects import Component, Scale
from dmjax.likelihood.parameters import Parameter
from dmjax.likelihood.signals import SignalLike
from dmjax.prediction.search import Search, search
from dmjax.programs import kept_value

NAME = "csi2017"


@kept_value
def csi2017_search(window: str = "no-cuts") -> Search:
    """The detector of the data set in the bins of a window."""
    return search(exposure(NAME), *window_edges(NAME, window))


def csi2017(
    signal: SignalLike | None = None,
    *,
    window: str = "no-cuts",
    systematics: bool = False,
    off_term: str = "integral",
    conventions: Conventions = DMJAX,
    data: Dataset | None = None,
) -> CountModel:
    """The CsI 2017 analysis: s = (1 + α)(N_χ + N_ν) + N_BRN over a measured steady state.

    The parameter is "csi_signal": α = 0 ± 0.28 on every signal-like yield, above −1.

    Args:
        signal: events per bin at strength 1; adds the free parameter "signal".
        window: "cuts", "no-cuts" or "spectrum".
        systematics: add the pull "csi_neutrons", 25 % on the neutrons.
        off_term: "integral" (Eq. 6.4) or "profile"; Asimov data always have the profile.
        conventions: profile of the neutrino prediction.
        data: a loaded data set, in place of `window` and `conventions`, e.g. with another radius.

    Returns:
        `CountModel` with off counts.

    Source: [D20] (arXiv:2006.09386) Eqs. 6.3, 6.4, α shared by all bins.

    >>> [p.name for p in csi2017(window="cuts").parameters]
    ['csi_signal']
    """
    chosen = data or load_dataset(NAME, window, conventions)
    alpha = Parameter("csi_signal", 0.0, chosen.sigma_alpha, lower=-1.0)
    scale = Scale(alpha.name, 1.0, 1.0)
    pulls = [pull("csi_neutrons")] if systematics else []
    error = load_toml("datasets", NAME)["neutron_error"]
    neutrons = tuple(yield_factor(p.name, error) for p in pulls)
    added = signal_parts(signal, (scale,), ())
    neutrinos = jnp.ravel(chosen.prompt + chosen.delayed)
    components = [
        Component("cevns", neutrinos, (scale,)),
        Component("brn", jnp.ravel(chosen.neutrons), neutrons),
        *added.components,
    ]
    return CountModel(
        NAME,
        components,
        [alpha, *pulls, *added.parameters],
        on=chosen.on,
        off=chosen.off,
        off_term=off_term,
        axes=[("pe", chosen.pe_edges), ("time_us", chosen.time_edges)],
    )
