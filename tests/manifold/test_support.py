from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest

from lateen.core.errors import InputError
from lateen.core.geometry import Euclidean
from lateen.manifold import Support


def cloud(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, 6)).astype(np.float32)


def test_new_items_of_the_same_kind_have_uniform_support() -> None:
    support = Support.fit(cloud(6000, 0), Euclidean())
    assert kstest(support(cloud(800, 1)), "uniform").pvalue > 0.01


def test_items_of_the_data_are_judged_like_new_ones() -> None:
    data = cloud(4000, 0)
    support = Support.fit(data, Euclidean())
    assert 0.5 < support(data[::5]).mean() < 0.65  # a little higher: each is itself near to its place


def test_a_step_aside_changes_little() -> None:
    data = cloud(4000, 0)
    support = Support.fit(data, Euclidean())
    beside = data[:200] + np.float32(1e-4)
    assert np.abs(support(beside) - support(data[:200])).max() < 0.02


def test_far_away_has_none_and_the_middle_has_all() -> None:
    support = Support.fit(cloud(4000, 0), Euclidean())
    far, middle = np.full((1, 6), 20, np.float32), np.zeros((1, 6), np.float32)
    assert support(far)[0] == 0
    assert support(middle)[0] > 0.9


def test_falls_with_distance() -> None:
    support = Support.fit(cloud(4000, 0), Euclidean())
    ray = np.linspace(0, 8, 9, dtype=np.float32)[:, None] * np.eye(6, dtype=np.float32)[0]
    assert (np.diff(support(ray)) <= 0).all()


def test_same_seed_same_judgement() -> None:
    x = cloud(500, 0)
    first, second = (Support.fit(x, Euclidean(), seed=3)(x[:50]) for _ in range(2))
    assert first.tolist() == second.tolist()


def test_needs_a_few_items() -> None:
    with pytest.raises(InputError, match="at least 4 items"):
        Support.fit(cloud(3, 0), Euclidean())
    assert Support.fit(cloud(4, 0), Euclidean())(cloud(2, 1)).shape == (2,)


def test_its_resolution_is_one_over_the_items_held_out() -> None:
    support = Support.fit(cloud(12, 0), Euclidean())
    assert len(support.held_out) == 3
    assert set(support(cloud(200, 1) * 2)) <= {0, 1 / 3, 2 / 3, 1}
