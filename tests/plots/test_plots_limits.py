"""The figure of saved limits."""

import numpy as np
import pytest
from command import answer, run

from dmjax.errors import InputError
from dmjax.plots.limits import draw_limits, plot_limits
from dmjax.store.files import write_json


def saved(**changes) -> dict:
    """A limit as `dmjax limit --out` writes it, in small."""
    about = {"datasets": ["lar2020"], "method": "asymptotic", "cl": 0.9, "conventions": "dmjax"}
    about |= {"alpha_d": 0.5, "mass_ratio": 3.0, "dm": "dirac"} | changes.pop("configuration", {})
    limit = np.array([1e-10, 2e-10])
    bands = np.outer(limit, [0.6, 0.8, 1.0, 1.3, 1.7])
    return {
        "configuration": about,
        "quantity": "Y",
        "m_v": [10.0, 50.0],
        "limit": [1e-10, None],
        "expected": bands.tolist(),
        "sigmas": [-2.0, -1.0, 0.0, 1.0, 2.0],
    } | changes


def legend(figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


def test_bands_are_drawn_for_one_limit_with_units():
    figure = plot_limits([saved()])
    assert len(legend(figure)) == 4 and "lar2020 (asymptotic, 90 % C.L.)" in legend(figure)
    assert "MeV" in figure.axes[0].get_xlabel() and figure.axes[0].get_ylabel()


def test_several_limits_are_lines_and_missing_points_gaps():
    other = saved(configuration={"datasets": ["csi2021"], "method": "fc"}, lower=[5e-11, 0.0])
    figure = plot_limits([saved(), other])
    assert len(legend(figure)) == 2
    lines = figure.axes[0].get_lines()
    assert len(lines) == 3 and np.isnan(lines[0].get_ydata()[1])


@pytest.mark.parametrize(
    ("results", "says"),
    [
        ([], "at least one"),
        ([{"parameters": {}}], "dmjax limit"),
        ([saved(), saved(quantity="alpha_B")], "do not share an axis"),
        ([saved(), saved(configuration={"alpha_d": 0.1})], "alpha_d = 0.1"),
        ([saved(), saved(configuration={"mass_ratio": 2.1})], "mass_ratio = 2.1"),
    ],
)
def test_what_cannot_be_drawn_is_said(results, says):
    with pytest.raises(InputError, match=says):
        plot_limits(results)


def test_a_missing_file_leaves_nothing(tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        draw_limits([tmp_path / "none.json"], tmp_path / "limits")
    assert not list(tmp_path.iterdir())


def test_command_draws_limits(tmp_path):
    write_json(tmp_path / "lar.json", saved())
    answer(f"plot {tmp_path / 'lar.json'} --json")
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".pdf", ".png"}
    with pytest.raises(InputError):
        run(f"plot {tmp_path} {tmp_path / 'lar.json'}")
