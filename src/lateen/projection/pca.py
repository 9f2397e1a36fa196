"""Layout by principal components: linear, exact, instant; also the start of every other layout.

One idea: the covariance is summed in a fixed number of pieces, so more threads make it quicker and change no bit.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float32

from lateen.core.threads import in_threads, one_thread

WIDEST_COVARIANCE = 2048
_BLOCK = 2048  # rows that are multiplied at a time
_PIECES = 8  # sums that are made apart, whatever the number of threads
_USUAL = 30  # binary digits before or after the point


def pca(
    vectors: Float32[np.ndarray, "n d"], *, seed: int = 0, dims: int = 2
) -> Float32[np.ndarray, "n dims"]:
    """Coordinates along the directions of largest variance, with the sign of every axis fixed.

    The sign makes the largest loading of each component positive, so that a map never flips between runs or
    machines. Axes beyond the rank of the data are zero.

    Args:
        vectors: (n, d) finite vectors, n >= 1.
        seed: Starts the randomised decomposition that is used where d is above 2,048.
        dims: Number of components.

    Returns:
        (n, dims) centred coordinates in the units of the vectors.

    Reference:
        Pearson, *On Lines and Planes of Closest Fit*, 1901; Halko, Martinsson and Tropp, 2011 (randomised).
    """
    n, d = vectors.shape
    center = vectors.mean(axis=0, dtype=np.float64)
    rank = min(dims, n, d)
    with one_thread():
        axes = (
            _exact_axes(vectors, center, rank)
            if d <= WIDEST_COVARIANCE
            else _randomised_axes(vectors, center, rank, seed)
        )
    largest = np.abs(axes).argmax(axis=0)
    axes = axes * np.where(axes[largest, np.arange(rank)] < 0, -1, 1)
    positions = np.zeros((n, dims), np.float32)
    origin, narrow = center.astype(np.float32), axes.astype(np.float32)

    def place(start: int, stop: int) -> None:
        positions[start:stop, :rank] = (vectors[start:stop] - origin) @ narrow

    in_threads(place, n, _BLOCK)
    return positions


def _exact_axes(
    vectors: Float32[np.ndarray, "n d"], center: Float[np.ndarray, " d"], rank: int
) -> Float[np.ndarray, "d r"]:
    """The first eigenvectors of the covariance; blocks are multiplied in single precision and added up in double."""
    n, d = vectors.shape
    piece = max(_BLOCK, -(-n // (_PIECES if d <= WIDEST_COVARIANCE // 2 else 2)))
    parts = np.zeros((-(-n // piece), d, d))
    origin, factor = center.astype(np.float32), np.float32(_factor(vectors))

    def add(start: int, stop: int) -> None:
        for at in range(start, stop, _BLOCK):
            block = (vectors[at : min(at + _BLOCK, stop)] - origin) * factor
            parts[start // piece] += block.T @ block

    in_threads(add, n, piece)
    _, axes = np.linalg.eigh(parts.sum(axis=0))
    return np.asarray(axes[:, ::-1][:, :rank])


def _factor(vectors: Float32[np.ndarray, "n d"]) -> float:
    """A power of two that keeps squares within single precision, whatever the unit; mostly 1."""
    largest = max(float(vectors.max()), -float(vectors.min()))
    exponent = int(np.frexp(largest)[1])
    return 1.0 if abs(exponent) < _USUAL else float(2.0 ** -np.clip(exponent, -100, 100))


def _randomised_axes(
    vectors: Float32[np.ndarray, "n d"], center: Float[np.ndarray, " d"], rank: int, seed: int
) -> Float[np.ndarray, "d r"]:
    from sklearn.utils.extmath import randomized_svd

    centred = vectors - center.astype(np.float32)
    _, _, rows = randomized_svd(centred, n_components=rank, n_iter=6, random_state=seed)
    return np.asarray(rows.T, np.float64)
