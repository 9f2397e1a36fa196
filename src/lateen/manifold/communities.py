"""Communities of the neighbour graph: groups of items that are more one another's neighbours than chance would have it.

One idea: vertices move to the group that gains most, groups become vertices, and so on until nothing gains. The order
is that of the rows and weights are whole numbers, so the same table always gives the same groups.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Int32, Int64

NEIGHBOURS = 15
RESOLUTION = 0.4
MOST = 40  # a million items of a smooth sheet would have hundreds, which nobody reads
COARSER, COARSEST = 1.5, 1e-4


def communities(
    rows: Int32[np.ndarray, "n k"], *, resolution: float | int = RESOLUTION, neighbours: int = NEIGHBOURS
) -> Int64[np.ndarray, " n"]:
    """The community of each item, the largest first.

    Args:
        rows: (n, k) the neighbours of each item, nearest first.
        resolution: Less gives fewer, larger communities; 1 is modularity. It is lowered while there are more than
            `MOST` that neighbours join.
        neighbours: How many of each item's neighbours are used.

    Returns:
        (n,) numbers from 0.

    Reference: Blondel, Guillaume, Lambiotte and Lefebvre (2008), Fast unfolding of communities in large networks;
    the resolution by Reichardt and Bornholdt (2006), Statistical mechanics of community detection.
    """
    from lateen.manifold.community_kernels import both_ways, condense, move

    starts, ends = both_ways(np.ascontiguousarray(rows[:, :neighbours], np.int32))
    weights = np.ones(len(ends))
    first = starts, ends, weights, np.diff(starts).astype(np.float64)
    graph, labels, share = first, np.arange(len(rows)), float(resolution)
    while True:
        groups = np.arange(len(graph[3]))
        if not move(*graph, groups, share):
            if len(groups) <= MOST or share < COARSEST:
                break
            share /= COARSER
            continue
        kept, groups = np.unique(groups, return_inverse=True)
        labels = groups[labels]
        members = np.argsort(groups, kind="stable")
        degrees = np.bincount(groups, graph[3])
        graph = *condense(*graph[:3], groups, members, len(kept)), degrees
    move(*first, labels, share)  # an item at a border may be better off beyond it now
    return by_size(labels)


def by_size(labels: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, " n"]:
    """The same groups numbered by size, the largest 0; of equal ones the one with the first row comes first."""
    _, first, groups, sizes = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    order = np.lexsort((first, -sizes))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return np.asarray(rank[groups], np.int64)
