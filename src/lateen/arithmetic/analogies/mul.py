"""3CosMul: s(x, b) s(x, c) / (s(x, a) + 0.000001), where s = (1 + cos) / 2; no single word outweighs the others.

Reference:
    Levy and Goldberg, *Linguistic Regularities in Sparse and Explicit Word Representations*, CoNLL 2014, equation 4.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64

from lateen.arithmetic.analogies.kernels import MUL
from lateen.arithmetic.analogies.method import UNIT, Cosines, Each, Method, Rounding, Scores

EPSILON = 1e-6  # gensim's


def _score(cosines: Cosines, constants: Float64[np.ndarray, " 2"]) -> Scores:
    b, a, c = np.clip((1 + cosines) / 2, 0, None)
    return np.asarray(b * c / (a + EPSILON))


def _error(rounding: Rounding) -> Each:
    """The smaller the denominator may be, the more its rounding counts."""
    wrong = rounding.delta / 2 + 2 * UNIT  # of each s
    below = np.clip((1 + rounding.least) / 2 - wrong, 0, None) + EPSILON
    return np.asarray((2 * wrong + rounding.best * wrong) / below + 8 * UNIT * rounding.best)


method = Method(MUL, _score, _error)
