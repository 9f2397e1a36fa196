"""The loops of community detection: the neighbour graph in both directions, and one level of moving items.

One idea: weights are whole numbers, so that sums are exact and their order doesn't matter.
"""

from __future__ import annotations

from typing import Any, no_type_check

import numpy as np
from jaxtyping import Float64, Int32, Int64
from numba import njit

MOST_SWEEPS = 30
STILL = 1_000  # a level ends when less than one item in so many moves

jit: Any = njit(nogil=True, cache=True, error_model="numpy")


@jit
@no_type_check
def both_ways(rows: Int32[np.ndarray, "n k"]) -> tuple[Int64[np.ndarray, " n+1"], Int32[np.ndarray, " e"]]:
    """The neighbour graph, each edge at both of its ends: mutual neighbours are joined by two.

    Args:
        rows: (n, k) the neighbours of each item; itself is left out.

    Returns:
        Where each item's edges start, and the other ends.
    """
    n, k = rows.shape
    starts = np.zeros(n + 1, np.int64)
    for i in range(n):
        for j in range(k):
            if rows[i, j] != i:
                starts[i + 1] += 1
                starts[rows[i, j] + 1] += 1
    starts = np.cumsum(starts)
    free, ends = starts[:-1].copy(), np.empty(starts[n], np.int32)
    for i in range(n):
        for j in range(k):
            other = rows[i, j]
            if other != i:
                ends[free[i]] = other
                ends[free[other]] = i
                free[i] += 1
                free[other] += 1
    return starts, ends


@jit
@no_type_check
def move(
    starts: Int64[np.ndarray, " n+1"],
    ends: Int32[np.ndarray, " e"],
    weights: Float64[np.ndarray, " e"],
    degrees: Float64[np.ndarray, " n"],
    groups: Int64[np.ndarray, " n"],
    resolution: float,
) -> int:
    """Move each vertex to the neighbouring group that gains most, again and again; returns how many moved.

    Args:
        starts, ends: Edges of each vertex.
        weights: Of the edges, whole numbers.
        degrees: (n,) sums of the weights of all edges, loops included.
        groups: (n,) numbers below n, changed.
        resolution: What a pair of strangers in one group costs.
    """
    n = len(degrees)
    share = resolution / max(degrees.sum(), 1.0)
    totals, inside = np.zeros(n), np.zeros(n)
    for i in range(n):
        totals[groups[i]] += degrees[i]
    seen, moved = np.empty(n, np.int64), 0
    for _ in range(MOST_SWEEPS):
        now = 0
        for i in range(n):
            own, count = groups[i], 0
            for e in range(starts[i], starts[i + 1]):
                if ends[e] == i:
                    continue
                group = groups[ends[e]]
                if inside[group] == 0:
                    seen[count] = group
                    count += 1
                inside[group] += weights[e]
            totals[own] -= degrees[i]
            best, most = own, inside[own] - share * degrees[i] * totals[own]
            for place in range(count):
                group = seen[place]
                gain = inside[group] - share * degrees[i] * totals[group]
                if gain > most + 1e-9:
                    best, most = group, gain
                inside[group] = 0
            totals[best] += degrees[i]
            if best != own:
                groups[i] = best
                now += 1
        moved += now
        if now * STILL <= n:
            break
    return moved


@jit
@no_type_check
def condense(
    starts: Int64[np.ndarray, " n+1"],
    ends: Int32[np.ndarray, " e"],
    weights: Float64[np.ndarray, " e"],
    groups: Int64[np.ndarray, " n"],
    members: Int64[np.ndarray, " n"],
    count: int,
) -> tuple[Int64[np.ndarray, " g+1"], Int32[np.ndarray, " f"], Float64[np.ndarray, " f"]]:
    """The graph whose vertices are the groups; what lies within one becomes a loop.

    Args:
        starts, ends, weights: The graph.
        groups: (n,) the group of each vertex, all of 0 ... count - 1.
        members: (n,) the vertices in order of their groups.
        count: How many groups there are.
    """
    found = np.zeros(count)
    seen = np.empty(count, np.int64)
    begun = np.zeros(count + 1, np.int64)
    others, sums = np.empty(len(ends), np.int32), np.empty(len(ends))
    filled, at = 0, 0
    for group in range(count):
        kinds = 0
        while at < len(members) and groups[members[at]] == group:
            i = members[at]
            for e in range(starts[i], starts[i + 1]):
                other = groups[ends[e]]
                if found[other] == 0:
                    seen[kinds] = other
                    kinds += 1
                found[other] += weights[e]
            at += 1
        for place in range(kinds):
            others[filled], sums[filled] = seen[place], found[seen[place]]
            found[seen[place]] = 0
            filled += 1
        begun[group + 1] = filled
    return begun, others[:filled].copy(), sums[:filled].copy()
