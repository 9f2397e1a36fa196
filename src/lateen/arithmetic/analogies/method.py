"""What a method of answering analogies is: a score of each word x by its cosines with b, a and c.

One idea: scores are computed twice. In float32 for all words, by `kernels`; in float64 for those few words that
rounding leaves in doubt, by `score`. What is in doubt, `error` says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

Cosines = Float64[np.ndarray, "3 n"]
Scores = Float64[np.ndarray, " n"]
Each = Float64[np.ndarray, " q"]


@dataclass(frozen=True, eq=False)
class Rounding:
    """What bounds the rounding errors of the scores of q questions.

    Args:
        delta: The most that a product of two unit vectors is wrong by in float32.
        best: (q,) the best score that was found.
        constants: (q, 2) as in `Method.score`.
        least: (q,) the least cosine of any word with a.
        most: (q,) the greatest cosine of any word with c that PairDirection takes at face value.
    """

    delta: float
    best: Each
    constants: Float64[np.ndarray, "q 2"]
    least: Each
    most: Each


@dataclass(frozen=True)
class Method:
    """A way to answer.

    Args:
        kind: Its number in `kernels`, where its float32 form is.
        score: Scores of n words by their cosines with b, a and c, and by the question's two constants; -inf where it is
            undefined.
        error: (q,) the most that a score which is near the best is wrong by in float32.
    """

    kind: int
    score: Callable[[Cosines, Float64[np.ndarray, " 2"]], Scores]
    error: Callable[[Rounding], Each]


UNIT = 2.0**-24  # of float32's rounding
