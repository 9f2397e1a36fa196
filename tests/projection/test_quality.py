"""Map quality agrees with scikit-learn where that can compute it, and samples honestly where it can't."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr
from sklearn.manifold import trustworthiness

from lateen.core.errors import InputError
from lateen.core.geometry import Sphere
from lateen.projection import map_quality


def some_map(n: int = 300, d: int = 8) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(n, d)).astype(np.float32)
    return x, (x[:, :2] + 0.3 * rng.normal(size=(n, 2))).astype(np.float32)


@pytest.mark.parametrize("k", [1, 5, 15])
@pytest.mark.parametrize("n", [31, 300])
def test_agrees_with_scikit_learn_on_all_points(n: int, k: int) -> None:
    x, y = some_map(n)
    quality = map_quality(x, y, k=k, anchors=n)
    assert quality.trustworthiness == pytest.approx(
        trustworthiness(x.astype(float), y.astype(float), n_neighbors=k), abs=1e-9
    )
    assert quality.continuity == pytest.approx(
        trustworthiness(y.astype(float), x.astype(float), n_neighbors=k), abs=1e-9
    )
    assert quality.trustworthiness_low == quality.trustworthiness == quality.trustworthiness_high


def test_far_from_the_origin_the_ranks_stay_exact() -> None:
    x, y = some_map()
    shifted = (x + 1000).astype(np.float32)
    expected = trustworthiness(shifted.astype(float) - 1000, y.astype(float), n_neighbors=5)
    assert map_quality(shifted, y, k=5).trustworthiness == pytest.approx(expected, abs=1e-9)


def test_perfect_and_random_maps() -> None:
    x, _ = some_map(d=2)
    perfect = map_quality(x, 3 * x)
    assert perfect.trustworthiness == perfect.continuity == 1
    shuffled = map_quality(x, x[np.random.default_rng(0).permutation(len(x))])
    assert 0.4 < shuffled.trustworthiness < 0.6


def test_sampled_interval_covers_the_full_value() -> None:
    x, y = some_map(600)
    full = map_quality(x, y, anchors=600).trustworthiness
    hits, sampled = 0, []
    for seed in range(40):
        q = map_quality(x, y, anchors=60, seed=seed)
        assert q.anchors == 60
        assert q.trustworthiness_low < q.trustworthiness < q.trustworthiness_high
        sampled.append(q)
        hits += q.trustworthiness_low <= full <= q.trustworthiness_high
    assert hits >= 34
    halves = [(q.trustworthiness_high - q.trustworthiness_low) / 2 for q in sampled]
    spread = 1.96 * np.std([q.trustworthiness for q in sampled])
    assert 0.7 < np.mean(halves) / spread < 1.4
    assert map_quality(x, y, anchors=60, seed=5) == map_quality(x, y, anchors=60, seed=5)


def test_duplicates_do_not_break_it() -> None:
    x, y = some_map(40)
    q = map_quality(np.concatenate([x, x]), np.concatenate([y, y]), k=3)
    assert 0 <= q.trustworthiness <= 1
    assert 0 <= q.continuity <= 1


def brute_recall(x: np.ndarray, y: np.ndarray, k: int) -> float:
    def nearest(p: np.ndarray) -> np.ndarray:
        far = ((p[:, None].astype(float) - p[None]) ** 2).sum(axis=-1)
        np.fill_diagonal(far, np.inf)
        return np.asarray(far.argsort(axis=1)[:, :k])

    return float(np.mean([len(set(a) & set(b)) / k for a, b in zip(nearest(x), nearest(y), strict=True)]))


@pytest.mark.parametrize("k", [1, 5, 15])
def test_recall_counts_shared_neighbours(k: int) -> None:
    x, y = some_map()
    assert map_quality(x, y, k=k).neighbour_recall == pytest.approx(brute_recall(x, y, k))


def test_shepard_is_spearmans_correlation_of_distances() -> None:
    x, y = some_map(500)
    far, near = pdist(x), pdist(y)
    expected = spearmanr(far, near).statistic
    quality = map_quality(x, y)
    assert quality.shepard is not None
    assert quality.shepard == pytest.approx(expected, abs=0.02)
    assert quality.shepard_low is not None
    assert quality.shepard_high is not None
    found = [map_quality(x, y, anchors=200, seed=seed) for seed in range(60)]
    halves = np.mean([(q.shepard_high - q.shepard_low) / 2 for q in found])  # type: ignore[operator]
    spread = 1.96 * np.std([q.shepard for q in found])  # type: ignore[arg-type]
    assert 0.7 < halves / spread < 1.8


@settings(max_examples=10, deadline=None)
@given(angle=st.floats(0, 6.3), scale=st.sampled_from([1e-3, 1.0, 37.0]), shift=st.floats(-5, 5))
def test_turning_and_scaling_a_map_changes_nothing(angle: float, scale: float, shift: float) -> None:
    x, y = some_map(120)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    before, after = map_quality(x, y).to_dict(), map_quality(x, scale * (y @ turn) + shift).to_dict()
    assert after == pytest.approx(before, abs=1e-6)


def test_angles_rank_as_straight_distances_of_units() -> None:
    x, y = some_map()
    units = (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)
    on_sphere, straight = map_quality(x, y, geometry=Sphere()), map_quality(units, y)
    assert on_sphere.trustworthiness == pytest.approx(straight.trustworthiness, abs=1e-6)
    assert on_sphere.neighbour_recall == straight.neighbour_recall
    assert on_sphere.trustworthiness != map_quality(x, y).trustworthiness


def test_random_maps_score_the_nulls() -> None:
    x, y = some_map(900)
    found = [map_quality(x, y[np.random.default_rng(seed).permutation(900)]) for seed in range(5)]
    for figure in ("trustworthiness", "neighbour_recall"):
        mean = np.mean([getattr(q, figure) for q in found])
        assert mean == pytest.approx(getattr(found[0], f"{figure}_null"), abs=0.01)
    assert np.mean([q.continuity for q in found]) == pytest.approx(found[0].trustworthiness_null, abs=0.01)
    assert np.mean([q.shepard for q in found]) == pytest.approx(0, abs=0.02)  # type: ignore[arg-type]


def test_duplicates_by_the_thousand() -> None:
    rng = np.random.default_rng(0)
    x = np.repeat(rng.normal(size=(3, 20)), 1000, axis=0).astype(np.float32)
    together, at_random = map_quality(x, x[:, :2]), map_quality(x, rng.normal(size=(3000, 2)))
    assert together.trustworthiness == together.continuity == together.neighbour_recall == 1
    assert at_random.neighbour_recall == pytest.approx(1 / 3, abs=0.03)
    constant = map_quality(np.ones((2000, 5), np.float32), rng.normal(size=(2000, 2)))
    assert constant.trustworthiness == constant.neighbour_recall == 1
    assert constant.shepard is None


def test_three_points() -> None:
    x = np.array([[0, 0, 0], [1, 0, 0], [5, 0, 0]], np.float32)
    quality = map_quality(x, x[:, :2], k=1)
    assert (quality.trustworthiness, quality.neighbour_recall, quality.shepard) == (1, 1, 1)
    assert map_quality(x[:, :1], x[:, :2], k=1).continuity == 1


def test_bad_input_is_named() -> None:
    x, y = some_map(20)
    with pytest.raises(InputError, match=r"k = 15 for 20 points.*use k = 9 or less"):
        map_quality(x, y)
    with pytest.raises(InputError, match="20 vectors and 19 positions"):
        map_quality(x, y[:19], k=3)
    y[0] = np.inf
    with pytest.raises(InputError, match="positions with NaN"):
        map_quality(x, y, k=3)
