"""Whether a valley of density lies between two clusters, or whether they are parts of one cloud.

One idea: a cluster is an island if every way out of it leads through places clearly emptier than its own peak; clusters
without such a valley between them belong to one island.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int32, Int64

from lateen.neighbors import Table

DEEP = 0.7  # of log densities; parts of one normal cloud, of 2 to 50 dimensions, differ by less
ROBUST = 10  # the so many-th highest stands for the highest, which may be an accident
NEIGHBOURS = 15
SMOOTHED = 1  # times that densities are averaged over neighbours: they are noisy, and peaks must not be noise


def log_density(table: Table) -> Float[np.ndarray, " n"]:
    """The log of the density at each item, up to a constant: from the distances of its neighbours, and theirs.

    Reference: Biau et al. (2011), A weighted k-nearest neighbor density estimate for geometric inference.
    """
    wide = table.distances[:, :NEIGHBOURS].astype(np.float64)
    least = float(wide[wide > 0].min()) if (wide > 0).any() else 1.0
    radius = np.sqrt((wide**2).mean(axis=1))
    density: Float[np.ndarray, " n"] = -_growth(wide) * np.log(np.maximum(radius, least))
    for _ in range(SMOOTHED):
        density = (density + density[table.rows[:, :NEIGHBOURS]].sum(axis=1)) / (wide.shape[1] + 1)
    return density


def islands(
    rows: Int32[np.ndarray, "n k"],
    density: Float[np.ndarray, " n"],
    labels: Int64[np.ndarray, " n"],
    *,
    deep: float | int = DEEP,
) -> Int64[np.ndarray, " c"]:
    """The island that each cluster belongs to.

    Args:
        rows: (n, k) the neighbours of each item.
        density: (n,) the log of the density.
        labels: (n,) the cluster of each item, -1 for none.
        deep: How much lower than the lower peak a valley must be, as a difference of logs.

    Returns:
        (clusters,) numbers from 0, in the order of the clusters.

    Reference: the comparison of peak and saddle is that of Chazal, Guibas, Oudot and Skraba (2013), Persistence-based
    clustering in Riemannian manifolds; here between communities instead of single modes.
    """
    count = int(labels.max(initial=-1)) + 1
    saddles = _saddles(rows[:, :NEIGHBOURS], density, labels, count)
    peaks = np.array([_peak(density[labels == cluster]) for cluster in range(count)])
    joined = np.arange(count)
    while count > 1:
        depths = np.minimum(peaks[:, None], peaks[None]) - saddles
        one, other = divmod(int(np.argmin(depths)), count)
        if not depths[one, other] < deep:
            break
        joined[joined == joined[other]] = joined[one]
        peaks[one] = max(peaks[one], peaks[other])
        saddles[one] = saddles[:, one] = np.maximum(saddles[one], saddles[other])
        saddles[other] = saddles[:, other] = saddles[one, one] = -np.inf
    return np.asarray(np.unique(joined, return_inverse=True)[1], np.int64)


def _saddles(
    rows: Int32[np.ndarray, "n k"], density: Float[np.ndarray, " n"], labels: Int64[np.ndarray, " n"], count: int
) -> Float[np.ndarray, "c c"]:
    """The height of the best way between each two clusters; minus infinity where no neighbours lead across."""
    starts, others = np.repeat(np.arange(len(rows)), rows.shape[1]), rows.ravel()
    crossing = (labels[starts] != labels[others]) & (labels[starts] >= 0) & (labels[others] >= 0)
    starts, others = starts[crossing], others[crossing]
    low, high = np.minimum(labels[starts], labels[others]), np.maximum(labels[starts], labels[others])
    heights = np.minimum(density[starts], density[others])
    saddles = np.full((count, count), -np.inf)
    if len(starts):
        order = np.lexsort((-heights, high, low))
        low, high, heights = low[order], high[order], heights[order]
        first = np.flatnonzero(np.r_[True, (np.diff(low) != 0) | (np.diff(high) != 0)])
        counts = np.diff(np.r_[first, len(low)])
        best = heights[first + np.minimum(ROBUST, counts // 4)]
        saddles[low[first], high[first]] = saddles[high[first], low[first]] = best
    return saddles


def _peak(heights: Float[np.ndarray, " m"]) -> float:
    place = min(ROBUST, len(heights) // 4)
    return float(-np.partition(-heights, place)[place])


def _growth(distances: Float[np.ndarray, "n k"]) -> float:
    """How fast neighbourhoods grow: 1 over the mean log ratio of distances; 1 where nothing can be told."""
    last = distances[:, -1:]
    known = (distances[:, :-1] > 0).all(axis=1) & (last[:, 0] > 0)
    if distances.shape[1] < 3 or not known.any():
        return 1.0
    mean = float(np.log(last[known] / distances[known, :-1]).mean())
    return 1 / mean if mean > 0 else 1.0
