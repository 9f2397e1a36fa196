"""The loops of the layout: spreading points on a mesh, and moving each by what pulls and pushes it.

One idea: a mesh is written by one piece of the points, and a point by itself alone, so no order of threads can matter.
"""

from __future__ import annotations

from typing import Any, no_type_check

import numpy as np
from jaxtyping import Float32, Float64, Int32, Int64
from numba import njit

jit: Any = njit(nogil=True, cache=True, error_model="numpy")
jit_sums: Any = njit(nogil=True, cache=True, error_model="numpy", fastmath={"reassoc", "contract"})
jit_fused: Any = njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract"})
FASTER, SLOWER, LEAST_GAIN = np.float32(0.2), np.float32(0.8), np.float32(0.05)


@jit
@no_type_check
def count_edges(rows: Int32[np.ndarray, "n k"], starts: Int64[np.ndarray, " n1"]) -> None:
    """Room for the edges of each point, those that others have with it included."""
    n, k = rows.shape
    starts[:] = 0
    for i in range(n):
        starts[i + 1] += k
        for a in range(k):
            starts[rows[i, a] + 1] += 1
    for i in range(n):
        starts[i + 1] += starts[i]


@jit
@no_type_check
def merge_edges(
    rows: Int32[np.ndarray, "n k"],
    starts: Int64[np.ndarray, " n1"],
    ends: Int32[np.ndarray, " e"],
    weights: Float32[np.ndarray, " e"],
) -> None:
    """Edges of each point to its neighbours and to those it is a neighbour of, weight 2 where it is both.

    Args:
        rows: (n, k) neighbours.
        starts: (n + 1,) room as `count_edges` found it; changed to where the merged edges start.
        ends, weights: (2 n k,) filled up to the last start.
    """
    n, k = rows.shape
    at = starts[:-1].copy()
    for i in range(n):
        for a in range(k):
            j = rows[i, a]
            ends[at[i]] = j
            at[i] += 1
            ends[at[j]] = i
            at[j] += 1
    filled = 0
    start = starts[0]
    for i in range(n):
        stop = starts[i + 1]
        own = np.sort(ends[start:stop])
        start = stop
        before = filled
        for j in own:
            if filled > before and ends[filled - 1] == j:
                weights[filled - 1] += 1
            else:
                ends[filled] = j
                weights[filled] = 1
                filled += 1
        starts[i + 1] = filled


@jit
@no_type_check
def roughness(
    positions: Float32[np.ndarray, "n dims"],
    starts: Int64[np.ndarray, " n1"],
    ends: Int32[np.ndarray, " e"],
    weights: Float32[np.ndarray, " e"],
    along: Float64[np.ndarray, " dims"],
    around: Float64[np.ndarray, " dims"],
) -> None:
    """Half the weighted squares of differences along edges, and the squares of positions by their edges' weights."""
    for i in range(len(positions)):
        weight = 0.0
        for e in range(starts[i], starts[i + 1]):
            weight += weights[e]
            for t in range(positions.shape[1]):
                gap = np.float64(positions[i, t]) - np.float64(positions[ends[e], t])
                along[t] += weights[e] * gap * gap / 2
        for t in range(positions.shape[1]):
            around[t] += weight * np.float64(positions[i, t]) * np.float64(positions[i, t])


@jit
@no_type_check
def extent(
    positions: Float32[np.ndarray, "n dims"], low: Float32[np.ndarray, " dims"], high: Float32[np.ndarray, " dims"]
) -> None:
    """The least and the greatest of each axis."""
    for t in range(positions.shape[1]):
        low[t] = high[t] = positions[0, t]
        for i in range(len(positions)):
            low[t] = min(low[t], positions[i, t])
            high[t] = max(high[t], positions[i, t])


@jit_fused
@no_type_check
def spread_flat(
    positions: Float32[np.ndarray, "n 2"],
    corner: Float32[np.ndarray, " 2"],
    per_unit: float,
    mesh: Float32[np.ndarray, "g g"],
    start: int,
    stop: int,
) -> None:
    """Add points `start` to `stop` to a mesh, each to its nine nearest nodes (quadratic B-splines)."""
    for i in range(start, stop):
        u = (positions[i, 0] - corner[0]) * per_unit
        v = (positions[i, 1] - corner[1]) * per_unit
        a = int(u + np.float32(0.5))
        b = int(v + np.float32(0.5))
        f = u - a
        g = v - b
        g0 = np.float32(0.5) * (np.float32(0.5) - g) * (np.float32(0.5) - g)
        g1 = np.float32(0.75) - g * g
        g2 = np.float32(0.5) * (np.float32(0.5) + g) * (np.float32(0.5) + g)
        w = np.float32(0.5) * (np.float32(0.5) - f) * (np.float32(0.5) - f)
        mesh[a - 1, b - 1] += w * g0
        mesh[a - 1, b] += w * g1
        mesh[a - 1, b + 1] += w * g2
        w = np.float32(0.75) - f * f
        mesh[a, b - 1] += w * g0
        mesh[a, b] += w * g1
        mesh[a, b + 1] += w * g2
        w = np.float32(0.5) * (np.float32(0.5) + f) * (np.float32(0.5) + f)
        mesh[a + 1, b - 1] += w * g0
        mesh[a + 1, b] += w * g1
        mesh[a + 1, b + 1] += w * g2


@jit_fused
@no_type_check
def _shares(f: float, shares: Float32[np.ndarray, " 3"]) -> None:
    shares[0] = np.float32(0.5) * (np.float32(0.5) - f) * (np.float32(0.5) - f)
    shares[1] = np.float32(0.75) - f * f
    shares[2] = np.float32(0.5) * (np.float32(0.5) + f) * (np.float32(0.5) + f)


@jit_fused
@no_type_check
def spread_deep(
    positions: Float32[np.ndarray, "n 3"],
    corner: Float32[np.ndarray, " 3"],
    per_unit: float,
    mesh: Float32[np.ndarray, "g g g"],
    start: int,
    stop: int,
) -> None:
    """Add points `start` to `stop` to a mesh of three axes, each to its 27 nearest nodes."""
    shares = np.empty((3, 3), np.float32)
    node = np.empty(3, np.int64)
    for i in range(start, stop):
        for t in range(3):
            u = (positions[i, t] - corner[t]) * per_unit
            node[t] = int(u + np.float32(0.5))
            _shares(u - node[t], shares[t])
        for p in range(3):
            for q in range(3):
                w = shares[0, p] * shares[1, q]
                for r in range(3):
                    mesh[node[0] - 1 + p, node[1] - 1 + q, node[2] - 1 + r] += w * shares[2, r]


@jit_fused
@no_type_check
def pull(
    positions: Float32[np.ndarray, "n dims"],
    starts: Int64[np.ndarray, " n1"],
    ends: Int32[np.ndarray, " e"],
    weights: Float32[np.ndarray, " e"],
    forces: Float32[np.ndarray, "n dims"],
    start: int,
    stop: int,
) -> None:
    """The pull of its edges on points `start` to `stop`: sum of weight / (1 + distance^2) times the difference."""
    if positions.shape[1] == 2:
        for i in range(start, stop):
            x, y = positions[i, 0], positions[i, 1]
            along_x, along_y = np.float32(0), np.float32(0)
            for e in range(starts[i], starts[i + 1]):
                j = ends[e]
                dx = positions[j, 0] - x
                dy = positions[j, 1] - y
                w = weights[e] / (np.float32(1) + dx * dx + dy * dy)
                along_x += w * dx
                along_y += w * dy
            forces[i, 0] = along_x
            forces[i, 1] = along_y
        return
    for i in range(start, stop):
        forces[i, :] = 0
        for e in range(starts[i], starts[i + 1]):
            j = ends[e]
            square = np.float32(1)
            for t in range(positions.shape[1]):
                gap = positions[j, t] - positions[i, t]
                square += gap * gap
            w = weights[e] / square
            for t in range(positions.shape[1]):
                forces[i, t] += w * (positions[j, t] - positions[i, t])


@jit_fused
@no_type_check
def push_flat(
    positions: Float32[np.ndarray, "n 2"],
    corner: Float32[np.ndarray, " 2"],
    per_unit: float,
    fields: Float32[np.ndarray, "2 g g"],
    pulled: float,
    pushed: float,
    forces: Float32[np.ndarray, "n 2"],
    start: int,
    stop: int,
) -> None:
    """Scale the pull on points `start` to `stop` and add the push that the mesh holds, read as it was spread."""
    g = np.empty(3, np.float32)
    h = np.empty(3, np.float32)
    for i in range(start, stop):
        u = (positions[i, 0] - corner[0]) * per_unit
        v = (positions[i, 1] - corner[1]) * per_unit
        a = int(u + np.float32(0.5))
        b = int(v + np.float32(0.5))
        _shares(u - a, g)
        _shares(v - b, h)
        along_x, along_y = np.float32(0), np.float32(0)
        for p in range(3):
            for q in range(3):
                w = g[p] * h[q]
                along_x += w * fields[0, a - 1 + p, b - 1 + q]
                along_y += w * fields[1, a - 1 + p, b - 1 + q]
        forces[i, 0] = pulled * forces[i, 0] + pushed * along_x
        forces[i, 1] = pulled * forces[i, 1] + pushed * along_y


@jit_fused
@no_type_check
def push_deep(
    positions: Float32[np.ndarray, "n 3"],
    corner: Float32[np.ndarray, " 3"],
    per_unit: float,
    fields: Float32[np.ndarray, "3 g g g"],
    pulled: float,
    pushed: float,
    forces: Float32[np.ndarray, "n 3"],
    start: int,
    stop: int,
) -> None:
    """The same on a mesh of three axes."""
    shares = np.empty((3, 3), np.float32)
    node = np.empty(3, np.int64)
    along = np.empty(3, np.float32)
    for i in range(start, stop):
        along[:] = 0
        for t in range(3):
            u = (positions[i, t] - corner[t]) * per_unit
            node[t] = int(u + np.float32(0.5))
            _shares(u - node[t], shares[t])
        for p in range(3):
            for q in range(3):
                for r in range(3):
                    w = shares[0, p] * shares[1, q] * shares[2, r]
                    for t in range(3):
                        along[t] += w * fields[t, node[0] - 1 + p, node[1] - 1 + q, node[2] - 1 + r]
        for t in range(3):
            forces[i, t] = pulled * forces[i, t] + pushed * along[t]


@jit_sums
@no_type_check
def push_pairs(
    axes: Float32[np.ndarray, "dims n"],
    pushes: Float32[np.ndarray, "n dims"],
    sums: Float64[np.ndarray, " n"],
    start: int,
    stop: int,
) -> None:
    """The push of all others on points `start` to `stop`, and the sum of their similarities.

    Args:
        axes: (dims, n) the positions, axis by axis.
        pushes: (n, dims) filled with the sums of similarity^2 times the difference.
        sums: (n,) filled with the sums of 1 / (1 + distance^2), the point itself left out.
    """
    n = axes.shape[1]
    third = axes[axes.shape[0] - 1]
    deep = np.float32(axes.shape[0] - 2)  # 0 where the third axis is the second again
    for i in range(start, stop):
        x, y, z = axes[0, i], axes[1, i], third[i]
        along_x, along_y, along_z = np.float32(0), np.float32(0), np.float32(0)
        total = np.float32(0)
        for j in range(n):
            dx = x - axes[0, j]
            dy = y - axes[1, j]
            dz = deep * (z - third[j])
            w = np.float32(1) / (np.float32(1) + dx * dx + dy * dy + dz * dz)
            total += w
            w *= w
            along_x += w * dx
            along_y += w * dy
            along_z += w * dz
        pushes[i, 0] = along_x
        pushes[i, 1] = along_y
        if axes.shape[0] == 3:
            pushes[i, 2] = along_z
        sums[i] = np.float64(total) - 1


@jit_fused
@no_type_check
def move(
    positions: Float32[np.ndarray, "n dims"],
    speeds: Float32[np.ndarray, "n dims"],
    gains: Float32[np.ndarray, "n dims"],
    forces: Float32[np.ndarray, "n dims"],
    rates: Float32[np.ndarray, " n"],
    momentum: float,
    held: float,
    longest: float,
    start: int,
    stop: int,
) -> None:
    """Move points `start` to `stop`: momentum, and a gain per number that grows where it keeps its way (Jacobs, 1988).

    Args:
        positions, speeds, gains: (n, dims) changed.
        forces: (n, dims).
        rates: (n,) of each point.
        momentum: Share of the speed that is kept.
        held: Pull towards the middle, per unit from it.
        longest: Step along an axis.
    """
    for i in range(start, stop):
        for t in range(positions.shape[1]):
            force = forces[i, t] - held * positions[i, t]
            speed = speeds[i, t]
            gain = gains[i, t]
            gain = gain + FASTER if force * speed > 0 else max(gain * SLOWER, LEAST_GAIN)
            speed = momentum * speed + rates[i] * gain * force
            speed = min(max(speed, -longest), longest)
            gains[i, t] = gain
            speeds[i, t] = speed
            positions[i, t] += speed
