from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from lateen.core.errors import InputError
from lateen.core.geometry import Euclidean
from lateen.manifold import Mixture, Support


def two_clusters(n: int = 2000, dim: int = 4) -> np.ndarray:
    rng = np.random.default_rng(0)
    side = rng.choice([-5.0, 5.0], n)
    return (rng.normal(size=(n, dim)) + side[:, None] * np.eye(dim)[0]).astype(np.float32)


def test_leaves_the_hole_between_clusters_empty() -> None:
    data = two_clusters()
    drawn = Mixture.fit(data).sample(2000, seed=1)
    assert (np.abs(drawn[:, 0]) < 1.5).mean() < 0.01
    one_normal = data.mean(0) + data.std(0) * np.random.default_rng(1).normal(size=drawn.shape)
    assert (np.abs(one_normal[:, 0]) < 1.5).mean() > 0.1


def test_draws_are_spread_like_the_data() -> None:
    data = two_clusters()
    drawn = Mixture.fit(data).sample(20_000, seed=1)
    np.testing.assert_allclose(drawn.mean(0), data.mean(0), atol=0.2)
    np.testing.assert_allclose(drawn.std(0), data.std(0), rtol=0.05)
    assert Support.fit(data, Euclidean())(drawn[:500]).mean() == pytest.approx(0.5, abs=0.07)


def test_few_items_make_one_normal_distribution_with_their_covariance() -> None:
    data = np.random.default_rng(2).normal(size=(6, 16)).astype(np.float32)
    mixture = Mixture.fit(data)
    assert mixture.weights.tolist() == [1.0]
    covariance = mixture.factors[0] @ mixture.factors[0].T
    np.testing.assert_allclose(covariance, np.cov(data.T, bias=True), atol=1e-6)


def test_a_single_item_is_drawn_again_and_again() -> None:
    item = np.array([[1.0, 2.0]], np.float32)
    np.testing.assert_array_equal(Mixture.fit(item).sample(3), np.repeat(item, 3, axis=0))


def test_identical_items_are_drawn_again_and_again() -> None:
    items = np.full((100, 2), 3.0, np.float32)
    np.testing.assert_array_equal(Mixture.fit(items).sample(5), items[:5])


def test_where_the_axes_lie_does_not_widen_the_mixture() -> None:
    data = two_clusters() + np.array([0, 0, 0, 1e4], np.float32)
    np.testing.assert_allclose(Mixture.fit(data).sample(20_000).std(0), data.std(0), rtol=0.05)


def test_items_of_a_few_kinds_stay_near_them() -> None:
    items = np.repeat(np.array([[0.0, 0.0], [9.0, 0.0]], np.float32), 50, axis=0)
    drawn = Mixture.fit(items).sample(200)
    assert np.isfinite(drawn).all()
    assert np.minimum(np.abs(drawn[:, 0]), np.abs(drawn[:, 0] - 9)).max() < 1


def test_many_draws_of_a_wide_mixture_take_little_memory() -> None:
    rng = np.random.default_rng(0)
    mixture = Mixture(np.full(10, 0.1), rng.normal(size=(10, 64)), rng.normal(size=(10, 64, 64)))
    tracemalloc.start()
    mixture.sample(5_000)
    assert tracemalloc.get_traced_memory()[1] < 2**25  # a covariance for each draw would be 164 MB
    tracemalloc.stop()


def test_same_seed_same_draws() -> None:
    data = two_clusters()
    first, second = (Mixture.fit(data, seed=3).sample(5, seed=4) for _ in range(2))
    assert first.tobytes() == second.tobytes()
    assert first.tobytes() != Mixture.fit(data, seed=3).sample(5, seed=5).tobytes()


def test_refuses_what_can_not_be_drawn() -> None:
    with pytest.raises(InputError, match="no vectors"):
        Mixture.fit(np.zeros((0, 3), np.float32))
    with pytest.raises(InputError, match="n = 0"):
        Mixture.fit(two_clusters(50)).sample(0)
