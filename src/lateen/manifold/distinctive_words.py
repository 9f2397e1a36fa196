"""The words that tell groups of texts apart.

One idea: a group is one long text; a word is distinctive where it is common in that text and not in the others.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Int64

TEXTS = 200_000  # are enough
_WORD = re.compile(r"[^\W\d_][\w'’-]*[^\W_]")


def distinctive_words(texts: Sequence[str], labels: Int64[np.ndarray, " n"], count: int = 3) -> list[list[str]]:
    """The most distinctive words of each group, by class-based TF-IDF.

    A word's weight is tf * log(1 + A / f): tf, its share of a group's words; f, how often all groups have it; A, the
    mean number of words of a group. Words of one or two letters are left out, and words in only one text
    of a group.

    Args:
        texts: One per item.
        labels: (n,) the group of each, -1 for none.
        count: Words of each group, at the most.

    Returns:
        The words of each group, the most distinctive first.

    Reference: Grootendorst (2022), BERTopic: neural topic modeling with a class-based TF-IDF procedure.
    """
    groups = int(labels.max(initial=-1)) + 1
    counted: list[Counter[str]] = [Counter() for _ in range(groups)]
    held: list[Counter[str]] = [Counter() for _ in range(groups)]
    step = -(-len(texts) // TEXTS) or 1
    for text, label in zip(texts[::step], labels[::step].tolist(), strict=True):
        if label >= 0:
            words = [word for word in _WORD.findall(text.lower()) if len(word) > 2]
            counted[label].update(words)
            held[label].update(set(words))
    everywhere: Counter[str] = sum(counted, Counter())
    mean = sum(everywhere.values()) / max(1, groups)
    return [
        _best(((word, times) for word, times in here.items() if held[group][word] > 1), everywhere, mean, count)
        for group, here in enumerate(counted)
    ]


def _best(here: Iterable[tuple[str, int]], everywhere: Counter[str], mean: float, count: int) -> list[str]:
    weights = {word: times * np.log1p(mean / everywhere[word]) for word, times in here}
    return sorted(weights, key=lambda word: (-weights[word], word))[:count]
