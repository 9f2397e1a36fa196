"""Map quality agrees with scikit-learn where that can compute it, and samples honestly where it can't."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from lateen.core.errors import InputError
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


def test_bad_input_is_named() -> None:
    x, y = some_map(20)
    with pytest.raises(InputError, match=r"k = 15 for 20 points.*use k = 9 or less"):
        map_quality(x, y)
    with pytest.raises(InputError, match="20 vectors and 19 positions"):
        map_quality(x, y[:19], k=3)
    y[0] = np.inf
    with pytest.raises(InputError, match="positions with NaN"):
        map_quality(x, y, k=3)
