"""The exact nearest others of some rows among all, by the length of the difference: products first, distances last.

One idea: float32's products are wrong by a known share of the lengths. All rows that may be among the k nearest are
compared by their true distances, so the answer is exact whatever the products said.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Float32, Int32, Int64

from lateen.core.threads import in_threads

_TOGETHER = 16_000_000  # products held by one thread
_ULP = 2.0**-23


def nearest_others(
    points: Float32[np.ndarray, "n dim"],
    queries: Int64[np.ndarray, " m"],
    k: int,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Int32[np.ndarray, "m k"], Float32[np.ndarray, "m k"]]:
    """Rows and distances of the k nearest others of some rows, nearest first, equal ones by row.

    Args:
        points: (n, dim) finite, n > k.
        queries: (m,) row numbers.
        k: At most n - 1.
        progress: Told how many are done, and of how many.
    """
    from lateen.neighbors.table_kernels import choose_surely, rank_some

    n, dim = points.shape
    origin = points.mean(axis=0, dtype=np.float64).astype(np.float32)
    centred = points - origin
    squares = _squares(centred)
    rows, distances = np.empty((len(queries), k), np.int32), np.empty((len(queries), k), np.float32)
    wrong = 4 * (dim + 8) * _ULP
    together = max(1, min(256, _TOGETHER // n))

    def find(start: int, stop: int) -> None:
        own, width = queries[start:stop], min(n, 2 * k + 64)
        products = centred[own] @ centred.T
        while True:
            chosen = np.empty((len(own), width), np.int32)
            if choose_surely(products, squares, own, squares[own], k, wrong, chosen):
                break
            width = min(n, 8 * width)
        rank_some(points, own, chosen, rows[start:stop], distances[start:stop])

    in_threads(find, len(queries), together, progress)
    return rows, distances


def _squares(points: Float[np.ndarray, "n dim"]) -> Float32[np.ndarray, " n"]:
    squares: Float32[np.ndarray, " n"] = np.einsum("nd,nd->n", points, points).astype(np.float32)
    return squares
