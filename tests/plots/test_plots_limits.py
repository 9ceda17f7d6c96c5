"""The figure of saved limits."""

import numpy as np
import pytest
from command import answer, run

from dmjax.errors import InputError
from dmjax.plots.limits import plot_limits
from dmjax.store.plain import write_json
from dmjax.studies.load import load
from made_results import CONVENTIONS, MASSES, SIGNAL, made_limit, made_toys


def legend(figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


def test_bands_are_drawn_for_one_limit_with_units():
    figure = made_limit().plot()
    assert len(legend(figure)) == 4 and "csi2017 (asymptotic, 90 % C.L.)" in legend(figure)
    assert "MeV" in figure.axes[0].get_xlabel() and figure.axes[0].get_ylabel()
    assert "d20" in figure.axes[0].get_title() and "narrow" in figure.axes[0].get_title()


def test_a_file_draws_what_the_result_draws(tmp_path):
    made = made_limit()
    saved = load(made.save(tmp_path / "limit.nc"))
    for one in (saved, made.to_plain()):
        lines = zip(plot_limits([one]).axes[0].lines, made.plot().axes[0].lines, strict=True)
        for line, other in lines:
            assert np.array_equal(line.get_ydata(), other.get_ydata(), equal_nan=True)


def test_several_limits_are_lines_and_missing_points_gaps():
    lower = np.array([5e-11, 0.0, 0.0])
    other = made_limit(datasets=["csi2021"], method="fc", lower=lower, expected=None)
    figure = made_limit().plot(other)
    assert len(legend(figure)) == 2
    lines = figure.axes[0].get_lines()
    assert len(lines) == 3 and np.isnan(lines[0].get_ydata()[2])


def test_limits_of_other_masses_share_the_axis():
    figure = made_limit().plot(made_limit(m_v=np.array([5.0, 10.0, 20.0])))
    assert figure.axes[0].get_xlim() == (5.0, MASSES[-1])


def other(**signal):
    return made_limit(signal=SIGNAL | signal)


@pytest.mark.parametrize(
    ("results", "says"),
    [
        ([], "at least one"),
        ([made_toys()], "dmjax limit"),
        ([{"parameters": {}}], "dmjax limit"),
        ([made_limit(m_v=None)], "dmjax limit"),
        ([made_limit(), made_limit(quantity="alpha_B")], "do not share an axis"),
        ([made_limit(), other(alpha_d=0.1)], r"alpha_d = 0\.1"),
        ([made_limit(), other(mass_ratio=2.1)], r"mass_ratio = 2\.1"),
        ([made_limit(), other(model="b-l")], "model = b-l"),
        ([made_limit(), made_limit(conventions=CONVENTIONS | {"name": "dmjax"})], "dmjax"),
        ([made_limit(), made_limit(conventions=CONVENTIONS | {"changed": {}})], "convert it first"),
    ],
)
def test_what_cannot_be_drawn_is_said(results, says):
    with pytest.raises(InputError, match=says):
        plot_limits(results)


def test_command_draws_results(tmp_path):
    one, two = made_limit().save(tmp_path / "a.json"), made_limit().save(tmp_path / "b.nc")
    answer(f"plot {one} --json")
    answer(f"plot {one} {two} --out {tmp_path / 'both'} --json")
    found = sorted(path.name for path in tmp_path.iterdir())
    assert found == ["a.json", "a.pdf", "a.png", "b.nc", "both.pdf", "both.png"]
    with pytest.raises(InputError, match="one folder"):
        run(f"plot {tmp_path} {one}")


def test_a_bad_file_draws_nothing(tmp_path):
    plain = made_limit().to_plain()
    for edit in ({"m_v": plain["m_v"] * 2}, {"cl": "0.9"}, {"limit": ["x", 1.0, 2.0]}):
        path = write_json(tmp_path / "bad.json", plain | edit)
        with pytest.raises(InputError, match=r"bad\.json: "):
            run(f"plot {path} --out {tmp_path / 'figure'}")
    made_limit(signal={"model": "dark-photon"}).save(tmp_path / "bad.json")
    with pytest.raises(InputError, match=r"bad\.json: parts of it do not fit together \(KeyError"):
        run(f"plot {tmp_path / 'bad.json'} --out {tmp_path / 'figure'}")
    made_toys().save(tmp_path / "toys.json")
    with pytest.raises(InputError, match="no figure of a toys result"):
        run(f"plot {tmp_path / 'toys.json'}")
    with pytest.raises(InputError, match="cannot read"):
        run(f"plot {tmp_path / 'none.json'}")
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".json"]
