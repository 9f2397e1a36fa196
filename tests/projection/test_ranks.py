"""Ranks are those of sorting every distance, whatever the scale, the place and the repetitions of the points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lateen.core.geometry import Euclidean, Gaussian, Geometry, Sphere
from lateen.projection import ranks
from lateen.projection.ranks import survey


def assert_like_sorting(x: np.ndarray, chosen: np.ndarray, k: int, others: np.ndarray, geometry: Geometry) -> None:
    seen = survey(x, chosen, k, others, geometry=geometry)
    wide = x.astype(np.float64)
    for i, anchor in enumerate(chosen):
        if isinstance(geometry, Euclidean):
            far = ((wide - wide[anchor]) ** 2).sum(axis=1)
        else:
            far = geometry.distance(wide, wide[anchor])
        far[anchor] = np.inf
        assert (np.lexsort((np.arange(len(x)), far))[:k] == seen.rows[i]).all()
        asked = np.sort(far[others[i]])
        assert [int((far < limit).sum()) for limit in asked] == seen.nearer[i].tolist()


def others_of(n: int, chosen: np.ndarray, many: int, rng: np.random.Generator) -> np.ndarray:
    drawn = rng.integers(n - 1, size=(len(chosen), many))
    return np.asarray(drawn + (drawn >= chosen[:, None]))


@pytest.mark.parametrize("geometry", [Euclidean(), Sphere(), Gaussian()], ids=lambda g: g.name)
@pytest.mark.parametrize("d", [2, 3, 7, 40])
def test_like_sorting(d: int, geometry: Geometry) -> None:
    rng = np.random.default_rng(d)
    x = rng.normal(size=(3000, d)).astype(np.float32)
    chosen = np.sort(rng.choice(3000, 20, replace=False))
    assert_like_sorting(x, chosen, 9, others_of(3000, chosen, 5, rng), geometry)


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(4, 200),
    d=st.sampled_from([1, 3, 5, 9]),
    exponent=st.sampled_from([-30, -3, 0, 4, 17]),
    distinct=st.integers(1, 6),
    far=st.sampled_from([0.0, 1.0, 1e4]),
    seed=st.integers(0, 99),
)
def test_ties_scales_and_far_away(n: int, d: int, exponent: int, distinct: int, far: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.integers(-2, 3, size=(distinct, d))[rng.integers(distinct, size=n)]  # their distances are whole
    points = points + far * (np.arange(n) % 7 == 0)[:, None]
    x = (points * 2.0**exponent).astype(np.float32)
    chosen = np.arange(0, n, 3)
    assert_like_sorting(x, chosen, min(3, n - 1), others_of(n, chosen, 4, rng), Euclidean())


def test_a_far_cluster_costs_no_exactness() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2500, 20)).astype(np.float32)
    x[1200:] += 1e5
    chosen = np.array([3, 1199, 1200, 2499])
    assert_like_sorting(x, chosen, 5, others_of(2500, chosen, 3, rng), Euclidean())


@pytest.mark.parametrize("d", [2, 30])
def test_any_number_of_threads_sees_the_same(d: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(6000, d)).astype(np.float32)
    chosen = np.sort(rng.choice(6000, 300, replace=False))
    seen = []
    for threads in (1, 2, 3):
        monkeypatch.setattr(ranks, "cores", lambda threads=threads: threads)
        told: list[tuple[int, int]] = []
        found = survey(x, chosen, 5, others_of(6000, chosen, 5, np.random.default_rng(1)), progress=told_to(told))
        assert not told or told[-1] == (6000, 6000)
        seen.append((found.rows.tobytes(), found.distances.tobytes(), found.nearer.tobytes()))
    assert seen[0] == seen[1] == seen[2]


def told_to(told: list[tuple[int, int]]) -> ranks.Progress:
    def tell(done: int, total: int) -> None:
        told.append((done, total))

    return tell


def test_zero_vectors_have_no_direction_and_do_no_harm() -> None:
    x = np.random.default_rng(0).normal(size=(50, 6)).astype(np.float32)
    x[7] = 0
    seen = survey(x, np.array([7, 8]), 49, geometry=Sphere())
    assert sorted(seen.rows[0].tolist()) == [row for row in range(50) if row != 7]
    assert np.isfinite(seen.distances).all()
