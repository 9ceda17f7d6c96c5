"""The figure of a scan: maps, curves, panels, and what it does not show."""

import dataclasses

import numpy as np
import pytest

from dmjax.errors import InputError
from dmjax.plots.scan import plot_scan
from made_answers import made_scan

DM = {"dm": {"values": ["dirac", "scalar"], "unit": "1"}}


def twice():
    """The same map for two spins."""
    one = made_scan()
    columns = ("value", "status", "best_fit", "q0")
    changes = {name: np.tile(getattr(one, name), 2) for name in columns}
    return dataclasses.replace(one, axes=DM | one.axes, **changes)


def test_a_map_says_its_axes_and_where_it_is_closed():
    axes = made_scan().plot().axes[0]
    assert axes.get_xlabel() == r"$m_V$ [MeV]" and axes.get_ylabel() == r"$m_\chi$ [MeV]"
    legend = axes.get_legend()
    assert legend is not None and [text.get_text() for text in legend.get_texts()] == ["closed"]


def test_choices_are_panels_and_curves():
    panels = [axes for axes in twice().plot().axes if axes.get_title()]
    assert [axes.get_title() for axes in panels] == ["dirac", "scalar"]
    curves = twice().select(m_chi=3.0).plot().axes[0]
    assert [line.get_label() for line in curves.get_lines()] == ["dirac", "scalar"]
    assert "upper limit" in curves.get_ylabel()


def test_what_a_figure_cannot_show_is_refused():
    with pytest.raises(InputError, match="one scan"):
        plot_scan([made_scan(), made_scan()])
    with pytest.raises(InputError, match="one or two axes"):
        made_scan().select(m_v=10.0, m_chi=3.0).plot()
    with pytest.raises(InputError, match="not a scan"):
        plot_scan([{"kind": "limit"}])
