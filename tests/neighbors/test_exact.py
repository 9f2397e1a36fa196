from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lateen.core.errors import InputError
from lateen.core.geometry import Euclidean, Gaussian, Geometry, Sphere
from lateen.neighbors import Blocked, Prepared, exact, nearest


@pytest.mark.parametrize("geometry", [Euclidean(), Sphere(), Gaussian()], ids=str)
@pytest.mark.parametrize("block", [64, 8_000_000])
def test_agrees_with_sorting_all_distances(geometry: Geometry, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "BLOCK_NUMBERS", block)  # blocks of 8 rows as well as one of all
    x = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32) + 3
    found = nearest(x, x[:20], 5, geometry=geometry)
    distances = np.stack([geometry.distance(x, q) for q in x[:20]])
    order = np.argsort(distances, axis=1, kind="stable")[:, :5]
    assert (found.rows == order).all()
    np.testing.assert_array_equal(found.distances, np.take_along_axis(distances, order, axis=1))


@settings(max_examples=30, deadline=None)
@given(offset=st.floats(-1e4, 1e4), seed=st.integers(0, 1000))
def test_a_cloud_far_from_the_origin_keeps_its_neighbours(offset: float, seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=(200, 4)).astype(np.float32) + np.float32(offset)
    found = nearest(x, x, 3, geometry=Euclidean())
    wide = x.astype(np.float64)
    distances = np.linalg.norm(wide[:, None] - wide[None], axis=-1)
    np.testing.assert_allclose(found.distances[:, 1], np.sort(distances, axis=1)[:, 1], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("block", [64, 8_000_000])
def test_equal_distances_are_ordered_by_row(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "BLOCK_NUMBERS", block)
    x = np.random.default_rng(0).integers(0, 2, (2000, 3)).astype(np.float32)  # only eight different rows
    same = np.flatnonzero((x == x[0]).all(axis=1))
    assert nearest(x, x[:1], 40, geometry=Euclidean()).rows[0].tolist() == same[:40].tolist()


def test_tight_clusters_far_apart_keep_their_neighbours() -> None:
    """Differences of a cluster are lost in the products of its distant centre; the error bounds know that."""
    rng = np.random.default_rng(0)
    x = (0.01 * rng.normal(size=(600, 8)) + 300 * (np.arange(600) % 2)[:, None]).astype(np.float32)
    found = nearest(x, x, 2, geometry=Euclidean()).rows[:, 1]
    wide = x.astype(np.float64)
    distances = ((wide[:, None] - wide[None]) ** 2).sum(-1)
    np.fill_diagonal(distances, np.inf)
    best = distances[np.arange(600), found]
    np.testing.assert_allclose(best, distances.min(axis=1), rtol=1e-5)


def test_searches_among_given_rows_only() -> None:
    x = np.arange(10, dtype=np.float32)[:, None]
    found = nearest(x, x[:1], 5, geometry=Euclidean(), among=np.array([9, 4, 7]))
    assert found.rows.tolist() == [[4, 7, 9]]


def test_no_queries_give_no_answers() -> None:
    x = np.zeros((5, 3), np.float32)
    assert nearest(x, x[:0], 2, geometry=Euclidean()).rows.shape == (0, 2)


def test_refuses_what_can_not_be_searched() -> None:
    x = np.zeros((5, 3), np.float32)
    with pytest.raises(InputError, match="k = 0"):
        nearest(x, x, 0, geometry=Euclidean())
    with pytest.raises(InputError, match="queries of 2 numbers for vectors of 3"):
        nearest(x, np.zeros((1, 2), np.float32), 1, geometry=Euclidean())


@pytest.mark.parametrize("geometry", [Euclidean(), Sphere(), Gaussian()], ids=str)
@pytest.mark.parametrize("block", [64, 8_000_000])
def test_prepared_vectors_give_the_same(geometry: Geometry, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "BLOCK_NUMBERS", block)
    x = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32) + 3
    expected, found = nearest(x, x[:20] + 1, 5, geometry=geometry), Prepared.of(x, geometry).nearest(x[:20] + 1, 5)
    np.testing.assert_array_equal(found.rows, expected.rows)
    np.testing.assert_array_equal(found.distances, expected.distances)
    with pytest.raises(InputError, match="k = 0"):
        Prepared.of(x, geometry).nearest(x[:1], 0)


class OnDisk:
    """Vectors that count what is read of them."""

    def __init__(self, vectors: np.ndarray) -> None:
        self.vectors, self.read = vectors, 0

    @property
    def shape(self) -> tuple[int, int]:
        return self.vectors.shape

    def __len__(self) -> int:
        return len(self.vectors)

    def __getitem__(self, rows: slice | np.ndarray, /) -> np.ndarray:
        self.read += len(self.vectors[rows])
        return self.vectors[rows]


def test_vectors_that_are_read_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "BLOCK_NUMBERS", 64)
    x = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32)
    disk, among = OnDisk(x), np.arange(0, 300, 7)
    assert isinstance(disk, Blocked)
    assert (nearest(disk, x[:3], 5, geometry=Euclidean()).rows == nearest(x, x[:3], 5, geometry=Euclidean()).rows).all()
    found = nearest(disk, x[:3], 5, geometry=Euclidean(), among=among)
    assert (found.rows == nearest(x, x[:3], 5, geometry=Euclidean(), among=among).rows).all()
    assert disk.read < 3 * 300
