"""COHERENT Ge-Mini as one count, against what its paper quotes."""

import numpy as np
import pytest

from dmjax.analyses.catalogue import data_of
from dmjax.analyses.ge2024 import ge2024, ge2024_search
from dmjax.errors import InputError
from dmjax.fits.fit import best_fit
from dmjax.fits.profiles import all_intervals
from dmjax.likelihood.joint import JointModel
from dmjax.models import mediator
from dmjax.prediction.search import dark_matter_counts, neutrino_counts
from dmjax.studies.best_fit import run_fit
from dmjax.studies.rules import settle
from dmjax.studies.settings import FitSettings
from tolerances import tolerance

PUBLISHED, ABOVE, BELOW = 20.6, 7.1, 6.3
"""Events of arXiv:2406.13806 and their errors."""
PREDICTED, PREDICTED_ERROR = 35.1, 3.6
"""What the collaboration expected: recalled, not checked against the paper."""


def test_the_excess_and_its_errors_are_the_published_ones():
    joint = JointModel(ge2024())
    assert abs(best_fit(joint).values[0] - PUBLISHED) < 0.05
    interval = all_intervals(joint)
    assert abs(float(interval.upper[0]) - PUBLISHED - ABOVE) < 0.15
    assert abs(PUBLISHED - float(interval.lower[0]) - BELOW) < 0.15


def test_the_significance_is_near_the_published_one():
    """3.9 standard deviations with shapes; one count has no shapes."""
    found = run_fit(settle(FitSettings, {"where": "ge2024"}))
    assert 3.5 < found.significance["ge_n_cevns"] < 3.9


def test_the_prediction_agrees_with_the_collaboration():
    """And with the count within two of its standard deviations, as they say."""
    ours = float(neutrino_counts(ge2024_search()).sum())
    assert abs(ours - PREDICTED) < PREDICTED_ERROR
    assert abs(ours - PUBLISHED) < 2.0 * np.hypot(ABOVE, 0.1 * ours)


def test_a_signal_shares_the_pulls_of_cevns():
    counts = dark_matter_counts(ge2024_search(), mediator("dark-photon", 30.0, 10.0, eps=1e-4))
    assert counts.shape == (1,) and float(counts[0]) > 0.0
    names = JointModel(ge2024(counts, cevns="predicted")).parameters.names
    assert list(names) == ["sns_flux", "ge_response", "signal"]
    assert set(JointModel(ge2024(counts)).parameters.names) == {*names, "ge_n_cevns"}


def test_the_detector_leads_to_its_data_and_choices_are_checked():
    assert data_of("coherent-ge") == "ge2024"
    with pytest.raises(InputError, match="cevns must be one of"):
        ge2024(cevns="fixed")


def test_exposure_is_the_published_one():
    """10.22 GWh kg of protons of 1.05 GeV."""
    detector = ge2024_search().experiment
    joules = float(detector.pot * detector.mass_kg) * 1.05e9 * 1.602176634e-19
    assert np.isclose(joules / 3.6e12, 10.22, rtol=tolerance("template"))
