"""A chunk's products with all directions, and what 3CosMul and PairDirection make of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64

from lateen.arithmetic.analogies import kernels
from lateen.arithmetic.analogies.method import UNIT


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

    def of_kind(self, kind: int) -> tuple[kernels.Numbers, kernels.Numbers, kernels.Numbers]:
        """What a method takes of b, a and c."""
        if kind == kernels.MUL:
            return self.shifted, self.inverse, self.shifted
        if kind == kernels.PAIR:
            return self.cosines, self.cosines, self.reach
        return self.cosines, self.cosines, self.cosines


@dataclass(frozen=True, eq=False)
class Multiplier:
    """Makes the products of one chunk after another in the same memory; made by `Multiplier.of`.

    Args:
        directions: (directions, dim) unit vectors, words first.
        words: How many of them are words.
        kinds: The methods that are asked.
        seen: Brought up to date with each chunk.
    """

    directions: Float32[np.ndarray, "directions dim"]
    words: int
    kinds: Collection[int]
    seen: Seen
    _room: tuple[Float32[np.ndarray, " _"], ...]

    @classmethod
    def of(
        cls, directions: Float32[np.ndarray, "directions dim"], words: int, kinds: Collection[int], chunk: int
    ) -> Multiplier:
        """For chunks of up to `chunk` rows."""
        of_words = [kind in kinds for kind in (kernels.MUL, kernels.MUL, kernels.PAIR)]
        sizes = [len(directions), *(words if wanted else 0 for wanted in of_words)]
        room = tuple(np.empty(size * chunk, np.float32) for size in sizes)
        return cls(directions, words, kinds, Seen.nothing(len(directions)), room)

    def products(self, units: Float32[np.ndarray, "n dim"]) -> Products:
        """The products with a chunk, valid until the next."""
        n = len(units)
        shapes = [(len(self.directions), n), *((self.words, n) if part.size else (0, 0) for part in self._room[1:])]
        arrays = [part[: a * b].reshape(a, b) for part, (a, b) in zip(self._room, shapes, strict=True)]
        np.matmul(self.directions, units.T, out=arrays[0])
        if kernels.MUL in self.kinds or kernels.PAIR in self.kinds:
            near = np.float32(1 - max(1e-3, 4 * rounding_of(units.shape[1])))
            kernels.derive(*arrays, near, self.seen.least, self.seen.most, self.seen.close)
        return Products(*arrays)
