"""A question set in a vocabulary: which row each word is, what can be asked, what counts as right.

One idea: words become numbers once. A row's key is the number of its spelling, the same for "King" and "king" where
letter case is folded; answers are compared by key.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int32, Int64

from lateen.arithmetic.analogies.questions import Pair, QuestionSet
from lateen.arithmetic.analogies.units import unit
from lateen.arithmetic.vocabulary import Vocabulary
from lateen.neighbors import Vectors


@dataclass(frozen=True, eq=False)
class Resolved:
    """Pairs and questions of all sections, in numbers; made by `Resolved.of`.

    Args:
        questions: The set.
        vocabulary: What its words are looked up in.
        pairs: All pairs, section by section.
        section: (p,) the section of each.
        left, right: (p,) their rows: the given word, and the first answer that is in the vocabulary; -1 if none is.
        first, second: (q,) the pair that each question gives and the one that it asks for.
        rows: (w,) rows of all words that are asked with, ascending.
        units: (w, dim) their unit vectors.
        zeros: Words that count as unknown since their vectors are zero.
    """

    questions: QuestionSet
    vocabulary: Vocabulary
    pairs: tuple[Pair, ...]
    section: Int64[np.ndarray, " p"]
    left: Int64[np.ndarray, " p"]
    right: Int64[np.ndarray, " p"]
    first: Int32[np.ndarray, " q"]
    second: Int32[np.ndarray, " q"]
    rows: Int64[np.ndarray, " w"]
    units: Float64[np.ndarray, "w dim"]
    zeros: int
    _keys: _Keys

    @classmethod
    def of(cls, questions: QuestionSet, vocabulary: Vocabulary, vectors: Vectors) -> Resolved:
        """Look all words up."""
        pairs = tuple(pair for section in questions.sections for pair in section.pairs)
        sizes = [len(section.pairs) for section in questions.sections]
        before = np.cumsum([0, *sizes])[:-1].tolist()
        first = [s.first + np.int32(b) for s, b in zip(questions.sections, before, strict=True)]
        second = [s.second + np.int32(b) for s, b in zip(questions.sections, before, strict=True)]
        left = np.array([_row(vocabulary, [pair.left]) for pair in pairs], np.int64)
        right = np.array([_row(vocabulary, pair.answers) for pair in pairs], np.int64)
        rows = np.unique(np.concatenate([left, right]))
        rows = rows[rows >= 0]
        units = unit(np.asarray(vectors[rows], np.float32))
        zero = ~units.any(axis=1)
        for side in (left, right):
            side[np.isin(side, rows[zero])] = -1
        return cls(
            questions,
            vocabulary,
            pairs,
            np.repeat(np.arange(len(sizes)), sizes),
            left,
            right,
            np.concatenate(first),
            np.concatenate(second),
            rows[~zero],
            units[~zero],
            int(zero.sum()),
            _Keys.of(pairs, vocabulary),
        )

    @property
    def known_pairs(self) -> Bool[np.ndarray, " p"]:
        """(p,) whether both words of a pair are in the vocabulary."""
        return np.asarray((self.left >= 0) & (self.right >= 0))

    def places(self, rows: Int64[np.ndarray, " n"]) -> Int32[np.ndarray, " n"]:
        """Where rows of known words are in `units`."""
        return np.searchsorted(self.rows, rows).astype(np.int32)

    def alike(self, rows: Iterable[int]) -> list[int]:
        """All rows, ascending, that are spelled like those of some words."""
        return self._keys.alike(rows)

    def same(self, answers: Int64[np.ndarray, " n"], words: Int64[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
        """Whether answers are spelled like words, row by row; no answer (-1) isn't."""
        return np.asarray((answers >= 0) & (self._keys.of_rows(answers) == self._keys.of_rows(words)))

    def right_answers(self, answers: Int64[np.ndarray, " n"], pairs: Int64[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
        """Whether answers are spelled like one of those that their pairs have."""
        keys = self._keys
        asked = pairs.astype(np.int64) * keys.count + keys.of_rows(answers)
        return np.asarray((keys.of_rows(answers) >= 0) & np.isin(asked, keys.accepted))


def _row(vocabulary: Vocabulary, words: Iterable[str]) -> int:
    return next((row for word in words if (row := vocabulary.row(word)) is not None), -1)


@dataclass(frozen=True, eq=False)
class _Keys:
    """Numbers of spellings.

    Args:
        rows: (r,) all rows that are spelled like a word of the set, ascending.
        keys: (r,) theirs.
        accepted: Pairs and keys of their answers, as pair * count + key.
        count: How many keys there are.
        variants: All rows of each key.
    """

    rows: Int64[np.ndarray, " r"]
    keys: Int64[np.ndarray, " r"]
    accepted: Int64[np.ndarray, " a"]
    count: int
    variants: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, pairs: Iterable[Pair], vocabulary: Vocabulary) -> _Keys:
        numbers = {key: i for i, key in enumerate(vocabulary.found)}
        variants = tuple(vocabulary.found.values())
        rows = np.array([row for each in variants for row in each], np.int64)
        keys = np.repeat(np.arange(len(variants)), [len(each) for each in variants])
        order = np.argsort(rows)
        accepted = [
            i * len(variants) + numbers[key]
            for i, pair in enumerate(pairs)
            for answer in pair.answers
            if (key := vocabulary.key(answer)) in numbers
        ]
        return cls(rows[order], keys[order], np.array(accepted, np.int64), len(variants), variants)

    def of_rows(self, rows: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, " n"]:
        if not len(self.rows):
            return np.full(len(rows), -1)
        places = np.minimum(np.searchsorted(self.rows, rows), len(self.rows) - 1)
        return np.where(self.rows[places] == rows, self.keys[places], -1)

    def alike(self, rows: Iterable[int]) -> list[int]:
        found = self.of_rows(np.fromiter(rows, np.int64))
        return sorted({row for key in found.tolist() for row in self.variants[key]})
