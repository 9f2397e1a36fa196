"""Projection: from any point to the manifold that the data lies on.

One idea: fit a plane to the data near to where the point would land, drop the point onto it, and look again from there
until it rests. Where there are neighbours enough, a paraboloid over that plane then takes away what it cut off.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64, Int

from lateen.core.errors import InputError
from lateen.core.geometry import Geometry
from lateen.core.threads import one_thread
from lateen.manifold.tangent import principal
from lateen.neighbors import Prepared

ROUNDS = 30
_RESTS = 1e-4  # of the radius of the neighbourhood
_SETTLED = 1.0  # of it: steps as long go from one neighbourhood to another; within one, noisy data keeps them going


@dataclass(frozen=True, eq=False)
class Manifold:
    """Data that points are projected onto.

    Args:
        points: (n, dim) finite points of the geometry, n >= 2.
        dimension: Of the manifold; not more than the neighbours can tell is used.
        k: Neighbours that a plane is fitted to; n where there are no more.
        geometry: Of the space.

    Reference:
        Sober and Levin, *Manifold Approximation by Moving Least-Squares (MMLS)*, Constructive Approximation 2020.
    """

    points: Float[np.ndarray, "n dim"]
    dimension: int
    k: int
    geometry: Geometry

    def __post_init__(self) -> None:
        n, dim = self.points.shape
        if n < 2:
            raise InputError(f"Projection needs at least 2 points to lie on, got {n}.")
        if not 1 <= self.dimension <= dim:
            raise InputError(f"Projection got dimension = {self.dimension}; expected 1 to {dim}.")
        if self.k < 2:
            raise InputError(f"Projection got k = {self.k}; a plane is fitted to at least 2 neighbours.")
        object.__setattr__(self, "_prepared", Prepared.of(self.points, self.geometry))

    def project(self, points: Float[np.ndarray, "m dim"]) -> Float64[np.ndarray, "m dim"]:
        """Where points land: each by itself, so one alone lands where it does among others.

        An item has no say in where it lands itself, nor have its copies.
        """
        return np.array([self.land(point)[0] for point in points]).reshape(points.shape)

    def land(self, point: Float[np.ndarray, " dim"]) -> tuple[Float64[np.ndarray, " dim"], bool]:
        """Where one point lands, and whether it came to rest there."""
        with one_thread():
            return self._one(point.astype(np.float64))

    def _one(self, start: Float64[np.ndarray, " dim"]) -> tuple[Float64[np.ndarray, " dim"], bool]:
        at, rests = start, False
        own: Bool[np.ndarray, " n"] | None = None
        for _ in range(ROUNDS):
            rows, distances = self._near(at)
            if own is None:
                own = np.zeros(len(self.points), bool)
                own[rows[distances == 0]] = True
            others = ~own[rows]
            if others.sum() < 2:
                return at, True
            rows, distances = rows[others], distances[others]
            logs = self.geometry.log(at, self.points[rows].astype(np.float64))
            weights = _weights(distances[: self.k + 1])
            logs = logs[: len(weights)]
            middle = weights @ logs
            axes, _ = principal(logs - middle, weights, min(self.dimension, len(weights) - 1))
            away = self.geometry.log(at, start) - middle
            step = middle + away @ axes.T @ axes
            at = self.geometry.exp(at, step)
            moved, radius = np.sqrt(step @ step), distances[len(weights) - 1]
            rests = bool(moved <= _SETTLED * radius)
            if moved <= _RESTS * radius:
                break
        return self.geometry.exp(at, _cut_off(logs - step, weights, axes)), rests

    def _near(self, at: Float64[np.ndarray, " dim"]) -> tuple[Int[np.ndarray, " a"], Float[np.ndarray, " a"]]:
        prepared: Prepared = self.__dict__["_prepared"]
        found = prepared.nearest(at.astype(self.points.dtype)[None], self.k + 2)
        return found.rows[0], found.distances[0]


def _weights(distances: Float[np.ndarray, " a"]) -> Float64[np.ndarray, " b"]:
    """One at the point, falling to nothing at the last neighbour, so that one more or less makes no jump."""
    last = float(distances[-1])
    weights = 1 - (distances.astype(np.float64) / last) ** 4 if last > 0 else np.zeros(len(distances))
    weights = weights[:-1] if len(weights) > 2 and (weights > 0).sum() > 2 else np.ones(len(distances))
    return np.asarray(weights / weights.sum())


def _cut_off(
    logs: Float64[np.ndarray, "k dim"], weights: Float64[np.ndarray, " k"], axes: Float64[np.ndarray, "d dim"]
) -> Float64[np.ndarray, " dim"]:
    """How far above the plane at zero the data's paraboloid is; zero where there are too few neighbours for one."""
    k, d = len(logs), len(axes)
    terms = 1 + d + d * (d + 1) // 2
    if d == 0 or 2 * terms > k:
        return np.zeros(logs.shape[1])
    u = logs @ axes.T
    i, j = np.triu_indices(d)
    scale = float(np.abs(u).max()) or 1.0
    design = np.hstack([np.ones((k, 1)), u / scale, (u / scale)[:, i] * (u / scale)[:, j]])
    above = logs - u @ axes
    root = np.sqrt(weights)[:, None]
    fitted, *_ = np.linalg.lstsq(root * design, root * above, rcond=1e-8)
    return np.asarray(fitted[0])
