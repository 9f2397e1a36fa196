"""Exact nearest neighbours in any geometry, blocked, so that a memory-mapped million rows never has to fit in memory.

One idea: matrix products are fast but rounded, so each gives an interval that the true value lies in. A row is dropped
only if k others are certainly nearer; the geometry's own distance ranks the few that are left. Equal distances are
ordered by row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from lateen.core.errors import InputError
from lateen.core.geometry import Euclidean, Geometry, Sphere

BLOCK_NUMBERS = 8_000_000  # numbers of one block of vectors: 32 MB as float32
_ULP = 2.0**-23  # of float32: the products of dim numbers are wrong by less than dim of these


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
    kept = [np.zeros(0, np.int64)] * len(queries)
    bounds = [np.zeros((2, 0), np.float32)] * len(queries)
    for start in range(0, total, step):
        stop = min(start + step, total)
        rows = np.arange(start, stop) if among is None else among[start:stop]
        block = np.asarray(vectors[start:stop] if among is None else vectors[rows])
        scores, errors = _scores(block, queries, geometry)
        for i in range(len(queries)):
            low = np.concatenate([bounds[i][0], scores[i] - errors[i]])
            high = np.concatenate([bounds[i][1], scores[i] + errors[i]])
            certain = np.partition(high, k - 1)[k - 1] if len(high) >= k else np.inf
            hopeful = np.flatnonzero(low <= certain)
            kept[i] = np.concatenate([kept[i], rows])[hopeful]
            bounds[i] = np.stack([low[hopeful], high[hopeful]])
    found = Found(np.empty((len(queries), k), np.int64), np.empty((len(queries), k), np.float32))
    for i, query in enumerate(queries):
        distances = geometry.distance(np.asarray(vectors[kept[i]]), query)
        order = np.lexsort((kept[i], distances))[:k]
        found.rows[i], found.distances[i] = kept[i][order], distances[order]
    return found


def _scores(
    block: Float[np.ndarray, "b dim"], queries: Float[np.ndarray, "m dim"], geometry: Geometry
) -> tuple[Float[np.ndarray, "m b"], Float[np.ndarray, "m b"]]:
    """Something that grows with the distance, and how far it may be wrong."""
    wrong = block.shape[1] * _ULP
    if isinstance(geometry, Sphere):
        units = block / np.linalg.norm(block, axis=1, keepdims=True)
        towards = queries / np.linalg.norm(queries, axis=1, keepdims=True)
        scores = np.asarray(-(towards @ units.T))
        return scores, np.full_like(scores, 4 * wrong)
    if isinstance(geometry, Euclidean):
        origin = queries.mean(axis=0)  # numbers near zero have small errors, wherever the cloud is
        x, q = block - origin, queries - origin
        squares, own = (x * x).sum(axis=1), (q * q).sum(axis=1)
        return np.asarray(squares[None] - 2 * (q @ x.T)), np.asarray(4 * wrong * (squares[None] + own[:, None]))
    distances = np.stack([geometry.distance(block, q) for q in queries])
    return distances, np.zeros_like(distances)
