"""Forward: where a new point belongs on a map that is there already, without moving anything on it.

One idea: a map is made of neighbourhoods, so a new point goes to the median of its nearest items' places. A mean would
fall between the two ends of a torn neighbourhood; the median takes the side where most of the nearest are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Float32, Float64, Shaped

from lateen.core.errors import InputError
from lateen.core.geometry import Geometry
from lateen.neighbors import Found, Prepared

NEIGHBOURS = 15
_SAME = 1e-5  # of the distance to the farthest neighbour: nearer than this is the item itself
_LEAST = 1e-3  # of its inverse distance is what the farthest neighbour weighs
_SOFT = 0.1  # of the median distance: within it the median is a mean, so that new points don't lie on old ones
_STEPS = 50  # of the iteration; a number of its own for each point would let points depend on each other
_FARTHEST = 1e19  # length, whose square float32 doesn't hold
_TOGETHER = 4096  # points that are placed at once


@dataclass(frozen=True, eq=False)
class Forward:
    """A fitted placer: `forward(vectors)` gives a place on the map per vector; made by `Forward.fit`.

    The vector of an item gives the place of that item exactly (of several with the same vector, that of the first).
    A vector's place depends on that vector alone. Far from all items it is among the places of the nearest ones;
    whether to believe it is another question (`lateen.manifold.Support`).

    Args:
        vectors: (n, dim) the items as points of the space.
        positions: (n, axes) where they are on the map.
        geometry: Whose distance says which items are near.
    """

    vectors: Float32[np.ndarray, "n dim"]
    positions: Float64[np.ndarray, "n axes"]
    geometry: Geometry

    @classmethod
    def fit(
        cls, vectors: Float[np.ndarray, "n dim"], positions: Float[np.ndarray, "n_places axes"], geometry: Geometry
    ) -> Forward:
        """Learn a map. Nothing is trained: neighbours say more of a place than a network does, and at once.

        Args:
            vectors: (n, dim) the items as points of the space.
            positions: (n, axes) where they are on the map.
            geometry: Whose distance says which items are near.

        Raises:
            InputError: If there are none, numbers differ, or something is not finite.

        Reference:
            Weiszfeld, *Sur le point pour lequel la somme des distances de n points donnes est minimum*, 1937 (the
            median of points); Shepard, *A two-dimensional interpolation function for irregularly-spaced data*, 1968
            (the weights); Policar, Strazar and Zupan, *Embedding to reference t-SNE space addresses batch effects in
            single-cell classification*, 2023 (medians for new points).
        """
        checked = require_map("Forward", vectors, positions)
        return cls(np.ascontiguousarray(vectors, np.float32), checked, geometry)

    def __call__(self, vectors: Float[np.ndarray, "m query_dim"]) -> Float32[np.ndarray, "m axes"]:
        """The place of each vector: (m, dim) -> (m, axes).

        Raises:
            InputError: If the dimension differs or a number is not finite.
        """
        rows = require_rows("Forward", "vector", vectors, self.vectors.shape[1])
        parts = [self.at(self.neighbours(rows[start : start + _TOGETHER])) for start in range(0, len(rows), _TOGETHER)]
        return np.concatenate(parts) if parts else np.zeros((0, self.positions.shape[1]), np.float32)

    def neighbours(self, vectors: Float[np.ndarray, "m query_dim"]) -> Found:
        """The items that say where each vector goes, and one more that says how much the others count.

        Raises:
            InputError: If the dimension differs or a number is not finite.
        """
        given = require_rows("Forward", "vector", vectors, self.vectors.shape[1])
        lengths = np.sqrt((given.astype(np.float64) ** 2).sum(axis=1))
        if (lengths > _FARTHEST).any():
            far = int(np.flatnonzero(lengths > _FARTHEST)[0])
            raise InputError(f"Forward got a vector of length {lengths[far]:.3g} in row {far:,}: too far out.")
        points = self.geometry.project(given.astype(np.float32))
        return self._prepared.nearest(points, min(NEIGHBOURS + 1, len(self.vectors)))

    def at(self, found: Found) -> Float32[np.ndarray, "m axes"]:
        """The places of vectors whose neighbours are known."""
        k = min(NEIGHBOURS, found.rows.shape[1])
        distances = found.distances[:, :k].astype(np.float64)
        outer = found.distances[:, k:].astype(np.float64) if found.rows.shape[1] > k else np.inf
        near = np.maximum(distances, 1e-300)
        weights = 1 / near - (1 - _LEAST) / np.maximum(outer, near)
        places = self.positions[found.rows[:, :k]]
        same = distances[:, 0] <= _SAME * found.distances[:, -1]
        weights[same] = 1
        middle = _median(places, weights / weights.sum(axis=1, keepdims=True))
        middle[same] = places[same, 0]
        return np.asarray(middle, np.float32)

    @cached_property
    def _prepared(self) -> Prepared:
        return Prepared.of(self.vectors, self.geometry)


def _median(
    places: Float64[np.ndarray, "m k axes"], weights: Float64[np.ndarray, "m k"]
) -> Float64[np.ndarray, "m axes"]:
    """The weighted geometric median of k places, softened at its middle."""
    middle: Float64[np.ndarray, "m axes"] = (weights[:, :, None] * places).sum(axis=1)
    for _ in range(_STEPS):
        squares = ((places - middle[:, None]) ** 2).sum(axis=2)
        soft = _SOFT**2 * np.median(squares, axis=1, keepdims=True)
        pull = weights / np.sqrt(squares + soft + 1e-24)
        middle = (pull[:, :, None] * places).sum(axis=1) / pull.sum(axis=1, keepdims=True)
    return middle


def require_map(
    who: str, vectors: Float[np.ndarray, "n dim"], positions: Float[np.ndarray, "n_places axes"]
) -> Float64[np.ndarray, "n_places axes"]:
    """The positions as double numbers, if there is a finite one for each finite vector.

    Raises:
        InputError: If not.
    """
    n = len(vectors)
    if len(positions) != n:
        raise InputError(f"{who} got {n:,} vectors and {len(positions):,} positions; give one for each.")
    if n == 0:
        raise InputError(f"{who} got a map without items; give at least one.")
    require_finite(who, "a vector", vectors)
    require_finite(who, "a position", positions)
    return np.ascontiguousarray(positions, np.float64)


def require_rows(who: str, what: str, given: object, width: int) -> Shaped[np.ndarray, "m width"]:
    """What was given as an array of finite numbers, (m, width).

    Raises:
        InputError: If it is none.
    """
    try:
        rows = np.asarray(given)
    except ValueError as error:  # of rows of several lengths
        raise InputError(f"{who} got what is no array; give (m, {width}) numbers, a {what} in each row.") from error
    if rows.ndim != 2 or rows.shape[1] != width or rows.dtype.kind not in "fiub":
        raise InputError(
            f"{who} got {rows.dtype} of shape {rows.shape}; give (m, {width}) numbers, a {what} in each row."
        )
    require_finite(who, f"a {what}", rows)
    return rows


def require_finite(who: str, what: str, numbers: Shaped[np.ndarray, "n any"]) -> None:
    """Raise InputError, naming the first row that has NaN or infinity in it."""
    finite = np.isfinite(numbers).all(axis=1)
    if not finite.all():
        row = int(np.flatnonzero(~finite)[0])
        raise InputError(f"{who} got {what} with NaN or infinity in row {row:,} of {len(numbers):,}.")
