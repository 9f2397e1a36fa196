"""Axes: directions found without labels, and what reads each of them off a point.

One idea: what moves a point along an axis and what reads it off a point are two vectors; only in PCA are they one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from jaxtyping import Float, Float32, Float64

from lateen.core.errors import InputError
from lateen.core.threads import one_thread
from lateen.directions.moments import Moments

Told: TypeAlias = Callable[[str, int, int], None]
"""Told what is done, how much of it, and of how much."""

USUAL = 10  # axes, if nothing is said
BLOCK = 8_192  # points at a time


@dataclass(frozen=True, eq=False)
class Axes:
    """Directions of a cloud of points, the most telling first.

    Args:
        vectors: (n, dim) unit vectors: what a point is moved along.
        readers: (n, dim) what reads each off a point: `points @ reader` is how much of it is there, up to a constant.
        scale: (n,) standard deviation of the points along each vector.
        share: (n,) share of the points' variance that each explains.
        fires: (n,) share of the points in which each is active; None of methods whose axes always are.
        r2: Share of the variance of held-out points that the whole dictionary explains; None where there is none.
        features: How many features the dictionary has; None where there is none.
        settled: Whether the method came to an end, rather than being stopped.
    """

    vectors: Float32[np.ndarray, "n dim"]
    readers: Float32[np.ndarray, "n dim"]
    scale: Float64[np.ndarray, " n"]
    share: Float64[np.ndarray, " n"]
    fires: Float64[np.ndarray, " n"] | None = None
    r2: float | None = None
    features: int | None = None
    settled: bool = True

    def __len__(self) -> int:
        return len(self.vectors)


def moments_of(points: Float32[np.ndarray, "m dim"], progress: Told | None = None) -> Moments:
    """Mean and covariance of points.

    Raises:
        InputError: If there are fewer than 2, or all are the same.
    """
    m, dim = points.shape
    if m < 2:
        raise InputError(f"Directions are found among 2 items or more; there are {m}.")
    moments = Moments(dim)
    with one_thread():
        for start in range(0, m, BLOCK):
            moments.update(points[start : start + BLOCK])
            if progress is not None:
                progress("covariance", min(start + BLOCK, m), m)
    if not float(np.trace(moments.covariance)) > 1e-12 * float(moments.mean @ moments.mean):
        raise InputError(f"All {m:,} items are at one point: there is no direction in which they differ.")
    return moments


def components(moments: Moments) -> tuple[Float64[np.ndarray, " r"], Float64[np.ndarray, "r dim"]]:
    """Variances along the principal components that have any, widest first, and these unit vectors.

    Signs are fixed: the largest loading of each is positive.
    """
    with one_thread():
        values, columns = np.linalg.eigh(moments.covariance)
    values, rows = values[::-1], np.ascontiguousarray(columns[:, ::-1].T)
    there = min(int((values > 1e-10 * values[0]).sum()), moments.n - 1)
    rows = rows[:there]
    largest = np.abs(rows).argmax(axis=1)
    return values[:there], rows * np.where(rows[np.arange(there), largest] < 0, -1, 1)[:, None]


def asked(n: int | None, most: int, why: str) -> int:
    """How many axes there are to be: 10, or as many as there can be, if nothing is said.

    Raises:
        InputError: If it is below 1 or above the most.
    """
    if n is None:
        return min(USUAL, most)
    if not 1 <= n <= most:
        raise InputError(f"Got n = {n}; ask for 1 to {most:,} axes: {why}.")
    return n


def spread(points: Float32[np.ndarray, "m dim"], vectors: Float[np.ndarray, "n dim"]) -> Float64[np.ndarray, " n"]:
    """Standard deviation of points along unit vectors, (n,)."""
    center, squares = points.mean(axis=0, dtype=np.float64).astype(np.float32), np.zeros(len(vectors))
    with one_thread():
        for start in range(0, len(points), BLOCK):
            along = (points[start : start + BLOCK] - center) @ vectors.astype(np.float32).T
            squares += np.square(along, dtype=np.float64).sum(axis=0)
    return np.asarray(np.sqrt(squares / len(points)))


def units(vectors: Float[np.ndarray, "n dim"]) -> Float32[np.ndarray, "n dim"]:
    """Rows of norm 1, (n, dim)."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)
