"""Figures of regions, significance, injection and post-fit spectra."""

import pytest

from dmjax.errors import InputError
from dmjax.plots.regions import plot_regions
from made_answers import made_regions
from made_results import made_toys


def labels(figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


def test_regions_have_levels_a_best_point_and_the_error_of_toys():
    figure = made_regions().plot()
    assert labels(figure)[:2] == ["90 % C.L.", "68 % C.L."]
    assert any("30 MeV" in text for text in labels(figure)) and "toys" in labels(figure)[-1]
    assert "MeV" in figure.axes[0].get_xlabel() and "Feldman" in figure.axes[0].get_title()
    plain = made_regions(
        method="likelihood", degrees=2, toys=0, p_error=0.0 * made_regions().events
    )
    assert "2 d.o.f." in plain.plot().axes[0].get_title() and len(labels(plain.plot())) == 3
    with pytest.raises(InputError, match="dmjax regions"):
        plot_regions(made_toys())
