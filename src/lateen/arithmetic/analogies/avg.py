"""3CosAvg: cos(x, c + mean of the other pairs' b - mean of their a), one direction for a whole section.

Reference:
    Drozd, Gladkova and Matsuoka, *Word Embeddings, Analogies, and Machine Learning: Beyond king - man + woman = queen*,
    COLING 2016.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64

from lateen.arithmetic.analogies.kernels import ONE
from lateen.arithmetic.analogies.method import Cosines, Each, Method, Rounding, Scores


def targets(
    left: Float64[np.ndarray, "pairs dim"], right: Float64[np.ndarray, "pairs dim"]
) -> Float64[np.ndarray, "pairs dim"]:
    """For each of two or more pairs: its left word moved by the mean difference of all other pairs.

    Args:
        left, right: (pairs, dim) unit vectors.
    """
    differences = right - left
    return np.asarray(left + (differences.sum(0) - differences) / (len(left) - 1))


def _score(cosines: Cosines, constants: Float64[np.ndarray, " 2"]) -> Scores:
    return np.asarray(cosines[0])


def _error(rounding: Rounding) -> Each:
    return np.full(len(rounding.best), rounding.delta)


method = Method(ONE, _score, _error)
"""Also what finds the nearest word to c: the baseline of Linzen (2016)."""
