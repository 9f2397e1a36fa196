"""Geometries: how distance, means and ways between points are taken. `geometry_named` resolves strings at the edge.

One idea: every geometry is a Riemannian space with closed-form geodesics, so one set of laws holds for all of them:
`interpolate` is `exp(p, t * log(p, q))`, it has constant speed, and its length is `distance(p, q)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from lateen.core.errors import InputError

Vectors = Float[np.ndarray, "... dim"]
Scalars = Float[np.ndarray, "..."]
Column = Float[np.ndarray, "... 1"]

GEOMETRIES = ("euclidean", "sphere", "gaussian")


@runtime_checkable
class Geometry(Protocol):
    """A space with distances and geodesics. Leading axes broadcast, the last is the vector's; the dtype is kept."""

    @property
    def name(self) -> str:
        """The name that the command line uses."""
        ...

    def distance(self, p: Vectors, q: Vectors) -> Scalars:
        """Geodesic distance from p to q: (..., dim), (..., dim) -> (...)."""
        ...

    def log(self, p: Vectors, q: Vectors) -> Vectors:
        """The tangent vector at p whose geodesic reaches q at time 1."""
        ...

    def exp(self, p: Vectors, v: Vectors) -> Vectors:
        """Where the geodesic that leaves p with velocity v is at time 1."""
        ...

    def interpolate(self, p: Vectors, q: Vectors, t: float | Scalars | np.floating) -> Vectors:
        """The point at share t of the geodesic from p (t = 0) to q (t = 1)."""
        ...

    def mean(self, points: Float[np.ndarray, "n dim"], weights: Float[np.ndarray, " n"] | None = None) -> Vectors:
        """The Frechet mean of n points; weights are non-negative and need not sum to one."""
        ...

    def project(self, x: Vectors) -> Vectors:
        """The nearest point of the space to an arbitrary vector."""
        ...


@dataclass(frozen=True)
class Euclidean:
    """Flat space: straight lines. Right for a VAE's means and for vectors of which nothing is known."""

    name: str = "euclidean"

    def distance(self, p: Vectors, q: Vectors) -> Scalars:
        """Length of the difference."""
        return _norm(q - p)[..., 0]

    def log(self, p: Vectors, q: Vectors) -> Vectors:
        """The difference."""
        return np.asarray(q - p)

    def exp(self, p: Vectors, v: Vectors) -> Vectors:
        """The sum."""
        return np.asarray(p + v)

    def interpolate(self, p: Vectors, q: Vectors, t: float | Scalars | np.floating) -> Vectors:
        """The straight line."""
        share = _share(t, p)
        return np.asarray((1 - share) * p + share * q)

    def mean(self, points: Float[np.ndarray, "n dim"], weights: Float[np.ndarray, " n"] | None = None) -> Vectors:
        """The weighted arithmetic mean."""
        w = _weights(points, weights)
        return np.asarray((w[:, None] * points).sum(axis=0).astype(points.dtype))

    def project(self, x: Vectors) -> Vectors:
        """Every vector is in the space."""
        return x


@dataclass(frozen=True)
class Sphere:
    """The unit sphere with great circles (slerp; Shoemake 1985). Right for cosine embeddings."""

    name: str = "sphere"

    def distance(self, p: Vectors, q: Vectors) -> Scalars:
        """The angle between p and q in radians."""
        return _angle(_unit(p), _unit(q))[..., 0]

    def log(self, p: Vectors, q: Vectors) -> Vectors:
        """The great circle's velocity at p; between antipodes, where every one is right, a fixed choice."""
        p, q = _unit(p), _unit(q)
        angle = _angle(p, q)
        along = q - (p * q).sum(-1, keepdims=True) * p
        along = along - (p * along).sum(-1, keepdims=True) * p  # twice is enough where rounding left some of p
        norm = _norm(along)
        antipodal = (norm < 1e-6) & (angle > 1)
        along = np.where(antipodal, _some_tangent(p), along)
        norm = np.where(antipodal, 1, norm)
        return np.asarray(along * np.where(norm > 0, angle / np.where(norm > 0, norm, 1), 0), p.dtype)

    def exp(self, p: Vectors, v: Vectors) -> Vectors:
        """Walk the great circle that leaves p along v for |v| radians."""
        p = _unit(p)
        angle = _norm(v)
        along = v / np.where(angle > 0, angle, 1)
        return _unit(np.cos(angle) * p + np.sin(angle) * along)

    def interpolate(self, p: Vectors, q: Vectors, t: float | Scalars | np.floating) -> Vectors:
        """Spherical linear interpolation."""
        return self.exp(p, _share(t, p) * self.log(p, q))

    def mean(self, points: Float[np.ndarray, "n dim"], weights: Float[np.ndarray, " n"] | None = None) -> Vectors:
        """The Frechet mean, by gradient descent from the normalised arithmetic mean."""
        w = _weights(points, weights)
        units = _unit(points.astype(np.float64))
        start = (w[:, None] * units).sum(axis=0)
        middle = _unit(start if _norm(start)[0] > 1e-9 else units[int(np.argmax(w))])
        for _ in range(100):
            step = (w[:, None] * self.log(middle[None], units)).sum(axis=0)
            middle = self.exp(middle, step)
            if _norm(step)[0] < 1e-12:
                break
        return np.asarray(middle.astype(points.dtype))

    def project(self, x: Vectors) -> Vectors:
        """Divide by the norm."""
        return _unit(x)


@dataclass(frozen=True, eq=False)
class Gaussian:
    """Latents spread like a normal distribution: a thick shell, where straight lines cut through the empty middle.

    Points are centred and divided by the training statistics, then taken in polar form: the direction moves on a
    great circle (slerp), the norm moves linearly. This is the cylinder (norm) x (sphere of radius sqrt(dim)), so
    distances are a metric, and the mean of identical points is that point, which the independence rule of
    `combine_independent` can't promise.

    Args:
        center: (dim,) mean of the training latents, or None for zero.
        spread: (dim,) standard deviation of the training latents per axis, or None for one.

    Reference:
        White, *Sampling Generative Networks*, 2016 (slerp); Bodin et al., *Linear Combinations of Latents in
        Generative Models*, ICLR 2025 (what independent seeds need instead).
    """

    center: Float[np.ndarray, " dim"] | None = None
    spread: Float[np.ndarray, " dim"] | None = None
    name: str = "gaussian"

    def __repr__(self) -> str:
        return "Gaussian(standard)" if self.center is None and self.spread is None else "Gaussian(fitted)"

    @classmethod
    def fit(cls, vectors: Float[np.ndarray, "n dim"], floor: float = 0.05) -> Gaussian:
        """Centre and spread of vectors; axes that hardly vary get `floor` of the widest, or noise would be blown up."""
        spread = vectors.std(axis=0)
        widest = float(spread.max()) if spread.size else 1.0
        return cls(vectors.mean(axis=0), np.maximum(spread, floor * widest if widest > 0 else 1).astype(vectors.dtype))

    def distance(self, p: Vectors, q: Vectors) -> Scalars:
        """Length of the geodesic on the cylinder, in whitened units."""
        (r, u), (s, v) = self._polar(p), self._polar(q)
        arc = _angle(u, v) * _root(p)
        return np.asarray(np.sqrt((s - r) ** 2 + arc**2)[..., 0])

    def log(self, p: Vectors, q: Vectors) -> Vectors:
        """Change of norm along the direction of p, plus the great circle's velocity times sqrt(dim)."""
        (r, u), (s, v) = self._polar(p), self._polar(q)
        return np.asarray((s - r) * u + Sphere().log(u, v) * _root(p))

    def exp(self, p: Vectors, v: Vectors) -> Vectors:
        """Undo `log`: the part of v along p changes the norm, the rest turns the direction."""
        r, u = self._polar(p)
        radial = (u * v).sum(-1, keepdims=True)
        turned = Sphere().exp(u, (v - radial * u) / _root(p))
        return self._restore(turned * (r + radial))

    def interpolate(self, p: Vectors, q: Vectors, t: float | Scalars | np.floating) -> Vectors:
        """Slerp the direction, lerp the norm."""
        return self.exp(p, _share(t, p) * self.log(p, q))

    def mean(self, points: Float[np.ndarray, "n dim"], weights: Float[np.ndarray, " n"] | None = None) -> Vectors:
        """Mean norm times the Frechet mean of the directions."""
        w = _weights(points, weights)
        r, u = self._polar(points.astype(np.float64))
        return np.asarray(self._restore((w[:, None] * r).sum(axis=0) * Sphere().mean(u, w)).astype(points.dtype))

    def combine_independent(self, points: Float[np.ndarray, "n dim"], weights: Float[np.ndarray, " n"]) -> Vectors:
        """Weighted combination of *independent* draws that is again a draw: divide by sqrt(sum of squared weights).

        Weights may be negative. For encoded items, which are not independent, use `mean` and `interpolate`.

        Reference:
            Bodin et al., ICLR 2025, eq. 3: with mean m, add (1 - sum(w) / sqrt(sum(w^2))) * m.
        """
        w = np.asarray(weights, np.float64)
        root = float(np.sqrt((w**2).sum()))
        if len(w) != len(points) or root == 0:
            raise InputError(f"combine_independent got {len(w)} weights of norm {root} for {len(points)} points.")
        combined = (w[:, None] * self.whiten(points.astype(np.float64))).sum(axis=0) / root
        return np.asarray(self._restore(combined).astype(points.dtype))

    def project(self, x: Vectors) -> Vectors:
        """Every vector is in the space."""
        return x

    def whiten(self, x: Vectors) -> Vectors:
        """Centre vectors and divide them by the spread: a standard normal where the data is one."""
        x = x if self.center is None else x - self.center.astype(x.dtype)
        return x if self.spread is None else x / self.spread.astype(x.dtype)

    def unroll(self, x: Float[np.ndarray, "n dim"]) -> Float[np.ndarray, "n unrolled"]:
        """Points whose straight distances are nearly those of the cylinder where they are near, and never larger.

        Norm and direction times sqrt(dim), (n, dim) -> (n, dim + 1): a chord stands for an arc.
        """
        r, u = self._polar(x)
        return np.concatenate([r, u * _root(x)], axis=-1)

    def _restore(self, x: Vectors) -> Vectors:
        x = x if self.spread is None else x * self.spread.astype(x.dtype)
        return x if self.center is None else x + self.center.astype(x.dtype)

    def _polar(self, x: Vectors) -> tuple[Column, Vectors]:
        white = self.whiten(x)
        r = _norm(white)
        pole = np.zeros(white.shape[-1], white.dtype)
        pole[0] = 1  # the centre has no direction; any fixed one keeps paths defined
        return r, np.where(r > 0, white / np.where(r > 0, r, 1), pole)


NAMES = ("euclidean", "sphere", "gaussian")


def geometry_named(name: str, vectors: Float[np.ndarray, "n dim"] | None = None) -> Geometry:
    """The geometry of a name, fitted to the vectors where it has statistics.

    Args:
        name: "euclidean" (or "straight"), "sphere" or "gaussian".
        vectors: (n, dim) data whose centre and spread a Gaussian takes; without it, the standard normal.

    Raises:
        InputError: If the name is not known.
    """
    if name in ("euclidean", "straight"):
        return Euclidean()
    if name == "sphere":
        return Sphere()
    if name == "gaussian":
        return Gaussian() if vectors is None else Gaussian.fit(vectors)
    raise InputError(f"There is no geometry {name!r}; choose straight, sphere or gaussian.")


def _norm(x: Vectors) -> Column:
    return np.asarray(np.sqrt((x * x).sum(-1, keepdims=True)))


def _unit(x: Vectors) -> Vectors:
    norm = _norm(x)
    if not np.all(norm > 0):
        raise InputError("The zero vector has no direction, so it is not on the sphere.")
    return np.asarray(x / norm)


def _angle(u: Vectors, v: Vectors) -> Column:
    """Kahan's formula: exact for small and for nearly straight angles, where arccos loses half the digits."""
    return np.asarray(2 * np.arctan2(_norm(u - v), _norm(u + v)))


def _root(x: Vectors) -> float:
    return float(np.sqrt(x.shape[-1]))


def _share(t: float | Scalars | np.floating, like: Vectors) -> Column:
    return np.asarray(t, like.dtype)[..., None]


def _some_tangent(u: Vectors) -> Vectors:
    """A unit vector orthogonal to u: the least axis of u, with its part along u removed."""
    if u.shape[-1] < 2:
        raise InputError("Great circles need at least 2 dimensions; in one, walk along straight.")
    axis = np.zeros_like(u)
    np.put_along_axis(axis, np.abs(u).argmin(-1, keepdims=True), 1, axis=-1)
    tangent = axis - (axis * u).sum(-1, keepdims=True) * u
    return np.asarray(tangent / _norm(tangent))


def _weights(points: Vectors, weights: Float[np.ndarray, " n"] | None) -> Float[np.ndarray, " n"]:
    if len(points) == 0:
        raise InputError("The mean of no points is not defined; give at least one.")
    if weights is None:
        return np.full(len(points), 1 / len(points))
    w = np.asarray(weights, np.float64)
    if w.shape != (len(points),) or (w < 0).any() or w.sum() <= 0:
        raise InputError(f"mean got weights {w!r} for {len(points)} points; give one non-negative weight per point.")
    return np.asarray(w / w.sum())
