"""The counting analysis against the published and quoted numbers ([D20] §6.1)."""

from dataclasses import replace

import pytest

from dmjax.analyses.datasets import load_dataset
from dmjax.conventions import D20, DMJAX
from dmjax.errors import InputError
from dmjax.studies.counting import counting


@pytest.mark.parametrize("profile", [D20, DMJAX])
def test_counts_and_backgrounds_at_4p7_fm(profile):
    result = counting(load_dataset("csi2017", "cuts", profile, 4.7))
    assert (result.n_on, result.n_off) == (97, 49)
    assert 19.0 <= result.n_delayed <= 20.5
    assert result.n_prompt < 1.0
    assert 2.5 <= result.n_brn <= 3.5
    assert 2.1 <= result.significance <= 2.5


@pytest.mark.parametrize("profile", [D20, replace(DMJAX, radiative_weak_charge=False)])
def test_significance_at_5p5_fm(profile):
    """As published, at tree level; radiative corrections take 0.03 off it."""
    assert 2.8 <= counting(load_dataset("csi2017", "cuts", profile, 5.5)).significance <= 3.1


def test_total_without_cuts_is_the_published_one():
    """COHERENT predicts 173 ± 48 CEvNS in 6 ≤ PE < 30, t < 6 µs; one more bin here."""
    data = load_dataset("csi2017", "no-cuts", DMJAX, 4.7)
    assert abs(float(data.prompt.sum() + data.delayed.sum()) - 173.0) < 48.0
    assert data.on.shape == (13, 12)


@pytest.mark.parametrize(
    "arguments",
    [("csi2018",), ("csi2017", "tight"), ("csi2017", "cuts", D20, -1.0)],
)
def test_bad_requests_are_one_clear_line(arguments):
    with pytest.raises(InputError) as problem:
        load_dataset(*arguments)
    assert "\n" not in str(problem.value)
