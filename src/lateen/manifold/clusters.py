"""Clusters of a space: communities of its neighbour table, with a few items each that stand for all.

One idea: they are found in the space, not on a map of it, and it is told which of them valleys of density set apart and
which are only regions of one cloud.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int64

from lateen.manifold.communities import communities
from lateen.manifold.valleys import islands, log_density
from lateen.neighbors import Table

EXEMPLARS = 8
LOOKED_AT = 4_000  # members of a cluster that its middle is computed from
TYPICAL = 6  # times as many items as there will be exemplars are typical enough to be one


@dataclass(frozen=True, eq=False)
class Clusters:
    """Which items belong together.

    Args:
        labels: (n,) the cluster of each item, the largest 0; -1 where it is in none.
        sizes: (clusters,) items of each.
        exemplars: Rows that stand for each cluster: the first in its middle, the others typical but unlike each other.
        islands: (clusters,) clusters with the same number have no valley of density between them.
    """

    labels: Int64[np.ndarray, " n"]
    sizes: Int64[np.ndarray, " c"]
    exemplars: list[Int64[np.ndarray, " _"]]
    islands: Int64[np.ndarray, " c"]

    @property
    def count(self) -> int:
        """How many clusters there are."""
        return len(self.sizes)

    @property
    def apart(self) -> int:
        """How many there would be if only valleys of density counted."""
        return len(np.unique(self.islands))


def find_clusters(points: Float[np.ndarray, "n dim"], table: Table, *, exemplars: int = EXEMPLARS) -> Clusters:
    """The clusters of a space.

    Groups of fewer than 3 items, or of less than a 500th of all (200 at the most), are no clusters.

    Args:
        points: (n, dim) the points whose neighbours the table holds.
        table: Of the same items.
        exemplars: Of each cluster, at the most.
    """
    n = len(table)
    labels = communities(table.rows)
    sizes = np.bincount(labels)
    least = min(max(3, n // 500), 200)
    count = max(1, int((sizes >= least).sum()))  # of a handful of items the largest group is a cluster still
    labels = np.where(labels < count, labels, -1)
    sizes = sizes[:count]
    found = islands(table.rows, log_density(table), labels)
    chosen = [_exemplars(points, np.flatnonzero(labels == cluster), exemplars) for cluster in range(count)]
    return Clusters(labels, np.asarray(sizes, np.int64), chosen, found)


def _exemplars(
    points: Float[np.ndarray, "n dim"], members: Int64[np.ndarray, " m"], count: int
) -> Int64[np.ndarray, " e"]:
    """Typical members unlike each other: of those nearest to the middle, the farthest from those already chosen."""
    looked = members[:: -(-len(members) // LOOKED_AT)]
    here = np.asarray(points[looked], np.float64)
    far = ((here - here.mean(axis=0)) ** 2).sum(axis=1)
    near = np.argsort(far, kind="stable")[: max(count, min(TYPICAL * count, len(looked) // 2))]
    here, looked = here[near], looked[near]
    chosen = [0]
    gaps = ((here - here[0]) ** 2).sum(axis=1)
    while len(chosen) < min(count, len(looked)):
        gaps[chosen[-1]] = -1
        chosen.append(int(np.argmax(gaps)))
        gaps = np.where(gaps < 0, gaps, np.minimum(gaps, ((here - here[chosen[-1]]) ** 2).sum(axis=1)))
    return np.asarray(looked[np.array(chosen)])
