"""PairDirection: cos(x - c, b - a), the word that lies from c in the direction in which b lies from a, however far.

It is undefined at x = c, and where b = a. The second constant is cos(c, b) - cos(c, a); the length of b - a, the same
for all x, is left out.

Reference:
    Levy and Goldberg, *Linguistic Regularities in Sparse and Explicit Word Representations*, CoNLL 2014, section 3.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64

from lateen.arithmetic.analogies.kernels import PAIR
from lateen.arithmetic.analogies.method import UNIT, Cosines, Each, Method, Rounding, Scores

SAME = 1e-12  # a cosine so near to 1 is that of c with itself, or with a copy of it


def _score(cosines: Cosines, constants: Float64[np.ndarray, " 2"]) -> Scores:
    b, a, c = cosines
    apart = 1 - c > SAME
    away = np.sqrt(2 - 2 * np.where(apart, c, 0))
    return np.where(apart, (b - a - constants[1]) / away, -np.inf)


def _error(rounding: Rounding) -> Each:
    """The nearer a word may be to c, the less is known of where it lies from there."""
    square = np.clip(2 - 2 * rounding.most - 2 * rounding.delta, 1e-9, None)
    of_products = (2 * rounding.delta + 8 * UNIT) / np.sqrt(square)
    return np.asarray(of_products + np.abs(rounding.best) * (rounding.delta / square + 8 * UNIT))


method = Method(PAIR, _score, _error)
