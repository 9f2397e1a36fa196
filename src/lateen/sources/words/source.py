"""Words and their vectors as a source, whatever the format: ids at hand, vectors in the file until they are read.

One idea: a format is where its vectors lie (`Vectors`): a selection of them is small, and reads itself anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import pyarrow as pa
from jaxtyping import Float32, Int64

from lateen.sources.file_state import FileState
from lateen.sources.picture import View, content_digest
from lateen.sources.source import Batch, Rejected, Rows

SCHEMA = pa.schema([("rank", pa.int64())])


@dataclass(frozen=True, eq=False)
class Read:
    """Vectors that have been read.

    Args:
        vectors: (n, dim); undefined where the vector is bad.
        bytes: (n,) bytes of each in the file.
        bad: Why, by position among the n, for those that can't be used.
    """

    vectors: Float32[np.ndarray, "n dim"]
    bytes: Int64[np.ndarray, " n"]
    bad: dict[int, str]


@runtime_checkable
class Vectors(Protocol):
    """Where the vectors of a file lie. It can be pickled."""

    def select(self, rows: Rows) -> Vectors:
        """Those of some rows, ascending, and no more."""
        ...

    def read(self) -> Read:
        """Read them all."""
        ...


@dataclass(frozen=True, eq=False)
class File:
    """A file as it was when it was opened.

    Args:
        state: What the user named.
        data: The file that is read: the same, or its unpacked copy, which is removed with this object.
        cut: Whether it was damaged at the end when it was unpacked.
    """

    state: FileState
    data: Path
    cut: bool = False

    @property
    def path(self) -> Path:
        """What the user named, made absolute."""
        return self.state.path


@dataclass(frozen=True, eq=False)
class WordSource:
    """Words in the order of their file, each with a vector; the field `rank` counts them from 1.

    Args:
        file: Where they are.
        ids: n words; "line 7" and the like for what has none.
        vectors: Theirs.
        notes: How the file was understood.
    """

    file: File
    ids: Sequence[str]
    vectors: Vectors
    notes: tuple[str, ...] = ()
    modality: str = "word"

    @property
    def name(self) -> str:
        """The file's absolute path."""
        return str(self.file.path)

    @property
    def field_schema(self) -> pa.Schema:
        """The rank alone."""
        return SCHEMA

    def __len__(self) -> int:
        return len(self.ids)

    def keys(self, rows: Rows) -> list[str]:
        """The word, and size and time of the file."""
        state = self.file.state
        return [f"{self.ids[row]}\0{state.size}\0{state.time}" for row in rows.tolist()]

    def take(self, rows: Rows) -> WordStretch:
        """Words whose vectors are to be read."""
        self.file.state.require_same()
        return WordStretch(self.file, rows, [self.ids[row] for row in rows.tolist()], self.vectors.select(rows))


@dataclass(frozen=True, eq=False)
class WordStretch:
    """Words whose vectors are to be read.

    Args:
        file: Where they are.
        rows: (m,) rows in the source.
        ids: m words.
        vectors: Theirs.
    """

    file: File
    rows: Rows
    ids: list[str]
    vectors: Vectors

    def read(self, view: View | None) -> Batch:
        """Read them; a view says nothing of words."""
        read = self.vectors.read()
        self.file.state.require_same()
        good = np.ones(len(self.ids), bool)
        good[list(read.bad)] = False
        rows, vectors = (self.rows, read.vectors) if good.all() else (self.rows[good], read.vectors[good])
        ids = [self.ids[i] for i in np.flatnonzero(good).tolist()]
        return Batch(
            rows=rows,
            ids=ids,
            items=vectors,
            uris=[self.file.path.as_uri()] * len(ids),
            fields=pa.table({"rank": pa.array(rows + 1, pa.int64())}, schema=SCHEMA),
            numbers=np.full(len(ids), vectors.shape[1], np.int64),
            bytes=read.bytes[good],
            digests=[content_digest(vector.tobytes()) for vector in vectors],
            rejected=[Rejected(self.ids[i], read.bad[i]) for i in sorted(read.bad)],
        )


def decoded(words: Sequence[bytes]) -> tuple[list[str], int]:
    """Words as text, bytes that are not UTF-8 as \\xNN, and how many words hold such bytes."""
    try:
        return [word.decode() for word in words], 0
    except UnicodeDecodeError:
        texts = [word.decode("utf-8", "backslashreplace") for word in words]
        return texts, sum(text.encode() != word for text, word in zip(texts, words, strict=True))


def undecoded_note(n: int) -> tuple[str, ...]:
    """What to say of n words with bytes that are not UTF-8."""
    return () if n == 0 else (f"Words with bytes that are not UTF-8: {n:,}; these bytes are written as \\xNN.",)


def not_finite(vectors: Float32[np.ndarray, "n dim"], where: Callable[[int], str]) -> dict[int, str]:
    """Why vectors with NaN or infinity can't be used, by position.

    Args:
        vectors: (n, dim).
        where: Gives the place of a position in the user's words: "row 3".
    """
    bad: dict[int, str] = {}
    for i in np.flatnonzero(~np.isfinite(vectors).all(1)).tolist():
        column = int(np.flatnonzero(~np.isfinite(vectors[i]))[0])
        bad[i] = f"{where(i)}: number {column + 1} is {vectors[i, column]}"
    return bad
