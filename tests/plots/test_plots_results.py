"""The figures of results that are not limits: drawn the same from the result and from its file."""

import numpy as np
import pytest

from dmjax.errors import InputError
from dmjax.plots.canvas import save_figure
from dmjax.plots.prediction import plot_prediction
from dmjax.studies.load import load
from made_results import (
    made_check,
    made_diagnosis,
    made_nsi,
    made_posterior,
    made_prediction,
    made_toys,
)

DRAWN = [made_check, made_diagnosis, made_nsi, made_prediction, made_posterior]


@pytest.mark.parametrize("make", DRAWN)
def test_a_file_draws_what_the_result_draws(make, tmp_path):
    made = make()
    saved = load(made.save(tmp_path / "result.nc"))
    pictures = [
        save_figure(one.plot(), tmp_path / name, (".png",))[0].read_bytes()
        for one, name in ((made, "a"), (saved, "b"))
    ]
    assert pictures[0] == pictures[1]


def test_a_prediction_is_drawn_per_kev():
    made = made_prediction()
    (signal, *_) = plot_prediction(made).axes[0].patches
    wanted = made.counts.sum(axis=1) / np.diff(made.energy_edges_kev)
    assert np.array_equal(signal.get_data().values, wanted)
    labels = [t.get_text() for t in plot_prediction(made).axes[0].get_legend().get_texts()]
    assert labels == ["dark matter", "prompt"]


def test_a_prediction_of_nothing_is_drawn_too():
    made = made_prediction()
    plain = made.to_plain() | {"counts": [[0.0, 0.0]] * 3, "background_counts": {}}
    assert plot_prediction(plain).axes[0].get_xlabel()


def test_draws_are_needed_for_their_figure(tmp_path):
    saved = load(made_posterior().save(tmp_path / "posterior.json"))
    with pytest.raises(InputError, match=r"plot posterior\.nc"):
        saved.plot()


def test_what_has_no_figure_says_so():
    with pytest.raises(InputError, match="no figure of a toys result"):
        made_toys().plot()
