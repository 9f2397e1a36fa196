"""The plane through three points: where b - a + c is drawn, and how much of the space that drawing leaves out.

One idea: the drawing keeps distances. What lies in the plane is shown as it is; what doesn't is shown at its foot on
the plane, and `off_plane` says how high above it stands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64

from lateen.core.errors import InputError

_COLLINEAR = 1e-9  # of a length: less than this beside a line is rounding, not a direction

Vector = Float[np.ndarray, " dim"]


@dataclass(frozen=True, eq=False)
class Plane:
    """A flat surface in R^dim with two axes of its own.

    Args:
        origin: (dim,) the point with coordinates (0, 0).
        axes: (2, dim) orthonormal; in a space of one dimension the second is zero.
    """

    origin: Float64[np.ndarray, " dim"]
    axes: Float64[np.ndarray, "2 dim"]

    @classmethod
    def through(cls, a: Vector, b: Vector, c: Vector) -> Plane:
        """The plane with a at (0, 0), b on the positive first axis and c in the upper half.

        Points on one line have many planes: the second axis is then the first coordinate axis that lies least along
        the line. If a and b are one point, c is on the first axis.

        Args:
            a: (dim,) the origin.
            b: (dim,) where the first axis points.
            c: (dim,) the side to which the second axis points.

        Raises:
            InputError: If a point is not finite.
        """
        origin, right, up = (np.asarray(point, np.float64) for point in (a, b, c))
        for name, point in zip("abc", (origin, right, up), strict=True):
            if point.size == 0 or not np.isfinite(point).all():
                raise InputError(f"Plane.through got a point {name} of {point.size} numbers that are not all finite.")
        axes = np.zeros((0, origin.size))
        for towards in (right - origin, up - origin, None, None):
            if len(axes) < 2:
                axis = _outside(_least_along(axes) if towards is None else towards, axes)
                axes = axes if axis is None else np.vstack([axes, axis])
        return cls(origin, np.vstack([axes, np.zeros((2 - len(axes), origin.size))]))

    def coordinates(self, points: Float[np.ndarray, "n dim"]) -> Float64[np.ndarray, "n 2"]:
        """Where points are in the plane, or where their feet are: (n, dim) -> (n, 2)."""
        return np.asarray((points - self.origin) @ self.axes.T)

    def off_plane(self, points: Float[np.ndarray, "n dim"]) -> Float64[np.ndarray, " n"]:
        """Euclidean distance of points from the plane: (n, dim) -> (n,)."""
        above = points - self.origin
        for _ in range(2):  # the second time takes what rounding left of the plane
            above = above - (above @ self.axes.T) @ self.axes
        return np.asarray(np.linalg.norm(above, axis=1))

    def share(self, points: Float[np.ndarray, "n dim"], about: Vector | None = None) -> float:
        """Share of the points' squared distances from one point that runs along the plane, in 0 ... 1.

        Args:
            points: (n, dim), at least one.
            about: (dim,) the point; without it, their mean: then it is the share of the variance.

        Returns:
            The share; 1 where there are no distances.

        Raises:
            InputError: If there are no points.
        """
        if len(points) == 0:
            raise InputError("Plane.share got no points; give at least one.")
        center = points.mean(axis=0, dtype=np.float64) if about is None else about
        apart = np.asarray(points - center, np.float64)
        size = float(np.abs(apart).max())
        if size == 0:
            return 1.0
        apart = apart / size  # so that squares neither vanish nor overflow
        return float(min(1.0, ((apart @ self.axes.T) ** 2).sum() / (apart**2).sum()))


def _outside(vector: Float64[np.ndarray, " dim"], axes: Float64[np.ndarray, "k dim"]) -> Vector | None:
    """The part of a vector at right angles to the axes, of norm 1; None if it has none."""
    size = float(np.abs(vector).max())
    if size == 0:
        return None
    rest = vector / size
    before = float(np.linalg.norm(rest))
    for _ in range(2):
        rest = rest - (axes @ rest) @ axes
    norm = float(np.linalg.norm(rest))
    if norm <= _COLLINEAR * before:
        return None
    rest = rest / norm
    rest = rest - (axes @ rest) @ axes  # a short rest had rounding in it
    return np.asarray(rest / np.linalg.norm(rest))


def _least_along(axes: Float64[np.ndarray, "k dim"]) -> Float64[np.ndarray, " dim"]:
    """The first coordinate axis that lies least along the axes there are."""
    return np.asarray(np.eye(axes.shape[1])[int(np.argmin((axes**2).sum(axis=0).round(12)))])
