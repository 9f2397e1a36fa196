"""word2vec's binary format: a header, then words and raw float32 numbers.

One idea: a word ends at a space and its numbers have a fixed size, so one pass finds all words and skips all numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from jaxtyping import Int64

from lateen.core.errors import InputError
from lateen.sources.source import Rows
from lateen.sources.words.lines import MOST_NUMBERS, Header
from lateen.sources.words.source import File, Read, WordSource, decoded, not_finite, undecoded_note

BLOCK = 8 << 20  # bytes read at a time
_LONGEST_HEADER, _LONGEST_WORD = 100, 1 << 16


@dataclass(frozen=True, eq=False)
class BinaryVectors:
    """Where raw float32 vectors are.

    Args:
        path: The file.
        size: Its bytes.
        dim: Numbers of a vector.
        starts: (n,) byte where each starts.
        words: (n,) bytes of the words.
        rows: (n,) rows of the source, for what is said of them.
    """

    path: Path
    size: int
    dim: int
    starts: Int64[np.ndarray, " n"]
    words: Int64[np.ndarray, " n"]
    rows: Rows

    def select(self, rows: Rows) -> BinaryVectors:
        """Those of some rows."""
        return BinaryVectors(self.path, self.size, self.dim, self.starts[rows], self.words[rows], self.rows[rows])

    def read(self) -> Read:
        """Read them."""
        vectors = np.zeros((len(self.starts), self.dim), np.float32)
        width = 4 * self.dim
        raw, begin = b"", 0
        with self.path.open("rb") as file:
            for i, start in enumerate(self.starts.tolist()):
                if not begin <= start <= start + width <= begin + len(raw):
                    near = int(np.searchsorted(self.starts, start + BLOCK, "right")) - 1
                    file.seek(start)
                    raw, begin = file.read(int(self.starts[near]) - start + width), start
                part = raw[start - begin : start - begin + width]
                if len(part) == width:
                    vectors[i] = np.frombuffer(part, "<f4")
        bad = not_finite(vectors, lambda i: f"word {self.rows[i] + 1:,}")
        for i in np.flatnonzero(self.words == 0).tolist():
            bad[i] = f"word {self.rows[i] + 1:,} is empty"
        for i in np.flatnonzero(self.starts + width > self.size).tolist():
            there = self.size - int(self.starts[i])
            bad[i] = f"word {self.rows[i] + 1:,}: the file ends in its vector, after {there:,} of {width:,} bytes"
        return Read(vectors, self.words + width, bad)


def open_binary(file: File) -> WordSource:
    """Open a word2vec binary file.

    Raises:
        InputError: If its header makes no sense, or it holds no vector.
    """
    size = file.data.stat().st_size
    with file.data.open("rb") as stream:
        header, begin = _header(stream, file.path, size)
        found = list(_words(stream, begin, header))
    words = [word for word, _ in found]
    starts = np.array([start for _, start in found], np.int64)
    texts, undecoded = decoded(words)
    notes = [*undecoded_note(undecoded)]
    whole = int((starts + 4 * header.dim <= size).sum())
    if whole == 0:
        raise InputError(f"{file.path} holds no whole vector of {header.dim:,} numbers, which its header speaks of.")
    end = int(starts[-1]) + 4 * header.dim
    if whole < header.n:
        notes.insert(0, f"The header says {header.n:,} words; the file holds {whole:,}, then it ends or is damaged.")
    elif size > end + 2:
        notes.insert(0, f"The header says {header.n:,} words; after them come {size - end:,} bytes that are not read.")
    ids = [text or f"word {i + 1}" for i, text in enumerate(texts)]
    lengths = np.array([len(word) for word in words], np.int64)
    vectors = BinaryVectors(file.data, size, header.dim, starts, lengths, np.arange(len(ids)))
    return WordSource(file, ids, vectors, tuple(notes))


def _header(stream: BinaryIO, path: Path, size: int) -> tuple[Header, int]:
    line, newline, _ = stream.read(_LONGEST_HEADER).partition(b"\n")
    header = Header.parse(line)
    if header is None or not newline:
        shown = line[:30].decode("utf-8", "backslashreplace")
        raise InputError(
            f"{path} is no binary file of word vectors: it starts with {shown!r}; expected 'n dim' (word2vec) or "
            "fastText's mark."
        )
    if header.n < 1 or not 1 <= header.dim <= MOST_NUMBERS:
        raise InputError(f"{path}: the header says {header.n:,} words of {header.dim:,} numbers; expected 1 or more.")
    if 4 * header.dim > size:
        raise InputError(f"{path}: the header says {header.dim:,} numbers a word, but it has {size:,} bytes in all.")
    return header, len(line) + 1


def _words(stream: BinaryIO, begin: int, header: Header) -> Iterator[tuple[bytes, int]]:
    """Each word and where its vector starts, as far as the file goes."""
    raw, offset, at = b"", begin, 0  # the next word starts at raw[at], which is byte offset + at
    for _ in range(header.n):
        space = raw.find(b" ", at)
        if space < 0:
            offset, at = offset + at, 0
            stream.seek(offset)
            raw = stream.read(BLOCK)
            space = raw.find(b" ", 0, _LONGEST_WORD)
        if space < 0:
            return
        yield raw[at:space].lstrip(b"\n"), offset + space + 1
        at = space + 1 + 4 * header.dim
