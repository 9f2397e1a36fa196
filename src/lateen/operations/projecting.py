"""All items of a space along one direction, block by block: memory stays flat however many there are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float, Float32, Float64

from lateen.core.geometry import Sphere
from lateen.core.threads import one_thread
from lateen.operations.opened import Opened

BLOCK_NUMBERS = 8_000_000  # numbers of one block: 32 MB as float32


def blocks(opened: Opened, rows: int | None = None) -> Iterator[Float32[np.ndarray, "b dim"]]:
    """The items as points of the space (unit vectors where it is a sphere), in row order.

    Args:
        opened: The space.
        rows: How many, from the first; all by default.
    """
    vectors, n = opened.search.vectors, len(opened) if rows is None else min(rows, len(opened))
    step = max(1, BLOCK_NUMBERS // max(1, opened.spec.dim))
    for start in range(0, n, step):
        yield opened.geometry.project(np.asarray(vectors[start : min(start + step, n)], np.float32))


def origin(opened: Opened) -> Float64[np.ndarray, " dim"]:
    """Where nothing is read: zero where only angles count, else the mean of all items, (dim,)."""
    total = np.zeros(opened.spec.dim)
    if not isinstance(opened.geometry, Sphere):
        for block in blocks(opened):
            total += block.sum(axis=0, dtype=np.float64)
    return total / max(len(opened), 1)


def projections(
    opened: Opened, vector: Float[np.ndarray, " dim"], rows: int | None = None
) -> Float32[np.ndarray, " n"]:
    """How far each item is along a vector, in latent units; on a sphere the cosine to a unit vector."""
    parts = [along(block, vector) for block in blocks(opened, rows)]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def along(points: Float32[np.ndarray, "n dim"], vector: Float[np.ndarray, " dim"]) -> Float32[np.ndarray, " n"]:
    """How far points are along a vector; the same for a point whatever stands beside it, and for any threads."""
    with one_thread():
        return np.asarray(np.vecdot(points, vector.astype(np.float32)))
