"""3CosMul: arithmetic as a product of similarities, so that no single term outweighs the others.

One idea: the score grows with the similarity to what is added and falls with that to what is taken away, so bounds of
the similarities give bounds of the score.

Reference:
    Levy and Goldberg, *Linguistic Regularities in Sparse and Explicit Word Representations*, CoNLL 2014, equation 4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from lateen.core.errors import InputError

EPSILON = 1e-6  # keeps the quotient finite


@dataclass(frozen=True, eq=False)
class CosMul:
    """The score of an expression, by the cosines of an item with its terms.

    For king - man + woman: s(king) s(woman) / (s(man) + 0.000001), where s = (1 + cosine) / 2. A weight other than one
    is an exponent: mean(a, b) is the geometric mean of two similarities.

    Args:
        weights: (t,) weight of each term.

    Raises:
        InputError: If there is no term, or one has no weight.
    """

    weights: Float[np.ndarray, " t"]

    def __post_init__(self) -> None:
        if not len(self.weights) or not np.isfinite(self.weights).all() or not self.weights.all():
            raise InputError(f"3CosMul got the weights {self.weights.tolist()}; each must be a number other than zero.")

    def score(self, cosines: Float[np.ndarray, "t n"]) -> Float[np.ndarray, " n"]:
        """Score of n items by their cosines with the terms: (t, n) -> (n,)."""
        return self._score(cosines, cosines)

    def bounds(
        self, low: Float[np.ndarray, "t n"], high: Float[np.ndarray, "t n"]
    ) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
        """Least and greatest score of n items whose cosines lie between `low` and `high`."""
        return self._score(low, high), self._score(high, low)

    def _score(
        self, towards: Float[np.ndarray, "t n"], away: Float[np.ndarray, "t n"]
    ) -> Float[np.ndarray, " n"]:
        above = np.ones(towards.shape[1], towards.dtype)
        below = np.ones(towards.shape[1], towards.dtype)
        for weight, plus, minus in zip(self.weights.tolist(), towards, away, strict=True):
            shifted = np.clip((1 + (plus if weight > 0 else minus)) / 2, 0, None)
            part = shifted if abs(weight) == 1 else shifted ** np.asarray(abs(weight), towards.dtype)
            if weight > 0:
                above *= part
            else:
                below *= part
        return np.asarray(above / (below + np.asarray(EPSILON, towards.dtype)))
