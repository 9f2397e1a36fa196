"""Vectors of a table, by their rows: in memory where their format gives them no other way, else in a file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Num

from lateen.core.errors import InputError
from lateen.sources.file_array import FileArray
from lateen.sources.source import Rows
from lateen.sources.words.source import Read, not_finite


@dataclass(frozen=True, eq=False)
class HeldVectors:
    """Vectors that are in memory.

    Args:
        array: (n, dim) numbers as they were found.
        rows: (n,) their rows in the source.
        empty: (n,) whether they have no word.
    """

    array: Num[np.ndarray, "n dim"]
    rows: Rows
    empty: np.ndarray

    def select(self, rows: Rows) -> HeldVectors:
        """A copy of some rows."""
        return HeldVectors(self.array[rows], self.rows[rows], self.empty[rows])

    def read(self) -> Read:
        """The vectors as float32."""
        return as_read(self.array, self.rows, self.empty, self.array.dtype.itemsize)


@dataclass(frozen=True, eq=False)
class FiledVectors:
    """Vectors that are in a file until they are read.

    Args:
        array: (n, dim) numbers.
        rows: (k,) rows.
        empty: (k,) whether they have no word.
    """

    array: FileArray
    rows: Rows
    empty: np.ndarray

    def select(self, rows: Rows) -> FiledVectors:
        """Those of some rows."""
        return FiledVectors(self.array, self.rows[rows], self.empty[rows])

    def read(self) -> Read:
        """The vectors as float32."""
        return as_read(self.array.take(self.rows), self.rows, self.empty, self.array.dtype.itemsize)


def as_read(array: Num[np.ndarray, "n dim"], rows: Rows, empty: np.ndarray, itemsize: int) -> Read:
    """Vectors of any numbers as float32, with what is wrong with them.

    Args:
        array: (n, dim).
        rows: (n,) their rows.
        empty: (n,) whether they have no word.
        itemsize: Bytes of a number in the file.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        vectors = np.ascontiguousarray(array, np.float32)
    bad = not_finite(vectors, lambda i: f"row {rows[i]:,}")
    bad |= {i: f"row {rows[i]:,} has no word" for i in np.flatnonzero(empty).tolist()}
    return Read(vectors, np.full(len(rows), vectors.shape[1] * itemsize, np.int64), bad)


def named(words: list[str]) -> tuple[list[str], np.ndarray]:
    """Ids for words, "row 7" for an empty one, and (n,) which are empty."""
    return [word or f"row {i}" for i, word in enumerate(words)], np.array([not word for word in words], bool)


def require_as_many(where: str, words: int, vectors: int) -> None:
    """Raise InputError unless each vector has a word."""
    if words != vectors:
        raise InputError(f"{where} has {words:,} words and {vectors:,} vectors; expected as many of both.")
