"""Charts: known tangents, laws of coordinates, and how flat what is flat looks."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import subspace_angles
from sklearn.decomposition import PCA

from lateen.core.errors import InputError
from lateen.core.geometry import Euclidean, Gaussian, Geometry, Sphere
from lateen.manifold.flatness import flatness
from lateen.manifold.tangent import tangent

GEOMETRIES = [Euclidean(), Sphere(), Gaussian(np.full(7, 0.3), np.linspace(0.5, 2, 7))]


def test_it_is_principal_components_of_the_neighbours() -> None:
    x = np.random.default_rng(0).normal(size=(40, 7)) * np.arange(7, 0, -1)
    found, other = tangent(x[0], x[1:], 3, geometry=Euclidean()), PCA(3).fit(x[1:])
    np.testing.assert_allclose(np.abs(found.basis), np.abs(other.components_), atol=1e-10)
    np.testing.assert_allclose(found.spectrum[:3], other.explained_variance_)
    assert found.off_tangent == pytest.approx(1 - other.explained_variance_ratio_.sum())
    assert found.radius == pytest.approx(np.linalg.norm(x[1:] - x[0], axis=1).max())


def test_the_tangent_of_a_ball_is_orthogonal_to_the_radius() -> None:
    x = np.random.default_rng(0).normal(size=(20_000, 3))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    near = x[np.argsort(np.linalg.norm(x - x[0], axis=1))[1:61]]
    found = tangent(x[0], near, 2, geometry=Euclidean())
    assert np.abs(found.basis @ x[0]).max() < 0.02
    assert found.off_tangent < 1e-3
    assert tangent(x[0], near, 1, geometry=Euclidean()).off_tangent > 0.3


def test_a_great_circle_is_flat_on_a_sphere_and_nowhere_else() -> None:
    angles = np.linspace(-1.2, 1.2, 41)
    circle = np.stack([np.cos(angles), np.sin(angles), np.zeros(41)], axis=1)
    here = np.array([1.0, 0, 0])
    assert tangent(here, circle, 1, geometry=Sphere()).off_tangent < 1e-12
    assert tangent(here, circle, 1, geometry=Euclidean()).off_tangent > 0.05


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2), st.integers(1, 6), st.integers(8, 30), st.integers(0, 10_000))
def test_laws_of_coordinates(which: int, d: int, k: int, seed: int) -> None:
    """The basis is orthonormal, the center is at zero, and coordinates come back as they went."""
    rng = np.random.default_rng(seed)
    geometry = GEOMETRIES[which]
    center = geometry.project(rng.normal(size=7) + 2)
    near = geometry.project(center + 0.1 * rng.normal(size=(k, 7)))
    found = tangent(center, near, d, geometry=geometry)
    np.testing.assert_allclose(found.basis @ found.basis.T, np.eye(found.dimension), atol=1e-9)
    np.testing.assert_allclose(found.to_coordinates(center[None]), 0, atol=1e-9)
    np.testing.assert_allclose(found.from_coordinates(np.zeros((1, found.dimension)))[0], center, atol=1e-9)
    u = 0.1 * rng.normal(size=(5, found.dimension))
    np.testing.assert_allclose(found.to_coordinates(found.from_coordinates(u)), u, atol=1e-7)
    assert 0 <= found.off_tangent <= 1
    again = tangent(center, near[rng.permutation(k)], d, geometry=geometry)
    assert np.rad2deg(subspace_angles(again.basis.T, found.basis.T)).max() < 0.1 or found.off_tangent < 1e-6
    largest = np.abs(found.basis).argmax(axis=1)
    assert (np.take_along_axis(found.basis, largest[:, None], axis=1) > 0).all()


def test_fewer_directions_than_asked_for() -> None:
    line = np.linspace(0, 1, 9)[:, None] * [1.0, 2, 2]
    found = tangent(line[4], line, 3, geometry=Euclidean())
    np.testing.assert_allclose(found.basis, [[1 / 3, 2 / 3, 2 / 3]])
    assert found.off_tangent == pytest.approx(0, abs=1e-12)
    empty = tangent(line[0], np.repeat(line[:1], 9, axis=0), 2, geometry=Euclidean())
    assert (empty.dimension, empty.radius, math.isnan(empty.off_tangent)) == (0, 0, True)
    assert empty.to_coordinates(line).shape == (9, 0)


@pytest.mark.parametrize(("k", "d", "said"), [(1, 1, "2 neighbours"), (5, 0, "d = 0"), (5, 4, "expected 1 to 3")])
def test_bad_tangents(k: int, d: int, said: str) -> None:
    with pytest.raises(InputError, match=said):
        tangent(np.zeros(3), np.eye(5, 3)[:k], d, geometry=Euclidean())


def test_coordinates_of_another_dimension() -> None:
    with pytest.raises(InputError, match=r"expected \(n, 2\)"):
        tangent(np.zeros(3), np.eye(5, 3), 2, geometry=Euclidean()).from_coordinates(np.zeros((4, 3)))


def curved(n: int) -> np.ndarray:
    """A sphere of 4 dimensions, turned into 12 numbers, with a little noise."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, 5))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    return np.asarray(x @ np.linalg.qr(rng.normal(size=(12, 5)))[0].T + 0.01 * rng.normal(size=(n, 12)), np.float32)


def test_a_manifold_is_flatter_than_its_covariance_makes_it_and_less_so_by_radius() -> None:
    x = curved(4000)
    rings = flatness(x[5], x, 4, geometry=Euclidean())
    assert [r.k for r in rings][:3] == [8, 12, 18]
    assert all(r.off_tangent < r.null_low < r.null and r.p == 0.01 for r in rings[1:])
    assert all(a.radius < b.radius for a, b in pairwise(rings))
    assert rings[0].off_tangent < 0.5 * rings[-1].off_tangent


@pytest.mark.parametrize("geometry", [Euclidean(), Gaussian()], ids=["euclidean", "gaussian"])
def test_a_normal_distribution_looks_like_its_null(geometry: Geometry) -> None:
    rng = np.random.default_rng(3)
    x = (rng.normal(size=(1000, 10)) * np.linspace(0.5, 2, 10)).astype(np.float32)
    p = [r.p for row in range(16) for r in flatness(x[row], x, 3, geometry=geometry, seed=row)[2:3]]
    assert 0.25 < np.mean(p) < 0.75
    assert min(p) < 0.3 < 0.7 < max(p)


def test_points_that_only_turn_look_like_their_null_on_a_sphere() -> None:
    x = Sphere().project(np.random.default_rng(0).normal(size=(1500, 8)).astype(np.float32))
    p = [flatness(x[row], x, 3, geometry=Sphere())[2].p for row in range(12)]
    assert 0.25 < np.mean(p) < 0.75


def test_the_same_seed_gives_the_same_figures() -> None:
    x = curved(500)
    assert flatness(x[0], x, 4, geometry=Euclidean()) == flatness(x[0], x, 4, geometry=Euclidean())
    assert flatness(x[0], x, 4, geometry=Euclidean()) != flatness(x[0], x, 4, geometry=Euclidean(), seed=1)


def test_more_numbers_than_items() -> None:
    """The covariance of so few is narrower than that of what they were drawn from, so none looks flatter than it is."""
    x = np.random.default_rng(0).normal(size=(60, 300)).astype(np.float32)
    rings = flatness(x[0], x, 3, geometry=Euclidean())
    assert [r.k for r in rings] == [8, 12, 18, 27, 41]
    assert all(r.off_tangent > r.null_low > 0.2 and r.p > 0.3 for r in rings)


@pytest.mark.parametrize(
    "x",
    [np.zeros((2, 3)), np.ones((500, 3)), np.eye(5), np.arange(50.0)[:, None]],
    ids=["two", "equal", "few", "one number"],
)
def test_no_curve_where_there_is_none(x: np.ndarray) -> None:
    assert flatness(x[0].astype(np.float32), x.astype(np.float32), 1, geometry=Euclidean()) == ()
    with pytest.raises(InputError, match="d = 0"):
        flatness(x[0].astype(np.float32), x.astype(np.float32), 0, geometry=Euclidean())
