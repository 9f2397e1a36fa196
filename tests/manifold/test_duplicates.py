"""Near-identical points: what must be found, what must not, and the laws of the groups."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lateen.core.errors import InputError
from lateen.core.geometry import Euclidean, Geometry, Sphere
from lateen.manifold.duplicates import Group, Rule, first_of_copies, local_dimension, near_identical
from lateen.neighbors import neighbour_table


def found(
    points: np.ndarray, within: float | None = None, geometry: Geometry | None = None
) -> tuple[list[Group], Rule]:
    on = geometry or Euclidean()
    x = points.astype(np.float32)
    return near_identical(x, lambda k: neighbour_table(x, k, geometry=on), geometry=on, within=within)


def cloud(n: int, dim: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, dim)).astype(np.float32)


@pytest.mark.parametrize("dim", [1, 2, 8, 40])
def test_chance_makes_hardly_any(dim: int) -> None:
    pairs = [sum(len(g.rows) - 1 for g in found(cloud(600, dim, seed))[0]) for seed in range(10)]
    assert sum(pairs) <= 15  # half a pair a time is expected


@pytest.mark.parametrize("dim", [2, 8, 40])
def test_near_copies_are_found_and_nothing_else(dim: int) -> None:
    x = cloud(500, dim)
    noise = np.random.default_rng(1).normal(size=(20, dim)) * (1e-4 if dim < 4 else 0.02)
    groups, rule = found(np.vstack([x, x[100:120] + noise]))
    assert sorted(tuple(g.rows) for g in groups) == [(100 + i, 500 + i) for i in range(20)]
    assert rule.within is None
    assert 0 < rule.share < 0.6


def test_dense_and_sparse_places_have_each_their_own_scale() -> None:
    dense, sparse = cloud(400, 6) / 8, 100 + cloud(400, 6, 1)
    copy = sparse[7] + 0.05
    groups, _ = found(np.vstack([dense, sparse, copy[None]]))
    assert [g.rows.tolist() for g in groups] == [[407, 800]]


def test_copies_by_the_thousand_are_one_group_and_quick() -> None:
    x = cloud(2500, 20)
    jittered = x[3] + cloud(2000, 20, 1) * 1e-3
    many = np.vstack([x, np.repeat(x[5:6], 5000, axis=0), jittered])
    start = time.perf_counter()
    groups, _ = found(many)
    assert time.perf_counter() - start < 20
    assert [(g.rows[0], len(g.rows)) for g in groups] == [(5, 5001), (3, 2001)]
    assert groups[0].distances.max() == 0
    assert 0 < groups[1].distances[1:].min() <= groups[1].distances.max() < 0.02


def test_copies_of_a_near_copy_come_with_it() -> None:
    x = cloud(300, 8)
    near = x[:1] + 0.01
    groups, _ = found(np.vstack([x, near, near, x[:1]]))
    assert [g.rows.tolist() for g in groups] == [[0, 302, 300, 301]]
    np.testing.assert_allclose(groups[0].distances, [0, 0, 0.01 * math.sqrt(8), 0.01 * math.sqrt(8)], rtol=1e-3)


def test_all_equal_is_one_group() -> None:
    groups, rule = found(np.ones((3000, 4)))
    assert [len(g.rows) for g in groups] == [3000]
    assert (rule.k, rule.share) == (0, 0)


def test_two_points() -> None:
    assert found(np.array([[0.0, 1], [0, 1]]))[0][0].rows.tolist() == [0, 1]
    assert found(np.array([[0.0, 1], [0, 1.001]]))[0] == []  # two distances don't say what is near
    assert len(found(np.array([[0.0, 1], [0, 1.001]]), within=0.01)[0]) == 1


def test_zero_and_minus_zero_are_one() -> None:
    assert first_of_copies(np.array([[0.0, 1], [-0.0, 1], [1, 0]], np.float32)).tolist() == [0, 0, 2]


def test_one_cluster_far_away_changes_nothing() -> None:
    x = cloud(300, 5)
    near = np.vstack([x, x[:1] + 1e-3])
    assert found(np.vstack([near, near[:40] + 1e5]))[0][0].rows.tolist() == [0, 300]


def test_constant_columns_and_one_dimension() -> None:
    line = np.linspace(0, 1, 200)[:, None]
    assert found(line)[0] == []
    assert found(np.hstack([line, np.full((200, 3), 7)]))[0] == []
    assert [g.rows.tolist() for g in found(np.vstack([line, line[50:51] + 1e-7]))[0]] == [[50, 200]]


def test_on_a_sphere_only_directions_count() -> None:
    x = cloud(300, 12)
    on = Sphere().project(np.vstack([x, 3 * x[17:18]]))
    assert [g.rows.tolist() for g in found(on, geometry=Sphere())[0]] == [[17, 300]]


def test_a_chain_of_small_steps_is_not_one_group() -> None:
    chain = np.arange(100.0)[:, None] * [1, 0]
    groups, _ = found(chain, within=1.5)
    assert all(g.distances.max() <= 1.5 for g in groups)
    assert [g.rows.tolist() for g in groups] == [[i, i + 1] for i in range(0, 100, 2)]


def test_a_few_far_from_all_others_are_no_copies() -> None:
    assert found(np.vstack([cloud(3000, 8), cloud(20, 8) + 1e6]))[0] == []


def test_of_a_point_with_copies_all_that_are_near_are_found() -> None:
    line = np.arange(61.0)[:, None] / 20
    groups, _ = found(np.vstack([line, line[:1]]), within=3.0)
    assert [len(g.rows) for g in groups] == [62]


@pytest.mark.parametrize("within", [-1.0, math.nan, math.inf])
def test_a_distance_is_a_number(within: float) -> None:
    with pytest.raises(InputError, match="give a distance of zero or more"):
        found(cloud(10, 2), within=within)


def test_one_point_has_no_others() -> None:
    with pytest.raises(InputError, match="at least 2 items, got 1"):
        found(np.zeros((1, 3)))


def test_the_dimension_is_that_of_the_data_even_among_copies() -> None:
    x = cloud(3000, 5)
    table = neighbour_table(x, 30, geometry=Euclidean())
    assert local_dimension(table.distances.astype(np.float64)) == pytest.approx(4.8, abs=0.5)
    assert math.isnan(local_dimension(np.zeros((5, 3))))


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 80), st.integers(1, 4), st.floats(0, 3), st.integers(0, 10_000))
def test_groups_within_a_distance_are_what_they_say(n: int, dim: int, within: float, seed: int) -> None:
    """Each copy is within the distance of the one kept, no item is in two groups, and of those kept no two are near."""
    x = np.round(np.random.default_rng(seed).normal(size=(n, dim)) * 3, 1).astype(np.float32)
    groups, _ = found(x, within=within)
    members = [int(row) for g in groups for row in g.rows]
    assert len(members) == len(set(members))
    for g in groups:
        far = Euclidean().distance(x[g.rows], x[g.rows[0]])
        np.testing.assert_allclose(far, g.distances, atol=1e-5)
        assert g.rows[0] == g.rows.min()
        assert far.max() <= within + 1e-5
    left = np.setdiff1d(np.arange(n), [row for g in groups for row in g.rows[1:]])
    apart = np.linalg.norm(x[left, None] - x[None, left], axis=2)
    np.fill_diagonal(apart, np.inf)
    assert len(left) == 1 or apart.min() > within - 1e-5
