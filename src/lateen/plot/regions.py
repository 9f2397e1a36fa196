"""Regions of a map that have a name, and where each name stands: at the densest place of its region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int64

MOST = 0.05, 0.95  # of a region: where its middle part begins and ends
CELLS = 40  # along the longest axis, for telling where a region is densest


@dataclass(frozen=True, eq=False)
class Regions:
    """Groups of the points of a map.

    Args:
        labels: (n,) the group of each point, -1 for none.
        names: Of each group, the largest first.
        exemplars: Rows that stand for each group.
    """

    labels: Int64[np.ndarray, " n"]
    names: Sequence[str]
    exemplars: Sequence[Int64[np.ndarray, " _"]]

    def anchors(self, positions: Float[np.ndarray, "n axes"]) -> Int64[np.ndarray, " c"]:
        """The row at the densest place of each group; -1 of a group without a place.

        Args:
            positions: (n, 2 or 3); points that are not finite have no place.
        """
        there = np.isfinite(positions).all(axis=1)
        found = np.full(len(self.names), -1, np.int64)
        if not there.any():
            return found
        span = float(np.ptp(positions[there], axis=0).max()) or 1.0
        for group in range(len(self.names)):
            rows = np.flatnonzero((self.labels == group) & there)
            if len(rows):
                found[group] = rows[_densest(positions[rows] * (CELLS / span))]
        return found

    def of(self, rows: Int64[np.ndarray, " m"]) -> Regions:
        """The same of some of the points, given in order."""
        place = np.full(len(self.labels), -1, np.int64)
        place[rows] = np.arange(len(rows))
        exemplars = [place[group][place[group] >= 0] for group in self.exemplars]
        return Regions(self.labels[rows], self.names, exemplars)


def reach_of(places: Float[np.ndarray, "m axes"], at: Float[np.ndarray, " axes"]) -> Float[np.ndarray, " axes"]:
    """How far most of a region reaches from one of its places, along each axis.

    Args:
        places: (m, axes) of its points, at least one.
        at: (axes,) where its name would like to stand.
    """
    ends = np.quantile(places.astype(np.float64), MOST, axis=0)
    return np.asarray(np.abs(ends - at).max(axis=0))


def _densest(places: Float[np.ndarray, "m axes"]) -> int:
    """The point nearest to the middle of the fullest cell and the cells around it."""
    cells = np.floor(places - places.min(axis=0)).astype(np.int64) + 1
    strides = np.cumprod(np.r_[1, cells.max(axis=0)[:-1] + 2])
    keys, counts = np.unique(cells @ strides, return_counts=True)
    around = np.zeros(len(keys))
    for shift in np.ndindex(*[3] * places.shape[1]):
        wanted = keys + int((np.array(shift) - 1) @ strides)
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        around += np.where(keys[at] == wanted, counts[at] * (2.0 if set(shift) == {1} else 1.0), 0)
    best = cells[cells @ strides == keys[np.argmax(around)]][0]
    near = np.flatnonzero((np.abs(cells - best) <= 1).all(axis=1))
    gaps = ((places[near] - places[near].mean(axis=0)) ** 2).sum(axis=1)
    return int(near[np.argmin(gaps)])
