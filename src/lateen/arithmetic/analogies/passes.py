"""The best word for each question: one pass over the vocabulary in float32, one more for what rounding leaves in doubt.

One idea: questions share words. A chunk of the vocabulary is multiplied with the set's distinct words once; every
score of every method is arithmetic on these products, and nothing larger than chunk x words is ever held.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce
from threading import Event, Lock

import numpy as np
from jaxtyping import Float32, Float64, Int64

from lateen.arithmetic.analogies import kernels
from lateen.arithmetic.analogies.columns import Columns
from lateen.arithmetic.analogies.exact import Doubt, settle
from lateen.arithmetic.analogies.method import Rounding
from lateen.arithmetic.analogies.products import Multiplier, Products, Seen, rounding_of
from lateen.arithmetic.analogies.units import Progress, Stretch, stretches
from lateen.core.threads import cores, one_thread
from lateen.neighbors import Vectors

CHUNK = 2048  # rows multiplied at a time: fewer, and calls take longer than sums; more, and memory is far away
_NUMBERS = 4_000_000  # and are never more than this
_SAFE = 1.5  # errors are bounded to first order

Directions = Float64[np.ndarray, "directions dim"]


def best_rows(
    columns: Sequence[Columns],
    directions: Directions,
    words: int,
    vectors: Vectors,
    size: int,
    progress: Progress | None = None,
    chunk: int | None = None,
) -> list[Int64[np.ndarray, "q 2"]]:
    """The best row of each question, without its blocked rows and among all rows; -1 where there is none.

    Equal scores go to the lower row. A row that is zero is never an answer.

    Args:
        columns: The questions of each method.
        directions: (directions, dim) unit vectors that the questions refer to.
        words: How many of them are words, which come first; the others are for ONE and CLASS.
        vectors: (n, dim) the vocabulary, read in stretches.
        size: How many of its rows count.
        progress: Told how many rows are done, of how many.
        chunk: Rows multiplied at a time; it changes nothing but speed.
    """
    chunk = chunk or max(64, min(CHUNK, _NUMBERS // len(directions)))
    with one_thread():  # each thread multiplies for itself
        best = _swept(columns, directions, words, stretches(vectors, size, chunk, progress), chunk)
        delta = rounding_of(directions.shape[1])
        doubts = [doubt for i, part in enumerate(best.parts) for doubt in part.doubts(i, best.seen, delta)]
        rows = settle(doubts, columns, directions, words, vectors, size)
    for doubt, row in zip(doubts, rows, strict=True):
        best.parts[doubt.part].found[doubt.question, doubt.run] = row
    return [part.found for part in best.parts]


def _swept(
    columns: Sequence[Columns], directions: Directions, words: int, pieces: Iterator[Stretch], chunk: int
) -> _Best:
    """The best that float32 finds, each core with its own part of the vocabulary."""
    single = directions.astype(np.float32)
    kinds = {part.method.kind for part in columns if len(part)}
    taking, stop = Lock(), Event()

    def work() -> _Best:
        multiplier = Multiplier.of(single, words, kinds, chunk)
        best = _Best(tuple(map(_Part.nothing, columns)), multiplier.seen)
        while True:
            with taking:
                piece = None if stop.is_set() else next(pieces, None)
            if piece is None:
                return best
            rows, _, units = piece.units()
            if len(rows):
                products = multiplier.products(units)
                for part in best.parts:
                    part.sweep(products, rows)

    with ThreadPoolExecutor(cores()) as pool:
        working = [pool.submit(work) for _ in range(cores())]
        try:
            return reduce(_Best.merged, [each.result() for each in working])
        finally:
            stop.set()  # after ^C or an error, the others need not go on


@dataclass(frozen=True, eq=False)
class _Best:
    """What has been found in some part of the vocabulary.

    Args:
        parts: For each method.
        seen: The extremes of the cosines.
    """

    parts: tuple[_Part, ...]
    seen: Seen

    def merged(self, other: _Best) -> _Best:
        parts = tuple(a.merged(b) for a, b in zip(self.parts, other.parts, strict=True))
        return _Best(parts, self.seen.merged(other.seen))


@dataclass(frozen=True, eq=False)
class _Part:
    """What has been found for the questions of a method.

    Args:
        columns: The questions.
        constants: (q, 2) theirs in float32.
        scores: (q, run, 2) the two greatest scores; run 0 is without the blocked rows.
        found: (q, run) the row of the greatest.
        at: (q,) how far the blocked rows have been passed.
    """

    columns: Columns
    constants: Float32[np.ndarray, "q 2"]
    scores: Float32[np.ndarray, "q 2 2"]
    found: Int64[np.ndarray, "q 2"]
    at: Int64[np.ndarray, " q"]

    @classmethod
    def nothing(cls, columns: Columns) -> _Part:
        q = len(columns)
        scores = np.full((q, 2, 2), kernels.LOW, np.float32)
        at = columns.blocked.starts[:-1].copy()
        return cls(columns, columns.constants.astype(np.float32), scores, np.full((q, 2), -1, np.int64), at)

    def sweep(self, products: Products, rows: Int64[np.ndarray, " n"]) -> None:
        """Go on with a chunk."""
        asked, kind = self.columns, self.columns.method.kind
        words = (*products.of_kind(kind), asked.places, self.constants)
        blocked = (asked.blocked.starts, asked.blocked.rows, self.at)
        kernels.sweep(kind, *words, rows, *blocked, self.scores, self.found, asked.everywhere)

    def merged(self, other: _Part) -> _Part:
        """The better of two parts of the vocabulary; of equal ones either, for they are in doubt anyway."""
        greatest = np.sort(np.concatenate([self.scores, other.scores], axis=2), axis=2)[:, :, :1:-1]
        found = np.where(self.scores[:, :, 0] >= other.scores[:, :, 0], self.found, other.found)
        return _Part(self.columns, self.constants, np.ascontiguousarray(greatest), found, self.at)

    def doubts(self, part: int, seen: Seen, delta: float) -> Iterator[Doubt]:
        """What rounding leaves open."""
        asked = self.columns
        least = seen.least[asked.places[:, 1]].astype(np.float64)
        most = seen.most[asked.places[:, 2]].astype(np.float64)
        for run in range(2 if asked.everywhere else 1):
            first, second = self.scores[:, run].astype(np.float64).T
            there = self.found[:, run] >= 0
            rounding = Rounding(delta, np.where(there, first, 0), asked.constants, least, most)
            low = np.where(there, first - 2 * _SAFE * asked.method.error(rounding), float(kernels.LOW))
            open_ = there & (second >= low)
            if asked.method.kind == kernels.PAIR:
                open_ |= seen.close[asked.places[:, 2]] > 1
            for q in np.flatnonzero(open_).tolist():
                yield Doubt(part, q, run, float(low[q]))
