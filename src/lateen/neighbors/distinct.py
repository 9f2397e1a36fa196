"""Rows that are the same to the bit, found once: what is done for one of them serves all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int32, Int64

from lateen.core.threads import in_threads

_STEP = 4_096


@dataclass(frozen=True, eq=False)
class Distinct:
    """The groups of equal rows.

    Args:
        firsts: (u,) the first row of each group, ascending.
        groups: (n,) the group of each row.
    """

    firsts: Int64[np.ndarray, " u"]
    groups: Int64[np.ndarray, " n"]

    @classmethod
    def of(cls, points: Float32[np.ndarray, "n dim"]) -> Distinct:
        """Group rows by their bits."""
        from lateen.neighbors.table_kernels import hash_rows

        numbers = np.ascontiguousarray(points).view(np.int32)
        hashes = np.empty(len(points), np.uint64)
        in_threads(lambda start, stop: hash_rows(numbers, hashes, start, stop), len(points), _STEP)
        _, firsts, groups = np.unique(hashes, return_index=True, return_inverse=True)
        alike = np.flatnonzero(firsts[groups] != np.arange(len(points)))
        same = (numbers[alike] == numbers[firsts[groups[alike]]]).all(axis=1)
        first_of = firsts[groups]
        first_of[alike[~same]] = alike[~same]  # two rows of one hash that differ stay apart
        kept, inverse = np.unique(first_of, return_inverse=True)
        return cls(kept.astype(np.int64), inverse.astype(np.int64))

    def expand(
        self, rows: Int32[np.ndarray, "u ku"], distances: Float32[np.ndarray, "u ku"], k: int
    ) -> tuple[Int32[np.ndarray, "n k"], Float32[np.ndarray, "n k"]]:
        """Neighbours of all rows from those of the firsts: those that are the same come first, at distance 0."""
        from lateen.neighbors.table_kernels import expand

        n = len(self.groups)
        members = np.argsort(self.groups, kind="stable").astype(np.int64)
        starts = np.searchsorted(self.groups[members], np.arange(len(self.firsts) + 1)).astype(np.int64)
        all_rows, all_distances = np.empty((n, k), np.int32), np.empty((n, k), np.float32)
        expand(self.groups, members, starts, rows, distances, all_rows, all_distances)
        return all_rows, all_distances
