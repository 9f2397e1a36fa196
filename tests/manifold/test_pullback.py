"""Geodesics under a decoder's metric: known shapes, gradients, holes, several decoders, what isn't trustworthy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from lateen.core.codec import LatentSpec, Smooth, SmoothDecoder
from lateen.core.errors import InputError
from lateen.core.geometry import Euclidean, Sphere
from lateen.core.path import Path, Polyline
from lateen.manifold import pullback as module
from lateen.manifold.pullback import Density, pullback
from lateen.models.pca import PCA


@dataclass(frozen=True)
class Surface:
    """Decodes (x, y) to a point of a surface over the plane: a hill of some height at the origin."""

    height: float

    @property
    def spec(self) -> LatentSpec:
        return LatentSpec("surface:hill", 2, "vector", "euclidean")

    def decode(self, vectors: np.ndarray) -> np.ndarray:
        return self.decode_smoothly(vectors).pictures.round().astype(np.uint8).reshape(-1, 1, 1, 3)

    def decode_smoothly(self, vectors: np.ndarray) -> Smooth:
        hill = self.height * np.exp(-(vectors**2).sum(axis=1, keepdims=True))
        pictures = np.concatenate([vectors, hill], axis=1)

        def back(changes: np.ndarray) -> np.ndarray:
            return (changes[:, :2] - 2 * vectors * hill * changes[:, 2:]).astype(np.float32)

        return Smooth(pictures.astype(np.float32), back)


def length_on(surface: Surface, path: Path) -> float:
    points = surface.decode_smoothly(path.evaluate(np.linspace(0, 1, 400)).astype(np.float32)).pictures
    return float(np.linalg.norm(np.diff(points.astype(np.float64), axis=0), axis=1).sum())


START, END = np.array([-2, 0.1], np.float32), np.array([2, 0.1], np.float32)


def test_it_goes_round_a_hill_on_the_shortest_way() -> None:
    surface = Surface(3.0)
    assert isinstance(surface, SmoothDecoder)
    found = pullback(START, END, [surface], geometry=Euclidean(), density=None, steps=32)
    assert isinstance(found, Path)
    np.testing.assert_array_equal(found.start, START)
    np.testing.assert_array_equal(found.end, END)
    straight = Polyline(Euclidean(), np.stack([START, END]))
    heights = np.linspace(0.1, 3, 200)  # the best of all ways over one bend, as (x, h (1 - x^2 / 4)^p)
    bends = [
        Polyline(Euclidean(), np.stack([x := np.linspace(-2, 2, 60), 0.1 + h * (1 - x**2 / 4) ** p], axis=1))
        for h in heights[::8]
        for p in (0.5, 1, 2)
    ]
    best = min(length_on(surface, bend) for bend in bends)
    assert length_on(surface, found) < best < length_on(surface, straight)
    assert found.evaluate(0.5)[1] > 0.8
    assert found.converged
    assert found.energy < 0.8 * found.energy_straight
    assert not found.doubts


def test_on_a_flat_surface_the_straight_way_stays_and_says_so() -> None:
    found = pullback(START, END, [Surface(0.0)], geometry=Euclidean(), density=None)
    np.testing.assert_allclose(found.evaluate(np.linspace(0, 1, 9))[:, 1], 0.1, atol=1e-3)
    assert found.length == pytest.approx(4, rel=1e-4)
    assert "did not fall" in found.doubts[0]


def test_energy_has_the_right_gradient() -> None:
    points = np.random.default_rng(0).normal(size=(5, 2))
    for decoders in ([Surface(2.0)], [Surface(2.0), Surface(0.5), Surface(1.0)]):
        _, gradient = module._energy(points, decoders)
        for place in [(0, 0), (2, 1), (4, 0)]:
            moved = np.zeros_like(points)
            moved[place] = 1e-2
            energies = [module._energy(points + sign * moved, decoders)[0] for sign in (1, -1)]
            assert (energies[0] - energies[1]) / 2e-2 == pytest.approx(gradient[place], rel=2e-2, abs=1e-2)


def test_density_has_the_right_gradient_and_is_nothing_inside() -> None:
    data = np.random.default_rng(0).normal(size=(500, 2)).astype(np.float32)
    density = Density.fit(data)
    assert density.excess(np.zeros((1, 2)))[0] < 0.05
    points = np.array([[0.5, 4.0], [3.0, -3.0]])
    value, gradient = density.excess(points)
    assert value > 1
    for place in [(0, 1), (1, 0)]:
        moved = np.zeros_like(points)
        moved[place] = 1e-5
        slope = (density.excess(points + moved)[0] - density.excess(points - moved)[0]) / 2e-5
        assert slope == pytest.approx(gradient[place], rel=1e-4)


def test_a_single_decoder_cuts_across_a_hole_and_density_or_an_ensemble_goes_round() -> None:
    angle = np.random.default_rng(0).uniform(0, np.pi, 800)
    ring = np.stack([-2 * np.cos(angle), 2 * np.sin(angle)], axis=1)
    data = (ring + np.random.default_rng(1).normal(0, 0.05, ring.shape)).astype(np.float32)
    start, end = np.array([-2, 0], np.float32), np.array([2, 0], np.float32)
    round_ = Polyline(Euclidean(), np.stack([-2 * np.cos(a := np.linspace(0, np.pi, 30)), 2 * np.sin(a)], axis=1))
    flat = Surface(0.0)
    cut = pullback(start, end, [flat], geometry=Euclidean(), density=None, along=round_)
    kept = pullback(start, end, [flat], geometry=Euclidean(), density=Density.fit(data), along=round_)
    assert abs(cut.evaluate(0.5)[1]) < 0.5
    assert kept.evaluate(0.5)[1] > 1.5
    assert kept.started == "graph"
    assert "did not fall" in kept.doubts[0]  # the data costs more than the decoder saves: it is said
    disagreeing = [Surface(8.0), Surface(-8.0)]  # on average flat
    both = pullback(start, end, disagreeing, geometry=Euclidean(), density=None, along=round_)
    assert abs(both.evaluate(0.5)[1]) > 1


def test_on_a_sphere_points_stay_on_it() -> None:
    random = np.random.default_rng(0)
    data = Sphere().project(random.normal(size=(300, 3)).astype(np.float32))
    pca = PCA(random.normal(size=12).astype(np.float32), random.normal(size=(3, 12)).astype(np.float32), 2, "pca:3")
    found = pullback(data[0], data[1], [pca], geometry=Sphere(), density=Density.fit(data))
    free = pullback(data[0], data[1], [pca], geometry=Sphere(), density=None)
    for way in (found, free):
        np.testing.assert_allclose(np.linalg.norm(way.points, axis=1), 1, rtol=1e-5)
    assert free.energy < free.energy_straight


def test_equal_ends_and_the_same_bytes_twice() -> None:
    still = pullback(START, START, [Surface(1.0)], geometry=Euclidean(), density=None)
    assert still.length == 0
    np.testing.assert_array_equal(still.evaluate(0.5), START)
    ways = [pullback(START, END, [Surface(3.0)], geometry=Euclidean(), density=None) for _ in range(2)]
    assert ways[0].points.tobytes() == ways[1].points.tobytes()


def test_what_is_not_settled_says_so() -> None:
    found = pullback(START, END, [Surface(3.0)], geometry=Euclidean(), density=None, rounds=1)
    assert not found.converged
    assert "had not settled after 1 round" in found.doubts[0]


@pytest.mark.parametrize("data", [np.ones((50, 2)), np.zeros((2, 2)), np.eye(2)], ids=["same", "two same", "two"])
def test_density_of_hardly_any_data(data: np.ndarray) -> None:
    value, gradient = Density.fit(data.astype(np.float32)).excess(np.array([[0.3, 0.4]]))
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()


def test_what_cannot_be_asked_says_why() -> None:
    long = np.zeros(300, np.float32)
    with pytest.raises(InputError, match=r"up to 256 numbers; these have 300\. Walk along graph"):
        pullback(long, long, [Surface(1.0)], geometry=Euclidean(), density=None)
    with pytest.raises(InputError, match="0 decoders"):
        pullback(START, END, [], geometry=Euclidean(), density=None)
