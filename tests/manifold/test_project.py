"""Projection: points of a surface stay, noisy ones come nearer to it, and twice is once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surfaces import SURFACES

from lateen.core.errors import InputError
from lateen.core.geometry import Euclidean, Sphere
from lateen.manifold.project import Manifold

N = 1500
EACH = pytest.mark.parametrize("name", SURFACES)


def lying_on(x: np.ndarray, d: int = 2, k: int = 24) -> Manifold:
    return Manifold(x.astype(np.float32), d, k, Euclidean())


@EACH
def test_points_of_a_surface_stay(name: str) -> None:
    surface = SURFACES[name]
    x = surface.draw(N, np.random.default_rng(0))
    landed = lying_on(x).project(x[:40])
    assert np.quantile(np.linalg.norm(landed - x[:40], axis=1), 0.9) < 0.02 * surface.size  # edges are not seen past
    fresh = surface.draw(60, np.random.default_rng(1))
    assert np.median(np.linalg.norm(lying_on(x).project(fresh) - fresh, axis=1)) < 0.005 * surface.size


@EACH
def test_noisy_points_come_back_to_a_surface(name: str) -> None:
    surface = SURFACES[name]
    rng = np.random.default_rng(0)
    x = surface.draw(N, rng)
    noisy = x[:40] + surface.size * rng.normal(size=(40, 3))
    landed = lying_on(x).project(noisy)
    assert surface.away(landed).mean() < 0.05 * surface.away(noisy).mean()


@EACH
def test_items_that_are_noisy_themselves_come_nearer_to_the_true_surface(name: str) -> None:
    surface = SURFACES[name]
    rng = np.random.default_rng(0)
    noisy = surface.draw(N, rng) + surface.size * rng.normal(size=(N, 3))
    landed = lying_on(noisy, k=40).project(noisy[:50])
    assert surface.away(landed).mean() < 0.6 * surface.away(noisy[:50]).mean()


@EACH
def test_twice_is_once(name: str) -> None:
    surface = SURFACES[name]
    rng = np.random.default_rng(0)
    noisy = surface.draw(N, rng) + surface.size * rng.normal(size=(N, 3))
    manifold = lying_on(noisy)
    once = manifold.project(surface.draw(40, rng) + surface.size * rng.normal(size=(40, 3)))
    moved = np.linalg.norm(manifold.project(once) - once, axis=1)
    assert np.quantile(moved, 0.9) < 0.01 * surface.size


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 3), st.integers(0, 10_000))
def test_on_a_flat_space_it_drops_the_perpendicular(d: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    axes = np.linalg.qr(rng.normal(size=(6, d)))[0].T
    x = rng.uniform(-1, 1, (300, d)) @ axes
    point = 0.4 * rng.uniform(-1, 1, (1, d)) @ axes + 0.05 * rng.normal(size=(1, 6))
    np.testing.assert_allclose(lying_on(x, d).project(point), point @ axes.T @ axes, atol=1e-4)


def test_alone_or_among_others() -> None:
    x = SURFACES["sphere"].draw(500, np.random.default_rng(0))
    noisy = x[:20] * 1.1
    together = lying_on(x).project(noisy)
    np.testing.assert_array_equal(np.vstack([lying_on(x).project(p[None]) for p in noisy]), together)


def test_on_the_sphere_it_stays_on_the_sphere() -> None:
    angles = np.random.default_rng(0).uniform(0, 2 * np.pi, 400)
    circle = np.stack([np.cos(angles), np.sin(angles), np.zeros(400), np.zeros(400)], axis=1).astype(np.float32)
    off = Sphere().project(circle[:20] + np.array([0, 0, 0.2, 0.1], np.float32))
    landed = Manifold(circle, 1, 20, Sphere()).project(off)
    np.testing.assert_allclose(np.linalg.norm(landed, axis=1), 1)
    np.testing.assert_allclose(landed, circle[:20], atol=1e-3)


def test_an_outlier_does_not_hold_itself_out() -> None:
    x = SURFACES["plane"].draw(500, np.random.default_rng(0))
    x[7] = [0.2, 0.1, 0.5]
    assert SURFACES["plane"].away(lying_on(x).project(x[7:8]))[0] < 0.01 * SURFACES["plane"].away(x[7:8])[0]


@pytest.mark.parametrize(
    ("x", "d"),
    [
        (np.array([[0.0, 0], [1, 0]]), 1),
        (np.ones((400, 2)), 1),
        (np.repeat([[0.0, 0], [1, 0], [0, 1]], 2000, axis=0), 2),
        (np.arange(30.0)[:, None], 1),
        (np.hstack([np.arange(30.0)[:, None], np.full((30, 1), 4)]), 1),
        (np.vstack([np.random.default_rng(0).normal(size=(60, 2)), [[1e6, 1e6]] * 60]), 2),
    ],
    ids=["two points", "all equal", "copies by the thousand", "one number", "a constant", "a cluster far away"],
)
def test_hard_data_gives_points(x: np.ndarray, d: int) -> None:
    landed = lying_on(x, d).project(np.vstack([x[:3], x[:1] + 0.25]))
    assert np.isfinite(landed).all()
    assert np.abs(landed).max() <= np.abs(x).max() + 1


def test_two_points_span_a_line() -> None:
    landed = lying_on(np.array([[0.0, 0], [1, 0]]), 1).project(np.array([[0.4, 0.3]]))
    np.testing.assert_allclose(landed, [[0.4, 0]], atol=1e-6)


@pytest.mark.parametrize(
    ("n", "d", "k", "said"), [(1, 1, 5, "at least 2 points"), (5, 4, 5, "expected 1 to 3"), (5, 2, 1, "k = 1")]
)
def test_bad_manifolds(n: int, d: int, k: int, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Manifold(np.eye(5, 3, dtype=np.float32)[:n], d, k, Euclidean())
