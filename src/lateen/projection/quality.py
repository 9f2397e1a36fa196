"""How far a map can be trusted: does it invent neighbours (trustworthiness), does it tear them apart
(continuity)?

One idea: the ranks are exact, against all points, but only for a sample of anchors. That costs O(m n) time,
flat memory, and the sample gives the interval.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
from jaxtyping import Float, Float32, Int

from lateen.core.errors import InputError

ANCHORS_AT_ONCE = 128
BLOCK_BYTES = 32 << 20


@dataclass(frozen=True)
class MapQuality:
    """Quality of a map at neighbourhoods of k items; 1 is perfect, a random map scores about 0.5.

    Args:
        trustworthiness: Share of the worst case avoided: neighbours on the map that are none in the space.
        continuity: The same for neighbours in the space that are none on the map.
        k: Neighbours per item.
        anchors: How many items were measured, each against all.
        trustworthiness_low: Lower end of the 95 % interval over anchors; the value itself if all were.
        trustworthiness_high: Upper end.
        continuity_low: Lower end for the continuity.
        continuity_high: Upper end for the continuity.
    """

    trustworthiness: float
    continuity: float
    k: int
    anchors: int
    trustworthiness_low: float
    trustworthiness_high: float
    continuity_low: float
    continuity_high: float

    def to_dict(self) -> dict[str, float | int]:
        """The figures as plain data."""
        return asdict(self)


def map_quality(
    vectors: Float32[np.ndarray, "n d"],
    positions: Float[np.ndarray, "m dims"],
    *,
    k: int = 15,
    anchors: int = 1500,
    seed: int = 0,
) -> MapQuality:
    """Trustworthiness and continuity of a map, by exact ranks of sampled anchors against all points.

    Args:
        vectors: (n, d) the space as the user gave it, not a reduction of it.
        positions: (n, 2 or 3) the map.
        k: Neighbours per item; below n / 2, where the measures are defined (`largest_k` gives the most).
        anchors: Items to measure; all of them if there are fewer.
        seed: Chooses the anchors.

    Raises:
        InputError: If lengths differ, something is not finite, or k is not in 1 ... n / 2.

    Reference:
        Venna and Kaski, *Neighborhood preservation in nonlinear projection methods*, 2001; *Local
        multidimensional scaling*, 2006 (continuity). Ties share the best rank.
    """
    n = len(vectors)
    _check(vectors, positions, k, anchors)
    m = min(anchors, n)
    chosen = np.sort(np.random.default_rng(seed).choice(n, m, replace=False))
    worst = k * (2 * n - 3 * k - 1) / 2
    trust, continuity = np.empty(m), np.empty(m)
    for at in range(0, m, ANCHORS_AT_ONCE):
        rows = chosen[at : at + ANCHORS_AT_ONCE]
        pairs = zip(_distances(vectors, rows), _distances(positions, rows), strict=True)
        for i, (far, near) in enumerate(pairs, start=at):
            trust[i] = 1 - _excess(far, _nearest(near, k), k) / worst
            continuity[i] = 1 - _excess(near, _nearest(far, k), k) / worst
    t, t_low, t_high = _interval(trust, n)
    c, c_low, c_high = _interval(continuity, n)
    return MapQuality(t, c, k, m, t_low, t_high, c_low, c_high)


def largest_k(n: int, wish: int = 15) -> int:
    """The wished neighbourhood size, lowered to what n items allow; 0 where none is defined."""
    return max(0, min(wish, (n - 1) // 2))


def _distances(
    points: Float[np.ndarray, "n d"], rows: Int[np.ndarray, " b"]
) -> Iterator[Float[np.ndarray, " n"]]:
    """Squared distances from each row to all points, to itself infinite.

    Differences from the block's mean keep the products small, so float64 loses nothing that decides a rank.
    """
    middle = points[rows].mean(axis=0, dtype=np.float64)
    anchors = points[rows] - middle
    squares = np.empty((len(rows), len(points)))
    step = max(256, BLOCK_BYTES // (8 * max(points.shape[1], 1)))
    for start in range(0, len(points), step):
        block = points[start : start + step] - middle
        part = anchors @ block.T
        part *= -2
        part += np.einsum("nd,nd->n", block, block)
        squares[:, start : start + step] = part
    squares += np.einsum("bd,bd->b", anchors, anchors)[:, None]
    squares[np.arange(len(rows)), rows] = np.inf
    return iter(squares)


def _nearest(squares: Float[np.ndarray, " n"], k: int) -> Int[np.ndarray, " k"]:
    return np.argpartition(squares, k - 1)[:k]


def _excess(squares: Float[np.ndarray, " n"], neighbours: Int[np.ndarray, " k"], k: int) -> float:
    """How far the ranks of the other side's neighbours exceed k; a rank is 1 + how many are nearer."""
    limits = np.sort(squares[neighbours])
    beyond = limits[limits > np.partition(squares, k - 1)[k - 1]]
    ranks = [1 + int(np.count_nonzero(squares < limit)) for limit in beyond]
    return float(sum(max(0, rank - k) for rank in ranks))


def _interval(scores: Float[np.ndarray, " m"], n: int) -> tuple[float, float, float]:
    """Mean and 95 % interval of a sample of m out of n, with the finite population correction."""
    mean, m = float(scores.mean()), len(scores)
    if m == n or m < 2:
        return mean, mean, mean
    half = float(1.96 * scores.std(ddof=1) / np.sqrt(m) * np.sqrt((n - m) / (n - 1)))
    return mean, max(0.0, mean - half), min(1.0, mean + half)


def _check(
    vectors: Float32[np.ndarray, "n d"], positions: Float[np.ndarray, "m dims"], k: int, anchors: int
) -> None:
    n = len(vectors)
    if len(positions) != n:
        raise InputError(f"map_quality got {n} vectors and {len(positions)} positions; give one for each.")
    if not 1 <= k < n / 2:
        most = largest_k(n, n)
        hint = f"use k = {most} or less" if most else "a map of fewer than 3 points has no quality"
        raise InputError(f"map_quality got k = {k} for {n} points; it is defined for 1 <= k < n / 2: {hint}.")
    if anchors < 1:
        raise InputError(f"map_quality got anchors = {anchors}; measure at least one.")
    for name, array in (("vectors", vectors), ("positions", positions)):
        if not np.isfinite(array).all():
            raise InputError(f"map_quality got {name} with NaN or infinity.")
