"""The loops behind the neighbour table: choosing among products, ranking by distances, asking neighbours' neighbours.

One idea: each loop writes only rows of its own, so they run beside each other and give the same whatever their number.
"""

from __future__ import annotations

from typing import Any, no_type_check

import numpy as np
from jaxtyping import Float32, Int32, Int64, UInt64
from numba import njit

Rows = Int32[np.ndarray, "n k"]
Distances = Float32[np.ndarray, "n k"]

jit: Any = njit(nogil=True, cache=True, error_model="numpy")
jit_sums: Any = njit(nogil=True, cache=True, error_model="numpy", fastmath={"reassoc", "contract", "nnan", "nsz"})
_STRETCH = 64  # numbers whose least is looked at before any of them
_SEEN = 1024


@jit
@no_type_check
def _push(heap: Float32[np.ndarray, " k"], names: Int32[np.ndarray, " k"], value: float, name: int) -> None:
    """Replace the largest of a heap."""
    k = len(heap)
    at = 0
    while True:
        child = 2 * at + 1
        if child >= k:
            break
        if child + 1 < k and heap[child + 1] > heap[child]:
            child += 1
        if heap[child] <= value:
            break
        heap[at] = heap[child]
        names[at] = names[child]
        at = child
    heap[at] = value
    names[at] = name


@jit_sums
@no_type_check
def _scores(
    products: Float32[np.ndarray, " m"], squares: Float32[np.ndarray, " m"], scores: Float32[np.ndarray, " m"]
) -> None:
    for j in range(len(products)):
        scores[j] = squares[j] - 2 * products[j]


@jit_sums
@no_type_check
def _lower(
    scores: Float32[np.ndarray, " m"], squares: Float32[np.ndarray, " m"], wrong: float, own_square: float
) -> None:
    for j in range(len(scores)):
        scores[j] -= wrong * (squares[j] + own_square)


@jit_sums
@no_type_check
def _least(scores: Float32[np.ndarray, " m"], start: int, stop: int) -> float:
    least = scores[start]
    for j in range(start, stop):
        least = min(least, scores[j])
    return least


@jit
@no_type_check
def choose(
    products: Float32[np.ndarray, "b m"],
    squares: Float32[np.ndarray, " m"],
    names: Int32[np.ndarray, " m"],
    own: Int32[np.ndarray, " b"],
    chosen: Int32[np.ndarray, "n c"],
) -> None:
    """Write into `chosen[own]` the names of the least squares - 2 products, the row's own left out, in no order.

    Args:
        products: (b, m) of queries and points.
        squares: (m,) squared lengths of the points.
        names: (m,) row numbers of the points.
        own: (b,) row numbers of the queries.
        chosen: (n, c); places for which there is no point are -1.
    """
    width = chosen.shape[1]
    scores = np.empty(products.shape[1], np.float32)
    heap = np.empty(width, np.float32)
    for i in range(products.shape[0]):
        _scores(products[i], squares, scores)
        heap[:] = np.inf
        kept = chosen[own[i]]
        kept[:] = -1
        for start in range(0, len(scores), _STRETCH):
            stop = min(start + _STRETCH, len(scores))
            if _least(scores, start, stop) >= heap[0]:
                continue
            for j in range(start, stop):
                if scores[j] < heap[0] and names[j] != own[i]:
                    _push(heap, kept, scores[j], names[j])


@jit_sums
@no_type_check
def _square(points: Float32[np.ndarray, "n dim"], i: int, j: int) -> float:
    total = 0.0
    for t in range(points.shape[1]):
        gap = np.float64(points[i, t]) - np.float64(points[j, t])
        total += gap * gap
    return total


@jit
@no_type_check
def _put(rows: Rows, distances: Distances, i: int, row: int, distance: float) -> None:
    """Put a neighbour among those of i, ordered by distance, then row; the last one is lost."""
    k = rows.shape[1]
    at = k - 1
    while at > 0 and (distances[i, at - 1] > distance or (distances[i, at - 1] == distance and rows[i, at - 1] > row)):
        distances[i, at] = distances[i, at - 1]
        rows[i, at] = rows[i, at - 1]
        at -= 1
    distances[i, at] = distance
    rows[i, at] = row


@jit
@no_type_check
def _comes_before(rows: Rows, distances: Distances, i: int, row: int, distance: float) -> bool:
    last = rows.shape[1] - 1
    return distance < distances[i, last] or (distance == distances[i, last] and row < rows[i, last])


@jit
@no_type_check
def rank(
    points: Float32[np.ndarray, "n dim"],
    chosen: Int32[np.ndarray, "n c"],
    rows: Rows,
    distances: Distances,
    start: int,
    stop: int,
) -> None:
    """Keep the nearest of the chosen, by the length of the difference; of rows `start` to `stop`."""
    for i in range(start, stop):
        rows[i, :] = np.iinfo(np.int32).max
        distances[i, :] = np.inf
        for j in chosen[i]:
            if j < 0:
                continue
            distance = np.float32(np.sqrt(_square(points, i, j)))
            if _comes_before(rows, distances, i, j, distance):
                _put(rows, distances, i, j, distance)


@jit
@no_type_check
def return_calls(rows: Rows, distances: Distances, new_rows: Rows, new_distances: Distances) -> None:
    """Tell every point that others have it for a neighbour: it may be one of theirs for that point, too."""
    new_rows[:] = rows
    new_distances[:] = distances
    for j in range(rows.shape[0]):
        for a in range(rows.shape[1]):
            i = rows[j, a]
            if i >= rows.shape[0] or not _comes_before(new_rows, new_distances, i, j, distances[j, a]):
                continue
            known = False
            for b in range(rows.shape[1]):
                known = known or new_rows[i, b] == j
            if not known:
                _put(new_rows, new_distances, i, j, distances[j, a])


@jit_sums
@no_type_check
def _sketched(sketch: Float32[np.ndarray, "n s"], rests: Float32[np.ndarray, " n"], i: int, j: int) -> float:
    """A lower bound of a squared distance, but for rounding."""
    gap = rests[i] - rests[j]
    total = gap * gap
    for t in range(sketch.shape[1]):
        gap = sketch[i, t] - sketch[j, t]
        total += gap * gap
    return total


@jit
@no_type_check
def ask_neighbours(
    points: Float32[np.ndarray, "n dim"],
    sketch: Float32[np.ndarray, "n s"],
    rests: Float32[np.ndarray, " n"],
    rows: Rows,
    distances: Distances,
    wide: int,
    new_rows: Rows,
    new_distances: Distances,
    start: int,
    stop: int,
) -> None:
    """Look for nearer points among the neighbours of neighbours, of rows `start` to `stop` (Dong et al., 2011).

    Args:
        points: (n, dim).
        sketch: (n, s) coordinates whose distances are not larger than the points'.
        rests: (n,) lengths of what the sketch leaves out.
        rows, distances: (n, k) neighbours so far.
        wide: How many of the nearest are asked, each for as many.
        new_rows, new_distances: (n, k) filled.
    """
    n, k = rows.shape
    seen = np.empty(_SEEN, np.int32)
    for i in range(start, stop):
        seen[:] = -1
        for a in range(k):
            new_rows[i, a] = rows[i, a]
            new_distances[i, a] = distances[i, a]
            seen[rows[i, a] % _SEEN] = rows[i, a]
        for a in range(wide):
            j = rows[i, a]
            if j >= n:
                break
            for b in range(wide):
                c = rows[j, b]
                if c >= n or c == i or seen[c % _SEEN] == c:
                    continue
                seen[c % _SEEN] = c
                limit = np.float64(new_distances[i, k - 1])
                if _sketched(sketch, rests, i, c) > limit * limit * 1.0001:
                    continue
                known = False
                for e in range(k):
                    known = known or new_rows[i, e] == c
                if known:
                    continue
                distance = np.float32(np.sqrt(_square(points, i, c)))
                if _comes_before(new_rows, new_distances, i, c, distance):
                    _put(new_rows, new_distances, i, c, distance)


@jit
@no_type_check
def choose_surely(
    products: Float32[np.ndarray, "b m"],
    squares: Float32[np.ndarray, " m"],
    own: Int64[np.ndarray, " b"],
    own_squares: Float32[np.ndarray, " b"],
    k: int,
    wrong: float,
    chosen: Int32[np.ndarray, "b c"],
) -> bool:
    """Choose all that may be among the k nearest of each query, knowing how far float32's products may be wrong.

    Args:
        products: (b, m) of queries and all points.
        squares: (m,) squared lengths of the points.
        own: (b,) row numbers of the queries, which are left out.
        own_squares: (b,) squared lengths of the queries.
        k: Neighbours wanted.
        wrong: Errors are at most this times the sum of the two squared lengths.
        chosen: (b, c) filled with rows, -1 where there are no more.

    Returns:
        Whether they all had room.
    """
    heap = np.empty(k, np.float32)
    names = np.empty(k, np.int32)
    scores = np.empty(products.shape[1], np.float32)
    room = True
    for i in range(products.shape[0]):
        _scores(products[i], squares, scores)
        heap[:] = np.inf
        for start in range(0, len(scores), _STRETCH):
            stop = min(start + _STRETCH, len(scores))
            if _least(scores, start, stop) >= heap[0]:
                continue
            for j in range(start, stop):
                high = scores[j] + wrong * (squares[j] + own_squares[i])
                if high < heap[0] and j != own[i]:
                    _push(heap, names, high, j)
        filled = 0
        chosen[i, :] = -1
        _lower(scores, squares, wrong, own_squares[i])
        for start in range(0, len(scores), _STRETCH):
            stop = min(start + _STRETCH, len(scores))
            if _least(scores, start, stop) > heap[0]:
                continue
            for j in range(start, stop):
                if scores[j] <= heap[0] and j != own[i]:
                    if filled == chosen.shape[1]:
                        room = False
                        break
                    chosen[i, filled] = j
                    filled += 1
    return room


@jit
@no_type_check
def rank_some(
    points: Float32[np.ndarray, "n dim"],
    queries: Int64[np.ndarray, " b"],
    chosen: Int32[np.ndarray, "b c"],
    rows: Int32[np.ndarray, "b k"],
    distances: Float32[np.ndarray, "b k"],
) -> None:
    """Keep the nearest of the chosen, of some rows."""
    for i in range(len(queries)):
        rows[i, :] = np.iinfo(np.int32).max
        distances[i, :] = np.inf
        for j in chosen[i]:
            if j < 0:
                continue
            distance = np.float32(np.sqrt(_square(points, queries[i], j)))
            if _comes_before(rows, distances, i, j, distance):
                _put(rows, distances, i, j, distance)


@jit
@no_type_check
def hash_rows(
    numbers: Int32[np.ndarray, "n dim"], hashes: UInt64[np.ndarray, " n"], start: int, stop: int
) -> None:
    """A hash of the bits of each row, of rows `start` to `stop`."""
    for i in range(start, stop):
        a = np.uint64(1469598103934665603)
        b = np.uint64(88172645463325252)
        for t in range(0, numbers.shape[1] - 1, 2):
            a = (a ^ np.uint64(np.uint32(numbers[i, t]))) * np.uint64(1099511628211)
            b = (b ^ np.uint64(np.uint32(numbers[i, t + 1]))) * np.uint64(6364136223846793005)
            a ^= a >> np.uint64(29)
            b ^= b >> np.uint64(31)
        if numbers.shape[1] % 2:
            a = (a ^ np.uint64(np.uint32(numbers[i, numbers.shape[1] - 1]))) * np.uint64(1099511628211)
        hashes[i] = a ^ (b * np.uint64(11400714819323198485)) ^ (a >> np.uint64(32))


@jit
@no_type_check
def expand(
    groups: Int64[np.ndarray, " n"],
    members: Int64[np.ndarray, " n"],
    starts: Int64[np.ndarray, " g"],
    group_rows: Int32[np.ndarray, "u ku"],
    group_distances: Float32[np.ndarray, "u ku"],
    rows: Rows,
    distances: Distances,
) -> None:
    """From neighbours of distinct points to neighbours of all: first those that are the same, then the others' groups.

    Args:
        groups: (n,) the distinct point of each row.
        members: (n,) rows sorted by group, then row.
        starts: (u + 1,) where each group's members start.
        group_rows, group_distances: (u, ku) neighbours of the distinct points.
        rows, distances: (n, k) filled.
    """
    n, k = rows.shape
    for i in range(n):
        own = groups[i]
        filled = 0
        for at in range(starts[own], starts[own + 1]):
            if filled == k:
                break
            if members[at] != i:
                rows[i, filled] = members[at]
                distances[i, filled] = 0
                filled += 1
        for a in range(group_rows.shape[1]):
            if filled == k:
                break
            other = group_rows[own, a]
            for at in range(starts[other], starts[other + 1]):
                if filled == k:
                    break
                rows[i, filled] = members[at]
                distances[i, filled] = group_distances[own, a]
                filled += 1
