"""The one neighbour table: of every item its nearest others, which maps, dimensions, geodesics and charts all read.

One idea: it is computed once, in the space that the user gave, and carries the share of true neighbours that it holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32, Int32

from lateen.core.errors import InputError
from lateen.core.geometry import Euclidean, Gaussian, Geometry, Sphere
from lateen.neighbors.among_all import nearest_others
from lateen.neighbors.cells import by_cells
from lateen.neighbors.distinct import Distinct
from lateen.neighbors.exact import Vectors, nearest

EXACT_UP_TO = 16_384  # items
ALL_DISTANCES = 4_096  # items of a geometry whose distance is no length of a difference
REACH = 5_500  # points that each is compared with beyond
ANCHORS = 1_000
RECALL = 0.99
TINY, HUGE = 1e-12, 1e15  # the largest numbers between which vectors are taken as they are
TRIES = 4  # each with twice the reach

Told = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Table:
    """The k nearest others of each of n items, nearest first; equal distances are ordered by row.

    Args:
        rows: (n, k) row numbers; an item is not its own neighbour.
        distances: (n, k) in the geometry's units.
        recall: Share of the true neighbours that it holds, measured on anchors; 1 where it is exact.
        how: "exact" or "cells".
    """

    rows: Int32[np.ndarray, "n k"]
    distances: Float32[np.ndarray, "n k"]
    recall: float
    how: str

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return f"Table(the {self.k} nearest of {len(self):,} items, {self.how}, recall {self.recall:.4f})"

    @property
    def k(self) -> int:
        """Neighbours of each item."""
        return int(self.rows.shape[1])

    def first(self, k: int) -> Table:
        """The same with the nearest k only.

        Raises:
            InputError: If it has fewer.
        """
        if not 1 <= k <= self.k:
            raise InputError(f"first got k = {k}; the table holds {self.k} neighbours of each item.")
        return replace(self, rows=self.rows[:, :k], distances=self.distances[:, :k])


def neighbour_table(
    vectors: Vectors,
    k: int,
    *,
    geometry: Geometry,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Table:
    """The k nearest others of every item: exact up to 16,384 items, beyond that nearly all, and it says how many.

    The recall is measured on 1,000 anchors by exact search. As long as it is below .99 the search is repeated with
    twice the reach, three times at most. The same vectors and seed give the same bytes, for any number of threads.

    Args:
        vectors: (n, dim) finite data, n >= 2.
        k: Neighbours of each; n - 1 where there are no more.
        geometry: Whose distance ranks.
        seed: Of the samples and of the anchors.
        progress: Told how much is done, and of how much.

    Raises:
        InputError: If k < 1, there are fewer than 2 items, or a vector is not finite.
    """
    n = len(vectors)
    if k < 1:
        raise InputError(f"A neighbour table got k = {k}; ask for at least one neighbour.")
    if n < 2:
        raise InputError(f"A neighbour table needs at least 2 items, got {n}.")
    points = np.ascontiguousarray(vectors[:], np.float32)
    _check_finite(points)
    k = min(k, n - 1)
    if not isinstance(geometry, Euclidean | Sphere):
        return _by_any_distance(points, k, geometry, seed, progress)
    flat = geometry.project(points)
    table = _by_length(flat, k, seed, progress)
    if isinstance(geometry, Sphere):  # points are ordered by chords as by angles
        angles = 2 * np.arcsin(np.minimum(table.distances / 2, 1))
        return replace(table, distances=angles.astype(np.float32))
    return table


def _by_length(points: Float32[np.ndarray, "n dim"], k: int, seed: int, progress: Told | None) -> Table:
    """The table of Euclidean distances, computed of rows that differ, in units whose squares float32 can hold."""
    largest = max(float(points.max()), -float(points.min()))
    if largest and not TINY < largest < HUGE:
        unit = 2.0 ** np.floor(np.log2(largest))
        table = _by_length((points / unit).astype(np.float32), k, seed, progress)
        return replace(table, distances=(table.distances * unit).astype(np.float32))
    distinct = Distinct.of(points)
    if len(distinct.firsts) == len(points):
        return _of_distinct(points, k, seed, progress)
    u = len(distinct.firsts)
    few = min(k, u - 1)
    nothing = Table(np.empty((u, 0), np.int32), np.empty((u, 0), np.float32), 1.0, "exact")
    table = _of_distinct(points[distinct.firsts], few, seed, progress) if few else nothing
    rows, distances = distinct.expand(table.rows, table.distances, k)
    return Table(rows, distances, table.recall, table.how)


def _of_distinct(points: Float32[np.ndarray, "n dim"], k: int, seed: int, progress: Told | None) -> Table:
    n, reach = len(points), max(REACH, 8 * k)
    if n <= max(EXACT_UP_TO, 2 * reach):
        return Table(*nearest_others(points, np.arange(n), k, progress), 1.0, "exact")
    anchors = np.sort(np.random.default_rng(seed).choice(n, min(n, ANCHORS), replace=False))
    true: Float32[np.ndarray, "m k"] | None = None
    for _ in range(TRIES):
        rows, distances = by_cells(points, k, reach, seed, progress)
        if true is None:
            true = nearest_others(points, anchors, k)[1]
        recall = float(np.mean(distances[anchors] <= true[:, -1:]))
        reach *= 2
        if recall >= RECALL:
            break
        if reach >= n // 3:  # comparing all with all costs hardly more
            return Table(*nearest_others(points, np.arange(n), k, progress), 1.0, "exact")
    return Table(rows, distances, recall, "cells")


def _by_any_distance(
    points: Float32[np.ndarray, "n dim"], k: int, geometry: Geometry, seed: int, progress: Told | None
) -> Table:
    """The table of another geometry: all distances up to some thousand items, beyond that those of candidates."""
    n = len(points)
    if n <= ALL_DISTANCES:
        found = nearest(points, points, k + 1, geometry=geometry)
        own = found.rows == np.arange(n)[:, None]
        own[~own.any(axis=1), -1] = True
        rows, distances = found.rows[~own].reshape(n, k), found.distances[~own].reshape(n, k)
        return Table(rows.astype(np.int32), distances.astype(np.float32), 1.0, "exact")
    flat = geometry.unroll(points) if isinstance(geometry, Gaussian) else points
    wide = _by_length(np.ascontiguousarray(flat, np.float32), 2 * k + 16, seed, progress)
    rows, distances = np.empty((n, k), np.int32), np.empty((n, k), np.float32)
    for i in range(0, n, 256):
        candidates = wide.rows[i : i + 256]
        far = geometry.distance(points[i : i + 256, None], points[candidates])
        order = np.argsort(far, axis=1, kind="stable")[:, :k]
        rows[i : i + 256] = np.take_along_axis(candidates, order, axis=1)
        distances[i : i + 256] = np.take_along_axis(far, order, axis=1)
    anchors = np.sort(np.random.default_rng(seed).choice(n, ANCHORS, replace=False))
    true = nearest(points, points[anchors], k + 1, geometry=geometry).distances[:, -1:]
    return Table(rows, distances, float(np.mean(distances[anchors] <= true * (1 + 1e-6))), "cells")


def _check_finite(points: Float32[np.ndarray, "n dim"]) -> None:
    for start in range(0, len(points), 4096):
        finite = np.isfinite(points[start : start + 4096])
        if not finite.all():
            row = start + int(np.flatnonzero(~finite.all(axis=1))[0])
            raise InputError(f"A neighbour table got a vector with NaN or infinity in row {row} of {len(points)}.")
