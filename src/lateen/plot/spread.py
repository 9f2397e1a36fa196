"""Some points of many: spread over the whole map, coarse before fine.

One idea: grids that are finer and finer; whoever is first in an empty cell is taken. However few are taken, every
region has one.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int64

FINEST = 16  # halvings


def spread(
    positions: Float[np.ndarray, "n axes"], count: int, first: Int64[np.ndarray, " f"] | None = None
) -> Int64[np.ndarray, " m"]:
    """Rows spread over the map, the most important first.

    Args:
        positions: (n, 2 or 3); points that are not finite come last.
        count: How many rows, at the most.
        first: Rows that are taken before all others, without repetition.
    """
    n = len(positions)
    there = np.isfinite(positions).all(axis=1)
    order = np.random.default_rng(0).permutation(n)
    chosen = [np.zeros(0, np.int64) if first is None else np.asarray(first, np.int64)]
    taken = np.zeros(n, bool)
    taken[chosen[0]] = True
    if there.any():
        low = positions[there].min(axis=0)
        scaled = np.clip((positions - low) / (float(np.ptp(positions[there], axis=0).max()) or 1.0), 0, 1)
        for halvings in range(2, FINEST):
            if int(taken.sum()) >= count:
                break
            cells = np.floor(np.where(there[:, None], scaled, 0) * 2**halvings).astype(np.int64)
            keys = cells @ (2 ** (20 * np.arange(positions.shape[1])))
            full = np.isin(keys, keys[taken & there])
            free = order[(there & ~taken & ~full)[order]]
            _, places = np.unique(keys[free], return_index=True)
            here = free[np.sort(places)]
            taken[here] = True
            chosen.append(here)
    rest = order[~taken[order]]
    chosen += [rest[there[rest]], rest[~there[rest]]]
    return np.concatenate(chosen)[:count]


def thinned(
    positions: Float[np.ndarray, "n axes"], count: int, first: Int64[np.ndarray, " f"] | None = None
) -> Int64[np.ndarray, " m"]:
    """Rows for a map of fewer points, in their order: a quarter spread, so that no region is lost, the rest at random.

    Args:
        positions: (n, 2 or 3).
        count: How many rows, at the most; all where there are no more.
        first: Rows that stay.
    """
    n = len(positions)
    if n <= count:
        return np.arange(n)
    kept = np.zeros(n, bool)
    kept[spread(positions, count // 4, first)] = True
    others = np.random.default_rng(1).permutation(n)
    others = others[~kept[others]]
    kept[others[: count - int(kept.sum())]] = True
    return np.flatnonzero(kept)
