"""Figure of posterior draws: the mass and the coupling."""

import numpy as np
from matplotlib.figure import Figure

from dmjax.errors import InputError
from dmjax.plots.canvas import new_figure
from dmjax.plots.limits import LABELS
from dmjax.store.result import AbstractResult

_BINS = 40


def plot_posterior(result: AbstractResult) -> Figure:
    """Density of the draws of (m_V, Y) in their logarithms.

    Args:
        result: a `PosteriorResult` with its draws.

    Raises:
        InputError: it was read from JSON, which has none.
    """
    samples = getattr(result, "samples", None)
    if not samples:
        raise InputError("the draws are in the NetCDF file: plot posterior.nc")
    figure, axes = new_figure(3.6)
    m_v, y = (np.asarray(samples[name]).ravel() for name in ("m_v", "y"))
    bins = [np.geomspace(x.min(), x.max() * (1.0 + 1e-9), _BINS + 1) for x in (m_v, y)]
    counts, *_ = np.histogram2d(m_v, y, bins)
    shown = np.ma.masked_equal(counts.T, 0.0)
    image = axes.pcolormesh(bins[0], bins[1], shown, cmap="viridis", rasterized=True)
    bar = figure.colorbar(image, ax=axes)
    bar.set_label("draws", fontsize=8.5)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(r"$m_V$ [MeV]")
    quantity = str(getattr(result, "quantity", "Y"))
    axes.set_ylabel(LABELS.get(quantity, quantity))
    about = result.to_plain()
    axes.set_title(
        f"{' + '.join(about['datasets'])}, {about['method']}, {m_v.size} draws", fontsize=8.5
    )
    return figure
