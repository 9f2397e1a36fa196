"""How far two fields go along with each other, whatever their kinds, and what chance alone would give.

One idea: each kind of pair has its own measure from 0 (independent) to 1 (one tells the other), and one test for all:
the values of one side dealt out at random.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, Int, Int64

from lateen.core.seed import require_seed

SHUFFLES = 199
MOST_ROWS = 5_000
SURE = 0.99  # share of the shuffles that stay below what is called more than chance

Column = Float[np.ndarray, " n"] | Int[np.ndarray, " n"]
"""Numbers (float, NaN where missing) or classes (whole numbers, negative where missing)."""


@dataclass(frozen=True)
class Association:
    """How far two fields go along.

    Args:
        strength: |r| of two numbers, Cramer's V of two classes, eta of one of each; NaN where it isn't known.
        chance: What 99 % of random pairings stay below.
        n: Items of which both are known.
    """

    strength: float
    chance: float
    n: int

    def is_along(self, threshold: float) -> bool:
        """Whether they go along: by the threshold at least, and beyond chance."""
        return self.strength >= threshold and self.strength > self.chance


def association(a: Column, b: Column, *, seed: int = 0) -> Association:
    """How far two columns go along with each other.

    Args:
        a: (n,) numbers or classes.
        b: (n,) numbers or classes.
        seed: Of the shuffles, and of the 5,000 items that are looked at where there are more.

    Reference:
        Cramer, *Mathematical Methods of Statistics*, 1946, for V; Pearson, 1905, for the correlation ratio eta.
    """
    rng = np.random.default_rng(require_seed(seed))
    known = np.flatnonzero(_known(a) & _known(b))
    if len(known) > MOST_ROWS:
        known = np.sort(rng.choice(known, MOST_ROWS, replace=False))
    x, y = a[known], b[known]
    if len(known) < 3 or len(np.unique(x)) < 2 or len(np.unique(y)) < 2:
        return Association(float("nan"), float("nan"), len(known))
    shuffled = [_strength(x, rng.permutation(y)) for _ in range(SHUFFLES)]
    return Association(_strength(x, y), float(np.quantile(shuffled, SURE)), len(known))


def _known(column: Column) -> np.ndarray:
    return np.isfinite(column) if column.dtype.kind == "f" else column >= 0


def _strength(x: Column, y: Column) -> float:
    if x.dtype.kind == "f" and y.dtype.kind == "f":
        return abs(float(np.corrcoef(x, y)[0, 1]))
    if x.dtype.kind == "f":
        return _eta(np.asarray(x, np.float64), np.asarray(y, np.int64))
    if y.dtype.kind == "f":
        return _eta(np.asarray(y, np.float64), np.asarray(x, np.int64))
    return _cramers_v(np.asarray(x, np.int64), np.asarray(y, np.int64))


def _eta(values: Float64[np.ndarray, " n"], classes: Int64[np.ndarray, " n"]) -> float:
    """Square root of the share of the variance that lies between the classes."""
    centred = values - values.mean()
    counts = np.bincount(classes)
    sums = np.bincount(classes, weights=centred)
    between = (sums**2 / np.maximum(counts, 1)).sum()
    return float(np.sqrt(min(1.0, between / (centred**2).sum())))


def _cramers_v(a: Int64[np.ndarray, " n"], b: Int64[np.ndarray, " n"]) -> float:
    rows, columns = np.unique(a, return_inverse=True)[1], np.unique(b, return_inverse=True)[1]
    high, wide = int(rows.max()) + 1, int(columns.max()) + 1
    table = np.bincount(rows * wide + columns, minlength=high * wide).reshape(high, wide).astype(np.float64)
    expected = table.sum(1, keepdims=True) * table.sum(0, keepdims=True) / table.sum()
    chi2 = ((table - expected) ** 2 / expected).sum()
    return float(np.sqrt(min(1.0, chi2 / (table.sum() * (min(high, wide) - 1)))))
