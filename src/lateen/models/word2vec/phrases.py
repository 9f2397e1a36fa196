"""Words that occur together more often than by chance become one: "new york" becomes "new_york"."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from lateen.core.errors import MissingExtraError
from lateen.models.word2vec.tokens import Tokens, TokenWriter

MIN_COUNT = 5  # of a pair
THRESHOLD = 100.0  # of its score, as word2phrase has it; gensim's 10 joins "had been" and "young man"
_SENTENCES = 10_000


def join_phrases(tokens: Tokens, folder: Path) -> Tokens:
    """One pass of joining pairs of words by "_"; small words between them ("of", "the") go along.

    Args:
        tokens: All words of a corpus.
        folder: Where to write what comes out.

    Raises:
        MissingExtraError: If gensim isn't installed.
        StorageError: If there is no room.

    Reference:
        Mikolov, Sutskever, Chen, Corrado, Dean, *Distributed Representations of Words and Phrases and their
        Compositionality*, 2013.
    """
    try:
        from gensim.models.phrases import ENGLISH_CONNECTOR_WORDS, Phrases
    except ImportError as error:
        raise MissingExtraError("Joining phrases", "words") from error
    counted = Phrases(
        tokens.texts(),
        min_count=MIN_COUNT,
        threshold=THRESHOLD,
        connector_words=ENGLISH_CONNECTOR_WORDS,
    )
    frozen = counted.freeze()
    joined = ([word for word, _ in frozen.analyze_sentence(sentence)] for sentence in tokens.texts())
    with TokenWriter(folder) as writer:
        for some in _blocks(joined):
            writer.write(some)
        return writer.finish()


def _blocks(sentences: Iterator[list[str]]) -> Iterator[list[list[str]]]:
    while some := list(islice(sentences, _SENTENCES)):
        yield some
