"""Mean and covariance of points that come in blocks: memory stays flat, and two halves can be merged."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float64


class Moments:
    """An accumulator of points.

    Args:
        dim: Numbers per point.

    Reference:
        Chan, Golub and LeVeque, *Updating Formulae and a Pairwise Algorithm for Computing Sample Variances*, 1979.
    """

    def __init__(self, dim: int) -> None:
        self.n = 0
        self.mean: Float64[np.ndarray, " dim"] = np.zeros(dim)
        self._scatter: Float64[np.ndarray, "dim dim"] = np.zeros((dim, dim))

    def update(self, points: Float[np.ndarray, "n dim"]) -> Moments:
        """Take in a block of points."""
        block = Moments(0)
        block.n = len(points)
        if block.n:
            x = points.astype(np.float64)
            block.mean = x.mean(axis=0)
            x -= block.mean
            block._scatter = x.T @ x
            self.merge(block)
        return self

    def merge(self, other: Moments) -> Moments:
        """Take in what another has seen."""
        n = self.n + other.n
        if other.n:
            apart = other.mean - self.mean
            self.mean = self.mean + apart * (other.n / n)
            self._scatter += other._scatter + np.outer(apart, apart) * (self.n * other.n / n)
            self.n = n
        return self

    @property
    def covariance(self) -> Float64[np.ndarray, "dim dim"]:
        """(dim, dim) of the points so far, divided by their number."""
        return self._scatter / max(self.n, 1)
