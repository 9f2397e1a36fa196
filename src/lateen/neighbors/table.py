"""The one neighbour table: of every item its nearest others, which maps, dimensions, geodesics and charts all read.

One idea: it is computed once, in the space that the user gave, and carries the share of true neighbours that it holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32, Int32

from lateen.core.errors import InputError
from lateen.core.geometry import Geometry
from lateen.neighbors.exact import Vectors, nearest


@dataclass(frozen=True, eq=False)
class Table:
    """The k nearest others of each of n items, nearest first; equal distances are ordered by row.

    Args:
        rows: (n, k) row numbers; an item is not its own neighbour.
        distances: (n, k) in the geometry's units.
        recall: Share of the true neighbours that it holds, measured on anchors; 1 where it is exact.
        how: "exact" or "cells".
    """

    rows: Int32[np.ndarray, "n k"]
    distances: Float32[np.ndarray, "n k"]
    recall: float
    how: str

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return f"Table(the {self.k} nearest of {len(self):,} items, {self.how}, recall {self.recall:.4f})"

    @property
    def k(self) -> int:
        """Neighbours of each item."""
        return int(self.rows.shape[1])

    def first(self, k: int) -> Table:
        """The same with the nearest k only.

        Raises:
            InputError: If it has fewer.
        """
        if not 1 <= k <= self.k:
            raise InputError(f"first got k = {k}; the table holds {self.k} neighbours of each item.")
        return replace(self, rows=self.rows[:, :k], distances=self.distances[:, :k])


def neighbour_table(
    vectors: Vectors,
    k: int,
    *,
    geometry: Geometry,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Table:
    """The k nearest others of every item.

    Args:
        vectors: (n, dim) finite data, n >= 2.
        k: Neighbours of each; n - 1 where there are no more.
        geometry: Whose distance ranks.
        seed: Of the anchors that the recall is measured on.
        progress: Told how many items are done, and of how many.

    Raises:
        InputError: If k < 1, there are fewer than 2 items, or a vector is not finite.
    """
    n = len(vectors)
    if k < 1:
        raise InputError(f"A neighbour table got k = {k}; ask for at least one neighbour.")
    if n < 2:
        raise InputError(f"A neighbour table needs at least 2 items, got {n}.")
    k = min(k, n - 1)
    points = np.asarray(vectors[:], np.float32)
    if not np.isfinite(points).all():
        row = int(np.flatnonzero(~np.isfinite(points).all(axis=1))[0])
        raise InputError(f"A neighbour table got a vector with NaN or infinity in row {row} of {n}.")
    found = nearest(points, points, k + 1, geometry=geometry)
    own = found.rows == np.arange(n)[:, None]
    own[~own.any(axis=1), -1] = True
    rows, distances = found.rows[~own].reshape(n, k), found.distances[~own].reshape(n, k)
    return Table(rows.astype(np.int32), distances.astype(np.float32), 1.0, "exact")
