"""The one door to every layout method: vectors in, positions in [-1, 1] out.

One idea: whatever the method, the positions are centred and scaled by one factor, so maps of any method can
be drawn and compared alike, and distances on the map keep their proportions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from lateen.core.errors import InputError, UnknownNameError
from lateen.core.geometry import Euclidean, Geometry
from lateen.neighbors import Table, neighbour_table
from lateen.projection.pca import pca
from lateen.projection.tsne import NEIGHBOURS as OF_TSNE
from lateen.projection.tsne import tsne
from lateen.projection.umap import umap

DEFAULT = "lateen"
NEIGHBOURS = {"lateen": 15, "umap": 14, "tsne": OF_TSNE, "pca": 0}  # of each point that a method wants to know
METHODS = tuple(NEIGHBOURS)
_FEW = 4  # points, below which there are no neighbourhoods to keep

Told = Callable[[str, int, int], None]


def layout(
    vectors: Float32[np.ndarray, "n d"],
    *,
    method: str = DEFAULT,
    seed: int = 0,
    dims: int = 2,
    geometry: Geometry | None = None,
    table: Table | None = None,
    attraction: float | int | None = None,
    progress: Told | None = None,
    device: str | None = None,
) -> Float32[np.ndarray, "n dims"]:
    """Lay n vectors out in two or three dimensions; the same input and seed give the same positions.

    Args:
        vectors: (n, d) finite vectors in the space's own units.
        method: "lateen" keeps neighbourhoods, from t-SNE-like to UMAP-like (`lateen.projection.spectrum`); "umap" and
            "tsne" are umap-learn and openTSNE; "pca" keeps the directions of largest variance. Fewer than four points
            are always laid out by PCA, since they have no neighbourhoods to keep.
        seed: Where the method's random numbers start.
        dims: 2 or 3.
        geometry: Whose distance makes neighbours; straight distances by default.
        table: The neighbours of each vector, if they are known already.
        attraction: Of "lateen" alone: 1 as t-SNE, 2 by default, about 4 as UMAP, 30 as a drawing by springs; lowered
            where the data doesn't bear it.
        progress: Told what is done, how much of it, and of how much.
        device: Of "lateen" alone: the processor's threads by default; "cpu" or "cuda" with torch, "auto" for a GPU if
            there is one. Other devices give other bytes of as good a map.

    Returns:
        (n, dims) positions, centred, the longest axis from -1 to 1, all axes in the same unit.

    Raises:
        InputError: If a vector is not finite, dims is neither 2 nor 3, attraction is out of range, attraction or
            device is not of this method, or there is no GPU.
        UnknownNameError: If there is no such method or device.
        MissingExtraError: If openTSNE is asked for and isn't installed.

    Example:
        >>> layout(np.array([[0, 0, 0], [0, 4, 0]], np.float32), method="pca").tolist()
        [[-1.0, 0.0], [1.0, 0.0]]
    """
    return lay_out(
        vectors,
        method=method,
        seed=seed,
        dims=dims,
        geometry=geometry,
        table=table,
        attraction=attraction,
        progress=progress,
        device=device,
    ).positions


@dataclass(frozen=True, eq=False)
class LaidOut:
    """A layout, and what it was made with.

    Args:
        positions: (n, dims) in [-1, 1].
        attraction: How strongly neighbours pulled, where it is lateen's: less than asked for if the data bears less.
    """

    positions: Float32[np.ndarray, "n dims"]
    attraction: float | None = None


def lay_out(
    vectors: Float32[np.ndarray, "n d"],
    *,
    method: str = DEFAULT,
    seed: int = 0,
    dims: int = 2,
    geometry: Geometry | None = None,
    table: Table | None = None,
    attraction: float | int | None = None,
    progress: Told | None = None,
    device: str | None = None,
) -> LaidOut:
    """What `layout` does, with the attraction that it used."""
    check_layout(method, dims, attraction, device)
    if not np.isfinite(vectors).all():
        row = int(np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0])
        raise InputError(f"layout got a vector with NaN or infinity in row {row} of {len(vectors)}.")
    if table is not None and len(table) != len(vectors):
        raise InputError(f"layout got {len(vectors)} vectors and the neighbours of {len(table)}; give those of all.")
    if len(vectors) == 0 or (vectors == vectors[0]).all():
        return LaidOut(np.zeros((len(vectors), dims), np.float32))
    if method == "pca" or len(vectors) < _FEW:
        return LaidOut(fit_to_unit(pca(vectors, seed=seed, dims=dims)))
    if table is None:
        told, k = _of(progress, "neighbours"), NEIGHBOURS[method]
        table = neighbour_table(vectors, k, geometry=geometry or Euclidean(), seed=seed, progress=told)
    if method != "lateen":
        by = umap if method == "umap" else tsne
        return LaidOut(fit_to_unit(by(vectors, seed=seed, dims=dims, table=table)))
    from lateen.projection.spectrum import spectrum

    strength = None if attraction is None else float(attraction)
    told = _of(progress, "layout")
    made, used = spectrum(vectors, table, attraction=strength, dims=dims, seed=seed, progress=told, device=device)
    return LaidOut(fit_to_unit(made), used)


def check_layout(method: str, dims: int, attraction: float | int | None, device: str | None = None) -> None:
    """Raise what `layout` would, before there is any work done."""
    if method not in METHODS:
        raise UnknownNameError("layout method", method, METHODS, "lateen")
    if dims not in (2, 3):
        raise InputError(f"A map has 2 or 3 dimensions, got {dims}.")
    if device is not None:
        if method != DEFAULT:
            raise InputError(f"The layout {method!r} got device {device!r}, which is the layout lateen's alone.")
        from lateen.projection.spectrum.on_torch import found

        found(device)
    if attraction is None:
        return
    if method != DEFAULT:
        raise InputError(f"The layout {method!r} got attraction {attraction:g}, which is the layout lateen's alone.")
    if not 0.5 <= attraction <= 100:
        raise InputError(f"A map got attraction {attraction:g}; give 0.5 to 100: 1 as t-SNE, 4 as UMAP, 30 as springs.")


def fit_to_unit(positions: Float[np.ndarray, "n dims"]) -> Float32[np.ndarray, "n dims"]:
    """Centre positions on the middle of their range and scale them by one factor into [-1, 1]."""
    wide = positions.astype(np.float64)
    low, high = wide.min(axis=0), wide.max(axis=0)
    half = float((high - low).max()) / 2
    centred = wide - (low + high) / 2
    unit: Float32[np.ndarray, "n dims"] = np.clip(centred / (half or 1.0), -1, 1).astype(np.float32)
    return unit


def _of(progress: Told | None, what: str) -> Callable[[int, int], None] | None:
    """Progress of one part of the work."""
    return None if progress is None else lambda done, total: progress(what, done, total)
