"""The loops over every byte of a coarse copy: rounding vectors to it, and bounding distances by it.

One idea: what rounding leaves out is a vector too, and its length, with Cauchy and Schwarz, says how far any product
may be wrong.
"""

from __future__ import annotations

from typing import Any, no_type_check

import numpy as np
from jaxtyping import Float32, Int8, Int16, Int32, Int64
from numba import njit

Rows = Float32[np.ndarray, " n"]
_TINY, _HUGE = 1e-17, 1e18  # lengths between which float32 has room for their squares
_MOST = 1e37  # of a square
_ABOVE = 1 + 2.0**-20  # upper bounds are upper bounds after rounding, too
_ROUNDING = 2.0**-50  # more than a few operations of double lose, per number that is summed
_LEAST = 1e-38

jit: Any = njit(nogil=True, cache=True, error_model="numpy")
jit_sums: Any = njit(nogil=True, cache=True, error_model="numpy", fastmath={"reassoc"})


@jit_sums
@no_type_check
def round_rows(
    vectors: Float32[np.ndarray, "n dim"],
    origin: Float32[np.ndarray, " dim"],
    weights: Float32[np.ndarray, " dim"],
    unit: bool,
    codes: Int8[np.ndarray, "n dim"],
    scales: Rows,
    residuals: Rows,
    squares: Rows,
    start: int,
    stop: int,
) -> None:
    """Round rows `start` to `stop` to a byte per number.

    Args:
        vectors: (n, dim).
        origin: (dim,) taken from each; zero where `unit`.
        weights: (dim,) 1 or more: how much coarser an axis may be than the finest.
        unit: Whether rows are divided by their lengths first.
        codes: (n, dim) filled; a row is about its scale times its codes.
        scales: (n,) filled.
        residuals: (n,) filled with upper bounds of the lengths of what the rounding left out: infinite where float32
            can't tell distances, NaN where the row is no direction.
        squares: (n,) filled with the squared lengths of what was rounded.
    """
    dim = vectors.shape[1]
    far = 0.0
    for j in range(dim):
        far += np.float64(origin[j]) * np.float64(origin[j])
    far = np.sqrt(far)
    for row in range(start, stop):
        square = 0.0
        largest = 0.0
        widest = 0.0
        for j in range(dim):
            value = np.float64(vectors[row, j]) - np.float64(origin[j])
            square += value * value
            largest = max(largest, abs(value))
            widest = max(widest, abs(value) / np.float64(weights[j]))
        length = np.sqrt(square)
        lost = not length >= 0 or (unit and np.float32(largest) * np.float32(largest) == 0)
        beyond = (length < _TINY or length > _HUGE) if unit else square > _MOST
        if lost or beyond:
            codes[row] = 0
            scales[row] = 0
            squares[row] = 0
            residuals[row] = np.nan if lost else np.inf
            continue
        factor = 1 / length if unit else 1.0
        scale = np.float64(np.float32(widest * factor / 127))
        inverse = factor / scale if scale > 0 else 0.0
        left = 0.0
        for j in range(dim):
            value = np.float64(vectors[row, j]) - np.float64(origin[j])
            weight = np.float64(weights[j])
            code = min(max(np.rint(value * inverse / weight), -127.0), 127.0)
            rest = value * factor - scale * code * weight
            left += rest * rest
            codes[row, j] = np.int8(code)
        length = 1.0 if unit else length
        scales[row] = scale
        squares[row] = 1.0 if unit else square
        residuals[row] = np.sqrt(left) * _ABOVE + _ROUNDING * dim * (length + 2 * far) + _LEAST


@jit
@no_type_check
def multiply(
    codes: Int8[np.ndarray, "n dim"],
    rows: Int64[np.ndarray, " a"],
    all_rows: bool,
    queries: Int16[np.ndarray, "m dim"],
    products: Int32[np.ndarray, "m a"],
    start: int,
    stop: int,
) -> None:
    """Products of codes and rounded queries; in a loop of its own, which compilers turn into wide instructions.

    Args:
        codes: (n, dim).
        rows: (a,) which are asked for.
        all_rows: Whether that is every row; `rows` is not read then.
        queries: (m, dim), small enough for the sums to stay within 32 bits.
        products: (m, a) filled from place `start` to `stop`.
    """
    dim = codes.shape[1]
    for place in range(start, stop):
        row = place if all_rows else rows[place]
        for i in range(queries.shape[0]):
            total = np.int32(0)
            for j in range(dim):
                total += np.int32(codes[row, j]) * np.int32(queries[i, j])
            products[i, place] = total


@jit
@no_type_check
def bound(
    products: Int32[np.ndarray, " a"],
    scales: Float32[np.ndarray, " a"],
    residuals: Float32[np.ndarray, " a"],
    squares: Float32[np.ndarray, " a"],
    dim: int,
    unit: bool,
    factor: float,
    length: float,
    rest: float,
    wrong: float,
    low: Float32[np.ndarray, " a"],
    high: Float32[np.ndarray, " a"],
    start: int,
    stop: int,
) -> None:
    """Bounds of what distances are ordered by: the cosine's opposite, or the squared distance.

    Args:
        products: (a,) of the codes and a rounded query.
        scales, residuals, squares: (a,) as `round_rows` filled them.
        dim: Numbers of a vector.
        unit: Whether cosines are wanted.
        factor, length, rest: The query is about its factor times its codes; its length, and that of what is missing.
        wrong: How far the distance in float32 may be from the true one: in all of a cosine, as a share of a square.
        low, high: (a,) filled from place `start` to `stop`.
    """
    for place in range(start, stop):
        residual = np.float64(residuals[place])
        square = np.float64(squares[place])
        product = products[place] * np.float64(scales[place]) * factor
        error = (np.sqrt(square) * _ABOVE + residual) * rest + residual * length
        if unit:
            least = -product - error - wrong
            most = error + wrong - product
        else:
            middle = square - 2 * product + length * length
            error = 2 * error + 2.0**-23 * square + _ROUNDING * dim * (square + length * length)
            most = (middle + error) * (1 + wrong) + _LEAST
            least = max(middle - error, 0.0) * (1 - wrong) - _LEAST
            most = np.inf if most >= _MOST else most
            least = _MOST if least >= _MOST else least
        unknown = residual == np.inf
        low[place] = -np.inf if unknown else least
        high[place] = np.inf if unknown else most


@jit
@no_type_check
def kth_least(values: Float32[np.ndarray, " n"], k: int) -> float:
    """The k-th smallest number, infinity if there are fewer; NaN counts as none."""
    heap = np.full(k, np.inf, np.float32)  # the largest of the smallest first
    for value in values:
        if not value < heap[0]:
            continue
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
            at = child
        heap[at] = value
    return heap[0]
