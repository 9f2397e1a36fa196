"""How far an accuracy may be off: a bootstrap over pairs, since questions that share a pair are not independent.

One idea: pairs are drawn, not questions. A question of two pairs counts as often as the product of how often each was
drawn (the pigeonhole bootstrap); a plain interval over questions would be several times too narrow.

Reference:
    Owen, *The pigeonhole bootstrap*, Annals of Applied Statistics 1, 2007.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int32

DRAWS = 1000
LEAST = 5  # pairs; fewer say nothing of others
_TAILS = (2.5, 97.5)
_NUMBERS = 4_000_000  # of draws that are held at once


@dataclass(frozen=True, eq=False)
class Draws:
    """How a section's right answers came out in each draw.

    Args:
        right: (draws,) weighted number of right answers.
        total: (draws,) weighted number of questions.
        pairs: How many distinct pairs were drawn from.
    """

    right: Float64[np.ndarray, " draws"]
    total: Float64[np.ndarray, " draws"]
    pairs: int

    @classmethod
    def of(
        cls,
        correct: Bool[np.ndarray, " q"],
        pairs: Int32[np.ndarray, "q k"],
        random: np.random.Generator,
        draws: int = DRAWS,
    ) -> Draws:
        """Draw pairs of one section.

        Args:
            correct: (q,) which answers are right.
            pairs: (q, 1 or 2) the pairs that each question is made of.
            random: Where draws come from.
            draws: How many.
        """
        from scipy.sparse import csr_array

        used, places = np.unique(pairs, return_inverse=True)
        n = len(used)
        if not n:
            return cls(np.zeros(draws), np.zeros(draws), 0)
        places = places.reshape(pairs.shape)
        first, second = places[:, 0], places[:, -1]

        def weighed(values: Float64[np.ndarray, " q"], drawn: Float64[np.ndarray, "n d"]) -> Float64[np.ndarray, " d"]:
            if pairs.shape[1] == 1:
                return np.asarray(np.bincount(first, values, n) @ drawn)
            table = csr_array((values, (first, second)), shape=(n, n))
            return np.asarray(((table @ drawn) * drawn).sum(axis=0))

        right, total = np.empty((2, draws))
        step = max(1, _NUMBERS // n)
        for start in range(0, draws, step):
            part = slice(start, min(start + step, draws))
            drawn = random.multinomial(n, np.full(n, 1 / n), size=part.stop - start).astype(np.float64).T
            right[part], total[part] = weighed(correct.astype(np.float64), drawn), weighed(np.ones(len(correct)), drawn)
        return cls(right, total, n)


def interval(parts: Iterable[Draws]) -> tuple[float, float]:
    """95 % percentile interval of the accuracy over one or more sections; NaN where there are too few pairs.

    Where no answer is right, or all are, draws don't differ; then it is the exact interval of as many questions as
    there are pairs.
    """
    parts = list(parts)
    right, total = sum(p.right for p in parts), sum(p.total for p in parts)
    pairs, drawn = sum(p.pairs for p in parts), np.asarray(total) > 0
    if pairs < LEAST or not drawn.any():
        return math.nan, math.nan
    shares = np.asarray(right)[drawn] / np.asarray(total)[drawn]
    low, high = np.percentile(shares, _TAILS)
    if shares.min() == shares.max() and shares[0] in (0, 1):
        beyond = 1 - (_TAILS[0] / 100) ** (1 / pairs)
        return (0.0, beyond) if shares[0] == 0 else (1 - beyond, 1.0)
    return float(low), float(high)
