"""Text files of vectors: word2vec's and fastText's .vec (with a header), GloVe's (without).

One idea: opening goes through the file once and keeps the words and where their numbers are; a stretch reads its part
of the file and no more. Lines are split from the right, because words may contain spaces.

Reference:
    T. Mikolov et al., Efficient estimation of word representations in vector space, 2013;
    J. Pennington et al., GloVe: global vectors for word representation, EMNLP 2014.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
from jaxtyping import Int8, Int32, Int64

from lateen.core.errors import InputError
from lateen.core.threads import cores
from lateen.sources.source import Rows
from lateen.sources.words.lines import (
    BLANK,
    BROKEN,
    MOST_NUMBERS,
    Header,
    ends_in_decimal,
    fault,
    fits,
    usual_dim,
    vector_of,
    word_of,
)
from lateen.sources.words.source import File, Read, WordSource, decoded, undecoded_note

BLOCK = 8 << 20  # bytes read at a time
LONGEST = 64 << 20  # bytes of a line: more is no text
LONGEST_WORD = 200  # bytes of the id of a broken line
_SAMPLE_LINES, _SAMPLE_BYTES = 100, 1 << 20
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, eq=False)
class TextVectors:
    """Where the numbers of lines are.

    Args:
        path: The file.
        dim: Numbers of a line.
        starts: (n,) byte where the numbers start; for a broken line, where it starts.
        lengths: (n,) bytes of the numbers; for a broken line, minus the bytes of the line.
        lines: (n,) line numbers, from 1.
        whole: (n,) bytes of the lines.
    """

    path: Path
    dim: int
    starts: Int64[np.ndarray, " n"]
    lengths: Int32[np.ndarray, " n"]
    lines: Int64[np.ndarray, " n"]
    whole: Int32[np.ndarray, " n"]

    def select(self, rows: Rows) -> TextVectors:
        """Those of some rows."""
        return TextVectors(
            self.path, self.dim, self.starts[rows], self.lengths[rows], self.lines[rows], self.whole[rows]
        )

    def read(self) -> Read:
        """Parse the numbers, in a few threads."""
        n = len(self.starts)
        vectors = np.empty((n, self.dim), np.float32)
        bad: dict[int, str] = {}
        with ThreadPoolExecutor(min(cores(), 8)) as pool:
            for found in pool.map(lambda part: self._read_part(part[0], part[1], vectors), self._parts()):
                bad |= found
        return Read(vectors, self.whole.astype(np.int64), bad)

    def _parts(self) -> list[tuple[int, int]]:
        """Runs of rows that lie close together in the file, none much longer than a quarter of a block."""
        ends = self.starts + np.abs(self.lengths)
        gaps = np.flatnonzero(self.starts[1:] - ends[:-1] > 1 << 16) + 1
        parts = []
        for run in np.split(np.arange(len(self.starts)), gaps):
            if len(run):
                pieces = 1 + (int(ends[run[-1]] - self.starts[run[0]]) * 4) // BLOCK
                parts += [(int(part[0]), int(part[-1]) + 1) for part in np.array_split(run, pieces) if len(part)]
        return parts

    def _read_part(self, first: int, last: int, vectors: np.ndarray) -> dict[int, str]:
        from lateen.sources.words.kernels import parse_numbers

        lengths = np.abs(self.lengths[first:last])
        begin = int(self.starts[first])
        size = int(self.starts[last - 1] + lengths[-1]) - begin
        with self.path.open("rb") as file:
            file.seek(begin)
            raw = file.read(size)
        if len(raw) < size:
            raise InputError(f"{self.path} ends before line {self.lines[last - 1]:,}: it was changed while being read.")
        starts = self.starts[first:last] - begin
        good = np.empty(last - first, bool)
        ends = np.where(self.lengths[first:last] < 0, starts, starts + lengths)
        parse_numbers(np.frombuffer(raw, np.uint8), starts, ends, vectors[first:last], good)
        bad = {}
        for i in np.flatnonzero(~good).tolist():
            line = raw[starts[i] : starts[i] + lengths[i]]
            row = first + i
            vector = fault(line, self.dim) if self.lengths[row] < 0 else vector_of(line, self.dim)
            if isinstance(vector, str):
                bad[row] = f"line {self.lines[row]:,}: {vector}"
            else:
                vectors[row] = vector
        return bad


def open_text(file: File) -> WordSource:
    """Open a text file of vectors.

    Raises:
        InputError: If its lines are no words and numbers.
    """
    found = _Found()
    with file.data.open("rb") as stream:
        layout = _layout(stream, file.path)
        for block in _scanned(stream, layout, file.path):
            found.add(block, layout.dim)
    starts, lengths, whole, lines = (np.concatenate(part) for part in zip(*found.places, strict=True))
    lines += 1 + (layout.header is not None)
    if file.cut and not found.ended:
        starts[-1], lengths[-1] = found.last, -whole[-1]  # its last number may be cut
        found.broken.append(len(lines) - 1)
    vectors = TextVectors(file.data, layout.dim, starts, lengths, lines, whole)
    return WordSource(file, found.ids(lines), vectors, (*layout.notes, *found.notes(layout.header)))


@dataclass(frozen=True)
class _Layout:
    dim: int
    begin: int
    header: Header | None
    notes: tuple[str, ...]


def _layout(stream: BinaryIO, path: Path) -> _Layout:
    """How the file is laid out, by its first lines."""
    sample = stream.read(_SAMPLE_BYTES)
    while sample.count(b"\n") < 3 and len(sample) < LONGEST and (more := stream.read(_SAMPLE_BYTES)):
        sample += more
    begin = len(_BOM) if sample.startswith(_BOM) else 0
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{path} is UTF-16; save it as UTF-8.")
    lines = sample[begin:].split(b"\n")
    whole = not stream.read(1) and len(lines) <= _SAMPLE_LINES
    if len(lines) > 2 and not whole:
        lines.pop()  # it may be cut
    lines = lines[: _SAMPLE_LINES + 1]
    header = Header.parse(lines[0])
    rest = [line for line in lines[1:] if line.strip()] if header else lines
    if header and not rest:
        raise InputError(f"{path} holds no words: there is nothing after its first line.")
    dim = usual_dim(rest)
    if dim < 1:
        shown = lines[0][:60].decode("utf-8", "backslashreplace")
        raise InputError(
            f"{path} holds no word vectors: it starts with {shown!r}; expected a word and its numbers. Of plain text "
            "`lateen train FILE --model word2vec` makes a space of words."
        )
    after = begin + len(lines[0]) + 1
    if header is None or (header.dim == dim == 1 and whole and header.n != len(rest)):  # a word that is a number
        return _Layout(dim, begin, None, ())
    if 0 < header.dim <= MOST_NUMBERS and 2 * sum(fits(line, header.dim) for line in rest) > len(rest):
        return _Layout(header.dim, after, header, ())
    if dim == 1:
        return _Layout(1, begin, None, ())
    note = f"The header says {header.dim:,} numbers a word; most lines have {dim:,}, which are read."
    return _Layout(dim, after, header, (note,))


@dataclass(frozen=True, eq=False)
class _Block:
    """Whole lines, and what `find_lines` says of them: (n,) places within `raw`."""

    raw: bytes
    offset: int
    starts: Int64[np.ndarray, " n"]
    word_ends: Int64[np.ndarray, " n"]
    numbers: Int64[np.ndarray, " n"]
    ends: Int64[np.ndarray, " n"]
    kinds: Int8[np.ndarray, " n"]


def _scanned(stream: BinaryIO, layout: _Layout, path: Path) -> Iterator[_Block]:
    """The blocks of the file in order, scanned in a few threads."""
    threads = min(cores(), 8)
    with ThreadPoolExecutor(threads) as pool:
        ahead: deque[Future[_Block]] = deque()
        for offset, raw in _blocks(stream, layout.begin, path):
            ahead.append(pool.submit(_scan, raw, offset, layout.dim))
            if len(ahead) > threads:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _blocks(stream: BinaryIO, begin: int, path: Path) -> Iterator[tuple[int, bytes]]:
    stream.seek(begin)
    carried, offset = b"", begin
    while read := stream.read(BLOCK):
        read = carried + read
        end = read.rfind(b"\n") + 1
        if end:
            yield offset, read[:end]
            offset += end
        carried = read[end:]
        if len(carried) > LONGEST:
            raise InputError(f"{path} has a line of more than {LONGEST:,} bytes, which is no word and its numbers.")
    if carried:
        yield offset, carried


def _scan(raw: bytes, offset: int, dim: int) -> _Block:
    from lateen.sources.words.kernels import find_lines

    most = raw.count(b"\n") + 1
    places = [np.empty(most, np.int64) for _ in range(4)]
    kinds = np.empty(most, np.int8)
    n = find_lines(np.frombuffer(raw, np.uint8), dim, *places, kinds)
    starts, word_ends, numbers, ends = (place[:n] for place in places)
    return _Block(raw, offset, starts, word_ends, numbers, ends, kinds[:n])


@dataclass(eq=False)
class _Found:
    """What has been found so far, block by block."""

    words: list[str] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)
    places: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = field(default_factory=list)
    lines: int = 0
    undecoded: int = 0
    blank: int = 0
    numberlike: list[str] = field(default_factory=list)
    last: int = 0
    ended: bool = True

    def add(self, block: _Block, dim: int) -> None:
        keep = block.kinds != BLANK
        broken = block.kinds[keep] == BROKEN
        starts, ends, numbers = block.starts[keep], block.ends[keep], block.numbers[keep]
        words = [
            block.raw[start:end] for start, end in zip(starts.tolist(), block.word_ends[keep].tolist(), strict=True)
        ]
        for i in np.flatnonzero(broken).tolist():
            words[i] = word_of(block.raw[starts[i] : ends[i]], dim)[:LONGEST_WORD]
            self.broken.append(len(self.words) + i)
        texts, undecoded = decoded(words)
        self.numberlike += [
            text for word, text in zip(words, texts, strict=True) if b" " in word and ends_in_decimal(word)
        ]
        self.words += texts
        self.undecoded += undecoded
        begins = np.where(broken, starts, numbers)
        lengths = np.where(broken, starts - ends, ends - numbers).astype(np.int32)
        whole = (ends - starts).astype(np.int32)
        self.places.append((begins + block.offset, lengths, whole, self.lines + np.flatnonzero(keep)))
        self.lines += len(keep)
        self.blank += int((~keep).sum())
        self.ended = block.raw.endswith(b"\n")
        if len(starts):
            self.last = int(starts[-1]) + block.offset

    def ids(self, lines: np.ndarray) -> list[str]:
        """The words; broken lines that have none, or that of another line, are called "line 7"."""
        if self.broken:
            among = set(self.broken)
            good = {word for i, word in enumerate(self.words) if i not in among}
            for i in self.broken:
                if not self.words[i] or self.words[i] in good:
                    self.words[i] = f"line {lines[i]}"
        return self.words

    def notes(self, header: Header | None) -> Iterator[str]:
        """What the user should know."""
        if header is not None and header.n != len(self.words):
            yield f"The header says {header.n:,} words; the file has {len(self.words):,}."
        if self.blank:
            yield f"Blank lines were passed over: {self.blank:,}."
        if self.numberlike:
            yield (
                f"Words that end in a decimal number: {len(self.numberlike):,}, such as {self.numberlike[0]!r}; "
                "perhaps their lines have more numbers than the others."
            )
        yield from undecoded_note(self.undecoded)
