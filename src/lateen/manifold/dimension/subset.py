"""Tables of fewer items: some left out as copies of others, or a part drawn to look at a larger scale.

One idea: what is nearest among some items is found in the table of all, as long as enough of each item's neighbours are
among them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int

from lateen.neighbors import Table

LACKING = 0.05  # share of items that may lack neighbours in the old table; they don't count then
SAME = 1e-6  # of the usual distance: as near as rounding lets copies be
NEW = 100_000  # items that a new table is made of at the most

Fresh = Callable[[Int[np.ndarray, " m"], int], Table]
"""Makes a table of the k neighbours of some rows among themselves."""


@dataclass(frozen=True, eq=False)
class Part:
    """Some of the items, and neighbours of each.

    Args:
        items: (m,) their rows, ascending.
        neighbours: (m, k) rows of items; -1 where one lacks them.
        distances: (m, k), NaN where one lacks them.
    """

    items: Int[np.ndarray, " m"]
    neighbours: Int[np.ndarray, "m k"]
    distances: Float[np.ndarray, "m k"]

    def __len__(self) -> int:
        return len(self.items)

    @property
    def k(self) -> int:
        """Neighbours of each item."""
        return int(self.neighbours.shape[1])

    @cached_property
    def places(self) -> Int[np.ndarray, "m k"]:
        """(m, k) neighbours as places in `items`; -1 where one is not among them."""
        number = np.full(max(int(self.items.max(initial=-1)), int(self.neighbours.max(initial=-1))) + 2, -1, np.int64)
        number[self.items] = np.arange(len(self))  # the last is what -1 points at
        return np.asarray(number[self.neighbours])

    def first(self, k: int) -> Part:
        """The same with the nearest k only."""
        return Part(self.items, self.neighbours[:, :k], self.distances[:, :k])

    def only(self, chosen: Bool[np.ndarray, " m"]) -> Part:
        """Some items with the neighbours that they have among all."""
        return Part(self.items[chosen], self.neighbours[chosen], self.distances[chosen])


def whole(table: Table) -> Part:
    """All items."""
    return Part(np.arange(len(table)), table.rows, table.distances)


def part(of: Part, chosen: Int[np.ndarray, " m"], k: int, fresh: Fresh) -> Part | None:
    """Some items with k neighbours each among themselves; None if a new table of them would take too long.

    Args:
        of: Where they are taken from.
        chosen: Their places there, ascending.
        k: Neighbours of each; fewer where there are no more.
        fresh: Asked for a table where the old one holds too few.
    """
    k = min(k, len(chosen) - 1)
    inside = np.zeros(len(of) + 1, bool)  # the last is what -1 points at
    inside[chosen] = True
    kept = inside[of.places[chosen]]
    rank = kept.cumsum(axis=1)
    enough = rank[:, -1] >= k
    items = of.items[chosen]
    if enough.mean() >= 1 - LACKING:
        taken = kept & (rank <= k) & enough[:, None]
        neighbours = np.full((len(chosen), k), -1, np.int64)
        distances = np.full((len(chosen), k), np.nan)
        neighbours[enough] = of.neighbours[chosen][taken].reshape(-1, k)
        distances[enough] = of.distances[chosen][taken].reshape(-1, k)
        return Part(items, neighbours, distances)
    if len(chosen) > NEW:
        return None
    table = fresh(items, k)
    return Part(items, items[table.rows], table.distances)


def originals(table: Table) -> Int[np.ndarray, " n"]:
    """Of each item the first that it is a copy of, itself if of none: those nearer than rounding, and their copies.

    Copies at a distance of zero say nothing of the dimension.
    """
    n = len(table)
    far = table.distances[:, -1]
    usual = float(np.median(far[far > 0])) if (far > 0).any() else 0.0
    same = table.distances <= SAME * usual
    if not same[:, 0].any():
        return np.arange(n)
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    item, place = np.nonzero(same)
    links = coo_array((np.ones(len(item), np.int8), (item, table.rows[item, place])), shape=(n, n))
    count, group = connected_components(links, directed=False)
    first = np.full(count, n)
    np.minimum.at(first, group, np.arange(n))
    return np.asarray(first[group])
