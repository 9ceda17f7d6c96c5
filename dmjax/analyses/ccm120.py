"""CCM120, 2019 run: one counted number."""

import numpy as np

from dmjax.analyses.ingredients import (
    axis_edges,
    events,
    exposure,
    pull,
    signal_parts,
    yield_factor,
)
from dmjax.data import load_toml
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.effects import Component, Scale
from dmjax.likelihood.signals import SignalLike
from dmjax.prediction.search import Search, search
from dmjax.programs import kept_value

NAME = "ccm120"


@kept_value
def ccm120_search() -> Search:
    """The detector of the data set in its one bin."""
    spec = load_toml("datasets", NAME)
    return search(exposure(NAME), axis_edges(spec, "kev"), axis_edges(spec, "time_us"))


def ccm120(signal: SignalLike | None = None, *, systematics: bool = False) -> CountModel:
    """The CCM120 count: 115 005 expected, 115 005 + 16.5 observed.

    Without a signal the parameter is "n_excess", a free number of events.

    Args:
        signal: events at strength 1, (1,), from `dark_matter_signal`; adds the parameter "signal"
            and the 22.6 % nuisance "ccm_signal".
        systematics: without a signal, put the 22.6 % on "n_excess" too.

    Returns:
        `CountModel` of one bin.

    Source: CCM arXiv:2109.14146.

    >>> [p.name for p in ccm120().parameters]
    ['n_excess']
    """
    spec = load_toml("datasets", NAME)
    error = yield_factor("ccm_signal", spec["signal_error"])
    components = [Component("background", np.array([spec["background"]]))]
    if signal is None:
        effects = (Scale("n_excess"), error) if systematics else (Scale("n_excess"),)
        components.append(Component("excess", np.ones(1), effects))
        parameters = [events("n_excess", 1.0), *([pull("ccm_signal")] if systematics else [])]
    else:
        added = signal_parts(signal, (error,), (pull("ccm_signal"),))
        components += added.components
        parameters = list(added.parameters)
    return CountModel(
        NAME,
        components,
        parameters,
        on=np.array([spec["observed"]]),
        axes=[(name, axis_edges(spec, name)) for name in spec["axes"]],
        expected_data=True,
    )
