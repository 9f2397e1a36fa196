"""A corpus as numbers in two files: a word of a sentence is four bytes, and so is a sentence's length.

One idea: text is taken apart once; every epoch then reads numbers, faster than gensim would split lines. Words that
are too rare for a vector are left out on the way, as gensim does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from pathlib import Path

import numpy as np
from jaxtyping import Int32, Int64

from lateen.core.atomic import write_file
from lateen.core.errors import InputError, SpaceError, StorageError

_SENTENCES = 50_000  # read at a time at most, and
_WORDS = 1_000_000  # no more words than these and a sentence
_DESCRIPTION = "tokens.json"


@dataclass(frozen=True, eq=False)
class Tokens:
    """Sentences of numbered words, the most frequent word first.

    Args:
        folder: Where the numbers are.
        words: The vocabulary.
        counts: (n,) how often each occurs.
        total: Words of the corpus, those without a vector included.
        sentences: Sentences that are left.
        digest: SHA-256 of words and sentences: the same for the same text, however it was packed.
        notes: What was noticed while reading.
    """

    folder: Path
    words: Sequence[str]
    counts: Int64[np.ndarray, " n"]
    total: int
    sentences: int
    digest: str
    notes: tuple[str, ...] = ()

    @property
    def kept(self) -> int:
        """Words of the corpus that have a vector."""
        return int(self.counts.sum())

    def blocks(self, sentence: int = 0, token: int = 0) -> Iterator[list[list[int]]]:
        """Lists of sentences, from a sentence on.

        Args:
            sentence: The first one.
            token: How many words come before it.
        """
        for ids, lengths in _blocks(self.folder, sentence, token):
            flat, ends = ids.tolist(), np.cumsum(lengths).tolist()
            yield [flat[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)]

    def texts(self) -> Iterator[list[str]]:
        """The sentences as words."""
        for block in self.blocks():
            for sentence in block:
                yield [self.words[i] for i in sentence]

    def save(self, state: object) -> None:
        """Write down what is not in the two files; they are complete then.

        Args:
            state: What they were made from, as plain data.
        """
        said = {
            "words": list(self.words),
            "counts": self.counts.tolist(),
            "total": self.total,
            "sentences": self.sentences,
            "digest": self.digest,
            "notes": list(self.notes),
            "state": state,
        }
        write_file(self.folder / _DESCRIPTION, json.dumps(said).encode())

    @classmethod
    def load(cls, folder: Path, state: object) -> Tokens | None:
        """What `save` has written; None if it was made from something else, or is not complete.

        Raises:
            SpaceError: If it can't be read.
        """
        path = folder / _DESCRIPTION
        if not path.is_file():
            return None
        try:
            said = json.loads(path.read_text("utf-8"))
            if said["state"] != state:
                return None
            counts = np.array(said["counts"], np.int64)
            total, sentences, digest = (said[name] for name in ("total", "sentences", "digest"))
            tokens = cls(folder, said["words"], counts, total, sentences, digest, tuple(said["notes"]))
            sizes = [(folder / name).stat().st_size for name in ("ids.bin", "lengths.bin")]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SpaceError(f"{path} can't be read: {error}. Start anew with --force.") from error
        return tokens if sizes == [4 * tokens.kept, 4 * tokens.sentences] else None


class TokenWriter:
    """Takes sentences of words and writes their numbers.

    Args:
        folder: Where to; files that are there are written anew.

    Raises:
        StorageError: If there is no room.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = _Numbers()
        self._counts = np.zeros(1 << 16, np.int64)
        self._digest = sha256()
        self._sentences = 0
        with _writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._ids, self._lengths = (folder / "ids.bin").open("wb"), (folder / "lengths.bin").open("wb")

    def __enter__(self) -> TokenWriter:
        return self

    def __exit__(self, *_: object) -> None:
        with _writing(self.folder):
            self._ids.close()
            self._lengths.close()

    def write(self, sentences: Sequence[Sequence[str]]) -> None:
        """Add sentences."""
        lengths = np.fromiter(map(len, sentences), np.int32, len(sentences))
        words = chain.from_iterable(sentences)
        ids = np.fromiter(map(self._numbers.__getitem__, words), np.int32, int(lengths.sum()))
        self._sentences += len(sentences)
        while len(self._numbers) > len(self._counts):
            self._counts = np.concatenate([self._counts, np.zeros_like(self._counts)])
        found = np.bincount(ids)
        self._counts[: len(found)] += found
        with _writing(self.folder):
            for array, file in ((ids, self._ids), (lengths, self._lengths)):
                data = array.tobytes()
                self._digest.update(data)
                file.write(data)

    def finish(self) -> Tokens:
        """All words that occur, in the order in which they came."""
        self.__exit__()
        words = list(self._numbers)
        self._digest.update("\n".join(words).encode())
        counts = self._counts[: len(words)]
        return Tokens(self.folder, words, counts, int(counts.sum()), self._sentences, self._digest.hexdigest())


def with_vectors(tokens: Tokens, folder: Path, min_count: int) -> Tokens:
    """The sentences of the words that occur often enough, numbered by frequency; ties stay in the order of the text.

    Args:
        tokens: All words.
        folder: Where to.
        min_count: How often a word must occur.

    Raises:
        InputError: If no two words do.
        StorageError: If there is no room.
    """
    order = np.argsort(-tokens.counts, kind="stable")
    order = order[tokens.counts[order] >= min_count]
    if len(order) < 2:
        most = int(tokens.counts.max(initial=0))
        raise InputError(
            f"A corpus of {tokens.total:,} words has {len(order):,} that occur {min_count:,} times or more (the most "
            f"frequent one {most:,} times); at least 2 are needed. Give more text, or a smaller --min-count."
        )
    rank = np.full(len(tokens.words), -1, np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    sentences = 0
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "ids.bin").open("wb") as ids_file, (folder / "lengths.bin").open("wb") as lengths_file:
            for ids, lengths in _blocks(tokens.folder):
                ranks = rank[ids]
                before = np.concatenate([[0], np.cumsum(ranks >= 0)])
                ends = np.cumsum(lengths)
                left = np.diff(before[ends], prepend=0).astype(np.int32)
                left = left[left > 0]
                ids_file.write(ranks[ranks >= 0].tobytes())
                lengths_file.write(left.tobytes())
                sentences += len(left)
    words = [tokens.words[i] for i in order.tolist()]
    return Tokens(folder, words, tokens.counts[order], tokens.total, sentences, tokens.digest)


class _Numbers(dict[str, int]):
    """Words by number; a new one gets the next."""

    def __missing__(self, word: str) -> int:
        self[word] = number = len(self)
        return number


def _blocks(
    folder: Path, sentence: int = 0, token: int = 0
) -> Iterator[tuple[Int32[np.ndarray, " m"], Int32[np.ndarray, " s"]]]:
    """Numbers and lengths of some sentences after the other."""
    with (folder / "ids.bin").open("rb") as ids, (folder / "lengths.bin").open("rb") as lengths:
        ids.seek(4 * token)
        lengths.seek(4 * sentence)
        while len(some := np.fromfile(lengths, np.int32, _SENTENCES)):
            ends = np.cumsum(some, dtype=np.int64)
            cuts = np.flatnonzero(np.diff(ends // _WORDS)) + 1  # after the sentence that reaches the next million
            for part in np.split(some, cuts):
                yield np.fromfile(ids, np.int32, int(part.sum())), part


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"Writing the words of the corpus to {folder} failed: {error.strerror or error}. Make room (4 bytes a "
            "word), or choose another place with -o."
        ) from error
