"""Straightening: a way over a graph turns at every item; pulled taut on the data it has the length that it should.

One idea: move every point of the way halfway between its neighbours, then back onto the plane that the nearest items
lie in; what is left of the corners is what the data itself bends.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from lateen.core.geometry import Geometry
from lateen.core.path import Polyline
from lateen.neighbors import Prepared

ROUNDS, STEPS_PER_LEG, MOST_POINTS = 30, 2, 400
_HELD = 0.95  # share of the variance around a point that its plane holds
_SWEEPS = 4  # of pulling in one round


def straightened(way: Float[np.ndarray, "m dim"], items: Prepared, k: int) -> Float[np.ndarray, "s dim"]:
    """Pull a way taut along the data.

    Args:
        way: (m, dim) points; the first and the last stay.
        items: The data.
        k: Items that a plane is fitted to.

    Returns:
        (s, dim) points, more than there were; the way as it was, where it didn't become shorter.
    """
    geometry: Geometry = items.geometry
    if len(way) < 3 or (before := Polyline(geometry, way)).length == 0:
        return way
    steps = min(MOST_POINTS, STEPS_PER_LEG * (len(way) - 1))
    points = before.evaluate(np.linspace(0, 1, steps + 1))
    points[0], points[-1] = way[0], way[-1]  # to the last bit
    best, shortest = way, before.length
    for _ in range(ROUNDS):
        for _ in range(_SWEEPS):
            points[1:-1] = 0.5 * points[1:-1] + 0.25 * (points[:-2] + points[2:])
        points[1:-1] = geometry.project(_onto_planes(points[1:-1], items, k))
        length = Polyline(geometry, points).length
        if not length < shortest * (1 - 1e-4):
            break
        best, shortest = points.copy(), length
    return best


def _onto_planes(points: Float[np.ndarray, "s dim"], items: Prepared, k: int) -> Float[np.ndarray, "s dim"]:
    """Each point's foot on the plane through the items nearest to it."""
    rows = items.nearest(points, k).rows
    near = np.asarray(items.vectors[rows], np.float64)
    centres = near.mean(axis=1, keepdims=True)
    _, sizes, axes = np.linalg.svd(near - centres, full_matrices=False)
    held = np.cumsum(sizes**2, axis=1) / np.maximum((sizes**2).sum(axis=1, keepdims=True), 1e-300)
    used = np.concatenate([np.ones((len(points), 1), bool), held[:, :-1] < _HELD], axis=1)
    along = np.einsum("sad,sd->sa", axes, points - centres[:, 0]) * used
    return np.asarray(centres[:, 0] + np.einsum("sad,sa->sd", axes, along), points.dtype)
