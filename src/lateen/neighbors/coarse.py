"""Exact search through a copy of one byte per number: a quarter of the vectors is read, the answer is the same.

One idea: the bytes bound every distance from below and above. Rows that are certainly not among the k nearest are
dropped; the few that are left are ranked by the geometry's own distance between the true vectors.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Float32, Float64, Int, Int8, Int16, Int64

from lateen.core.errors import InputError
from lateen.core.geometry import Euclidean, Geometry, Sphere
from lateen.core.threads import cores
from lateen.neighbors.exact import BLOCK_NUMBERS, Found, Vectors, nearest

_PART = 4_000_000  # bytes that are worth a thread
_TOGETHER = 8_000_000  # bounds that are held at once
_SAMPLE = 4_096  # rows that the middle of a cloud is taken from
_MANY = 1_000  # from so many on, a heap is slower than partitioning


@dataclass(frozen=True, eq=False)
class Sizes:
    """What a coarse copy knows of each row besides its codes.

    Args:
        origin: (dim,) taken from each row before it was rounded; zero on the sphere.
        weights: (dim,) 1 or more, for axes along which rows vary more than along most.
        scales: (n,) a row is about its scale times its codes times the weights.
        residuals: (n,) upper bounds of the lengths of what is missing; infinite: unknown, NaN: never found.
        squares: (n,) squared lengths; one on the sphere.
    """

    origin: Float32[np.ndarray, " dim"]
    weights: Float32[np.ndarray, " dim"]
    scales: Float32[np.ndarray, " n"]
    residuals: Float32[np.ndarray, " n"]
    squares: Float32[np.ndarray, " n"]


@dataclass(frozen=True, eq=False)
class Coarse:
    """A copy of one byte per number, for a sphere or a Euclidean space; made by `Coarse.of`.

    Args:
        codes: (n, dim).
        sizes: What is known of each row.
        geometry: Whose distance ranks.
    """

    codes: Int8[np.ndarray, "n dim"]
    sizes: Sizes
    geometry: Sphere | Euclidean

    @classmethod
    def of(cls, vectors: Vectors, geometry: Geometry) -> Coarse:
        """A coarse copy in memory.

        Args:
            vectors: (n, dim) data, possibly memory-mapped or read block by block.
            geometry: A `Sphere` or `Euclidean`.

        Raises:
            InputError: If the geometry is another one.
        """
        codes, filled = np.empty(vectors.shape, np.int8), 0

        def keep(block: Int8[np.ndarray, "b dim"]) -> None:
            nonlocal filled
            codes[filled : filled + len(block)] = block
            filled += len(block)

        sizes = round_to_bytes(vectors, geometry, keep)
        return cls(codes, sizes, _known(geometry))

    def nearest(
        self,
        vectors: Vectors,
        queries: Float[np.ndarray, "m query_dim"],
        k: int,
        among: Int[np.ndarray, " a"] | None = None,
    ) -> Found:
        """The k nearest rows of each query: what the function `nearest` finds.

        Rows that float32 can't tell from the zero vector are never found on a sphere.

        Args:
            vectors: (n, dim) the vectors that this is a copy of.
            queries: (m, dim).
            k: How many neighbours; fewer come back where there are fewer rows.
            among: Row numbers to search in; all by default.

        Raises:
            InputError: If k < 1, the dimensions differ, or a query is zero on a sphere.
        """
        if k < 1 or queries.shape[1] != self.codes.shape[1] or not self._in_reach(queries):
            return nearest(vectors, queries, k, geometry=self.geometry, among=among)  # with its errors
        rows = None if among is None else np.asarray(among, np.int64)
        count = len(self.codes) if rows is None else len(rows)
        lost = len(self._lost) if rows is None else int(np.count_nonzero(np.isnan(self.sizes.residuals[rows])))
        k = min(k, count - lost)
        found = Found(np.empty((len(queries), k), np.int64), np.empty((len(queries), k), np.float32))
        if not k:
            return found
        together = max(1, _TOGETHER // count)
        for first in range(0, len(queries), together):
            low, high = self.bounds(queries[first : first + together], rows)
            for i, query in enumerate(queries[first : first + together], first):
                hopeful = np.flatnonzero(low[i - first] <= _kth_least(high[i - first], k))
                self._put(found, i, vectors, hopeful if rows is None else rows[hopeful], query)
        return found

    def bounds(
        self, queries: Float[np.ndarray, "m dim"], rows: Int64[np.ndarray, " a"] | None = None
    ) -> tuple[Float32[np.ndarray, "m a"], Float32[np.ndarray, "m a"]]:
        """Bounds of what the distances of rows are ordered by: the cosine's opposite, or the squared distance.

        Args:
            queries: (m, dim), not zero on a sphere.
            rows: (a,) rows; all by default.

        Returns:
            Lower and upper bounds, (m, a); NaN for rows that are no direction.
        """
        from lateen.neighbors.coarse_kernels import bound, multiply

        unit, dim = isinstance(self.geometry, Sphere), self.codes.shape[1]
        asked, s = _Asked.of(queries, self.sizes, unit), self.sizes
        sizes = (s.scales, s.residuals, s.squares)
        if rows is not None:
            sizes = (s.scales[rows], s.residuals[rows], s.squares[rows])
        chosen, shape = np.empty(0, np.int64) if rows is None else rows, (len(queries), len(sizes[0]))
        low, high, products = np.empty(shape, np.float32), np.empty(shape, np.float32), np.empty(shape, np.int32)
        wrong = (2 * dim + 16) * 2.0**-23  # of the distance, which float32 takes

        def fill(start: int, stop: int) -> None:
            multiply(self.codes, chosen, rows is None, asked.codes, products, start, stop)
            for i, (factor, length, rest) in enumerate(zip(asked.factors, asked.lengths, asked.rests, strict=True)):
                bound(products[i], *sizes, dim, unit, factor, length, rest, wrong, low[i], high[i], start, stop)

        _in_parts(shape[1], dim * len(queries), fill)
        return low, high

    def cosines(
        self, queries: Float[np.ndarray, "m dim"]
    ) -> tuple[Float32[np.ndarray, "m n"], Float32[np.ndarray, "m n"]]:
        """Bounds of the cosines of all rows, on a sphere.

        Returns:
            Lower and upper bounds, (m, n), within -1 and 1; both are -1 for a row that is no direction.

        Raises:
            InputError: If the geometry is no sphere, or a query is zero.
        """
        if not isinstance(self.geometry, Sphere):
            raise InputError(f"Cosines were asked of a coarse copy for {self.geometry}, which holds no directions.")
        self.geometry.project(np.asarray(queries))  # says what is wrong with a query that is zero
        low, high = self.bounds(queries)
        for bound in (low, high):
            np.clip(np.negative(bound, out=bound), -1, 1, out=bound)
            bound[:, self._lost] = -1
        return high, low

    @cached_property
    def _lost(self) -> Int64[np.ndarray, " l"]:
        """Rows that are no direction."""
        return np.flatnonzero(np.isnan(self.sizes.residuals))

    def _in_reach(self, queries: Float[np.ndarray, "m dim"]) -> bool:
        """Whether float32 has room for what is computed of queries."""
        lengths = np.linalg.norm(np.asarray(queries, np.float64), axis=1)
        return bool(np.all(lengths < 1e18) and (isinstance(self.geometry, Euclidean) or np.all(lengths > 1e-17)))

    def _put(
        self,
        found: Found,
        i: int,
        vectors: Vectors,
        rows: Int64[np.ndarray, " h"],
        query: Float[np.ndarray, " dim"],
    ) -> None:
        """Make the nearest of the hopeful rows the answer to query i."""
        if rows.size * self.codes.shape[1] <= BLOCK_NUMBERS:
            found.put(i, vectors, rows, query, self.geometry)
            return
        among = nearest(vectors, query[None], found.rows.shape[1], geometry=self.geometry, among=rows)
        found.rows[i], found.distances[i] = among.rows[0], among.distances[0]


def round_to_bytes(
    vectors: Vectors, geometry: Geometry, write: Callable[[Int8[np.ndarray, "b dim"]], object]
) -> Sizes:
    """Round vectors to a byte per number, block by block.

    Args:
        vectors: (n, dim) data, possibly memory-mapped or read block by block.
        geometry: A `Sphere` or `Euclidean`.
        write: Takes the codes of the next rows.

    Raises:
        InputError: If the geometry is another one.
    """
    from lateen.neighbors.coarse_kernels import round_rows

    unit, (n, dim) = isinstance(_known(geometry), Sphere), vectors.shape
    origin, weights = _spread(vectors, unit)
    scales, residuals, squares = np.empty((3, n), np.float32)
    step = max(1, BLOCK_NUMBERS // max(1, dim))
    for first in range(0, n, step):
        last = min(first + step, n)
        block = np.ascontiguousarray(vectors[first:last], np.float32)
        codes = np.empty(block.shape, np.int8)
        sizes = (scales[first:last], residuals[first:last], squares[first:last])

        def fill(start: int, stop: int, given: tuple[np.ndarray, ...] = (block, origin, weights)) -> None:
            round_rows(*given, unit, codes, *sizes, start, stop)  # noqa: B023  (called before the next block)

        _in_parts(len(block), dim, fill)
        write(codes)
    return Sizes(origin, weights, scales, residuals, squares)


@dataclass(frozen=True, eq=False)
class _Asked:
    """Queries in whole numbers, as large as 32 bits have room for in a sum of products."""

    codes: Int16[np.ndarray, "m dim"]
    factors: Float64[np.ndarray, " m"]
    lengths: Float64[np.ndarray, " m"]
    rests: Float64[np.ndarray, " m"]

    @classmethod
    def of(cls, queries: Float[np.ndarray, "m dim"], sizes: Sizes, unit: bool) -> _Asked:
        wide, dim = np.asarray(queries, np.float64), queries.shape[1]
        q = wide / np.linalg.norm(wide, axis=1, keepdims=True) if unit else wide - sizes.origin
        lengths, weights = np.linalg.norm(q, axis=1), sizes.weights.astype(np.float64)
        q *= weights
        largest = max(1, min(32_767, (2**31 - 1) // (127 * dim)))
        peaks = np.abs(q).max(axis=1, initial=0)
        factors = np.where(peaks > 0, peaks / largest, 1)
        codes = np.rint(q / factors[:, None])
        far = np.linalg.norm(sizes.origin.astype(np.float64))
        rounding = dim * 2.0**-50 * weights.max(initial=1) * (lengths + 2 * far)
        rests = np.linalg.norm(q - codes * factors[:, None], axis=1) * (1 + 2.0**-20) + rounding
        return cls(codes.astype(np.int16), factors, lengths, rests)


def _known(geometry: Geometry) -> Sphere | Euclidean:
    if not isinstance(geometry, Sphere | Euclidean):
        raise InputError(f"A coarse copy was asked for {geometry}; it can bound distances of Sphere and Euclidean.")
    return geometry


def _spread(vectors: Vectors, unit: bool) -> tuple[Float32[np.ndarray, " dim"], Float32[np.ndarray, " dim"]]:
    """The middle of a cloud, and how much more it varies along each axis than on average; of a sample."""
    n, dim = vectors.shape
    origin, weights = np.zeros(dim, np.float32), np.ones(dim, np.float32)
    if not n:
        return origin, weights
    rows = np.unique(np.linspace(0, n - 1, _SAMPLE).astype(np.int64))
    sample = np.asarray(vectors[rows], np.float64)
    if unit:
        lengths = np.linalg.norm(sample, axis=1, keepdims=True)
        sample /= np.where(lengths > 0, lengths, 1)
    else:
        origin = sample.mean(axis=0).astype(np.float32)
        sample -= origin
    squares = np.square(sample).mean(axis=0)
    if squares.max(initial=0) > 0:
        weights = np.maximum(np.sqrt(squares / squares.mean()), 1).astype(np.float32)
    return origin, weights


def _kth_least(high: Float32[np.ndarray, " n"], k: int) -> float:
    from lateen.neighbors.coarse_kernels import kth_least

    return float(kth_least(high, k) if k < _MANY else np.partition(high, k - 1)[k - 1])  # NaN is put last


def _in_parts(count: int, size: int, work: Callable[[int, int], object]) -> None:
    """Do work(start, stop) for all of `count` rows of a size: a part in each thread, where there is enough of it.

    Threads of its own, for numba's may neither be shared by callers nor survive a fork.
    """
    parts = max(1, min(cores(), count * size // _PART))
    ends = [count * part // parts for part in range(parts + 1)]
    if parts == 1:
        work(0, count)
        return
    with ThreadPoolExecutor(parts) as pool:
        list(pool.map(work, ends[:-1], ends[1:]))
