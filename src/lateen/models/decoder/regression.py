"""Ridge regression from codes to pictures: solved in seconds, not trained. What a decoder starts from.

One idea: with codes bent by a few random features beside the codes themselves, regression already reads what is curved,
and with little data it is hard to beat; so the network only learns what it leaves over.
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
FEATURES = 512  # random ones, beside the codes
FLOOR = 0.01  # of the widest axis: a narrower one is taken for that wide, or noise along it would be blown up
_BEND = 0.5  # spread of what goes into the random features
_STREAM = 4  # of the seed, besides those of `batches`
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
class Regression:
    """Codes to pictures, by ridge regression on random features and through a few axes of pictures.

    A picture is ([z, silu(z @ projection + phase)] @ weights + offset) @ axes + mean, where z = (code - center) /
    spread.

    Args:
        center: (dim,) mean of the training codes.
        spread: (dim,) their standard deviation, not below FLOOR of the widest.
        projection: (dim, k) random.
        phase: (k,) random.
        weights: (dim + k, r) from codes and features to axes.
        offset: (r,) on the axes.
        axes: (r, 3 x size x size) pictures in [0, 1], orthonormal.
        mean: (3, size, size) the mean picture in [0, 1].

    Reference:
        Rahimi, Recht, *Weighted Sums of Random Kitchen Sinks*, NIPS 2008 (the random features).
    """

    center: Float32[np.ndarray, " dim"]
    spread: Float32[np.ndarray, " dim"]
    projection: Float32[np.ndarray, "dim k"]
    phase: Float32[np.ndarray, " k"]
    weights: Float32[np.ndarray, "features r"]
    offset: Float32[np.ndarray, " r"]
    axes: Float32[np.ndarray, "r pixels"]
    mean: Float32[np.ndarray, "3 size size"]

    @classmethod
    def fit(cls, pictures: Pictures, codes: Codes, rows: Rows, seed: int) -> Regression:
        """Regress the principal components of pictures on their codes.

        Args:
            pictures: (n, size, size, 3), in memory or memory-mapped.
            codes: (n, dim) their codes.
            rows: Rows to learn from; where they are many, a part of them.
            seed: Of the random features and the principal components.
        """
        few = thinned(rows)
        chosen = pictures[few]
        size = chosen.shape[1]
        center, spread = _statistics(codes[rows])
        random = np.random.default_rng([seed, _STREAM])
        projection = random.standard_normal((codes.shape[1], FEATURES)) * _BEND / np.sqrt(codes.shape[1])
        phase = _BEND * random.standard_normal(FEATURES)
        bent = _bent((codes[few] - center) / spread, projection, phase)
        pca = PCA.fit(chosen, min(_AXES, len(few), chosen[0].size), seed)
        coordinates = pca.encode(chosen) / 255
        weights, offset = Ridge(bent, coordinates).solve(coordinates)
        axes = pca.axes.reshape(-1, size, size, 3).transpose(0, 3, 1, 2).reshape(len(pca.axes), -1)
        mean = pca.mean.reshape(size, size, 3).transpose(2, 0, 1) / 255
        parts = (center, spread, projection, phase, weights, offset, axes, mean)
        return cls(*(np.ascontiguousarray(part, np.float32) for part in parts))


def thinned(rows: Rows) -> Rows:
    """At most MOST of the rows, evenly spread."""
    return rows[:: math.ceil(len(rows) / MOST)]


def _statistics(codes: Codes) -> tuple[Float32[np.ndarray, " dim"], Float32[np.ndarray, " dim"]]:
    """Mean and spread of codes along each axis."""
    center, spread = codes.mean(axis=0, dtype=np.float64), codes.std(axis=0, dtype=np.float64)
    widest = float(spread.max())
    spread = np.maximum(spread, FLOOR * widest) if widest > 0 else np.ones_like(spread)
    return center.astype(np.float32), spread.astype(np.float32)


def _bent(z: np.ndarray, projection: np.ndarray, phase: np.ndarray) -> Float32[np.ndarray, "n features"]:
    x = z @ projection + phase
    return np.concatenate([z, x / (1 + np.exp(-x))], axis=1).astype(np.float32)
