"""Answers that rounding leaves open, decided in double precision.

One idea: what float32 can't tell apart is few words for few questions; these are scored anew, each by the same sums
whatever stands beside it, so that equal vectors have equal scores and the lower row wins.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    triples = np.stack([columns[d.part].places[d.question] for d in doubts])
    used, places = np.unique(triples, return_inverse=True)
    places = places.reshape(triples.shape).astype(np.int32)
    asked_words = int(np.searchsorted(used, words))
    single, exact = directions[used].astype(np.float32), directions[used]
    kinds = {columns[d.part].method.kind for d in doubts}
    chunk = max(64, min(READ, _NUMBERS // len(used)))
    multiplier = Multiplier.of(single, asked_words, kinds, chunk)
    best = [(-np.inf, -1)] * len(doubts)
    for stretch in stretches(vectors, size, chunk):
        rows, raw, units = stretch.units()
        if not len(rows):
            continue
        products = multiplier.products(units)
        for i, doubt in enumerate(doubts):
            asked = columns[doubt.part]
            found = _candidates(doubt, asked, products, places[i], rows)
            for start in range(0, len(found), _FEW):
                few = found[start : start + _FEW]
                scores = score(asked.method, unit(raw[few]), exact[places[i]], asked.constants[doubt.question])
                top = int(np.argmax(scores))  # the first of equal ones
                if scores[top] > best[i][0]:
                    best[i] = float(scores[top]), int(rows[few[top]])
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
    doubt: Doubt,
    asked: Columns,
    products: Products,
    places: Int32[np.ndarray, " 3"],
    rows: Int64[np.ndarray, " n"],
) -> Int64[np.ndarray, " c"]:
    """Places of the chunk's rows that may be the best."""
    kind, constants = asked.method.kind, asked.constants[doubt.question].astype(np.float32)
    out = np.empty(len(rows), np.int64)
    count = kernels.hopeful(kind, *products.of_kind(kind), places, constants, np.float32(doubt.least), out)
    found = out[:count]
    if doubt.run == 0 and count:
        found = found[~np.isin(rows[found], asked.blocked[doubt.question])]
    return np.asarray(found)
