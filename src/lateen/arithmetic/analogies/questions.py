"""Analogy questions: a is to b as c is to what?

One idea: a set is lists of pairs, and a question is two pairs of one section. So ninety thousand questions over fifty
pairs each are two arrays of numbers, and what questions share is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int32

from lateen.core.errors import InputError


@dataclass(frozen=True)
class Pair:
    """Two words that stand in the section's relation.

    Args:
        left: The word that is given.
        answers: What is right for it, the usual word first.
    """

    left: str
    answers: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Section:
    """Questions about one relation.

    Args:
        name: What the set calls the relation.
        pairs: Its distinct pairs.
        first: (q,) the pair that each question gives, a and b, as a place in `pairs`.
        second: (q,) the pair that it asks for: c is given, the answers are wanted.
    """

    name: str
    pairs: tuple[Pair, ...]
    first: Int32[np.ndarray, " q"]
    second: Int32[np.ndarray, " q"]

    def __post_init__(self) -> None:
        if len(self.first) != len(self.second):
            raise InputError(f"Section {self.name!r} got {len(self.first)} given and {len(self.second)} asked pairs.")

    def __len__(self) -> int:
        return len(self.first)

    def __iter__(self) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
        """Each question as a, b (the first answer of its pair), c and the answers."""
        for i, j in zip(self.first.tolist(), self.second.tolist(), strict=True):
            yield self.pairs[i].left, self.pairs[i].answers[0], self.pairs[j].left, self.pairs[j].answers


@dataclass(frozen=True, eq=False)
class QuestionSet:
    """An analogy test set; made by `read_questions`.

    Args:
        name: The file or folder it came from.
        sections: Its relations, in the file's order.
        notes: What could not be read, and how the file was understood.
    """

    name: str
    sections: tuple[Section, ...]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return sum(map(len, self.sections))

    def words(self) -> set[str]:
        """All its words."""
        pairs = [pair for section in self.sections for pair in section.pairs]
        return {word for pair in pairs for word in (pair.left, *pair.answers)}
