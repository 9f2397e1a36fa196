"""The vectors of a table, read as they are asked for: what a space too large for a copy is searched through."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32, Int


@dataclass(frozen=True, eq=False)
class ScannedVectors:
    """Looks like an array of (n, dim) float32 of which stretches and chosen rows can be taken.

    Args:
        reading: Opens the table for as long as it is read.
        shape: How many vectors there are, and of how many numbers.
    """

    reading: Callable[[], AbstractContextManager[Any]]
    shape: tuple[int, int]

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice | Int[np.ndarray, " m"], /) -> Float32[np.ndarray, "m dim"]:
        """A stretch of rows, or some in any order."""
        chosen = range(len(self))[rows] if isinstance(rows, slice) else rows
        if not len(chosen):
            return np.empty((0, self.shape[1]), np.float32)
        with self.reading() as table:
            if isinstance(chosen, range) and chosen.step == 1:
                scanner = table.scanner(
                    columns=["vector"], offset=chosen.start, limit=len(chosen), scan_in_order=True, batch_size=65_536
                )
                taken = scanner.to_table()
            else:
                taken = table.take(np.asarray(chosen, np.int64).tolist(), columns=["vector"])
        numbers = taken.column("vector").combine_chunks().flatten().to_numpy(zero_copy_only=False)
        return np.asarray(numbers.reshape(-1, self.shape[1]), np.float32)
