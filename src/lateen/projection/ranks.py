"""Exact ranks of sampled anchors against all points: the nearest of each, and how many are nearer than some others.

One idea: every anchor is done by one thread, blocks of points come in order, and what is counted is exact, so the
answer is the same for any number of threads and takes no memory that grows with the points.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64

from lateen.core.geometry import Euclidean, Geometry, Sphere
from lateen.core.threads import cores, in_threads, one_thread

_FEW = 4  # numbers of a point up to which differences are quicker than products
_BLOCK = 2048  # points at a time
_NUMBERS = 500_000_000  # that other geometries' distances are taken of
_ANCHORS = 128  # and anchors: their products stay in a core's cache
Rounded = Float32[np.ndarray, " b"]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Survey:
    """What m anchors see of n points.

    Args:
        rows: (m, k) the nearest others, nearest first; equal distances are ordered by row.
        distances: (m, k) how far they are.
        other_distances: (m, l) how far the others are that were asked for, ascending.
        nearer: (m, l) how many points are nearer than each of these.
    """

    rows: Int64[np.ndarray, "m k"]
    distances: Float64[np.ndarray, "m k"]
    other_distances: Float64[np.ndarray, "m l"]
    nearer: Int64[np.ndarray, "m l"]


def survey(
    points: Float[np.ndarray, "n d"],
    chosen: Int64[np.ndarray, " m"],
    k: int,
    others: Int64[np.ndarray, "m l"] | None = None,
    *,
    geometry: Geometry | None = None,
    progress: Progress | None = None,
) -> Survey:
    """Find each anchor's nearest points, and count how many are nearer than some others.

    Args:
        points: (n, d) finite.
        chosen: (m,) rows that are anchors.
        k: How many nearest; below n, or 0 to leave them out.
        others: (m, l) rows whose ranks are asked for, none of them the anchor's own.
        geometry: Whose distances rank; straight ones by default.
        progress: Told how many points are done, and of how many.
    """
    geometry = Euclidean() if geometry is None else geometry
    asked = np.empty((len(chosen), 0), np.int64) if others is None else others
    if not isinstance(geometry, Euclidean | Sphere):
        return _by_geometry(points, chosen, k, asked, geometry)
    if points.shape[1] <= _FEW and isinstance(geometry, Euclidean):
        return _few_numbers(points, chosen, k, asked)
    return _products(points, chosen, k, asked, isinstance(geometry, Sphere), progress)


def _few_numbers(
    points: Float[np.ndarray, "n d"], chosen: Int64[np.ndarray, " m"], k: int, asked: Int64[np.ndarray, "m l"]
) -> Survey:
    from lateen.projection.rank_kernels import squares_of_rows, survey_few

    axes = np.ascontiguousarray(points.T, np.float64)
    limits = np.empty(asked.shape)
    squares_of_rows(axes, chosen, asked, limits)
    limits.sort(axis=1)
    nearer, rows, squares = _nothing_yet(limits, k)
    _in_parts(
        len(chosen),
        lambda begin, end: survey_few(axes, chosen, limits, nearer, rows, squares, begin, end),
        len(points) * len(chosen),
    )
    return Survey(rows, np.sqrt(squares), np.sqrt(limits), nearer)


def _products(
    points: Float[np.ndarray, "n d"],
    chosen: Int64[np.ndarray, " m"],
    k: int,
    asked: Int64[np.ndarray, "m l"],
    sphere: bool,
    progress: Progress | None,
) -> Survey:
    from lateen.projection.rank_kernels import squares_of, survey_block

    n, d = points.shape
    scales = _inverse_lengths(points) if sphere else np.ones(1)
    limits = np.empty(asked.shape)
    squares_of(points, scales, sphere, chosen, asked, limits)
    limits.sort(axis=1)
    nearer, rows, squares = _nothing_yet(limits, k)
    middle = np.zeros(d, np.float32) if sphere else np.median(points[chosen], axis=0).astype(np.float32)
    factor = 1.0 if sphere else _power_of_two(points, middle)
    wrong = 1.01 * (d + 48) * 2.0**-24  # of sums of d products in single precision, whatever their order

    def ready(which: slice | Int64[np.ndarray, " b"]) -> Float32[np.ndarray, "b d"]:
        if sphere:
            return np.asarray(points[which] * scales[which, None], np.float32)
        return np.asarray((points[which] - middle) * np.float32(factor), np.float32)

    anchors = ready(chosen)
    own = np.vecdot(anchors, anchors, dtype=np.float64)

    def part(begin: int, end: int, start: int, block: Float32[np.ndarray, "b d"], theirs: Rounded) -> None:
        for first in range(begin, end, _ANCHORS):
            last = min(first + _ANCHORS, end)
            products = anchors[first:last] @ block.T
            survey_block(
                products, theirs, own, factor**2, wrong, points, scales, sphere,
                chosen, limits, nearer, rows, squares, start, first, last,
            )  # fmt: skip

    with one_thread(), ThreadPoolExecutor(cores()) as pool:
        for start in range(0, n, _BLOCK):
            block = ready(slice(start, start + _BLOCK))
            theirs = np.vecdot(block, block, dtype=np.float64).astype(np.float32)
            ends = _ends(len(chosen), len(block) * d * len(chosen))
            list(pool.map(lambda a, b: part(a, b, start, block, theirs), ends[:-1], ends[1:]))  # noqa: B023
            if progress is not None:
                progress(min(start + _BLOCK, n), n)
    return Survey(rows, np.sqrt(squares), np.sqrt(limits), nearer)


def _by_geometry(
    points: Float[np.ndarray, "n d"],
    chosen: Int64[np.ndarray, " m"],
    k: int,
    asked: Int64[np.ndarray, "m l"],
    geometry: Geometry,
) -> Survey:
    """The same by the geometry's own distances, one anchor at a time: exact, and slower."""
    limits = np.empty(asked.shape)
    nearer, rows, distances = _nothing_yet(limits, k)
    wide = points.astype(np.float64)

    def part(begin: int, end: int) -> None:
        for i in range(begin, end):
            far = geometry.distance(wide, wide[chosen[i]])
            far[chosen[i]] = np.inf
            limits[i] = np.sort(far[asked[i]])
            nearer[i] = np.searchsorted(np.sort(far), limits[i])
            if k:
                near = np.flatnonzero(far <= np.partition(far, k - 1)[k - 1])
                rows[i] = near[np.argsort(far[near], kind="stable")[:k]]
                distances[i] = far[rows[i]]

    in_threads(part, len(chosen), 16)
    return Survey(rows, distances, limits, nearer)


def anchors_at_most(n: int, d: int, geometry: Geometry) -> int:
    """How many anchors take seconds, not minutes."""
    return n if isinstance(geometry, Euclidean | Sphere) else max(100, _NUMBERS // max(1, n * d))


def _nothing_yet(
    limits: Float64[np.ndarray, "m l"], k: int
) -> tuple[Int64[np.ndarray, "m l"], Int64[np.ndarray, "m k"], Float64[np.ndarray, "m k"]]:
    m = len(limits)
    return np.zeros(limits.shape, np.int64), np.full((m, k), -1, np.int64), np.full((m, k), np.inf)


def _inverse_lengths(points: Float[np.ndarray, "n d"]) -> Float64[np.ndarray, " n"]:
    """What makes each row a unit vector; 0 where it is no direction."""
    lengths = np.empty(len(points))
    for start in range(0, len(points), _BLOCK):
        lengths[start : start + _BLOCK] = np.linalg.norm(points[start : start + _BLOCK].astype(np.float64), axis=1)
    return np.divide(1, lengths, out=np.zeros(len(points)), where=lengths > 0)


def _power_of_two(points: Float[np.ndarray, "n d"], middle: Float[np.ndarray, " d"]) -> float:
    """A factor that loses no digit and keeps squares within single precision."""
    largest = max(float(np.abs(points[at : at + _BLOCK] - middle).max()) for at in range(0, len(points), _BLOCK))
    return float(2.0 ** -np.clip(np.frexp(largest)[1], -100, 100)) if largest > 0 else 1.0


def _in_parts(count: int, work: Callable[[int, int], object], size: int) -> None:
    """Do work(begin, end) for all of `count` anchors: a part in each thread, where there is enough of it."""
    ends = _ends(count, size)
    if len(ends) == 2:
        work(0, count)
        return
    with ThreadPoolExecutor(len(ends) - 1) as pool:
        list(pool.map(work, ends[:-1], ends[1:]))


def _ends(count: int, size: int) -> list[int]:
    parts = max(1, min(cores(), count, size // 1_000_000))
    return [count * part // parts for part in range(parts + 1)]
