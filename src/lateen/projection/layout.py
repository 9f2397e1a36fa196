"""The one door to every layout method: vectors in, positions in [-1, 1] out.

One idea: whatever the method, the positions are centred and scaled by one factor, so maps of any method can
be drawn and compared alike, and distances on the map keep their proportions.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Float32

from lateen.core.errors import InputError, UnknownNameError
from lateen.projection.pca import pca
from lateen.projection.umap import umap

METHODS: dict[str, Callable[..., Float32[np.ndarray, "n dims"]]] = {"umap": umap, "pca": pca}


def layout(
    vectors: Float32[np.ndarray, "n d"], *, method: str = "umap", seed: int = 0, dims: int = 2
) -> Float32[np.ndarray, "n dims"]:
    """Lay n vectors out in two or three dimensions; the same input and seed give the same positions.

    Args:
        vectors: (n, d) finite vectors in the space's own units.
        method: "umap" keeps neighbourhoods, "pca" keeps the directions of largest variance. Fewer than four
            points are always laid out by PCA, since they have no neighbourhoods to keep.
        seed: Where the method's random numbers start.
        dims: 2 or 3.

    Returns:
        (n, dims) positions, centred, the longest axis from -1 to 1, all axes in the same unit.

    Raises:
        InputError: If a vector is not finite or dims is neither 2 nor 3.
        UnknownNameError: If there is no such method.

    Example:
        >>> layout(np.array([[0, 0, 0], [0, 4, 0]], np.float32), method="pca").tolist()
        [[-1.0, 0.0], [1.0, 0.0]]
    """
    if method not in METHODS:
        raise UnknownNameError("layout method", method, METHODS, "lateen")
    if dims not in (2, 3):
        raise InputError(f"layout got dims={dims}; a map has 2 or 3 dimensions.")
    if not np.isfinite(vectors).all():
        row = int(np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0])
        raise InputError(f"layout got a vector with NaN or infinity in row {row} of {len(vectors)}.")
    if len(vectors) == 0:
        return np.zeros((0, dims), np.float32)
    if (vectors == vectors[0]).all():
        return np.zeros((len(vectors), dims), np.float32)
    chosen = METHODS[method if len(vectors) >= 4 else "pca"]
    return fit_to_unit(chosen(vectors, seed=seed, dims=dims))


def fit_to_unit(positions: Float[np.ndarray, "n dims"]) -> Float32[np.ndarray, "n dims"]:
    """Centre positions on the middle of their range and scale them by one factor into [-1, 1]."""
    wide = positions.astype(np.float64)
    low, high = wide.min(axis=0), wide.max(axis=0)
    half = float((high - low).max()) / 2
    centred = wide - (low + high) / 2
    unit: Float32[np.ndarray, "n dims"] = np.clip(centred / (half or 1.0), -1, 1).astype(np.float32)
    return unit
