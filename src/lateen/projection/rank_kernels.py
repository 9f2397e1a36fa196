"""The loops over every pair of an anchor and a point: whose neighbours are nearest, and how many points are nearer.

One idea: a rounded product says between which limits a squared distance lies. That decides nearly every comparison,
many at a time; what it leaves open is decided by the distance itself, in double precision, so the answer is exact.
"""

from __future__ import annotations

from typing import Any, no_type_check

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64
from numba import njit

_LINE = 1024  # comparisons that are made together
_UNKNOWN = -1.0  # of a square
_LEAST = 2.0**-100  # more than is lost where products underflow

jit: Any = njit(nogil=True, cache=True, error_model="numpy")
jit_sums: Any = njit(nogil=True, cache=True, error_model="numpy", fastmath={"reassoc"})
jit_wide: Any = njit(nogil=True, cache=True, error_model="numpy", fastmath={"nnan", "nsz"})  # minima many at a time


@jit_sums
@no_type_check
def square(
    points: Float[np.ndarray, "n d"], scales: Float64[np.ndarray, " n"], first: int, second: int, units: bool
) -> float:
    """Squared distance of two points after each was multiplied by its scale (where `units`)."""
    total = 0.0
    if units:
        for j in range(points.shape[1]):
            gap = np.float64(points[first, j]) * scales[first] - np.float64(points[second, j]) * scales[second]
            total += gap * gap
    else:
        for j in range(points.shape[1]):
            gap = np.float64(points[first, j]) - np.float64(points[second, j])
            total += gap * gap
    return total


@jit
@no_type_check
def squares_of(
    points: Float[np.ndarray, "n d"],
    scales: Float64[np.ndarray, " n"],
    units: bool,
    chosen: Int64[np.ndarray, " m"],
    others: Int64[np.ndarray, "m k"],
    squares: Float64[np.ndarray, "m k"],
) -> None:
    """Fill in the squared distances of each anchor to its own few points."""
    for i in range(len(chosen)):
        for j in range(others.shape[1]):
            squares[i, j] = square(points, scales, chosen[i], others[i, j], units)


@jit
@no_type_check
def squares_of_rows(
    points: Float64[np.ndarray, "dims n"],
    chosen: Int64[np.ndarray, " m"],
    others: Int64[np.ndarray, "m k"],
    squares: Float64[np.ndarray, "m k"],
) -> None:
    """The same for points of few numbers, axis by axis, rounded as `survey_few` rounds them."""
    for i in range(len(chosen)):
        for j in range(others.shape[1]):
            total = 0.0
            for axis in range(points.shape[0]):
                gap = points[axis, others[i, j]] - points[axis, chosen[i]]
                total += gap * gap
            squares[i, j] = total


@jit_wide
@no_type_check
def survey_few(
    points: Float64[np.ndarray, "dims n"],
    chosen: Int64[np.ndarray, " m"],
    limits: Float64[np.ndarray, "m l"],
    nearer: Int64[np.ndarray, "m l"],
    rows: Int64[np.ndarray, "m k"],
    squares: Float64[np.ndarray, "m k"],
    begin: int,
    end: int,
) -> None:
    """Survey points of few numbers, whose distances are computed at once and without products.

    Args:
        points: (dims, n), an axis a row.
        chosen: (m,) the anchors.
        limits: (m, l) squared distances, ascending.
        nearer: (m, l) to which the number of points nearer than each limit is added; the anchor is none of them.
        rows, squares: (m, k) the nearest so far and their squared distances; -1 and infinite where there are none yet.
        begin, end: The anchors to do.
    """
    dims, n = points.shape
    k, wanted = rows.shape[1], limits.shape[1]
    line = np.empty(_LINE)
    for start in range(0, n, _LINE):
        size = min(_LINE, n - start)
        for i in range(begin, end):
            anchor = chosen[i]
            least = np.inf
            line[:size] = 0
            for axis in range(dims):
                at = points[axis, anchor]
                part = points[axis, start : start + size]
                for place in range(size):
                    gap = part[place] - at
                    line[place] += gap * gap
            if start <= anchor < start + size:
                line[anchor - start] = np.inf
            for place in range(size):
                least = min(least, line[place])
            for j in range(wanted):
                if least >= limits[i, j]:
                    continue
                limit = limits[i, j]
                count = 0
                for place in range(size):
                    count += line[place] < limit
                nearer[i, j] += count
            if k > 0 and least < squares[i, k - 1]:
                for place in range(size):
                    if line[place] < squares[i, k - 1]:
                        _insert(rows[i], squares[i], start + place, line[place])


@jit_wide
@no_type_check
def survey_block(
    products: Float32[np.ndarray, "a b"],
    block_squares: Float32[np.ndarray, " b"],
    anchor_squares: Float64[np.ndarray, " m"],
    unit: float,
    wrong: float,
    points: Float[np.ndarray, "n d"],
    scales: Float64[np.ndarray, " n"],
    units: bool,
    chosen: Int64[np.ndarray, " m"],
    limits: Float64[np.ndarray, "m l"],
    nearer: Int64[np.ndarray, "m l"],
    rows: Int64[np.ndarray, "m k"],
    squares: Float64[np.ndarray, "m k"],
    start: int,
    begin: int,
    end: int,
) -> None:
    """Survey a block of points, given rounded products of centred and scaled anchors and points.

    Args:
        products: (a, b) of the anchors from `begin` on.
        block_squares: (b,) squared lengths of the block's points, centred and scaled.
        anchor_squares: (m,) of the anchors.
        unit: A squared distance of these is the true one times this.
        wrong: How far a squared distance from the products may be wrong, as a share of the two squared lengths' sum.
        points, scales, units: As `square` takes them.
        chosen, limits, nearer, rows, squares: As `survey_few` takes them.
        start: Row of the block's first point.
        begin, end: The anchors to do.
    """
    width = products.shape[1]
    low, high, exact = np.empty(_LINE, np.float32), np.empty(_LINE, np.float32), np.full(_LINE, _UNKNOWN)
    less, more, two = np.float32(1 - wrong), np.float32(1 + wrong), np.float32(2)
    for from_ in range(0, width, _LINE):
        size = min(_LINE, width - from_)
        theirs = block_squares[from_ : from_ + size]
        for i in range(begin, end):
            line = products[i - begin, from_ : from_ + size]
            for place in range(size):
                low[place] = theirs[place] * less - two * line[place]
                high[place] = theirs[place] * more - two * line[place]
            self = chosen[i] - start - from_
            if 0 <= self < size:
                low[self] = high[self] = np.inf
            least = np.float32(np.inf)
            for place in range(size):
                least = min(least, low[place])
            first, own = start + from_, anchor_squares[i]
            found = 0
            for j in range(limits.shape[1]):
                limit = limits[i, j]
                possible, certain = _bounds(limit, unit, own, wrong)
                if least < possible:
                    count, more_found = _count(
                        low[:size], high[:size], exact, possible, certain, points, scales, units,
                        chosen[i], first, limit,
                    )  # fmt: skip
                    nearer[i, j] += count
                    found += more_found
            if rows.shape[1] > 0 and least <= _bounds(squares[i, -1], unit, own, wrong)[0]:
                found += 1
                _take(
                    low[:size], exact, unit, own, wrong, points, scales, units,
                    chosen[i], first, rows[i], squares[i],
                )  # fmt: skip
            if found > 0:
                exact[:] = _UNKNOWN


@jit
@no_type_check
def _bounds(limit: float, unit: float, own: float, wrong: float) -> tuple[float, float]:
    """What a lower limit must be below for a point to be possibly nearer, and an upper one for certainly."""
    limit *= unit
    slack = 2.0**-22 * (limit + own) + _LEAST
    return np.float32(limit - own * (1 - wrong) + slack), np.float32(limit - own * (1 + wrong) - slack)


@jit
@no_type_check
def _count(
    low: Float32[np.ndarray, " b"],
    high: Float32[np.ndarray, " b"],
    exact: Float64[np.ndarray, " line"],
    possible: float,
    certain: float,
    points: Float[np.ndarray, "n d"],
    scales: Float64[np.ndarray, " n"],
    units: bool,
    anchor: int,
    first: int,
    limit: float,
) -> tuple[int, int]:
    """How many points of a line are nearer to an anchor than a limit, and how many exact distances that took."""
    count, open_ = 0, 0
    for place in range(len(low)):
        count += high[place] < certain
        open_ += low[place] < possible
    open_ -= count
    if open_ > 0:
        for place in range(len(low)):
            if low[place] < possible and not high[place] < certain:
                if exact[place] == _UNKNOWN:
                    exact[place] = square(points, scales, anchor, first + place, units)
                count += exact[place] < limit
    return count, open_


@jit
@no_type_check
def _take(
    low: Float32[np.ndarray, " b"],
    exact: Float64[np.ndarray, " line"],
    unit: float,
    own: float,
    wrong: float,
    points: Float[np.ndarray, "n d"],
    scales: Float64[np.ndarray, " n"],
    units: bool,
    anchor: int,
    first: int,
    rows: Int64[np.ndarray, " k"],
    squares: Float64[np.ndarray, " k"],
) -> None:
    """Put those points of a line among an anchor's nearest that are."""
    last = _bounds(squares[-1], unit, own, wrong)[0]
    for place in range(len(low)):
        if low[place] <= last and first + place != anchor:
            if exact[place] == _UNKNOWN:
                exact[place] = square(points, scales, anchor, first + place, units)
            if exact[place] < squares[-1]:
                _insert(rows, squares, first + place, exact[place])
                last = _bounds(squares[-1], unit, own, wrong)[0]


@jit
@no_type_check
def _insert(rows: Int64[np.ndarray, " k"], squares: Float64[np.ndarray, " k"], row: int, value: float) -> None:
    """Put a point among the nearest, after those that are as near and came before."""
    at = len(rows) - 1
    while at > 0 and squares[at - 1] > value:
        rows[at], squares[at] = rows[at - 1], squares[at - 1]
        at -= 1
    rows[at], squares[at] = row, value
