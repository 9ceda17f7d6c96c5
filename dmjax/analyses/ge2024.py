"""COHERENT Ge-Mini 2024: one count that stands for the published fit."""

import numpy as np

from dmjax.analyses.ingredients import (
    FLUX,
    Parts,
    axis_edges,
    check_cevns,
    events,
    exposure,
    pull,
    signal_parts,
)
from dmjax.conventions import DMJAX, Conventions
from dmjax.data import load_toml
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.effects import Component, Scale, Share
from dmjax.likelihood.signals import SignalLike
from dmjax.prediction.search import Search, neutrino_counts, search
from dmjax.programs import kept_value

NAME = "ge2024"
RESPONSE = pull("ge_response")
"""Pull of quenching and efficiency, of CEvNS and dark matter alike."""


@kept_value
def ge2024_search() -> Search:
    """The detector of the data set in its one bin."""
    spec = load_toml("datasets", NAME)
    return search(exposure(NAME), axis_edges(spec, "kevee"), axis_edges(spec, "time_us"))


@kept_value
def _cevns(cevns: str, conventions: Conventions) -> Parts:
    if cevns == "free":
        return Parts(
            (Component("cevns", np.ones(1), (Scale("ge_n_cevns"),)),), (events("ge_n_cevns", 1.0),)
        )
    counts = np.asarray(neutrino_counts(ge2024_search(), conventions)).ravel()
    return Parts((Component("cevns", counts, _common()),), (FLUX, RESPONSE))


def _common() -> tuple[Scale, Share]:
    spec = load_toml("datasets", NAME)
    response = Share(RESPONSE.name, spec["response_error"])
    return Scale(FLUX.name, 1.0, spec["flux_error"]), response


def ge2024(
    signal: SignalLike | None = None,
    *,
    cevns: str = "free",
    conventions: Conventions = DMJAX,
) -> CountModel:
    """The Ge-Mini count: 24.3 background events expected, 24.3 + 20.6 observed.

    The background is not published; this one gives back the published error of 20.6 +7.1 −6.3 as
    that of a Poisson count. Shapes in energy and time are not used.

    Args:
        signal: events at strength 1, (1,); adds the parameter "signal", with the pulls of flux
            (10 %, shared by the COHERENT detectors) and response (5 %) that CEvNS has too.
        cevns: "free" ("ge_n_cevns"), or "predicted" with those pulls.
        conventions: of the predicted CEvNS.

    Returns:
        `CountModel` of one bin.

    Source: COHERENT arXiv:2406.13806.

    >>> [p.name for p in ge2024().parameters]
    ['ge_n_cevns']
    """
    check_cevns(cevns)
    spec = load_toml("datasets", NAME)
    known = _cevns(cevns, conventions)
    added = signal_parts(signal, _common(), (FLUX, RESPONSE))
    held = {one.name: one for one in (*known.parameters, *added.parameters)}
    background = Component("background", np.array([spec["background"]]))
    return CountModel(
        NAME,
        [background, *known.components, *added.components],
        list(held.values()),
        on=np.array([spec["observed"]]),
        axes=[(name, axis_edges(spec, name)) for name in spec["axes"]],
        expected_data=True,
    )
