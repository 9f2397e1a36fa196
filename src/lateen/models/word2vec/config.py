"""How words become vectors: the numbers that the space records.

One idea: a config that exists is valid; a wrong value is refused where it is given, with what was expected.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

from lateen.core.errors import InputError


@dataclass(frozen=True)
class Word2VecConfig:
    """Hyper-parameters of word2vec, and of the reading that goes before it.

    Args:
        algorithm: "skipgram" predicts the words around a word, "cbow" a word from those around it.
        dim: Numbers per word.
        window: Words to each side that count as around it; at each word a number up to it is drawn.
        min_count: How often a word must occur to get a vector.
        negative: Words drawn at random that each true one is told apart from.
        sample: Share of a text above which a word is passed over now and then; 0 for never.
        epochs: Times that the corpus is read.
        learning_rate: At the beginning; it falls in a straight line.
        end_learning_rate: At the end.
        phrases: Passes that join words which occur together often: 1 makes "new_york", 2 also longer ones.
        keep_case: Whether capitals stay; by default "King" and "king" are one word.
        sentences: Where sentences end: "lines", "prose", or "auto", which looks.

    Raises:
        InputError: If a value is out of its range; the message names it.

    Reference:
        Mikolov, Sutskever, Chen, Corrado, Dean, *Distributed Representations of Words and Phrases and their
        Compositionality*, 2013.
    """

    algorithm: str = "skipgram"
    dim: int = 100
    window: int = 5
    min_count: int = 5
    negative: int = 5
    sample: float | int = 1e-3
    epochs: int = 10
    learning_rate: float | int = 0.025
    end_learning_rate: float | int = 0.0001
    phrases: int = 0
    keep_case: bool = False
    sentences: str = "auto"

    def __post_init__(self) -> None:
        self._require("algorithm", self.algorithm in ("skipgram", "cbow"), "'skipgram' or 'cbow'")
        self._require("dim", 1 <= self.dim <= 4096, "from 1 to 4096")
        self._require("window", 1 <= self.window <= 1000, "from 1 to 1000")
        self._require("min_count", 1 <= self.min_count < math.inf, "1 or more")
        self._require("negative", 1 <= self.negative <= 1000, "from 1 to 1000")
        self._require("sample", 0 <= self.sample < 1, "from 0 to below 1, such as 0.001")
        self._require("epochs", 1 <= self.epochs <= 10_000, "from 1 to 10000")
        self._require("learning_rate", 0 < self.learning_rate < 1, "between 0 and 1")
        self._require(
            "end_learning_rate", 0 < self.end_learning_rate <= self.learning_rate, "above 0, up to the learning rate"
        )
        self._require("phrases", self.phrases in (0, 1, 2), "0, 1 or 2 passes")
        self._require("sentences", self.sentences in ("auto", "lines", "prose"), "'auto', 'lines' or 'prose'")

    def to_dict(self) -> dict[str, object]:
        """The config as plain data."""
        return asdict(self)

    def _require(self, name: str, holds: bool, expected: str) -> None:
        if not holds:
            raise InputError(f"Word2VecConfig got {name} = {getattr(self, name)!r}; expected {expected}.")
