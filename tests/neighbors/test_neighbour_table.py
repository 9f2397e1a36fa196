"""The neighbour table: exact where it says so, nearly so beyond, the same bytes for any number of threads."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lateen.core.threads as threads_module
from lateen.core.errors import InputError
from lateen.core.geometry import Euclidean, Gaussian, Geometry, Sphere
from lateen.neighbors import Table, neighbour_table
from lateen.neighbors import table as table_module
from lateen.neighbors.distinct import Distinct

GEOMETRIES: list[Geometry] = [Euclidean(), Sphere(), Gaussian()]


def cloud(n: int, d: int, seed: int = 0) -> np.ndarray:
    """Groups of different width around random centres."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(scale=3, size=(12, d))
    which = rng.integers(0, 12, n)
    return (centres[which] + rng.normal(size=(n, d)) * (0.3 + which[:, None] / 6)).astype(np.float32)


def embedded(n: int, d: int) -> np.ndarray:
    """Groups in ten dimensions at most, turned into d, with a little noise in all of them."""
    turn = np.random.default_rng(7).normal(size=(10, d)) / np.sqrt(d)
    x = cloud(n, min(d, 10)) @ (turn if d > 10 else np.eye(d))
    return (x + 0.02 * np.random.default_rng(8).normal(size=(n, d)) / np.sqrt(d)).astype(np.float32)


def true_distances(x: np.ndarray, rows: np.ndarray, k: int, geometry: Geometry) -> np.ndarray:
    """The k least distances of some rows to all others, one by one."""
    wide = x.astype(np.float64)
    far = np.stack([geometry.distance(wide, np.broadcast_to(wide[row], wide.shape)) for row in rows])
    far[np.arange(len(rows)), rows] = np.inf
    return np.sort(far, axis=1)[:, :k]


def assert_sound(table: Table, n: int, k: int) -> None:
    assert table.rows.shape == table.distances.shape == (n, k)
    assert (table.rows != np.arange(n)[:, None]).all(), "an item is its own neighbour"
    assert all(len(set(row)) == k for row in table.rows.tolist()), "a neighbour is listed twice"
    assert (np.diff(table.distances, axis=1) >= 0).all()


@pytest.fixture
def by_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Search by cells from some thousand items on."""
    monkeypatch.setattr(table_module, "EXACT_UP_TO", 1_000)
    monkeypatch.setattr(table_module, "REACH", 1_200)


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=lambda g: g.name)
@pytest.mark.parametrize("d", [2, 7, 300])
def test_small_tables_are_exact(geometry: Geometry, d: int) -> None:
    x = cloud(400, d)
    table = neighbour_table(x, 12, geometry=geometry)
    assert_sound(table, 400, 12)
    assert (table.how, table.recall) == ("exact", 1.0)
    truth = true_distances(x, np.arange(400), 12, geometry)
    np.testing.assert_allclose(table.distances, truth, rtol=2e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("geometry", "d"),
    [(Euclidean(), 3), (Euclidean(), 40), (Euclidean(), 400), (Sphere(), 40), (Sphere(), 400), (Gaussian(), 40)],
    ids=lambda value: getattr(value, "name", value),
)
@pytest.mark.usefixtures("by_cells")
def test_large_tables_find_nearly_all(geometry: Geometry, d: int) -> None:
    x = embedded(9_000, d)
    table = neighbour_table(x, 15, geometry=geometry)
    assert_sound(table, 9_000, 15)
    assert table.how == "cells"
    rows = np.random.default_rng(1).choice(9_000, 300, replace=False)
    truth = true_distances(x, rows, 15, geometry)
    found = float(np.mean(table.distances[rows] <= truth[:, -1:] * (1 + 1e-5)))
    assert found >= 0.985
    assert table.recall == pytest.approx(found, abs=0.012)


@pytest.mark.usefixtures("by_cells")
def test_the_reach_grows_until_nearly_all_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(0).normal(size=(4_000, 12)).astype(np.float32)  # no groups: every cell borders on many
    monkeypatch.setattr(table_module, "REACH", 60)
    monkeypatch.setattr(table_module, "RECALL", 0.0)
    careless = neighbour_table(x, 15, geometry=Euclidean()).recall
    monkeypatch.setattr(table_module, "RECALL", 0.99)
    assert careless < 0.95
    assert neighbour_table(x, 15, geometry=Euclidean()).recall >= 0.99


@pytest.mark.parametrize("n", [500, 5_000])
@pytest.mark.usefixtures("by_cells")
def test_the_same_bytes_for_any_number_of_threads(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    x, made = cloud(n, 320), []
    for count in (1, 2, 5):
        monkeypatch.setattr(threads_module, "cores", lambda count=count: count)
        table = neighbour_table(x, 10, geometry=Euclidean())
        made.append(table.rows.tobytes() + table.distances.tobytes())
    assert made[0] == made[1] == made[2]


@pytest.mark.usefixtures("by_cells")
def test_duplicates_by_the_thousand_come_first_at_distance_zero() -> None:
    x = np.vstack([cloud(3_000, 30), np.repeat(cloud(3, 30, seed=9), 2_000, axis=0)])
    table = neighbour_table(x, 15, geometry=Euclidean())
    assert_sound(table, 9_000, 15)
    assert (table.distances[3_000:] == 0).all()
    for row in (3_000, 5_003, 8_999):
        group = 3_000 + 2_000 * ((row - 3_000) // 2_000)
        assert ((table.rows[row] >= group) & (table.rows[row] < group + 2_000)).all()
    assert (table.distances[:3_000, 0] > 0).all()


def test_all_items_the_same() -> None:
    table = neighbour_table(np.ones((50, 4), np.float32), 7, geometry=Euclidean())
    assert_sound(table, 50, 7)
    assert (table.distances == 0).all()


@pytest.mark.usefixtures("by_cells")
def test_a_cluster_far_away_keeps_its_own_neighbours() -> None:
    near, far = cloud(4_000, 20), cloud(300, 20, seed=4) + np.float32(1e5)
    x = np.vstack([near, far])
    table = neighbour_table(x, 10, geometry=Euclidean())
    assert (table.rows[:4_000] < 4_000).all()
    assert (table.rows[4_000:] >= 4_000).all()
    truth = true_distances(x, np.arange(4_000, 4_300), 10, Euclidean())
    assert np.mean(table.distances[4_000:] <= truth[:, -1:] * (1 + 1e-5)) > 0.98


@pytest.mark.parametrize("unit", [1e-25, 1e-13, 1e16, 1e30])
def test_units_do_not_matter(unit: float) -> None:
    x = cloud(300, 6)
    usual = neighbour_table(x, 8, geometry=Euclidean())
    table = neighbour_table((x.astype(np.float64) * unit).astype(np.float32), 8, geometry=Euclidean())
    assert (table.rows == usual.rows).mean() > 0.99
    np.testing.assert_allclose(table.distances, usual.distances.astype(np.float64) * unit, rtol=1e-4)


def test_a_cluster_beyond_all_measure_keeps_to_itself() -> None:
    x = np.vstack([cloud(300, 6), (cloud(40, 6, seed=2) + 100) * np.float32(1e27)])
    table = neighbour_table(x, 8, geometry=Euclidean())
    assert_sound(table, 340, 8)
    assert (table.rows[300:] >= 300).all()


def test_fewer_items_than_neighbours() -> None:
    assert neighbour_table(cloud(5, 3), 30, geometry=Euclidean()).k == 4
    two = neighbour_table(np.array([[0.0], [3.0]], np.float32), 15, geometry=Euclidean())
    assert two.rows.tolist() == [[1], [0]]
    assert two.distances.tolist() == [[3.0], [3.0]]


@pytest.mark.parametrize(
    ("x", "k", "message"),
    [
        (np.ones((4, 2), np.float32), 0, "k = 0"),
        (np.ones((1, 2), np.float32), 3, "at least 2 items, got 1"),
        (np.array([[0, 1], [np.nan, 2]], np.float32), 1, "NaN or infinity in row 1 of 2"),
    ],
    ids=["no neighbour", "one item", "nan"],
)
def test_bad_input_is_named(x: np.ndarray, k: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        neighbour_table(x, k, geometry=Euclidean())


def test_no_more_neighbours_than_it_holds() -> None:
    table = neighbour_table(cloud(20, 3), 5, geometry=Euclidean())
    assert table.first(2).rows.tolist() == table.rows[:, :2].tolist()
    with pytest.raises(InputError, match="holds 5 neighbours"):
        table.first(6)


def test_progress_reaches_the_end() -> None:
    told: list[tuple[int, int]] = []
    neighbour_table(cloud(900, 4), 5, geometry=Euclidean(), progress=lambda done, total: told.append((done, total)))
    assert told[-1][0] == told[-1][1]
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=40))
def test_rows_are_grouped_by_their_bits(values: list[int]) -> None:
    points = np.repeat(np.array(values, np.float32)[:, None], 3, axis=1)
    distinct = Distinct.of(points)
    assert len(distinct.firsts) == len(set(values))
    assert [values[distinct.firsts[group]] for group in distinct.groups] == values
    assert all(values.index(values[first]) == first for first in distinct.firsts)
