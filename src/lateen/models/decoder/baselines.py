"""What a decoder has to beat: linear regression from the codes, the nearest item's picture, and the mean picture.

One idea: only against these does a PSNR say whether the codes were read at all, and whether a network was needed.
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float32, Float64, UInt8

from lateen.core.geometry import Geometry
from lateen.models.batches import Rows
from lateen.neighbors import nearest

Pictures = UInt8[np.ndarray, "n height width 3"]
Codes = Float32[np.ndarray, "n dim"]

MOST = 4_000  # training items that the regression and the mean look at
_PENALTIES = np.logspace(-6, 2, 17)  # of the regression, as shares of the mean squared singular value
_COLUMNS = 4_096  # pixels regressed at a time


def baselines(
    pictures: Pictures, codes: Codes, known: Rows, held_out: Rows, geometry: Geometry
) -> dict[str, float | int]:
    """PSNR in dB, pooled over the held-out pictures, of what needs no network.

    Args:
        pictures: (n, size, size, 3) pictures, in memory or memory-mapped.
        codes: (n, dim) their codes.
        known: Rows to learn from; where they are many, a part of them.
        held_out: Rows to predict.
        geometry: Whose distance says which item is nearest.

    Returns:
        psnr_linear (ridge regression, its penalty chosen by leaving one out), psnr_nearest, psnr_mean.
    """
    few = known[:: math.ceil(len(known) / MOST)]
    learnt, test = (pictures[rows].reshape(len(rows), -1) for rows in (few, held_out))
    regression = _Ridge(codes[few], _shrunk(pictures[few]))
    linear = mean = 0.0
    for start in range(0, test.shape[1], _COLUMNS):
        part = slice(start, start + _COLUMNS)
        targets, truth = learnt[:, part].astype(np.float32), test[:, part].astype(np.float32)
        linear += _squared(regression(codes[held_out], targets), truth)
        mean += _squared(targets.mean(axis=0), truth)
    found = known[nearest(codes[known], codes[held_out], 1, geometry=geometry).rows[:, 0]]
    near = sum(
        _squared(pictures[row].reshape(-1).astype(np.float32), truth) for row, truth in zip(found, test, strict=True)
    )
    figures = {"psnr_linear": linear, "psnr_nearest": near, "psnr_mean": mean}
    return {name: _psnr(squared / test.size) for name, squared in figures.items()}


class _Ridge:
    """Ridge regression on standardised codes; the targets are given when it is asked, a few columns at a time.

    Args:
        codes: (n, dim) codes.
        targets: (n, k) targets that the penalty is chosen on, by generalised leave-one-out error.

    Reference:
        Golub, Heath, Wahba, *Generalized Cross-Validation as a Method for Choosing a Good Ridge Parameter*, 1979.
    """

    def __init__(self, codes: Codes, targets: Float32[np.ndarray, "n k"]) -> None:
        from scipy.linalg import svd

        self._mean = codes.mean(axis=0, dtype=np.float64)
        spread = codes.std(axis=0, dtype=np.float64)
        self._spread = np.where(spread > 0, spread, 1)
        self._left, values, right = svd(self._standard(codes), full_matrices=False, lapack_driver="gesdd")
        self._right = right.T
        squared = values**2
        penalties = _PENALTIES * max(float(squared.mean()), 1e-12)
        shares = squared / (squared + penalties[:, None])
        centred = targets - targets.mean(axis=0)
        inner = self._left.T @ centred
        energy = np.square(inner).sum(axis=1)
        left = (1 - shares) ** 2 @ energy + max(0.0, float(np.square(centred).sum() - energy.sum()))
        freedom = np.maximum(1 - (1 + shares.sum(axis=1)) / len(codes), 1e-9)
        errors = left / freedom**2
        penalty = penalties[int(np.argmin(errors))]
        self._gains = values / (squared + penalty)

    def __call__(self, codes: Codes, targets: Float32[np.ndarray, "n k"]) -> Float32[np.ndarray, "m k"]:
        """What it says for codes, when it is fitted to these targets of the training items."""
        mean = targets.mean(axis=0)
        inner = self._left.T @ (targets - mean)
        said = (self._standard(codes) @ self._right * self._gains) @ inner + mean
        return np.asarray(said.clip(0, 255), np.float32)

    def _standard(self, codes: Codes) -> Float64[np.ndarray, "n dim"]:
        return np.asarray((codes - self._mean) / self._spread)


def _shrunk(pictures: Pictures) -> Float32[np.ndarray, "n k"]:
    """Pictures of 16 x 16 pixels, flat."""
    n, size = pictures.shape[:2]
    blocks = pictures.reshape(n, 16, size // 16, 16, size // 16, 3)
    return np.asarray(blocks.mean(axis=(2, 4), dtype=np.float32).reshape(n, -1))


def _squared(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.square(a - b, dtype=np.float64).sum())


def _psnr(mse: float) -> float:
    return 10 * math.log10(255**2 / max(mse, 1e-6))
