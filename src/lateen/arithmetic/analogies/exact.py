"""Answers that rounding leaves open, decided in double precision.

One idea: what float32 can't tell apart is few words for few questions; these are scored anew, each by the same sums
whatever stands beside it, so that equal vectors have equal scores and the lower row wins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int32, Int64

from lateen.arithmetic.analogies import kernels
from lateen.arithmetic.analogies.columns import Columns
from lateen.arithmetic.analogies.method import Method, Scores
from lateen.arithmetic.analogies.products import Multiplier, Products
from lateen.arithmetic.analogies.units import READ, stretches, unit
from lateen.neighbors import Vectors

_NUMBERS = 4_000_000  # of one chunk's products
_FEW = 2_000  # candidates scored at a time
_EQUAL = 1e-13  # so little is rounding alone, even in double precision
_ROOM = 65_536  # for candidates of one chunk


@dataclass(frozen=True)
class Doubt:
    """A question whose best word is open.

    Args:
        part: Which columns it is of.
        question: Which question.
        run: 0 without the blocked rows, 1 with all.
        least: No word with a lower score in float32 is the best.
    """

    part: int
    question: int
    run: int
    least: float


def settle(
    doubts: Sequence[Doubt],
    columns: Sequence[Columns],
    directions: Float64[np.ndarray, "directions dim"],
    words: int,
    vectors: Vectors,
    size: int,
) -> list[int]:
    """The best row of each question in doubt; -1 where there is none. Arguments as of `best_rows`."""
    if not doubts:
        return []
    of_part = [[i for i, doubt in enumerate(doubts) if doubt.part == part] for part in range(len(columns))]
    triples = np.stack([columns[d.part].places[d.question] for d in doubts])
    used, places = np.unique(triples, return_inverse=True)
    places, exact = places.reshape(triples.shape).astype(np.int32), directions[used]
    chunk = max(64, min(READ, _NUMBERS // len(used)))
    kinds = {columns[d.part].method.kind for d in doubts}
    multiplier = Multiplier.of(exact.astype(np.float32), int(np.searchsorted(used, words)), kinds, chunk)
    best = [(-np.inf, -1)] * len(doubts)
    for stretch in stretches(vectors, size, chunk):
        rows, raw, units = stretch.units()
        if not len(rows):
            continue
        products = multiplier.products(units)
        for asked, chosen in zip(columns, of_part, strict=True):
            for i, few in _candidates(asked, [doubts[i] for i in chosen], products, places[chosen], rows):
                doubt, words_of = doubts[chosen[i]], exact[places[chosen[i]]]
                scores = score(asked.method, unit(raw[few]), words_of, asked.constants[doubt.question])
                greatest = float(scores.max())
                equal = _EQUAL * max(1.0, abs(greatest))
                if greatest > best[chosen[i]][0] + equal:
                    top = int(np.argmax(scores >= greatest - equal))  # the first of equal ones
                    best[chosen[i]] = greatest, int(rows[few[top]])
    return [row for _, row in best]


def fifth_of_five(
    asked: Columns,
    found: Int64[np.ndarray, " q"],
    own: Int64[np.ndarray, "q own"],
    directions: Float64[np.ndarray, "directions dim"],
    vectors: Vectors,
) -> Int64[np.ndarray, " q"]:
    """gensim's rule where all of the five best words are spelled like one of the question's: the fifth is the answer.

    Args:
        asked: The questions.
        found: (q,) the best row of each that is not blocked, or -1.
        own: (q, own) rows of the question's own words, which are no answers at all.
        directions: As of `best_rows`.
        vectors: (n, dim) the vocabulary.
    """
    found = found.copy()
    variants = {q: np.setdiff1d(asked.blocked[q], own[q]) for q in _crowded(asked, found, own)}
    if not variants:
        return found
    rows = np.unique(np.concatenate([*variants.values(), found[list(variants)]]))
    rows = rows[rows >= 0]
    x = unit(np.asarray(vectors[rows], np.float32))
    for q, alike in variants.items():
        those = np.append(alike, found[q]) if found[q] >= 0 else alike
        few = x[np.searchsorted(rows, those)]
        scores = score(asked.method, few, directions[asked.places[q]], asked.constants[q])
        scores = np.where(few.any(axis=1), scores, -np.inf)
        best = those[np.lexsort((those, -scores))][: np.isfinite(scores).sum()][:5]
        if len(best) and found[q] not in best:
            found[q] = best[-1]
    return found


def _crowded(asked: Columns, found: Int64[np.ndarray, " q"], own: Int64[np.ndarray, "q own"]) -> list[int]:
    """Questions with five or more words that are spelled like one of theirs, or nothing else to answer with."""
    many = np.diff(asked.blocked.starts)
    return [
        q
        for q in np.flatnonzero((many >= 6) | (found < 0)).tolist()
        if found[q] < 0 or len(np.setdiff1d(asked.blocked[q], own[q])) >= 5
    ]


def score(
    method: Method,
    x: Float64[np.ndarray, "n dim"],
    words: Float64[np.ndarray, "3 dim"],
    constants: Float64[np.ndarray, " 2"],
) -> Scores:
    """Scores of unit vectors in double precision, each summed alike."""
    return method.score(np.stack([(x * word).sum(1) for word in words]), constants)


def _candidates(
    asked: Columns,
    doubts: Sequence[Doubt],
    products: Products,
    places: Int32[np.ndarray, "m 3"],
    rows: Int64[np.ndarray, " n"],
) -> Iterator[tuple[int, Int64[np.ndarray, " c"]]]:
    """Which doubts about a method have which places of the chunk's rows as candidates, a few at a time."""
    if not doubts:
        return
    constants = asked.constants[[doubt.question for doubt in doubts]].astype(np.float32)
    least = np.array([doubt.least for doubt in doubts], np.float32)
    which, place = np.empty((2, max(len(rows), _ROOM)), np.int64)
    kind, start = asked.method.kind, 0
    while start < len(doubts):
        given = (*products.of_kind(kind), places, constants, least, start, which, place)
        count, start = kernels.hopeful(kind, *given)
        cuts = np.flatnonzero(np.diff(which[:count])) + 1
        for found, at in zip(np.split(which[:count], cuts), np.split(place[:count], cuts), strict=True):
            if not len(at):
                continue
            i = int(found[0])
            if doubts[i].run == 0:
                free = ~np.isin(rows[at], asked.blocked[doubts[i].question])
            else:
                free = np.ones(len(at), bool)
            for first in range(0, int(free.sum()), _FEW):
                yield i, at[free][first : first + _FEW]
