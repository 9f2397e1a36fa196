"""Inverse: the point of the space that belongs to a place on the map.

One idea: around any place the map is nearly flat, so the items shown there are fitted by a plane, nearer ones more
than others, and the plane is read at that place. The fit has a closed form in as many unknowns as the map has axes,
whatever the dimension of the space. A map reaches one sheet of the space only: what it leaves out of an item is
that item's residual, which goes along when the item is dragged.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64

from lateen.core.errors import InputError
from lateen.core.geometry import Geometry, Sphere
from lateen.projection.forward import require_map, require_rows

NEIGHBOURS = 20
RIDGE = 1.0  # of the neighbours' own spread on the map: how reluctant the plane is to tilt
_FALL = 2.0  # the farthest neighbour weighs exp(-2) of one at the place itself
_FARTHEST = 1.0  # of the neighbours' own spread that a plane is followed, the ridge counted in
_ROUNDING = 1e-12  # of a position: no two of float32 are so near
_BLOCK_NUMBERS = 4_000_000  # numbers of neighbours that are held at once


@dataclass(frozen=True, eq=False)
class Around:
    """What is around places on the map.

    Args:
        rows: (m, k) the items shown nearest to each place.
        shares: (m, k) how much of each makes up the point there; they add up to one, and may be negative.
        weights: (m, k) how near they are, adding up to one.
        radius: (m,) distance on the map to the farthest of them: small where the map is dense.
    """

    rows: Int64[np.ndarray, "m k"]
    shares: Float64[np.ndarray, "m k"]
    weights: Float64[np.ndarray, "m k"]
    radius: Float64[np.ndarray, " m"]


@dataclass(frozen=True, eq=False)
class Inverse:
    """A fitted way back: `inverse(positions)` gives a point of the space per place; made by `Inverse.fit`.

    A place's point depends on that place alone. Outside the map it is that of the nearest region.

    Args:
        vectors: (n, dim) the items as points of the space.
        positions: (n, axes) where they are on the map.
        geometry: Of the space: points are projected onto it.
    """

    vectors: Float32[np.ndarray, "n dim"]
    positions: Float64[np.ndarray, "n axes"]
    geometry: Geometry

    @classmethod
    def fit(
        cls, vectors: Float[np.ndarray, "n dim"], positions: Float[np.ndarray, "n_places axes"], geometry: Geometry
    ) -> Inverse:
        """Learn a map: planes are fitted where they are asked for.

        Args:
            vectors: (n, dim) the items as points of the space.
            positions: (n, axes) where they are on the map.
            geometry: Of the space.

        Raises:
            InputError: If there are none, numbers differ, or something is not finite.

        Reference:
            Cleveland and Devlin, *Locally weighted regression*, 1988; Hoerl and Kennard, *Ridge regression*, 1970;
            Wang and Telea, *Fundamental limitations of inverse projections and decision maps*, 2024 (one sheet).
        """
        checked = require_map("Inverse", vectors, positions)
        return cls(np.ascontiguousarray(vectors, np.float32), checked, geometry)

    def __call__(self, positions: Float[np.ndarray, "m place_axes"]) -> Float32[np.ndarray, "m dim"]:
        """The point of each place: (m, axes) -> (m, dim).

        Raises:
            InputError: If the number of axes differs or a position is not finite.
        """
        return self.point(self.around(positions))

    def around(self, positions: Float[np.ndarray, "m place_axes"]) -> Around:
        """The items around each place and how the point there is made of them.

        Raises:
            InputError: If the number of axes differs or a position is not finite.
        """
        places = self.within_reach(positions)
        k = min(NEIGHBOURS, len(self.vectors))
        distances, rows = self._near(places, k)
        radius = distances[:, -1]
        weights = np.exp(-_FALL * (distances / np.where(radius > 0, radius, 1)[:, None]) ** 2)
        weights /= weights.sum(axis=1, keepdims=True)
        shares = _planes(self.positions[rows], weights, places)
        return Around(rows, shares, weights, radius)

    def within_reach(self, positions: Float[np.ndarray, "m place_axes"]) -> Float64[np.ndarray, "m axes"]:
        """Places farther out than ten maps brought nearer: the nearest items are the same, and squares are finite.

        Raises:
            InputError: If the number of axes differs or a position is not finite.
        """
        given = require_rows("Inverse", "position", positions, self.positions.shape[1])
        return np.clip(given.astype(np.float64), *self._reach)

    def nearest(self, positions: Float[np.ndarray, "m place_axes"], k: int) -> Int64[np.ndarray, "m k"]:
        """The k items shown nearest to each place, nearest first.

        Raises:
            InputError: If the number of axes differs or a position is not finite.
        """
        return np.asarray(self._near(self.within_reach(positions), k)[1])

    def point(self, around: Around) -> Float32[np.ndarray, "m dim"]:
        """The points that the items around make up, projected onto the space."""
        mixed = self._mixed(around)
        if isinstance(self.geometry, Sphere):  # opposite points may leave nothing, which is no direction
            nothing = ~mixed.any(axis=1)
            mixed[nothing] = self.vectors[around.rows[nothing, 0]]
        return np.asarray(self.geometry.project(mixed).astype(np.float32))

    def spread(self, around: Around, points: Float[np.ndarray, "m dim"]) -> Float64[np.ndarray, " m"]:
        """How far the items around lie from the points made of them, as root mean square, (m,)."""
        out = np.empty(len(points))
        for start, stop in self._blocks(len(points)):
            apart = self.vectors[around.rows[start:stop]] - points[start:stop, None]
            squares = np.vecdot(apart, apart).astype(np.float64)
            out[start:stop] = np.sqrt((around.weights[start:stop] * squares).sum(axis=1))
        return out

    def residual(self, row: int) -> Float64[np.ndarray, " dim"]:
        """What the map leaves out of an item: its vector less the point of its place, (dim,)."""
        return np.asarray(self.vectors[row] - self._mixed(self.around(self.positions[row][None]))[0])

    def drag(
        self, row: int, position: Float[np.ndarray, " axes"], alpha: float | int = 1.0
    ) -> Float32[np.ndarray, " dim"]:
        """An item dragged to another place: the point there plus `alpha` times the item's residual.

        At the item's own place, with `alpha` 1, it is exactly that item.

        Args:
            row: The item.
            position: (axes,) where to.
            alpha: How much of the residual goes along; 0 gives the point of the place alone.

        Raises:
            InputError: If there is no such item, or the position has other axes or is not finite.
        """
        if not 0 <= row < len(self.vectors):
            raise InputError(f"drag got item {row:,}; the map has items 0 to {len(self.vectors) - 1:,}.")
        item = self.vectors[row].astype(np.float64)
        here = self._mixed(self.around(self.positions[row][None]))[0]
        there = self._mixed(self.around(position[None]))[0]
        moved = there - alpha * here
        if alpha == 1 and not moved.any():  # projecting it again could change its last bit
            return np.array(self.vectors[row])
        return np.asarray(self.geometry.project(alpha * item + moved).astype(np.float32))

    def _mixed(self, around: Around) -> Float64[np.ndarray, "m dim"]:
        out = np.empty((len(around.rows), self.vectors.shape[1]))
        for start, stop in self._blocks(len(out)):
            near = self.vectors[around.rows[start:stop]].astype(np.float64)
            out[start:stop] = np.matmul(around.shares[start:stop, None, :], near)[:, 0]
        return out

    def _blocks(self, m: int) -> list[tuple[int, int]]:
        step = max(1, _BLOCK_NUMBERS // (NEIGHBOURS * max(1, self.vectors.shape[1])))
        return [(start, min(start + step, m)) for start in range(0, m, step)]

    def _near(
        self, places: Float64[np.ndarray, "m axes"], k: int
    ) -> tuple[Float64[np.ndarray, "m k"], Int64[np.ndarray, "m k"]]:
        distances, rows = self._tree.query(places, k=np.arange(1, k + 1))
        return distances, rows.astype(np.int64)

    @cached_property
    def _reach(self) -> tuple[Float64[np.ndarray, " axes"], Float64[np.ndarray, " axes"]]:
        low, high = self.positions.min(axis=0), self.positions.max(axis=0)
        reach = 10 * float((high - low).max()) or 1.0
        return low - reach, high + reach

    @cached_property
    def _tree(self) -> Any:
        from scipy.spatial import cKDTree

        return cKDTree(self.positions)


def _planes(
    near: Float64[np.ndarray, "m k axes"], weights: Float64[np.ndarray, "m k"], places: Float64[np.ndarray, "m axes"]
) -> Float64[np.ndarray, "m k"]:
    """How much each neighbour counts in the plane fitted to any values of theirs, read at the places.

    The plane isn't followed far beyond the neighbours.
    """
    middle = (weights[:, :, None] * near).sum(axis=1)
    apart = near - middle[:, None]
    towards = places - middle
    axes = near.shape[2]
    moments = np.matmul((weights[:, :, None] * apart).transpose(0, 2, 1), apart)
    trace = np.trace(moments, axis1=1, axis2=2)
    rounding = (_ROUNDING * np.abs(near).max(axis=(1, 2))) ** 2
    is_apart = trace > rounding  # else all are in one place, and what is apart is rounding
    apart[~is_apart] = 0
    moments[~is_apart] = 0
    moments[:, np.arange(axes), np.arange(axes)] += np.where(is_apart, RIDGE * trace / axes, 1)[:, None]
    slopes = np.linalg.solve(moments, towards[:, :, None])
    spreads = np.sqrt((towards * slopes[:, :, 0]).sum(axis=1))
    slopes *= np.minimum(1, _FARTHEST / np.maximum(spreads, _FARTHEST))[:, None, None]
    return np.asarray(weights * (1 + np.matmul(apart, slopes)[:, :, 0]))
