"""Contours with holes and pieces, values between points, and refinement near a contour."""

import dataclasses

import numpy as np
import pytest

import dmjax
from dmjax.scan.axes import grid_of
from dmjax.scan.memory import blank
from dmjax.scan.refine import merged, wanted_at
from dmjax.scan.settings import ScanSettings
from dmjax.scan.status import PointStatus
from made_answers import made_scan

X, Y = np.geomspace(1.0, 100.0, 61), np.linspace(-3.0, 3.0, 61)


def a_map(value: np.ndarray, status=None):
    axes = {
        "m_v": {"values": X.tolist(), "unit": "MeV"},
        "alpha_d": {"values": Y.tolist(), "unit": "1"},
    }
    codes = np.zeros(value.size, np.int8) if status is None else status.ravel()
    blanks = dict.fromkeys(("best_fit", "q0", "expected"))
    return dataclasses.replace(made_scan(), axes=axes, value=value.ravel(), status=codes, **blanks)


def places():
    u = 3.0 * (np.log10(X) - 1.0)
    return np.meshgrid(u, Y, indexing="ij")


def area(edge: np.ndarray) -> float:
    """In the coordinates of `places`; the sign says which way round."""
    u, y = 3.0 * (np.log10(edge[:, 0]) - 1.0), edge[:, 1]
    return 0.5 * float(np.sum(u[:-1] * y[1:] - u[1:] * y[:-1]))


def test_a_ring_is_one_region_with_a_hole():
    u, y = places()
    radius = np.hypot(u, y)
    (found,) = a_map(np.exp((radius - 1.5) ** 2)).contours(np.exp(0.25))
    assert len(found.holes) == 1
    assert abs(area(found.outer)) == pytest.approx(np.pi * 4.0, rel=0.01)
    assert abs(area(found.holes[0])) == pytest.approx(np.pi, rel=0.03)
    assert np.array_equal(found.outer[0], found.outer[-1])


def test_two_discs_are_two_regions():
    u, y = places()
    two = np.minimum(np.hypot(u - 1.5, y), np.hypot(u + 1.5, y))
    found = a_map(np.exp(two)).contours(np.e)
    assert len(found) == 2 and not any(one.holes for one in found)


def test_points_without_a_value_are_in_no_region():
    u, y = places()
    closed = np.where(u > 0.0, PointStatus.CLOSED, PointStatus.OK).astype(np.int8)
    value = np.where(u > 0.0, np.nan, np.exp(np.hypot(u, y)))
    (found,) = a_map(value, closed).contours(np.exp(2.0))
    assert found.outer[:, 0].max() <= 10.0 * (1.0 + 1e-9)
    assert abs(area(found.outer)) == pytest.approx(np.pi * 2.0, rel=0.01)


def test_a_power_law_is_interpolated_exactly():
    value = X[:, None] ** 2 * np.exp(Y)[None, :]
    found = a_map(value)
    assert found.at(m_v=7.7, alpha_d=0.23) == pytest.approx(7.7**2 * np.exp(0.23), rel=1e-12)
    assert found.at(m_v=X[3], alpha_d=Y[5]) == pytest.approx(value[3, 5], rel=1e-12)
    with pytest.raises(dmjax.InputError, match="outside of the scan, 1 to 100"):
        found.at(m_v=0.1, alpha_d=0.0)
    with pytest.raises(dmjax.InputError, match="alpha_d is missing"):
        found.at(m_v=2.0)


def test_contours_need_two_axes_and_a_level():
    with pytest.raises(dmjax.InputError, match="two axes of numbers"):
        a_map(np.ones((61, 61))).select(m_v=1.0).contours(1.0)
    with pytest.raises(dmjax.InputError, match="level above 0"):
        a_map(np.ones((61, 61))).contours(-1.0)
    with pytest.raises(dmjax.InputError, match="no point of the grid; the nearest is 1"):
        a_map(np.ones((61, 61))).select(m_v=1.01)


def refined(function, closed, level: float, steps: int = 3):
    """An adaptive scan of a function, level after level: (merged, computed points)."""
    axes = (("m_v", tuple(X)), ("alpha_d", tuple(Y)))
    made = ScanSettings(grid=axes, refine_level=level, refine_steps=steps)
    grid = grid_of(made)
    arrays, count = blank(grid, ("value",)), 0
    for number in range(steps + 1):
        wanted = wanted_at(made, grid, arrays, number)
        count += wanted.sum()
        arrays["status"][number] = np.where(closed, PointStatus.CLOSED, PointStatus.PENDING)
        here = wanted & ~closed
        arrays["status"][number][here] = PointStatus.OK
        arrays["value"][number][here] = function[here]
    return merged(grid, arrays), count


def test_refinement_computes_a_contour_as_the_full_scan_does():
    u, y = places()
    function, closed = np.exp(0.5 * (u * u + y * y)), u + y > 3.5
    found, count = refined(function, closed, np.exp(1.125))
    status = found.arrays["status"]
    assert count < 0.55 * function.size and not np.any(status == PointStatus.PENDING)
    interpolated = status == PointStatus.INTERPOLATED
    assert interpolated.sum() > 0.3 * function.size
    true = np.abs(found.arrays["value"][interpolated] / function[interpolated] - 1.0).max()
    assert 0.5 * true < found.error < 2.0 * true
    near = np.abs(np.hypot(u, y) - 1.5) < 0.05
    assert not np.any(interpolated[near])
    full = a_map(np.where(closed, np.nan, function), np.where(closed, 4, 0).astype(np.int8))
    ours = a_map(found.arrays["value"], status)
    (first,), (second,) = full.contours(np.exp(1.125)), ours.contours(np.exp(1.125))
    assert np.allclose(first.outer, second.outer, rtol=1e-12)
