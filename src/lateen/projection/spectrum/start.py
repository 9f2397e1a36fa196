"""Where a layout starts: the principal components, kept from being ruled by what lies far out.

One idea: vectors are drawn in to a few times the median distance from the middle before the components are taken
(spherical PCA; Locantore et al., *Robust principal component analysis for functional data*, 1999).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32

from lateen.projection.pca import pca

SPREAD = 1e-2  # standard deviation of the widest axis, in units of the map
_APART = 1e-4  # of the spread: parts points of one place
_FARTHEST = 3.0  # times the median distance from the middle


def start_of(vectors: Float32[np.ndarray, "n d"], dims: int, seed: int) -> Float32[np.ndarray, "n dims"]:
    """Small positions along the principal components, with tiny offsets that depend on the seed and the row alone."""
    middle = np.median(vectors[:: max(1, len(vectors) // 4096)], axis=0).astype(np.float32)
    lengths = _lengths(vectors, middle)
    usual = float(np.median(lengths))
    far = np.flatnonzero(lengths > _FARTHEST * usual) if usual > 0 else np.zeros(0, np.int64)
    if len(far):
        vectors = vectors.copy()
        vectors[far] = middle + (vectors[far] - middle) * (_FARTHEST * usual / lengths[far])[:, None]
    positions = pca(vectors, dims=dims).astype(np.float64)
    widest = float(positions.std(axis=0).max())
    positions *= SPREAD / widest if widest > 0 else 0
    positions += SPREAD * _APART * _offsets(len(vectors), dims, seed)
    return positions.astype(np.float32)


def _lengths(vectors: Float32[np.ndarray, "n d"], middle: Float32[np.ndarray, " d"]) -> Float32[np.ndarray, " n"]:
    lengths = np.empty(len(vectors), np.float32)
    for start in range(0, len(vectors), 4096):
        gaps = vectors[start : start + 4096] - middle
        lengths[start : start + 4096] = np.sqrt(np.einsum("nd,nd->n", gaps, gaps))
    return lengths


def _offsets(n: int, dims: int, seed: int) -> np.ndarray:
    """Normal numbers, those of a row whatever the others: Philox counts (Salmon et al., 2011)."""
    return np.random.Generator(np.random.Philox(key=seed)).standard_normal((n, dims))
