"""Exact nearest neighbours in any geometry, blocked, so that a memory-mapped million rows never has to fit in memory.

One idea: matrix products propose a few candidates more than asked, and the geometry's own distance ranks them, so the
answer has the accuracy of `Geometry.distance` at the speed of BLAS. Equal distances are ordered by row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from lateen.core.errors import InputError
from lateen.core.geometry import Euclidean, Geometry, Sphere

BLOCK_NUMBERS = 8_000_000  # numbers of one block of vectors: 32 MB as float32
SPARE = 32  # candidates beyond k, so that rounding in the products can't lose a neighbour


@dataclass(frozen=True, eq=False)
class Found:
    """Nearest rows of each query, nearest first.

    Args:
        rows: (m, k) row numbers.
        distances: (m, k) in the geometry's units.
    """

    rows: Int[np.ndarray, "m k"]
    distances: Float[np.ndarray, "m k"]


def nearest(
    vectors: Float[np.ndarray, "n dim"],
    queries: Float[np.ndarray, "m query_dim"],
    k: int,
    *,
    geometry: Geometry,
    among: Int[np.ndarray, " a"] | None = None,
) -> Found:
    """The k nearest rows of each query.

    Args:
        vectors: (n, dim) data, possibly memory-mapped.
        queries: (m, dim).
        k: How many neighbours; fewer come back where there are fewer rows.
        geometry: Whose distance ranks.
        among: Row numbers to search in; all by default.

    Raises:
        InputError: If k < 1 or the dimensions differ.
    """
    if k < 1:
        raise InputError(f"nearest got k = {k}; ask for at least one neighbour.")
    if vectors.shape[1] != queries.shape[1]:
        raise InputError(f"nearest got queries of {queries.shape[1]} numbers for vectors of {vectors.shape[1]}.")
    total = len(vectors) if among is None else len(among)
    step = max(1, BLOCK_NUMBERS // max(1, vectors.shape[1]))
    together = max(1, BLOCK_NUMBERS // max(1, min(step, total)))
    parts = [
        _nearest(vectors, queries[i : i + together], min(k, total), geometry, among, step)
        for i in range(0, len(queries), together)
    ]
    if not parts:
        return Found(np.zeros((0, min(k, total)), np.int64), np.zeros((0, min(k, total)), np.float32))
    return Found(np.vstack([p.rows for p in parts]), np.vstack([p.distances for p in parts]))


def _nearest(
    vectors: Float[np.ndarray, "n dim"],
    queries: Float[np.ndarray, "m dim"],
    k: int,
    geometry: Geometry,
    among: Int[np.ndarray, " a"] | None,
    step: int,
) -> Found:
    total = len(vectors) if among is None else len(among)
    rows = np.zeros((len(queries), 0), np.int64)
    scores = np.zeros((len(queries), 0), np.float32)
    for start in range(0, total, step):
        stop = min(start + step, total)
        block_rows = np.arange(start, stop) if among is None else among[start:stop]
        block = np.asarray(vectors[start:stop] if among is None else vectors[block_rows])
        rows = np.hstack([rows, np.broadcast_to(block_rows, (len(queries), len(block_rows)))])
        scores = np.hstack([scores, _scores(block, queries, geometry)])
        rows, scores = _keep_least(rows, scores, min(k + SPARE, total))
    return _rank(vectors, queries, rows, k, geometry)


def _scores(
    block: Float[np.ndarray, "b dim"], queries: Float[np.ndarray, "m dim"], geometry: Geometry
) -> Float[np.ndarray, "m b"]:
    """Something that grows with distance: by matrix products where the geometry allows, else the distance itself."""
    if isinstance(geometry, Sphere):
        return np.asarray(-(queries @ block.T) / np.linalg.norm(block, axis=1))
    if isinstance(geometry, Euclidean):
        # Centring on the queries keeps the cancellation of |x|^2 - 2xq harmless for clouds far from the origin.
        origin = queries.mean(axis=0)
        x, q = block - origin, queries - origin
        return np.asarray((x * x).sum(axis=1)[None, :] - 2 * (q @ x.T))
    return np.stack([geometry.distance(block, q) for q in queries])


def _keep_least(
    rows: Int[np.ndarray, "m c"], scores: Float[np.ndarray, "m c"], keep: int
) -> tuple[Int[np.ndarray, "m kept"], Float[np.ndarray, "m kept"]]:
    if scores.shape[1] <= keep:
        return rows, scores
    best = np.argpartition(scores, keep - 1, axis=1)[:, :keep]
    return np.take_along_axis(rows, best, axis=1), np.take_along_axis(scores, best, axis=1)


def _rank(
    vectors: Float[np.ndarray, "n dim"],
    queries: Float[np.ndarray, "m dim"],
    rows: Int[np.ndarray, "m c"],
    k: int,
    geometry: Geometry,
) -> Found:
    found_rows = np.empty((len(queries), k), np.int64)
    found = np.empty((len(queries), k), np.float32)
    for i, query in enumerate(queries):
        distances = geometry.distance(np.asarray(vectors[rows[i]]), query)
        order = np.lexsort((rows[i], distances))[:k]
        found_rows[i], found[i] = rows[i][order], distances[order]
    return Found(found_rows, found)
