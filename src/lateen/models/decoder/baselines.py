"""What a decoder has to beat: linear regression from the codes, the nearest item's picture, and the mean picture.

One idea: only against these does a PSNR say whether the codes were read at all, and whether a network was needed.
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float32

from lateen.core.geometry import Geometry
from lateen.models.batches import Rows
from lateen.models.decoder.regression import Codes, Pictures, Ridge, thinned
from lateen.neighbors import nearest

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
        psnr_linear (ridge regression to every pixel), psnr_nearest (of the known rows), psnr_mean.
    """
    few = thinned(known)
    learnt, test = (pictures[rows].reshape(len(rows), -1) for rows in (few, held_out))
    ridge = Ridge(codes[few], _shrunk(pictures[few]))
    linear = mean = 0.0
    for start in range(0, test.shape[1], _COLUMNS):
        part = slice(start, start + _COLUMNS)
        targets, truth = learnt[:, part].astype(np.float32), test[:, part].astype(np.float32)
        weights, offset = ridge.solve(targets)
        linear += _squared((codes[held_out] @ weights + offset).clip(0, 255), truth)
        mean += _squared(targets.mean(axis=0), truth)
    found = known[nearest(codes[known], codes[held_out], 1, geometry=geometry).rows[:, 0]]
    near = sum(
        _squared(pictures[row].reshape(-1).astype(np.float32), truth) for row, truth in zip(found, test, strict=True)
    )
    figures = {"psnr_linear": linear, "psnr_nearest": near, "psnr_mean": mean}
    return {name: _psnr(squared / test.size) for name, squared in figures.items()}


def _shrunk(pictures: Pictures) -> Float32[np.ndarray, "n k"]:
    """Pictures of 16 x 16 pixels, flat."""
    n, size = pictures.shape[:2]
    blocks = pictures.reshape(n, 16, size // 16, 16, size // 16, 3)
    return np.asarray(blocks.mean(axis=(2, 4), dtype=np.float32).reshape(n, -1))


def _squared(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.square(a - b, dtype=np.float64).sum())


def _psnr(mse: float) -> float:
    return 10 * math.log10(255**2 / max(mse, 1e-6))
