"""The laws of every geometry. A new geometry adds one case below and inherits them all."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from lateen.core.errors import InputError
from lateen.core.geometry import Euclidean, Gaussian, Geometry, Sphere, geometry_named

DIM = 8
_STATISTICS = np.random.default_rng(1).normal(size=(200, DIM)) * np.linspace(0.2, 3, DIM) + np.linspace(-2, 2, DIM)
CASES: dict[str, Callable[[], Geometry]] = {
    "euclidean": Euclidean,
    "sphere": Sphere,
    "gaussian": Gaussian,
    "gaussian fitted": lambda: Gaussian.fit(_STATISTICS),
}


@pytest.fixture(params=CASES, ids=str)
def geometry(request: pytest.FixtureRequest) -> Geometry:
    return CASES[request.param]()


@pytest.fixture(params=[np.float32, np.float64], ids=["float32", "float64"])
def dtype(request: pytest.FixtureRequest) -> type[np.floating]:
    return request.param


@pytest.fixture
def points(geometry: Geometry, dtype: type[np.floating]) -> np.ndarray:
    """Three sets of 40 points of the space: (3, 40, DIM)."""
    return geometry.project(np.random.default_rng(0).normal(size=(3, 40, DIM)).astype(dtype))


@pytest.fixture
def assert_close(dtype: type[np.floating]) -> Callable[..., None]:
    tolerance = 3e-5 if dtype is np.float32 else 1e-9
    return lambda a, b: np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def test_is_a_geometry_of_its_name(geometry: Geometry) -> None:
    assert isinstance(geometry, Geometry)
    assert geometry_named(geometry.name).name == geometry.name


def test_interpolation_keeps_its_ends(
    geometry: Geometry, points: np.ndarray, assert_close: Callable[..., None]
) -> None:
    p, q, _ = points
    assert_close(geometry.interpolate(p, q, 0.0), p)
    assert_close(geometry.interpolate(p, q, 1.0), q)


def test_interpolation_reversed_is_the_same_way(
    geometry: Geometry, points: np.ndarray, assert_close: Callable[..., None]
) -> None:
    p, q, _ = points
    assert_close(geometry.interpolate(p, q, 0.3), geometry.interpolate(q, p, 0.7))


def test_speed_is_constant(geometry: Geometry, points: np.ndarray, assert_close: Callable[..., None]) -> None:
    p, q, _ = points
    times = np.linspace(0, 1, 9).astype(p.dtype)
    way = geometry.interpolate(p[:, None], q[:, None], times)
    legs = geometry.distance(way[:, 1:], way[:, :-1])
    assert_close(legs, np.repeat(geometry.distance(p, q)[:, None] / 8, 8, axis=1))


def test_distance_is_a_metric(geometry: Geometry, points: np.ndarray, assert_close: Callable[..., None]) -> None:
    p, q, r = points
    assert_close(geometry.distance(p, q), geometry.distance(q, p))
    assert_close(geometry.distance(p, p), np.zeros(len(p)))
    assert (geometry.distance(p, q) > 0).all()
    assert (geometry.distance(p, q) <= geometry.distance(p, r) + geometry.distance(r, q) + 1e-5).all()


def test_exp_undoes_log(geometry: Geometry, points: np.ndarray, assert_close: Callable[..., None]) -> None:
    p, q, _ = points
    assert_close(geometry.exp(p, geometry.log(p, q)), q)
    assert_close(geometry.log(p, p), np.zeros_like(p))


def test_interpolation_is_exp_of_a_share_of_log(
    geometry: Geometry, points: np.ndarray, assert_close: Callable[..., None]
) -> None:
    p, q, _ = points
    assert_close(geometry.interpolate(p, q, 0.25), geometry.exp(p, np.asarray(0.25, p.dtype) * geometry.log(p, q)))


def test_mean_of_identical_points_is_that_point(
    geometry: Geometry, points: np.ndarray, assert_close: Callable[..., None]
) -> None:
    for p in points[0][:5]:
        assert_close(geometry.mean(np.repeat(p[None], 7, axis=0)), p)


def test_mean_does_not_depend_on_order(
    geometry: Geometry, points: np.ndarray, assert_close: Callable[..., None]
) -> None:
    p = points[0]
    weights = np.random.default_rng(2).uniform(0.1, 1, len(p))
    order = np.random.default_rng(3).permutation(len(p))
    assert_close(geometry.mean(p), geometry.mean(p[order]))
    assert_close(geometry.mean(p, weights), geometry.mean(p[order], weights[order]))


def test_mean_of_two_is_the_midpoint(geometry: Geometry, points: np.ndarray, assert_close: Callable[..., None]) -> None:
    p, q, _ = points
    for a, b in zip(p[:5], q[:5], strict=True):
        assert_close(geometry.mean(np.stack([a, b])), geometry.interpolate(a, b, 0.5))


def test_a_weight_of_zero_leaves_a_point_out(
    geometry: Geometry, points: np.ndarray, assert_close: Callable[..., None]
) -> None:
    p, q, _ = points
    assert_close(geometry.mean(np.stack([p[0], q[0]]), np.array([2.0, 0.0])), p[0])


def test_leading_axes_broadcast_and_dtype_is_kept(
    geometry: Geometry, points: np.ndarray, dtype: type[np.floating]
) -> None:
    p, q, _ = points
    assert geometry.distance(p[:, None], q[None]).shape == (40, 40)
    assert geometry.interpolate(p[0], q[0], np.linspace(0, 1, 5)).shape == (5, DIM)
    for value in (
        geometry.distance(p, q),
        geometry.log(p, q),
        geometry.exp(p, geometry.log(p, q)),
        geometry.interpolate(p, q, 0.5),
        geometry.mean(p),
        geometry.project(p),
    ):
        assert value.dtype == dtype


def test_projecting_twice_is_projecting_once(
    geometry: Geometry, points: np.ndarray, assert_close: Callable[..., None]
) -> None:
    x = points[0] * 3
    assert_close(geometry.project(geometry.project(x)), geometry.project(x))


@pytest.mark.parametrize("weights", [[-1.0, 2.0], [0.0, 0.0]])
def test_mean_refuses_weights_that_fit_nothing(geometry: Geometry, weights: list[float]) -> None:
    points = geometry.project(np.ones((2, DIM)) + np.eye(2, DIM))
    with pytest.raises(InputError, match="weights"):
        geometry.mean(points, np.array(weights))


def test_mean_of_nothing_is_refused(geometry: Geometry) -> None:
    with pytest.raises(InputError, match="no points"):
        geometry.mean(np.zeros((0, DIM)))


def test_sphere_goes_somewhere_between_antipodes() -> None:
    p = np.eye(3)[0]
    middle = Sphere().interpolate(p, -p, 0.5)
    np.testing.assert_allclose([np.linalg.norm(middle), middle @ p], [1, 0], atol=1e-12)
    assert Sphere().distance(p, -p) == pytest.approx(np.pi)


@pytest.mark.parametrize("geometry", [Sphere(), Gaussian()], ids=str)
def test_one_dimension_has_no_great_circles(geometry: Geometry) -> None:
    with pytest.raises(InputError, match="at least 2 dimensions"):
        geometry.interpolate(np.array([1.0]), np.array([-1.0]), 0.5)


def test_the_centre_of_a_gaussian_has_paths_too() -> None:
    centre, q = np.zeros(4), np.array([0.0, 3.0, 0.0, 0.0])
    geometry = Gaussian()
    np.testing.assert_allclose(geometry.exp(centre, geometry.log(centre, q)), q, atol=1e-12)
    np.testing.assert_allclose(geometry.interpolate(centre, q, 0.0), centre, atol=1e-12)


def test_sphere_distances_are_angles_even_tiny_ones() -> None:
    angle = 1e-9
    p, q = np.array([1.0, 0.0]), np.array([np.cos(angle), np.sin(angle)])
    assert Sphere().distance(p, q) == pytest.approx(angle, rel=1e-6)
    with pytest.raises(InputError, match="zero vector"):
        Sphere().project(np.zeros(3))


def test_gaussian_midpoints_of_a_thick_shell_stay_on_it() -> None:
    draws = np.random.default_rng(4).standard_normal((2, 500, 512))
    straight = np.linalg.norm(Euclidean().interpolate(*draws, 0.5), axis=-1)
    shell = np.linalg.norm(Gaussian().interpolate(*draws, 0.5), axis=-1)
    root = np.sqrt(512)
    assert straight.mean() == pytest.approx(root / np.sqrt(2), rel=0.01)  # cuts through the empty middle
    assert shell.mean() == pytest.approx(root, rel=0.01)


def test_combining_independent_draws_gives_a_draw_again() -> None:
    """Bodin et al. (ICLR 2025): the combination has the mean and variance of a draw, whatever the weights."""
    rng = np.random.default_rng(5)
    center, spread, weights = np.array([3.0, -1.0]), np.array([2.0, 0.5]), np.array([0.5, 0.8, -0.4])
    geometry = Gaussian(center, spread)
    draws = center + spread * rng.standard_normal((20_000, 3, 2))
    combined = np.stack([geometry.combine_independent(d, weights) for d in draws])
    np.testing.assert_allclose(combined.mean(axis=0), center, atol=0.05)
    np.testing.assert_allclose(combined.std(axis=0), spread, rtol=0.03)
    root = np.sqrt((weights**2).sum())  # the paper's closed form
    expected = (weights[:, None] * draws[0]).sum(0) / root + (1 - weights.sum() / root) * center
    np.testing.assert_allclose(combined[0], expected, rtol=1e-12)


def test_gaussian_does_not_blow_up_axes_that_hardly_vary() -> None:
    data = np.random.default_rng(6).normal(size=(500, 2)) * [1.0, 1e-4]
    spread = Gaussian.fit(data).spread
    assert spread is not None
    assert spread[1] == pytest.approx(0.05 * spread[0])


def test_unknown_names_are_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="straight, sphere or gaussian"):
        geometry_named("hyperbolic")
