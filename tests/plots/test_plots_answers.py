"""Figures of regions, significance, injection and post-fit spectra."""

import pytest

from dmjax.errors import InputError
from dmjax.plots.injection import plot_injection
from dmjax.plots.postfit import plot_postfit
from dmjax.plots.regions import plot_regions
from dmjax.plots.significance import plot_significance
from made_answers import made_injection, made_regions, made_significance
from made_results import made_fit, made_toys


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


def test_p_values_are_drawn_observed_and_expected():
    figure = made_significance().plot()
    assert len(labels(figure)) == 5 and "global p" in figure.axes[0].get_title()
    assert "p-value" in figure.axes[0].get_ylabel() and "MeV" in figure.axes[0].get_xlabel()
    none = {"expected": None, "expected_at": None, "p_toys": None, "p_global": None}
    assert len(labels(made_significance(**none).plot())) == 1
    with pytest.raises(InputError, match="dmjax significance"):
        plot_significance(made_toys())


def test_injection_has_bias_pulls_and_coverage():
    figure = made_injection().plot()
    labels = [axes.get_ylabel() for axes in figure.axes]
    assert labels == ["fitted − injected [events]", "pull", "coverage"]
    assert "30 MeV" in figure.axes[0].get_title() and "events" in figure.axes[2].get_xlabel()
    assert made_injection(m_v=None, signal={"model": "events"}).plot().axes
    with pytest.raises(InputError, match="dmjax inject"):
        plot_injection(made_toys())


def test_a_fit_is_drawn_with_its_components_and_its_band():
    figure = made_fit().plot()
    assert labels(figure) == ["steady state", "own", "dark matter", "post-fit error", "data"]
    axes = figure.axes[0]
    assert axes.get_xlabel() == "time [µs]" and axes.get_ylabel() == "events / µs"
    assert "ccm120" in axes.get_title(loc="left")
    with pytest.raises(InputError, match="no spectra"):
        plot_postfit(made_fit().to_plain() | {"spectra": {}})
