"""A chunk's products with all directions, and what 3CosMul and PairDirection make of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64

from lateen.arithmetic.analogies import kernels
from lateen.arithmetic.analogies.method import UNIT

_NOTHING = np.empty((0, 0), np.float32)


def rounding_of(dim: int) -> float:
    """The most that a product of two unit vectors is wrong by in float32, their lengths' own errors included."""
    return (1.5 * dim + 8) * UNIT


@dataclass(frozen=True, eq=False)
class Seen:
    """What has been seen of the cosines of each direction.

    Args:
        least: (words,) the least.
        most: (words,) the greatest but for those that rounding hides from PairDirection.
        close: (words,) how many these were.
    """

    least: Float32[np.ndarray, " words"]
    most: Float32[np.ndarray, " words"]
    close: Int64[np.ndarray, " words"]

    @classmethod
    def nothing(cls, words: int) -> Seen:
        """Before the first chunk."""
        return cls(np.ones(words, np.float32), np.full(words, -1, np.float32), np.zeros(words, np.int64))

    def merged(self, other: Seen) -> Seen:
        """In two parts of the vocabulary."""
        least, most = np.minimum(self.least, other.least), np.maximum(self.most, other.most)
        return Seen(least, most, self.close + other.close)


@dataclass(frozen=True, eq=False)
class Products:
    """Numbers of a chunk's rows for each direction.

    Args:
        cosines: (words, n).
        shifted, inverse: (w, n) for 3CosMul, of the words among the directions, which come first; or empty.
        reach: (w, n) for PairDirection, of the same; or empty.
    """

    cosines: kernels.Numbers
    shifted: kernels.Numbers
    inverse: kernels.Numbers
    reach: kernels.Numbers

    @classmethod
    def of(
        cls,
        directions: Float32[np.ndarray, "words dim"],
        units: Float32[np.ndarray, "n dim"],
        words: int,
        kinds: Collection[int],
        seen: Seen,
    ) -> Products:
        """Multiply, and bring what has been seen up to date; the first `words` directions are words."""
        cosines = np.asarray(directions @ units.T)
        shape, wanted = (words, len(units)), (kernels.MUL, kernels.MUL, kernels.PAIR)
        made = cls(cosines, *(np.empty(shape, np.float32) if kind in kinds else _NOTHING for kind in wanted))
        if kernels.MUL in kinds or kernels.PAIR in kinds:
            near = np.float32(1 - max(1e-3, 4 * rounding_of(units.shape[1])))
            arrays = (cosines, made.shifted, made.inverse, made.reach)
            kernels.derive(*arrays, near, seen.least, seen.most, seen.close)
        return made

    def of_kind(self, kind: int) -> tuple[kernels.Numbers, kernels.Numbers, kernels.Numbers]:
        """What a method takes of b, a and c."""
        if kind == kernels.MUL:
            return self.shifted, self.inverse, self.shifted
        if kind == kernels.PAIR:
            return self.cosines, self.cosines, self.reach
        return self.cosines, self.cosines, self.cosines
