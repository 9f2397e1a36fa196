"""Linear readers: ridge regressions of several numbers on one set of points, and how well their weights are known.

One idea: a reading is a sum over the items that it was learned from. So its sampling covariance is a sum as well, of
what each item contributes times the error that the reader makes of it when that item is left out. It holds whatever
the spread of the errors, which for shares and probabilities is never even. The errors of a few thousand items stand
for those of all.

Reference:
    Hoerl and Kennard, *Ridge Regression*, 1970; MacKinnon and White, *Some Heteroskedasticity-Consistent Covariance
    Matrix Estimators with Improved Finite Sample Properties*, 1985 (the sandwich HC3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64

from lateen.core.threads import one_thread

RIDGE = 1e-3  # penalty as a share of the mean variance of the points
ERRORS = 2048  # items whose errors stand for all
_LEAST = 1e-6  # of 1 - leverage: an item that is learned by heart says nothing of errors


@dataclass(frozen=True, eq=False)
class LinearReaders:
    """Readings `bias + (x - center)' weights`; made by `LinearReaders.fit`.

    Args:
        weights: (dim, f) change of each reading per latent unit.
        bias: (f,) reading at the centre.
        center: (dim,) mean of the points.
        n: Items that they are fitted to.
        shares: (m, dim) what an item contributes to the weights, per unit of its number.
        errors: (m, f) errors made of these items when they are left out.
    """

    weights: Float64[np.ndarray, "dim f"]
    bias: Float64[np.ndarray, " f"]
    center: Float64[np.ndarray, " dim"]
    n: int
    shares: Float64[np.ndarray, "m dim"]
    errors: Float64[np.ndarray, "m f"]

    @classmethod
    def fit(cls, x: Float64[np.ndarray, "n dim"], y: Float64[np.ndarray, "n f"], ridge: float = RIDGE) -> LinearReaders:
        """Fit all readers at once.

        Args:
            x: (n, dim) points, in no order.
            y: (n, f) numbers to be read.
            ridge: Penalty as a share of the mean variance of the points.
        """
        from scipy.linalg import cho_factor, cho_solve

        n, dim = x.shape
        center, bias = x.mean(axis=0), y.mean(axis=0)
        xc, yc, some = x - center, y - bias, slice(0, min(ERRORS, n))
        penalty = ridge * float(np.einsum("ij,ij->", xc, xc)) / dim + 1e-12
        with one_thread():
            if dim <= n:
                factor = cho_factor(_ridged(xc.T @ xc, penalty), lower=True, overwrite_a=True)
                weights = cho_solve(factor, xc.T @ yc)
                shares = cho_solve(factor, xc[some].T).T
            else:  # the same by way of the products of points, of which there are fewer
                factor = cho_factor(_ridged(xc @ xc.T, penalty), lower=True, overwrite_a=True)
                weights = xc.T @ cho_solve(factor, yc)
                shares = cho_solve(factor, np.eye(n)[:, some]).T @ xc
            errors = yc[some] - xc[some] @ weights
        leverage = 1 / n + np.einsum("ij,ij->i", shares, xc[some])
        return cls(weights, bias, center, n, shares, errors / np.maximum(1 - leverage, _LEAST)[:, None])

    def __call__(self, points: Float[np.ndarray, "k dim"]) -> Float64[np.ndarray, "k f"]:
        """Readings at points."""
        with one_thread():
            return np.asarray(self.bias + (points.astype(np.float64) - self.center) @ self.weights)

    def covariance(self, points: Float[np.ndarray, "k dim"]) -> Float64[np.ndarray, "f k k"]:
        """Sampling covariance of the readings at some points, of each reader."""
        with one_thread():
            part = 1 / self.n + self.shares @ (points.astype(np.float64) - self.center).T
            covariance = np.einsum("mf,ma,mb->fab", self.errors**2, part, part)
        return np.asarray(covariance * (self.n / len(self.errors)))


def _ridged(gram: Float64[np.ndarray, "k k"], penalty: float) -> Float64[np.ndarray, "k k"]:
    gram[np.diag_indices_from(gram)] += penalty
    return gram
