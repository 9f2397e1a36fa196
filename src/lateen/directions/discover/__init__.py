"""Directions that no label names: three methods that look at the points alone, and which fields go along with them."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32

from lateen.core.errors import InputError, UnknownNameError
from lateen.directions.discover.axes import Axes, Told
from lateen.directions.discover.goes_along import Along, goes_along
from lateen.directions.discover.ica import ica
from lateen.directions.discover.pca import pca

METHODS = ("pca", "ica", "sae")

__all__ = ["METHODS", "Along", "Axes", "Told", "discover_axes", "goes_along", "ica", "pca"]


def discover_axes(
    points: Float32[np.ndarray, "m dim"],
    method: str,
    n: int | None = None,
    *,
    features: int | None = None,
    seed: int = 0,
    progress: Told | None = None,
) -> Axes:
    """Axes by a named method; `features` is about "sae".

    Raises:
        InputError: If there is no such method, or what it is given is not enough for it.
    """
    if method not in METHODS:
        raise UnknownNameError("method", method, METHODS, "direction discover")
    if method == "sae":
        from lateen.directions.discover.sae import sae

        return sae(points, n, seed=seed, progress=progress, features=features)
    if features is not None:
        raise InputError(f"The number of features is about --method sae; {method} has none.")
    return (pca if method == "pca" else ica)(points, n, seed=seed, progress=progress)
