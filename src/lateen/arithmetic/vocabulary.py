"""A vocabulary as a test set sees it: the first rows of a space, looked up with a stated rule about letter case.

One idea: only the words that are asked for are kept, so three million words cost no more memory than three.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from lateen.core.errors import InputError

USUAL = 300_000  # words that gensim's evaluations look at if nothing is said


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Rows of words; made by `Vocabulary.of`.

    Args:
        size: Words that answers are sought among: rows 0 to size - 1.
        fold: Whether letter case is folded (by upper-casing, as gensim does).
        found: Rows, ascending, of each wanted word that is there, by its key.
    """

    size: int
    fold: bool
    found: Mapping[str, tuple[int, ...]]

    @classmethod
    def of(
        cls, words: Sequence[str], wanted: Iterable[str], *, most: int = USUAL, fold: bool = True
    ) -> Vocabulary:
        """Look for words.

        Args:
            words: All words in row order, the most frequent first.
            wanted: Those that will be asked for.
            most: How many of `words` count, from the first; 0 for all.
            fold: Whether "King" and "king" are one word. The first spelling, so the most frequent, stands for it.

        Raises:
            InputError: If `most` is negative.
        """
        if most < 0:
            raise InputError(f"A vocabulary of {most} words was asked for; give 1 or more, or 0 for all words.")
        size = min(most or len(words), len(words))
        keys = {word.upper() if fold else word for word in wanted}
        found: dict[str, list[int]] = {}
        for row, word in enumerate(islice(iter(words), size)):
            key = word.upper() if fold else word
            if key in keys:
                found.setdefault(key, []).append(row)
        return cls(size, fold, {key: tuple(rows) for key, rows in found.items()})

    def key(self, word: str) -> str:
        """What a word is compared by."""
        return word.upper() if self.fold else word

    def row(self, word: str) -> int | None:
        """The row that stands for a word; None if it is not in the vocabulary."""
        rows = self.found.get(self.key(word))
        return None if rows is None else rows[0]

    def rows(self, word: str) -> tuple[int, ...]:
        """All rows that are spelled like a word, but for its case where that is folded."""
        return self.found.get(self.key(word), ())
