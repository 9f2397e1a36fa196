"""A sample of labelled points with their second moments: what the methods beyond the mean difference need.

One idea: where fields are held equal, what they explain is taken out of points and labels first; all methods then go
on as if there were no such fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Float32, Float64

from lateen.core.threads import in_threads, one_thread
from lateen.directions.held_equal import left_of

BLOCK = 8192


@dataclass(frozen=True, eq=False)
class Labelled:
    """Points and labels.

    Args:
        points: (m, dim) as they are.
        labels: (m,) 1 with the attribute and 0 without, or its value.
        held: (m, c) columns held equal, or None.
    """

    points: Float32[np.ndarray, "m dim"]
    labels: Float64[np.ndarray, " m"]
    held: Float64[np.ndarray, "m c"] | None = None

    @cached_property
    def residual(self) -> Float64[np.ndarray, " m"]:
        """(m,) labels less what is held equal, of mean 0."""
        return left_of(self.labels, self.held)

    @cached_property
    def mean(self) -> Float64[np.ndarray, " dim"]:
        """(dim,) mean of the points."""
        return np.asarray(self.points.mean(axis=0, dtype=np.float64))

    @cached_property
    def covariance(self) -> Float64[np.ndarray, "dim dim"]:
        """(dim, dim) of the points as they are."""
        return second_moment(self.points, self.mean) / max(len(self.points), 1)

    @cached_property
    def with_held(self) -> Float64[np.ndarray, "dim c"]:
        """(dim, c) covariance of the points with the columns held equal; no columns where there are none."""
        if self.held is None or self.held.shape[1] == 0:
            return np.zeros((self.points.shape[1], 0))
        d = self.held - self.held.mean(axis=0)
        with one_thread():
            return np.asarray(self.points.T.astype(np.float64) @ d / max(len(d), 1))

    @cached_property
    def with_labels(self) -> Float64[np.ndarray, " dim"]:
        """(dim,) covariance of the points with what is left of the labels."""
        with one_thread():
            return np.asarray(self.residual @ (self.points - self.mean) / max(len(self.points), 1))

    @cached_property
    def inner(self) -> Float64[np.ndarray, "dim dim"]:
        """(dim, dim) covariance of what the columns held equal don't explain of the points."""
        if not self.with_held.shape[1]:
            return self.covariance
        assert self.held is not None
        d = self.held - self.held.mean(axis=0)
        with one_thread():
            inverse = np.linalg.pinv(d.T @ d / len(d), rcond=1e-10, hermitian=True)  # fields may say the same
            return np.asarray(self.covariance - self.with_held @ inverse @ self.with_held.T)

    @property
    def spread(self) -> float:
        """Variance of what is left of the labels."""
        return float(self.residual @ self.residual) / max(len(self.residual), 1)


def second_moment(
    points: Float32[np.ndarray, "m dim"], center: Float[np.ndarray, " dim"]
) -> Float64[np.ndarray, "dim dim"]:
    """Sum of squares and products about a center, (dim, dim); the same bytes for any number of threads."""
    around = center.astype(np.float32)
    parts: list[np.ndarray] = [np.zeros(0)] * -(-len(points) // BLOCK)

    def work(start: int, stop: int) -> None:
        x = points[start:stop] - around
        parts[start // BLOCK] = x.T @ x

    in_threads(work, len(points), BLOCK)
    total = np.zeros((points.shape[1], points.shape[1]))
    for part in parts:
        total += part
    return total


def penalised(matrix: Float64[np.ndarray, "dim dim"], share: float) -> Float64[np.ndarray, "dim dim"]:
    """The matrix with a share of its mean diagonal added to it: a ridge."""
    ridge = share * float(np.trace(matrix)) / max(len(matrix), 1)
    return np.asarray(matrix + (ridge if ridge > 0 else 1.0) * np.eye(len(matrix)))
