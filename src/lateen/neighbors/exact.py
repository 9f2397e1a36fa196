"""Exact nearest neighbours in any geometry, blocked, so that a memory-mapped million rows never has to fit in memory.

One idea: matrix products are fast but rounded, so each gives an interval that the true value lies in. A row is dropped
only if k others are certainly nearer; the geometry's own distance ranks the few that are left. Equal distances are
ordered by row.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
from jaxtyping import Float, Float32, Int

from lateen.core.errors import InputError
from lateen.core.geometry import Euclidean, Geometry, Sphere

BLOCK_NUMBERS = 8_000_000  # numbers of one block of vectors: 32 MB as float32
_ULP = 2.0**-23  # of float32: the products of dim numbers are wrong by less than dim of these


@runtime_checkable
class Blocked(Protocol):
    """Vectors that are not in memory: stretches and chosen rows of them are read when they are asked for."""

    @property
    def shape(self) -> tuple[int, int]:
        """How many there are, and of how many numbers."""
        ...

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice | Int[np.ndarray, " m"], /) -> Float[np.ndarray, "m dim"]: ...


Vectors: TypeAlias = Float[np.ndarray, "n dim"] | Blocked


@dataclass(frozen=True, eq=False)
class Found:
    """Nearest rows of each query, nearest first.

    Args:
        rows: (m, k) row numbers.
        distances: (m, k) in the geometry's units.
    """

    rows: Int[np.ndarray, "m k"]
    distances: Float[np.ndarray, "m k"]

    def put(
        self,
        i: int,
        vectors: Vectors,
        rows: Int[np.ndarray, " c"],
        query: Float[np.ndarray, " dim"],
        geometry: Geometry,
    ) -> None:
        """Make the nearest of some rows the answer to query i."""
        distances = geometry.distance(np.asarray(vectors[rows]), query)
        order = np.lexsort((rows, distances))[: self.rows.shape[1]]
        self.rows[i], self.distances[i] = rows[order], distances[order]


def nearest(
    vectors: Vectors,
    queries: Float[np.ndarray, "m query_dim"],
    k: int,
    *,
    geometry: Geometry,
    among: Int[np.ndarray, " a"] | None = None,
) -> Found:
    """The k nearest rows of each query.

    Args:
        vectors: (n, dim) data, possibly memory-mapped or read block by block.
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


@dataclass(frozen=True, eq=False)
class Prepared:
    """Vectors that are searched again and again: what can be computed ahead is. Made by `Prepared.of`.

    Args:
        vectors: (n, dim) data, in memory.
        geometry: Whose distance ranks.
    """

    vectors: Float[np.ndarray, "n dim"]
    geometry: Geometry
    _block: _Block = field(repr=False)

    @classmethod
    def of(cls, vectors: Float[np.ndarray, "n dim"], geometry: Geometry) -> Prepared:
        """Prepare vectors."""
        return cls(vectors, geometry, _Block.of(vectors, geometry, vectors.mean(axis=0)))

    def nearest(self, queries: Float[np.ndarray, "m dim"], k: int) -> Found:
        """The k nearest rows of each query: what the function `nearest` finds."""
        if k < 1:
            raise InputError(f"nearest got k = {k}; ask for at least one neighbour.")
        k = min(k, len(self.vectors) - self._lost)
        found = Found(np.empty((len(queries), k), np.int64), np.empty((len(queries), k), np.float32))
        together = max(1, BLOCK_NUMBERS // max(1, len(self.vectors)))
        for start in range(0, len(queries), together):
            scores, errors = self._block.scores(queries[start : start + together])
            for i in range(len(scores)):
                kept = _hopeful(scores[i] - errors[i], scores[i] + errors[i], k)
                found.put(start + i, self.vectors, kept, queries[start + i], self.geometry)
        return found

    @cached_property
    def _lost(self) -> int:
        """How many rows are no direction on a sphere."""
        return int(np.count_nonzero(np.isnan(self._block.rows).any(axis=1)))

    def cosines(
        self, queries: Float[np.ndarray, "m dim"]
    ) -> tuple[Float[np.ndarray, "m n"], Float[np.ndarray, "m n"]]:
        """Bounds of the cosines of all rows, on a sphere: what the function `cosine_bounds` finds."""
        return _cosines(self._block, queries)


def cosine_bounds(
    vectors: Vectors, queries: Float[np.ndarray, "m query_dim"]
) -> tuple[Float32[np.ndarray, "m n"], Float32[np.ndarray, "m n"]]:
    """Bounds of the cosines of all rows with each query, as float32 products and their rounding give them.

    Args:
        vectors: (n, dim) data, possibly memory-mapped or read block by block.
        queries: (m, dim).

    Returns:
        Lower and upper bounds, (m, n), within -1 and 1; both are -1 for a row that is zero.

    Raises:
        InputError: If a query is zero, or the dimensions differ.
    """
    if vectors.shape[1] != queries.shape[1]:
        raise InputError(f"cosine_bounds got queries of {queries.shape[1]} numbers for vectors of {vectors.shape[1]}.")
    bounds = np.empty((2, len(queries), len(vectors)), np.float32)
    step = max(1, BLOCK_NUMBERS // max(1, vectors.shape[1]))
    for start in range(0, len(vectors), step):
        block = _Block.of(np.asarray(vectors[start : start + step]), Sphere(), queries[0] if len(queries) else queries)
        bounds[:, :, start : start + step] = _cosines(block, queries)
    return bounds[0], bounds[1]


def _cosines(
    block: _Block, queries: Float[np.ndarray, "m dim"]
) -> tuple[Float[np.ndarray, "m b"], Float[np.ndarray, "m b"]]:
    scores, errors = block.scores(Sphere().project(queries))
    low, high = np.clip(-scores - errors, -1, 1), np.clip(errors - scores, -1, 1)
    lost = np.isnan(scores)
    low[lost] = high[lost] = -1
    return low, high


def _nearest(
    vectors: Vectors,
    queries: Float[np.ndarray, "m dim"],
    k: int,
    geometry: Geometry,
    among: Int[np.ndarray, " a"] | None,
    step: int,
) -> Found:
    total = len(vectors) if among is None else len(among)
    kept = [np.zeros(0, np.int64)] * len(queries)
    bounds = [np.zeros((2, 0), np.float32)] * len(queries)
    origin = queries.mean(axis=0)  # numbers near zero have small errors, wherever the cloud is
    for start in range(0, total, step):
        stop = min(start + step, total)
        rows = np.arange(start, stop) if among is None else among[start:stop]
        block = np.asarray(vectors[start:stop] if among is None else vectors[rows])
        scores, errors = _Block.of(block, geometry, origin).scores(queries)
        for i in range(len(queries)):
            low = np.concatenate([bounds[i][0], scores[i] - errors[i]])
            high = np.concatenate([bounds[i][1], scores[i] + errors[i]])
            hopeful = _hopeful(low, high, k)
            kept[i] = np.concatenate([kept[i], rows])[hopeful]
            bounds[i] = np.stack([low[hopeful], high[hopeful]])
    k = min([k, *map(len, kept)])  # what is no direction is not kept
    found = Found(np.empty((len(queries), k), np.int64), np.empty((len(queries), k), np.float32))
    for i, query in enumerate(queries):
        found.put(i, vectors, kept[i], query, geometry)
    return found


def _hopeful(low: Float[np.ndarray, " n"], high: Float[np.ndarray, " n"], k: int) -> Int[np.ndarray, " h"]:
    """Those that may be among the k least, knowing of each only that it lies between `low` and `high`."""
    certain = np.partition(high, k - 1)[k - 1] if len(high) >= k else np.inf
    return np.asarray(np.flatnonzero(low <= (np.inf if np.isnan(certain) else certain)))


@dataclass(frozen=True, eq=False)
class _Block:
    """Vectors as matrix products want them: units, or centred with their squared norms, or as they are."""

    rows: Float[np.ndarray, "b dim"]
    squares: Float[np.ndarray, " b"] | None
    origin: Float[np.ndarray, " dim"]
    geometry: Geometry

    @classmethod
    def of(cls, block: Float[np.ndarray, "b dim"], geometry: Geometry, origin: Float[np.ndarray, " dim"]) -> _Block:
        if isinstance(geometry, Sphere):
            with np.errstate(divide="ignore", invalid="ignore"):  # what is no direction is never found
                units = np.asarray(block / np.linalg.norm(block, axis=1, keepdims=True))
            return cls(units, None, origin, geometry)
        if isinstance(geometry, Euclidean):
            x = np.asarray(block - origin)
            return cls(x, np.asarray((x * x).sum(axis=1)), origin, geometry)
        return cls(block, None, origin, geometry)

    def scores(self, queries: Float[np.ndarray, "m dim"]) -> tuple[Float[np.ndarray, "m b"], Float[np.ndarray, "m b"]]:
        """Something that grows with the distance, and how far it may be wrong."""
        wrong = self.rows.shape[1] * _ULP
        if isinstance(self.geometry, Sphere):
            with np.errstate(divide="ignore", invalid="ignore"):  # the distance says what is wrong with zero
                towards = queries / np.linalg.norm(queries, axis=1, keepdims=True)
            scores = -_products(towards, self.rows)
            return scores, np.full_like(scores, 4 * wrong)
        if self.squares is not None:
            q = queries - self.origin
            own = (q * q).sum(axis=1)
            scores = np.asarray(self.squares[None] - 2 * _products(q, self.rows))
            return scores, np.asarray(4 * wrong * (self.squares[None] + own[:, None]))
        distances = np.stack([self.geometry.distance(self.rows, q) for q in queries])
        return distances, np.zeros_like(distances)


def _products(queries: Float[np.ndarray, "m dim"], rows: Float[np.ndarray, "b dim"]) -> Float[np.ndarray, "m b"]:
    if len(queries) == 1:  # waiting for a second thread would cost more than it saves
        return np.asarray(np.vecdot(rows, queries[0]))[None]
    return np.asarray(queries @ rows.T)
