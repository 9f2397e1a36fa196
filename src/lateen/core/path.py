"""Paths: ways through a latent space, all with the same `evaluate`, pictures and measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from lateen.core.errors import InputError
from lateen.core.geometry import Geometry

Vector = Float[np.ndarray, " dim"]
_FINE = 257  # points between which the length of a ray is measured


@runtime_checkable
class Path(Protocol):
    """A curve from `start` (t = 0) to `end` (t = 1)."""

    @property
    def start(self) -> Vector:
        """Where the path is at t = 0."""
        ...

    @property
    def end(self) -> Vector:
        """Where the path is at t = 1."""
        ...

    @property
    def length(self) -> float:
        """Length in the units of the path's geometry."""
        ...

    def evaluate(self, t: float | Float[np.ndarray, "*steps"]) -> Float[np.ndarray, "*steps dim"]:
        """Points at times t: scalar -> (dim,), (k,) -> (k, dim)."""
        ...


@dataclass(frozen=True, eq=False)
class Geodesic:
    """The shortest way between two points in a geometry, at constant speed.

    Args:
        geometry: Says what "shortest" means.
        start: (dim,) the point at t = 0.
        end: (dim,) the point at t = 1.
    """

    geometry: Geometry
    start: Vector
    end: Vector

    def __post_init__(self) -> None:
        if self.start.shape != self.end.shape or self.start.ndim != 1:
            raise InputError(f"Geodesic got ends of shapes {self.start.shape} and {self.end.shape}; give two (dim,).")

    @property
    def length(self) -> float:
        """The distance between the ends."""
        return float(self.geometry.distance(self.start, self.end))

    def evaluate(self, t: float | Float[np.ndarray, "*steps"]) -> Float[np.ndarray, "*steps dim"]:
        """Points at times t: scalar -> (dim,), (k,) -> (k, dim)."""
        times = np.asarray(t, self.start.dtype)
        return self.geometry.interpolate(self.start, self.end, times)


@dataclass(frozen=True, eq=False)
class Ray:
    """From a point along a vector and back: evenly in steps, each point taken to the space.

    On a sphere it lies on the great circle that leaves the point along the vector; however many the steps, it stays
    within half of that circle.

    Args:
        geometry: Says what the points of the space are, and how long the way is.
        origin: (dim,) the point at 0 steps.
        step: (dim,) one step.
        first: Steps at t = 0; negative ones lead the other way.
        last: Steps at t = 1.
    """

    geometry: Geometry
    origin: Vector
    step: Vector
    first: float | int
    last: float | int

    def __post_init__(self) -> None:
        if self.origin.shape != self.step.shape or self.origin.ndim != 1:
            raise InputError(f"Ray got a point and a step of shapes {self.origin.shape} and {self.step.shape}.")
        if not (np.isfinite(self.first) and np.isfinite(self.last)):
            raise InputError(f"Ray got steps from {self.first} to {self.last}; give finite numbers.")

    @property
    def start(self) -> Vector:
        """Where it is at its first step."""
        return self.at(self.first)

    @property
    def end(self) -> Vector:
        """Where it is at its last step."""
        return self.at(self.last)

    @property
    def length(self) -> float:
        """Length in the units of its geometry, measured leg by leg: it need not be the shortest way."""
        legs = self._points(np.linspace(self.first, self.last, _FINE))
        return float(np.sum(self.geometry.distance(legs[:-1], legs[1:])))

    def at(self, steps: float | int | Float[np.ndarray, "*steps"]) -> Float[np.ndarray, "*steps dim"]:
        """Points after so many steps: scalar -> (dim,), (k,) -> (k, dim)."""
        return self._points(np.asarray(steps, np.float64)).astype(self.origin.dtype)

    def evaluate(self, t: float | Float[np.ndarray, "*steps"]) -> Float[np.ndarray, "*steps dim"]:
        """Points at times t: scalar -> (dim,), (k,) -> (k, dim)."""
        times = np.asarray(t, np.float64)
        return self.at((1 - times) * self.first + times * self.last)

    def _points(self, steps: Float[np.ndarray, "*steps"]) -> Float[np.ndarray, "*steps dim"]:
        moved = self.origin.astype(np.float64) + np.asarray(steps)[..., None] * self.step.astype(np.float64)
        return np.asarray(self.geometry.project(moved))


@dataclass(frozen=True, eq=False)
class Polyline:
    """Straight on from point to point at one constant speed: a way that an algorithm found, as a path.

    Args:
        geometry: Says what "straight on" means.
        points: (m, dim), m >= 2; points that repeat take no time.
    """

    geometry: Geometry
    points: Float[np.ndarray, "m dim"]

    def __post_init__(self) -> None:
        if self.points.ndim != 2 or len(self.points) < 2:
            raise InputError(f"Polyline got points of shape {self.points.shape}; give (m, dim) with m >= 2.")

    @property
    def start(self) -> Vector:
        """The first point."""
        return np.asarray(self.points[0])

    @property
    def end(self) -> Vector:
        """The last point."""
        return np.asarray(self.points[-1])

    @property
    def length(self) -> float:
        """The sum of the distances from point to point."""
        return float(self.bounds[-1])

    @cached_property
    def bounds(self) -> Float[np.ndarray, " m"]:
        """Length from the start to each point."""
        legs = np.asarray(self.geometry.distance(self.points[:-1], self.points[1:]), np.float64)
        return np.concatenate([[0.0], np.cumsum(legs)])

    def evaluate(self, t: float | Float[np.ndarray, "*steps"]) -> Float[np.ndarray, "*steps dim"]:
        """Points at times t: scalar -> (dim,), (k,) -> (k, dim)."""
        times = np.asarray(t, np.float64)
        far = np.clip(times, 0, 1) * self.length
        leg = np.clip(np.searchsorted(self.bounds, far, side="right") - 1, 0, len(self.points) - 2)
        legs = np.diff(self.bounds)[leg]
        share = np.where(times >= 1, 1.0, (far - self.bounds[leg]) / np.where(legs > 0, legs, 1))
        leg = np.where(times >= 1, len(self.points) - 2, leg)  # the end itself, also where the last points repeat
        found = self.geometry.interpolate(self.points[leg], self.points[leg + 1], share.astype(self.points.dtype))
        return np.asarray(found, self.points.dtype)

    def fine(self, steps: int = 8) -> Float[np.ndarray, "f dim"]:
        """All points and more between them, `steps` to a leg: what is measured along it misses no corner."""
        times = np.linspace(0, 1, steps, endpoint=False).astype(self.points.dtype)
        between = self.geometry.interpolate(self.points[:-1, None], self.points[1:, None], times)
        return np.concatenate([between.reshape(-1, self.points.shape[1]), self.points[-1:]])


@dataclass(frozen=True, eq=False)
class Chain:
    """Several paths one after the other, at one constant speed: a way through many points."""

    legs: Sequence[Path]

    def __post_init__(self) -> None:
        if not self.legs:
            raise InputError("Chain got no legs; give at least one path.")

    @classmethod
    def through(cls, geometry: Geometry, points: Float[np.ndarray, "n dim"]) -> Chain:
        """Geodesics from each point to the next; n >= 2."""
        if len(points) < 2:
            raise InputError(f"A path needs at least two points, got {len(points)}.")
        return cls([Geodesic(geometry, p, q) for p, q in pairwise(points)])

    @property
    def start(self) -> Vector:
        """Where the first leg starts."""
        return self.legs[0].start

    @property
    def end(self) -> Vector:
        """Where the last leg ends."""
        return self.legs[-1].end

    @property
    def length(self) -> float:
        """The sum of the legs' lengths."""
        return float(sum(leg.length for leg in self.legs))

    def evaluate(self, t: float | Float[np.ndarray, "*steps"]) -> Float[np.ndarray, "*steps dim"]:
        """Points at times t: scalar -> (dim,), (k,) -> (k, dim)."""
        times = np.asarray(t, np.float64)
        lengths = np.array([leg.length for leg in self.legs])
        shares = lengths / lengths.sum() if lengths.sum() > 0 else np.full(len(lengths), 1 / len(lengths))
        bounds = np.concatenate([[0.0], np.cumsum(shares)])
        bounds[-1] = 1.0
        leg = np.clip(np.searchsorted(bounds, times, side="right") - 1, 0, len(self.legs) - 1)
        local = (times - bounds[leg]) / np.where(shares[leg] > 0, shares[leg], 1)
        flat = [self.legs[int(i)].evaluate(float(s)) for i, s in zip(leg.ravel(), local.ravel(), strict=True)]
        return np.stack(flat).reshape(*times.shape, -1) if flat else np.empty((0, len(self.start)), self.start.dtype)
