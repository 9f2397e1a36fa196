"""Local charts: the flat space that touches the data at a point.

One idea: near a point a d-dimensional manifold is nearly its tangent space, which the neighbours' d widest directions
span. On a curved geometry they are first unrolled onto its own tangent space by `log`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64

from lateen.core.errors import InputError
from lateen.core.geometry import Geometry
from lateen.core.threads import one_thread

_RANK = 1e-7  # of the widest: what is thinner is rounding, since vectors are float32


@dataclass(frozen=True, eq=False)
class Tangent:
    """A chart of the data around a point.

    Args:
        center: (dim,) the point; its coordinates are zero.
        basis: (d, dim) orthonormal directions at the center, the widest first; the largest number of each is positive.
        spectrum: (r,) variance of the neighbours along all their axes, largest first; the first d are the basis's.
        off_tangent: Share of that variance outside of the basis: 0 where the data is flat; NaN where all coincide.
        radius: Distance from the center to the farthest neighbour.
        geometry: Whose `log` and `exp` lead there and back.
    """

    center: Float64[np.ndarray, " dim"]
    basis: Float64[np.ndarray, "d dim"]
    spectrum: Float64[np.ndarray, " r"]
    off_tangent: float
    radius: float
    geometry: Geometry

    def __repr__(self) -> str:
        d, dim = self.basis.shape
        return f"Tangent(dimension {d} of {dim}, radius {self.radius:.3g}, off the tangent {self.off_tangent:.1%})"

    @property
    def dimension(self) -> int:
        """How many directions it has."""
        return len(self.basis)

    @property
    def spread(self) -> Float64[np.ndarray, " d"]:
        """Standard deviation of the neighbours along each direction of the basis."""
        return np.asarray(np.sqrt(self.spectrum[: self.dimension]))

    def to_coordinates(self, points: Float[np.ndarray, "n dim"]) -> Float64[np.ndarray, "n d"]:
        """Where points lie in the chart; what is off the tangent is dropped."""
        return np.asarray(self.geometry.log(self.center, points.astype(np.float64)) @ self.basis.T)

    def from_coordinates(self, coordinates: Float[np.ndarray, "n d"]) -> Float64[np.ndarray, "n dim"]:
        """The points of the tangent space at some coordinates."""
        if coordinates.ndim != 2 or coordinates.shape[1] != self.dimension:
            raise InputError(f"from_coordinates got the shape {coordinates.shape}; expected (n, {self.dimension}).")
        return np.asarray(self.geometry.exp(self.center, coordinates.astype(np.float64) @ self.basis))


def tangent(
    center: Float[np.ndarray, " dim"], neighbours: Float[np.ndarray, "k dim"], d: int, *, geometry: Geometry
) -> Tangent:
    """The chart at a point, by principal components of its neighbours.

    Args:
        center: (dim,) a point of the geometry.
        neighbours: (k, dim) the points near to it, k >= 2.
        d: How many directions; fewer come where the neighbours vary in fewer.
        geometry: Of the space.

    Raises:
        InputError: If there are fewer than 2 neighbours, or d is not within 1 and dim.

    Reference:
        Fukunaga and Olsen, *An Algorithm for Finding Intrinsic Dimensionality of Data*, 1971 (local principal
        components); Fletcher et al., *Principal Geodesic Analysis*, 2004 (on curved geometries).
    """
    k, dim = neighbours.shape
    if k < 2:
        raise InputError(f"A tangent needs at least 2 neighbours, got {k}.")
    if not 1 <= d <= dim:
        raise InputError(f"A tangent got d = {d} for points of {dim} numbers; expected 1 to {dim}.")
    at = center.astype(np.float64)
    near = neighbours.astype(np.float64)
    logs = geometry.log(at, near)
    with one_thread():
        axes, spectrum = principal(logs - logs.mean(axis=0), np.full(k, 1 / (k - 1)), d)
    total = float(spectrum.sum())
    off = max(0.0, 1 - float(spectrum[: len(axes)].sum()) / total) if total > 0 else math.nan
    return Tangent(at, axes, spectrum, off, float(np.max(geometry.distance(near, at))), geometry)


def principal(
    centred: Float64[np.ndarray, "k dim"], weights: Float64[np.ndarray, " k"], d: int
) -> tuple[Float64[np.ndarray, "r dim"], Float64[np.ndarray, " s"]]:
    """The d widest axes, or as many as there are, with fixed signs, and all variances: (r, dim), (s,)."""
    _, widths, axes = np.linalg.svd(np.sqrt(weights)[:, None] * centred, full_matrices=False)
    rank = int((widths > _RANK * widths[0]).sum()) if widths[0] > 0 else 0
    axes = axes[: min(d, rank)]
    largest = np.abs(axes).argmax(axis=1)[:, None]
    return axes * np.where(np.take_along_axis(axes, largest, axis=1) < 0, -1.0, 1.0), widths**2
