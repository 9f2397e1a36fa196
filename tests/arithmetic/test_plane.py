"""The plane of three points: what lies in it keeps its distances, what doesn't comes nearer, nothing is NaN."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lateen.arithmetic.plane import Plane
from lateen.core.errors import InputError

SEEDS = st.integers(0, 2**32 - 1)
DIMS = st.integers(2, 40)
SCALES = st.sampled_from([1e-150, 1e-6, 1.0, 1e6, 1e100])


def three(seed: int, dim: int, scale: float = 1.0) -> np.ndarray:
    """Three points in general position, (3, dim)."""
    return np.random.default_rng(seed).normal(size=(3, dim)) * scale


def lengths(points: np.ndarray) -> np.ndarray:
    """All distances between points."""
    return np.linalg.norm(points[:, None] - points[None], axis=-1)


def rotation(dim: int, seed: int) -> np.ndarray:
    return np.asarray(np.linalg.qr(np.random.default_rng(seed).normal(size=(dim, dim)))[0])


@given(SEEDS, DIMS, SCALES)
def test_the_parallelogram_lies_in_the_plane_with_its_distances(seed: int, dim: int, scale: float) -> None:
    a, b, c = three(seed, dim, scale)
    corners = np.stack([a, b, c, b - a + c])
    plane = Plane.through(a, b, c)
    flat = plane.coordinates(corners)
    np.testing.assert_allclose(lengths(flat / scale), lengths(corners / scale), atol=1e-11)
    np.testing.assert_allclose(plane.off_plane(corners) / scale, 0, atol=1e-12)
    np.testing.assert_allclose(flat[3] / scale, (flat[1] - flat[0] + flat[2]) / scale, atol=1e-12)


@given(SEEDS, DIMS)
def test_a_is_the_origin_b_on_the_first_axis_c_above(seed: int, dim: int) -> None:
    a, b, c = three(seed, dim)
    plane = Plane.through(a, b, c)
    flat = plane.coordinates(np.stack([a, b, c]))
    assert flat[0].tolist() == [0, 0]
    assert flat[1, 0] == pytest.approx(np.linalg.norm(b - a))
    assert flat[1, 1] == pytest.approx(0, abs=1e-12)
    assert flat[2, 1] > 0
    np.testing.assert_allclose(plane.axes @ plane.axes.T, np.eye(2), atol=1e-14)


@given(SEEDS, DIMS)
def test_projection_brings_points_nearer_and_pythagoras_holds(seed: int, dim: int) -> None:
    plane = Plane.through(*three(seed, dim))
    points = np.random.default_rng(seed + 1).normal(size=(12, dim))
    flat, off = plane.coordinates(points), plane.off_plane(points)
    assert (lengths(flat) <= lengths(points) + 1e-12).all()
    np.testing.assert_allclose((flat**2).sum(axis=1) + off**2, ((points - plane.origin) ** 2).sum(axis=1))


@given(SEEDS, DIMS)
def test_turning_and_moving_the_space_changes_nothing(seed: int, dim: int) -> None:
    corners = three(seed, dim)
    points = np.random.default_rng(seed + 1).normal(size=(7, dim))
    turn, move = rotation(dim, seed + 2), np.random.default_rng(seed + 3).normal(size=dim)
    before, after = Plane.through(*corners), Plane.through(*(corners @ turn + move))
    moved = points @ turn + move
    np.testing.assert_allclose(after.coordinates(moved), before.coordinates(points), atol=1e-6)
    np.testing.assert_allclose(after.off_plane(moved), before.off_plane(points), atol=1e-6)
    assert after.share(moved) == pytest.approx(before.share(points), abs=1e-6)


@given(SEEDS, st.integers(1, 12), st.sampled_from(["a = b", "a = c", "b = c", "all", "line", "axis"]))
def test_points_on_a_line_are_drawn_with_their_distances(seed: int, dim: int, case: str) -> None:
    a, b, c = three(seed, dim)
    a, b, c = {
        "a = b": (a, a, c),
        "a = c": (a, b, a),
        "b = c": (a, b, b),
        "all": (a, a, a),
        "line": (a, b, a + 0.25 * (b - a)),
        "axis": (0 * a, np.eye(dim)[0], -3 * np.eye(dim)[0]),
    }[case]
    plane = Plane.through(a, b, c)
    corners = np.stack([a, b, c, b - a + c])
    np.testing.assert_allclose(lengths(plane.coordinates(corners)), lengths(corners), atol=1e-8)
    np.testing.assert_allclose(plane.axes @ plane.axes.T, np.diag([1.0, 1.0 if dim > 1 else 0.0]), atol=1e-12)
    again = Plane.through(a.copy(), b.copy(), c.copy())
    assert plane.axes.tobytes() == again.axes.tobytes()


@given(SEEDS, DIMS, st.floats(1e-7, 1e-3))
def test_a_nearly_flat_triangle_still_has_right_angles(seed: int, dim: int, height: float) -> None:
    a, b, other = three(seed, dim)
    plane = Plane.through(a, b, a + 2 * (b - a) + height * other)
    np.testing.assert_allclose(plane.axes @ plane.axes.T, np.eye(2), atol=1e-13)


def test_float32_points_are_taken_in_double_precision() -> None:
    corners = three(3, 300).astype(np.float32)
    plane = Plane.through(*corners)
    assert plane.axes.dtype == plane.coordinates(corners).dtype == plane.off_plane(corners).dtype == np.float64
    assert plane.off_plane(corners).max() < 1e-12


def test_share_of_the_variance_is_the_known_one() -> None:
    plane = Plane.through(np.zeros(4), np.eye(4)[2], np.eye(4)[0])
    points = np.random.default_rng(0).normal(size=(50, 4)) + 5
    variance = points.var(axis=0)
    assert plane.share(points) == pytest.approx((variance[0] + variance[2]) / variance.sum())
    assert plane.share(points * 1e-200) == pytest.approx(plane.share(points))
    assert plane.share(points[:, [0, 0, 2, 2]] * [1, 0, 1, 0]) == pytest.approx(1)
    assert plane.share(points * [0, 1, 0, 1]) == pytest.approx(0)


def test_share_about_a_point_is_that_of_the_squared_distances_from_it() -> None:
    a, b, c = three(5, 9)
    plane = Plane.through(a, b, c)
    points = np.random.default_rng(6).normal(size=(11, 9))
    total = ((points - (b - a + c)) ** 2).sum()
    assert plane.share(points, b - a + c) == pytest.approx(1 - (plane.off_plane(points) ** 2).sum() / total)
    assert plane.share(np.stack([a, a])) == 1


def test_bad_points_are_named() -> None:
    good = np.zeros(3)
    with pytest.raises(InputError, match="point b of 3 numbers that are not all finite"):
        Plane.through(good, np.array([0, np.nan, 1.0]), good)
    with pytest.raises(InputError, match="point a of 0 numbers"):
        Plane.through(np.zeros(0), np.zeros(0), np.zeros(0))
    with pytest.raises(InputError, match=r"Plane.share got no points"):
        Plane.through(good, np.eye(3)[0], np.eye(3)[1]).share(np.zeros((0, 3)))
