"""LRCos: P(x is of the class of the right words) * cos(x, c), the class learned from a section's other pairs.

Logistic regression on unit vectors: the right words of the other pairs against their left words and as many random
words, classes weighted alike, ridge penalty of weight 1 (scikit-learn's default, as the authors use).

Reference:
    Drozd, Gladkova and Matsuoka, *Word Embeddings, Analogies, and Machine Learning: Beyond king - man + woman = queen*,
    COLING 2016.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float64

from lateen.arithmetic.analogies.kernels import CLASS
from lateen.arithmetic.analogies.method import UNIT, Cosines, Each, Method, Rounding, Scores
from lateen.core.threads import one_thread

MOST_FITS = 200  # of a section; where there are more pairs, they are held out in as many groups


def classifiers(
    left: Float64[np.ndarray, "pairs dim"],
    right: Float64[np.ndarray, "pairs dim"],
    random: Float64[np.ndarray, "random dim"],
    done: Callable[[], None] = lambda: None,
) -> tuple[Float64[np.ndarray, "pairs dim"], Float64[np.ndarray, " pairs"]]:
    """For each of two or more pairs, what the others say of the class of right words: weights and intercepts.

    Args:
        left, right: (pairs, dim) unit vectors.
        random: (random, dim) unit vectors of words of neither class; not held out.
        done: Called after each fit.
    """
    from sklearn.linear_model import LogisticRegression

    n = len(left)
    weights, intercepts = np.empty_like(left), np.empty(n)
    group = np.arange(n) % MOST_FITS
    with one_thread():  # such small products are quicker so, and the same on every machine
        for g in range(min(n, MOST_FITS)):
            others = group != g
            x = np.concatenate([right[others], left[others], random])
            y = np.arange(len(x)) < others.sum()
            fitted = LogisticRegression(class_weight="balanced").fit(x, y)
            weights[~others], intercepts[~others] = fitted.coef_[0], fitted.intercept_[0]
            done()
    return weights, intercepts


def _score(cosines: Cosines, constants: Float64[np.ndarray, " 2"]) -> Scores:
    scale, shift = constants
    return np.asarray(cosines[2] / (1 + np.exp(-(cosines[0] * scale + shift))))


def _error(rounding: Rounding) -> Each:
    """A probability grows by a quarter of the logit at most."""
    scale, shift = np.abs(rounding.constants.T)
    logit = scale * (rounding.delta + 2 * UNIT) + 2 * UNIT * shift
    return np.asarray(rounding.delta + logit / 4 + 8 * UNIT)


method = Method(CLASS, _score, _error)
