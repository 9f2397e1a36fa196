"""The vocabulary as unit vectors, a chunk at a time, and single words in double precision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64

from lateen.neighbors import Vectors

READ = 2_048  # rows read at a time: reading more takes more memory and no less time
_SMALL, _LARGE = 1e-15, 1e15  # lengths whose squares float32 holds

Progress = Callable[[int, int], None]


def unit(rows: Float[np.ndarray, "n dim"]) -> Float64[np.ndarray, "n dim"]:
    """Unit vectors in double precision; a zero vector stays one."""
    exact = rows.astype(np.float64)
    norms = np.sqrt((exact * exact).sum(1, keepdims=True))
    return np.asarray(exact / np.where(norms > 0, norms, 1))


@dataclass(frozen=True, eq=False)
class Stretch:
    """Some rows of the vocabulary as they were read.

    Args:
        start: The row number of the first.
        raw: (n, dim) the rows.
    """

    start: int
    raw: Float32[np.ndarray, "n dim"]

    def units(self) -> tuple[Int64[np.ndarray, " n"], Float32[np.ndarray, "n dim"], Float32[np.ndarray, "n dim"]]:
        """Row numbers, vectors, and these with length 1; without rows that are zero."""
        rows = np.arange(self.start, self.start + len(self.raw))
        norms = np.sqrt(np.einsum("nd,nd->n", self.raw, self.raw))
        if ((norms > _SMALL) & (norms < _LARGE)).all():
            return rows, self.raw, self.raw / norms[:, None]
        exact = unit(self.raw)
        there = exact.any(axis=1)
        return rows[there], self.raw[there], exact[there].astype(np.float32)


def stretches(vectors: Vectors, size: int, chunk: int, progress: Progress | None = None) -> Iterator[Stretch]:
    """The first `size` rows, `chunk` at a time.

    Args:
        vectors: (rows, dim) the vocabulary, of which more is read at a time.
        size: How many rows count.
        chunk: Rows of each stretch.
        progress: Told how many rows are done, of how many.
    """
    for start in range(0, size, READ):
        read = np.asarray(vectors[start : min(start + READ, size)], np.float32)
        for first in range(0, len(read), chunk):
            yield Stretch(start + first, read[first : first + chunk])
        if progress is not None:
            progress(start + len(read), size)
