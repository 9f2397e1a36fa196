"""Support: how near to data a point is, as a share that reads the same in every space.

One idea: items that were held out say how far from the data real items lie; a made-up point is placed among them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Float

from lateen.core.errors import InputError
from lateen.core.geometry import Geometry
from lateen.neighbors import Prepared, Vectors


@dataclass(frozen=True, eq=False)
class Support:
    """A fitted judge of made-up points: `support(vectors)` gives a share in [0, 1] per vector.

    1: as near to the data as any held-out item. 0.05: only one held-out item in twenty lies that far out.
    0: farther out than all of them. Its resolution is 1/m with m held-out items (a quarter of the data, 1,000 at the
    most): in a space of 12 items it knows 0, 1/3, 2/3 and 1 only. Distance can't see everything: a point in the
    middle of the cloud is near to data even if its own decoding is a blend.

    Args:
        reference: (n, dim) the data that distances are taken to.
        held_out: (m,) sorted distances of held-out items to the reference.
        k: Distances are means over this many nearest items.
        geometry: Whose distance is taken.
    """

    reference: Float[np.ndarray, "n dim"]
    held_out: Float[np.ndarray, " m"]
    k: int
    geometry: Geometry

    @classmethod
    def fit(
        cls,
        vectors: Vectors,
        geometry: Geometry,
        *,
        k: int = 5,
        most: int = 20_000,
        seed: int = 0,
    ) -> Support:
        """Split the vectors into reference and held-out items and measure how far the latter lie.

        Args:
            vectors: (n, dim) data; of more than `most` rows a seeded sample is taken.
            geometry: Whose distance is taken.
            k: Neighbours per distance.
            most: Rows to use at the most.
            seed: Of the split.

        Raises:
            InputError: If there are fewer than 4 vectors.
        """
        n = len(vectors)
        if n < 4:
            raise InputError(f"Support needs at least 4 items to know how far apart items are, got {n}.")
        rows = np.random.default_rng(seed).permutation(n)[:most]
        m = max(1, min(1_000, len(rows) // 4))
        held_out, reference = np.asarray(vectors[rows[:m]]), np.asarray(vectors[np.sort(rows[m:])])
        unsorted = cls(reference, np.zeros(0, np.float32), min(k, len(reference) - 1), geometry)
        return replace(unsorted, held_out=np.sort(unsorted._far(held_out)))

    def __call__(self, points: Float[np.ndarray, "q dim"]) -> Float[np.ndarray, " q"]:
        """Support of each point: (q, dim) -> (q,)."""
        distances = self._far(points)
        at_least_as_far = len(self.held_out) - np.searchsorted(self.held_out, distances, side="left")
        return np.asarray(at_least_as_far / len(self.held_out), np.float64)

    @cached_property
    def _prepared(self) -> Prepared:
        return Prepared.of(self.reference, self.geometry)

    def _far(self, points: Float[np.ndarray, "q dim"]) -> Float[np.ndarray, " q"]:
        """Mean distance to the 2nd to (k + 1)th nearest of the reference.

        Leaving the nearest out for everyone keeps an item from being its own neighbour, without a jump beside it.
        """
        found = self._prepared.nearest(points, self.k + 1).distances
        return np.asarray(found[:, 1:].mean(axis=1), np.float32)
