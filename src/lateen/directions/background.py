"""The background of a few examples: how all items of a space scatter, along their principal axes.

One idea: what nobody labelled says how far the mean of a few labelled items is off.

Reference:
    Chen, Wiesel, Eldar and Hero, *Shrinkage Algorithms for MMSE Covariance Estimation*, 2010: the covariance is drawn
    a little to a multiple of the identity, by as much as its items are few (after Ledoit and Wolf, 2004).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64

from lateen.core.threads import one_thread
from lateen.directions.moments import Moments

MOST_AXES = 2048  # numbers of a point; of longer ones each number is an axis


@dataclass(frozen=True, eq=False)
class Background:
    """Axes and the variances along them, the widest first.

    Args:
        variances: (dim,) of the items along each axis; all zero where nothing is known of them.
        axes: (dim, dim) orthonormal, one axis a column; None for the numbers of a point as they are.
        order: (dim,) which number of a point is which axis, where `axes` is None.
        is_alike: Whether all axes are alike, so that none is rather shrunk than another.
    """

    variances: Float64[np.ndarray, " dim"]
    axes: Float64[np.ndarray, "dim dim"] | None = None
    order: np.ndarray | None = None
    is_alike: bool = False

    @classmethod
    def of(cls, points: Float[np.ndarray, "n dim"]) -> Background:
        """That of some items, or of all."""
        n, dim = points.shape
        if n < 2 or not np.ptp(points, axis=0).any():
            return cls(np.zeros(dim), is_alike=True)
        with one_thread():
            if dim > MOST_AXES:
                values = points.var(axis=0, dtype=np.float64)
                order = np.argsort(-values, kind="stable")
                return cls(np.maximum(values[order], 1e-3 * values.mean()), order=order)
            values, axes = np.linalg.eigh(Moments(dim).update(points).covariance)
        values = np.maximum(values[::-1], 0)
        drawn = _drawn(values, n)
        return cls((1 - drawn) * values + drawn * values.mean(), np.ascontiguousarray(axes[:, ::-1]))

    @classmethod
    def alike(cls, more: Float[np.ndarray, "p dim"], less: Float[np.ndarray, "q dim"]) -> Background:
        """All axes alike, as wide as the examples of a side scatter."""
        free, dim = len(more) + len(less) - 2, more.shape[1]
        scatter = sum(float(((side - side.mean(axis=0)) ** 2).sum()) for side in (more, less))
        return cls(np.full(dim, scatter / (free * dim) if free else 0.0), is_alike=True)

    def along(self, points: Float64[np.ndarray, "n dim"]) -> Float64[np.ndarray, "n dim"]:
        """Points along the axes."""
        if self.axes is not None:
            return np.asarray(points @ self.axes)
        return points if self.order is None else points[:, self.order]

    def back(self, vector: Float64[np.ndarray, " dim"]) -> Float64[np.ndarray, " dim"]:
        """A vector along the axes as one of the space."""
        if self.axes is not None:
            return np.asarray(self.axes @ vector)
        if self.order is None:
            return vector
        placed = np.empty_like(vector)
        placed[self.order] = vector
        return placed


def _drawn(values: Float64[np.ndarray, " dim"], n: int) -> float:
    """How far a covariance of n items is drawn to a multiple of the identity: 0 not at all, 1 wholly (OAS)."""
    dim, square, trace = len(values), float(values @ values), float(values.sum())
    below = (n + 1 - 2 / dim) * (square - trace**2 / dim)
    return min(1.0, ((1 - 2 / dim) * square + trace**2) / below) if below > 0 else 1.0
