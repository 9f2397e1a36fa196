"""The linear way from codes to pictures: solved, not trained. What a decoder starts from, and what it has to beat.

One idea: ridge regression takes a second and is hard to beat with little data, so the network only learns what it
leaves over.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, UInt8

from lateen.models.batches import Rows
from lateen.models.pca import PCA

Pictures = UInt8[np.ndarray, "n height width 3"]
Codes = Float32[np.ndarray, "n dim"]

MOST = 4_000  # items that a regression looks at
_AXES = 128  # of the pictures: what is left over beyond them is noise to a regression
_PENALTIES = np.logspace(-6, 2, 17)  # as shares of the mean squared singular value


class Ridge:
    """Ridge regression on standardised codes, its penalty chosen by generalised cross-validation.

    The targets are given when it is asked, a few columns at a time: solving for more is next to free.

    Args:
        codes: (n, dim) codes.
        targets: (n, k) targets that the penalty is chosen on.

    Reference:
        Golub, Heath, Wahba, *Generalized Cross-Validation as a Method for Choosing a Good Ridge Parameter*, 1979.
    """

    def __init__(self, codes: Codes, targets: Float32[np.ndarray, "n k"]) -> None:
        from scipy.linalg import svd

        self._mean = codes.mean(axis=0, dtype=np.float64)
        spread = codes.std(axis=0, dtype=np.float64)
        self._spread = np.where(spread > 0, spread, 1)
        self._left, values, right = svd((codes - self._mean) / self._spread, full_matrices=False)
        self._right = right.T
        squared = values**2
        penalties = _PENALTIES * max(float(squared.mean()), 1e-12)
        shares = squared / (squared + penalties[:, None])
        centred = targets - targets.mean(axis=0)
        energy = np.square(self._left.T @ centred).sum(axis=1)
        left_over = (1 - shares) ** 2 @ energy + max(0.0, float(np.square(centred).sum() - energy.sum()))
        freedom = np.maximum(1 - (1 + shares.sum(axis=1)) / len(codes), 1e-9)
        self._gains = values / (squared + penalties[int(np.argmin(left_over / freedom**2))])

    def solve(
        self, targets: Float32[np.ndarray, "n k"]
    ) -> tuple[Float64[np.ndarray, "dim k"], Float64[np.ndarray, " k"]]:
        """Weights and offset: targets are about codes @ weights + offset."""
        mean = targets.mean(axis=0, dtype=np.float64)
        weights = self._right @ (self._gains[:, None] * (self._left.T @ (targets - mean)))
        weights = weights / self._spread[:, None]
        return weights, mean - self._mean @ weights


@dataclass(frozen=True, eq=False)
class LinearMap:
    """Codes to pictures through a few axes of pictures: (codes @ weights + offset) @ axes + mean.

    Args:
        weights: (dim, r) from codes to axes.
        offset: (r,) on the axes.
        axes: (r, 3, size, size) pictures in [0, 1], orthonormal.
        mean: (3, size, size) the mean picture in [0, 1].
    """

    weights: Float32[np.ndarray, "dim r"]
    offset: Float32[np.ndarray, " r"]
    axes: Float32[np.ndarray, "r 3 size size"]
    mean: Float32[np.ndarray, "3 size size"]

    @classmethod
    def fit(cls, pictures: Pictures, codes: Codes, rows: Rows, seed: int) -> LinearMap:
        """Regress the principal components of pictures on their codes.

        Args:
            pictures: (n, size, size, 3), in memory or memory-mapped.
            codes: (n, dim) their codes.
            rows: Rows to learn from; where they are many, a part of them.
            seed: Of the principal components.
        """
        few = thinned(rows)
        chosen = pictures[few]
        size = chosen.shape[1]
        pca = PCA.fit(chosen, min(_AXES, len(few), chosen[0].size), seed)
        coordinates = pca.encode(chosen) / 255
        weights, offset = Ridge(codes[few], coordinates).solve(coordinates)
        axes = pca.axes.reshape(-1, size, size, 3).transpose(0, 3, 1, 2)
        mean = pca.mean.reshape(size, size, 3).transpose(2, 0, 1) / 255
        return cls(
            weights.astype(np.float32),
            offset.astype(np.float32),
            np.ascontiguousarray(axes, np.float32),
            np.ascontiguousarray(mean, np.float32),
        )


def thinned(rows: Rows) -> Rows:
    """At most MOST of the rows, evenly spread."""
    return rows[:: math.ceil(len(rows) / MOST)]
