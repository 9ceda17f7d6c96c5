"""Track lengths of showers against another solution, Rossi's limit and the energy that is lost."""

import numpy as np
import pytest

from dmjax.errors import InputError
from dmjax.sources.shower import track_lengths
from tolerances import tolerance


@pytest.mark.parametrize("primary, first", [("electron", 1), ("photon", 4)])
def test_lengths_are_those_of_another_program(shared_data, primary, first):
    rows = np.loadtxt(shared_data / "beams" / "shower_track_lengths.csv", delimiter=",")
    rows = rows[rows[:, 0] < 0.9]
    found = track_lengths(2e-3, primary)
    for i, ours in enumerate((found.electron, found.positron, found.photon)):
        at = np.exp(np.interp(np.log(rows[:, 0]), np.log(found.share), np.log(ours)))
        assert np.allclose(at, rows[:, first + i], rtol=tolerance("beams"), atol=0.0)


def test_printed_lengths():
    found = track_lengths(0.5)
    lengths = found.electron @ found.width, found.positron @ found.width
    assert np.allclose(lengths, (0.873, 0.040), rtol=tolerance("beams"))


def test_far_below_the_primary_lengths_are_rossis():
    found = track_lengths(1e-3)
    low = found.share < 2e-3
    both = (found.electron + found.positron)[low] * found.share[low] ** 2
    assert np.allclose(both, 0.437, rtol=tolerance("beams"))
    photons = (found.photon * found.share**2)[low]
    assert np.allclose(photons, 0.572, rtol=tolerance("beams"))


def test_a_positron_exchanges_the_charges():
    one, other = track_lengths(0.1), track_lengths(0.1, "positron")
    assert np.array_equal(one.electron, other.positron)
    assert np.array_equal(one.positron, other.electron)


def test_what_lies_above_does_not_depend_on_the_lowest_energy():
    high, low = track_lengths(0.5), track_lengths(0.05)
    far = high.share < 0.9  # nearer to the primary the nodes of both are too coarse to interpolate
    for name in ("electron", "positron", "photon"):
        below = np.interp(high.share, low.share, getattr(low, name))[far]
        assert np.allclose(getattr(high, name)[far], below, rtol=tolerance("template"))


def test_unknown_primary():
    with pytest.raises(InputError, match="did you mean 'positron'"):
        track_lengths(0.5, "positrom")
