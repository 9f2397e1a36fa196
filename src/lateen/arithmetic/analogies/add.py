"""3CosAdd: cos(x, b) - cos(x, a) + cos(x, c), the nearest word to where the parallelogram closes.

Reference:
    Mikolov, Yih and Zweig, *Linguistic Regularities in Continuous Space Word Representations*, NAACL 2013.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64

from lateen.arithmetic.analogies.kernels import ADD
from lateen.arithmetic.analogies.method import UNIT, Cosines, Each, Method, Rounding, Scores


def _score(cosines: Cosines, constants: Float64[np.ndarray, " 2"]) -> Scores:
    b, a, c = cosines
    return np.asarray(b - a + c)


def _error(rounding: Rounding) -> Each:
    return np.full(len(rounding.best), 3 * rounding.delta + 8 * UNIT)


method = Method(ADD, _score, _error)
