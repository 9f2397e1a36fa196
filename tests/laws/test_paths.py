"""The laws of every path, in every geometry. A new path adds one case below and inherits them all."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lateen.core.errors import InputError
from lateen.core.geometry import Euclidean, Gaussian, Geometry, Sphere
from lateen.core.path import Chain, Geodesic, Path, Polyline, Ray

DIM = 6
GEOMETRIES: dict[str, Geometry] = {"euclidean": Euclidean(), "sphere": Sphere(), "gaussian": Gaussian()}
PATHS: dict[str, Callable[[Geometry, np.ndarray], Path]] = {
    "geodesic": lambda geometry, points: Geodesic(geometry, points[0], points[1]),
    "polyline": Polyline,
    "chain": Chain.through,
    "ray": lambda geometry, points: Ray(geometry, points[0], points[1], -1.5, 2),
    "ray back": lambda geometry, points: Ray(geometry, points[0], points[1], 2, -1.5),
}


@pytest.fixture(params=GEOMETRIES, ids=str)
def geometry(request: pytest.FixtureRequest) -> Geometry:
    return GEOMETRIES[request.param]


@pytest.fixture(params=[np.float32, np.float64], ids=["float32", "float64"])
def path(request: pytest.FixtureRequest, made: Callable[[Geometry, np.ndarray], Path], geometry: Geometry) -> Path:
    return made(geometry, geometry.project(np.random.default_rng(0).normal(size=(4, DIM)).astype(request.param)))


@pytest.fixture(params=PATHS, ids=str)
def made(request: pytest.FixtureRequest) -> Callable[[Geometry, np.ndarray], Path]:
    return PATHS[request.param]


def test_is_a_path_from_its_start_to_its_end(path: Path) -> None:
    assert isinstance(path, Path)
    np.testing.assert_allclose(path.evaluate(0.0), path.start, atol=1e-5)
    np.testing.assert_allclose(path.evaluate(1.0), path.end, atol=1e-5)


def test_shapes_and_types_follow_the_times(path: Path) -> None:
    assert path.evaluate(0.5).shape == (DIM,)
    assert path.evaluate(np.zeros(0)).shape == (0, DIM)
    assert path.evaluate(np.full((2, 3), 0.2)).shape == (2, 3, DIM)
    assert path.evaluate(np.linspace(0, 1, 3)).dtype == path.start.dtype
    times = np.linspace(0, 1, 7)
    np.testing.assert_allclose(path.evaluate(times)[4], path.evaluate(float(times[4])), atol=1e-6)


def test_stays_in_the_space(path: Path, geometry: Geometry) -> None:
    points = path.evaluate(np.linspace(0, 1, 20))
    np.testing.assert_allclose(geometry.project(points), points, atol=1e-6)


def test_length_is_that_of_its_fine_legs_and_no_less_than_the_distance(path: Path, geometry: Geometry) -> None:
    points = path.evaluate(np.linspace(0, 1, 501)).astype(np.float64)
    legs = float(np.sum(geometry.distance(points[:-1], points[1:])))
    assert path.length == pytest.approx(legs, rel=5e-3)
    assert path.length >= float(geometry.distance(path.start, path.end)) * (1 - 1e-5)


@given(origin=st.integers(0, 2**32 - 1), first=st.floats(-50, 50), last=st.floats(-50, 50))
def test_rays_on_a_sphere_are_great_circles(origin: int, first: float, last: float) -> None:
    """Shorter than half a circle, in the plane of point and step: their length is the distance of their ends."""
    point, step = np.random.default_rng(origin).normal(size=(2, DIM))
    ray = Ray(Sphere(), point / np.linalg.norm(point), step, first, last)
    points = ray.evaluate(np.linspace(0, 1, 9))
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1, atol=1e-12)
    assert np.linalg.matrix_rank(np.vstack([point, step, points]), tol=1e-8) == 2
    assert ray.length == pytest.approx(float(Sphere().distance(ray.start, ray.end)), abs=1e-6)


def test_rays_go_evenly_in_steps_and_pass_their_origin() -> None:
    origin, step = np.random.default_rng(3).normal(size=(2, DIM))
    ray = Ray(Euclidean(), origin, step, -2, 6)
    np.testing.assert_allclose(ray.evaluate(0.25), origin, atol=1e-12)
    np.testing.assert_allclose(ray.at(np.array([-2.0, 0, 6])), [origin - 2 * step, origin, origin + 6 * step])
    assert ray.length == pytest.approx(8 * float(np.linalg.norm(step)))


@pytest.mark.parametrize("last", [float("nan"), float("inf")], ids=["nan", "infinity"])
def test_a_ray_ends_somewhere(last: float) -> None:
    with pytest.raises(InputError, match="give finite numbers"):
        Ray(Euclidean(), np.ones(DIM), np.ones(DIM), 0, last)
