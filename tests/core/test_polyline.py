"""Polylines: ends, constant speed, corners, repeated points, several in a chain."""

from __future__ import annotations

import numpy as np
import pytest

from lateen.core.errors import InputError
from lateen.core.geometry import Euclidean, Gaussian, Geometry, Sphere
from lateen.core.path import Chain, Path, Polyline

POINTS = np.random.default_rng(0).normal(size=(6, 4))


@pytest.mark.parametrize("geometry", [Euclidean(), Sphere(), Gaussian()], ids=["euclidean", "sphere", "gaussian"])
def test_is_a_path_through_its_points_at_constant_speed(geometry: Geometry) -> None:
    points = np.asarray(geometry.project(POINTS))
    line = Polyline(geometry, points)
    assert isinstance(line, Path)
    np.testing.assert_array_equal(line.start, points[0])
    np.testing.assert_array_equal(line.end, points[-1])
    assert line.length == pytest.approx(float(geometry.distance(points[:-1], points[1:]).sum()))
    np.testing.assert_allclose(line.evaluate(line.bounds / line.length), points, atol=1e-9)
    times = np.sort(np.concatenate([np.linspace(0, 1, 40), line.bounds / line.length]))
    way = line.evaluate(times)
    np.testing.assert_allclose(geometry.distance(way[:-1], way[1:]), np.diff(times) * line.length, atol=1e-7)
    fine = line.fine(5)
    assert len(fine) == 26
    np.testing.assert_allclose(fine[::5], points, atol=1e-9)


def test_shapes_and_types() -> None:
    line = Polyline(Euclidean(), POINTS.astype(np.float32))
    assert line.evaluate(0.5).shape == (4,)
    assert line.evaluate(np.zeros((2, 3))).shape == (2, 3, 4)
    assert line.evaluate(np.zeros(0)).shape == (0, 4)
    assert line.evaluate(0.5).dtype == np.float32


def test_points_that_repeat_take_no_time() -> None:
    line = Polyline(Euclidean(), np.array([[0.0], [0], [1], [1], [1], [2], [2]]))
    np.testing.assert_allclose(line.evaluate(np.linspace(0, 1, 5))[:, 0], [0, 0.5, 1, 1.5, 2])
    still = Polyline(Euclidean(), np.ones((3, 2)))
    assert still.length == 0
    np.testing.assert_array_equal(still.evaluate(np.linspace(0, 1, 4)), np.ones((4, 2)))


def test_chains_of_polylines_keep_one_speed() -> None:
    first, second = Polyline(Euclidean(), POINTS[:4]), Polyline(Euclidean(), POINTS[3:])
    whole = Polyline(Euclidean(), POINTS)
    times = np.linspace(0, 1, 17)
    np.testing.assert_allclose(Chain([first, second]).evaluate(times), whole.evaluate(times), atol=1e-9)


def test_one_point_is_no_path() -> None:
    with pytest.raises(InputError, match=r"shape \(1, 4\); give \(m, dim\) with m >= 2"):
        Polyline(Euclidean(), POINTS[:1])
