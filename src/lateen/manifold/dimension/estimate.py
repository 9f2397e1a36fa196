"""An estimated dimension, and how sure it is.

One idea: neighbours share neighbours, so what they say is alike. Resampling items as if they were independent makes
intervals a quarter to a third too narrow, and resampling them with replacement makes distances of zero; here the table
stays as it is, and what neighbours have in common is added up along it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

Z = 1.959964  # of 95 %
FEWEST = 10  # items that an interval can be made of


@dataclass(frozen=True, eq=False)
class Estimate:
    """A dimension.

    Args:
        value: The dimension; NaN where distances don't tell.
        influence: (n,) of each item on the logarithm of the value: their mean over those that count is 0. 0 for an
            item that doesn't count.
        counts: (n,) which items count: those whose distances are known and not zero.
    """

    value: float
    influence: Float[np.ndarray, " n"]
    counts: Bool[np.ndarray, " n"]

    @property
    def n(self) -> int:
        """How many items count."""
        return int(self.counts.sum())

    def error(self, rows: Int[np.ndarray, "n k"]) -> float:
        """Standard error of the logarithm of the value.

        Args:
            rows: (n, k) neighbours of each item, as rows of this estimate; -1 where one is not among them.

        Reference:
            Conley, GMM estimation with cross sectional dependence, 1999, with neighbours as the pairs that depend.
        """
        n = self.n
        if n < FEWEST or not math.isfinite(self.value):
            return math.nan
        own = float((self.influence**2).sum())
        padded = np.append(self.influence, 0.0)  # what -1 points at
        shared = float((self.influence * padded[rows].sum(axis=1)).sum())
        return math.sqrt(max(own, own + shared)) / n

    def interval(self, rows: Int[np.ndarray, "n k"]) -> tuple[float, float]:
        """The 95 % interval; NaN where fewer than 10 items count."""
        return bounds(self.value, self.error(rows))


def bounds(value: float, error: float) -> tuple[float, float]:
    """The 95 % interval of a value whose logarithm has a standard error."""
    return value * math.exp(-Z * error), value * math.exp(Z * error)


def unknown(n: int) -> Estimate:
    """What is said where distances don't tell."""
    return Estimate(math.nan, np.zeros(n), np.zeros(n, bool))
