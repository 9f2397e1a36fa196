"""Spearman's rank correlation, with an interval and with what chance alone would give.

One idea: in a bootstrap resample a rank follows from how often the values below it were drawn, so the values are sorted
once, not once a resample.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64, Int, Int64

from lateen.core.errors import InputError
from lateen.core.seed import require_seed

RESAMPLES = 1_999  # of the bootstrap and of the permutation
LEAST = 3  # pairs; two are always ordered alike or not
_BLOCK = 1_000_000  # numbers that are drawn at a time


@dataclass(frozen=True)
class Spearman:
    """How alike two orders are.

    Args:
        rho: -1 (reversed) to 1 (the same order); NaN where one side has one value only.
        low: Lower end of the 95 % interval.
        high: Its upper end.
        p: Share of random pairings that agree at least as much, one-sided; never below 1 / (RESAMPLES + 1).
        n: Pairs that count.
        null_mean: Mean over random pairings.
        null_95: Their 95th percentile.
    """

    rho: float
    low: float
    high: float
    p: float
    n: int
    null_mean: float
    null_95: float

    @property
    def calibrated(self) -> float:
        """Rho on a scale where 0 is what chance reaches once in twenty, and 1 is the most; NaN where both are 1."""
        return (self.rho - self.null_95) / (1 - self.null_95) if self.null_95 < 1 else math.nan

    def __repr__(self) -> str:
        return f"Spearman({self.rho:.3f}, 95 % {self.low:.3f} to {self.high:.3f}, p {self.p:.2g}, n {self.n:,})"


def spearman(a: Float[np.ndarray, " n"], b: Float[np.ndarray, " n"], *, seed: int = 0) -> Spearman:
    """Pearson's correlation of the ranks; equal values share the mean of their ranks.

    The interval is the percentile bootstrap over pairs (1,999 resamples), the null is made of as many permutations.
    Pairs count as independent, though words recur in most sets.

    Args:
        a: (n,) values; pairs in which one is NaN are left out.
        b: (n,) values that belong to them.
        seed: Same seed, same interval and p.

    Raises:
        InputError: If fewer than three pairs are left.

    Reference:
        Spearman 1904; Efron and Tibshirani 1993, chapters 13 and 15.
    """
    known = ~(np.isnan(a) | np.isnan(b))
    n = int(known.sum())
    if n < LEAST:
        raise InputError(f"spearman got {n} pairs of numbers; a rank correlation needs {LEAST} or more.")
    sides = _Order.of(a[known]), _Order.of(b[known])
    rho = float(_rho(*sides, np.ones((1, n), np.int64))[0])
    if math.isnan(rho):
        return Spearman(rho, math.nan, math.nan, math.nan, n, math.nan, math.nan)
    rng = np.random.default_rng(require_seed(seed))
    drawn = np.concatenate([_rho(*sides, counts) for counts in _counts(rng, n)])
    low, high = np.nanquantile(drawn, (0.025, 0.975))  # NaN: a resample of one value only
    null = np.concatenate([_permuted(*sides, rng, rows) for rows in _blocks(n)])
    p = (1 + int((null >= rho - 1e-12).sum())) / (RESAMPLES + 1)
    return Spearman(rho, float(low), float(high), p, n, float(null.mean()), float(np.quantile(null, 0.95)))


@dataclass(frozen=True, eq=False)
class _Order:
    """Values in ascending order.

    Args:
        order: (n,) which value comes where.
        last: (n,) whether the next value is another, so that a run of equal ones ends here.
    """

    order: Int64[np.ndarray, " n"]
    last: Bool[np.ndarray, " n"]

    @classmethod
    def of(cls, values: Float[np.ndarray, " n"]) -> _Order:
        order = np.argsort(values, kind="stable")
        ascending = values[order]
        return cls(order, np.append(ascending[1:] != ascending[:-1], True))

    def ranks(self, counts: Int[np.ndarray, "resamples n"]) -> Float64[np.ndarray, "resamples n"]:
        """Mean rank of each value where it is there `counts` times; of those that are not there, any."""
        upto = np.cumsum(counts[:, self.order], axis=1)
        ends = np.flatnonzero(self.last)
        runs = np.diff(upto[:, ends], axis=1, prepend=0)
        run = np.searchsorted(ends, np.arange(len(self.order)))
        ranks = np.empty(counts.shape)
        ranks[:, self.order] = (upto[:, ends] - (runs - 1) / 2)[:, run]
        return ranks


def _rho(a: _Order, b: _Order, counts: Int[np.ndarray, "resamples n"]) -> Float64[np.ndarray, " resamples"]:
    """Correlation of the ranks in each resample, given how often each pair is in it."""
    middle = (counts.shape[1] + 1) / 2
    x, y = a.ranks(counts) - middle, b.ranks(counts) - middle
    weighted = counts * x
    products, squares = (weighted * y).sum(axis=1), (weighted * x).sum(axis=1) * (counts * y * y).sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.clip(products / np.sqrt(squares), -1, 1))


def _permuted(a: _Order, b: _Order, rng: np.random.Generator, rows: int) -> Float64[np.ndarray, " rows"]:
    """Correlations when the second values are dealt out at random."""
    once = np.ones((1, len(a.order)), np.int64)
    x, y = a.ranks(once)[0], b.ranks(once)[0]
    x, y = x - x.mean(), y - y.mean()
    dealt = rng.permuted(np.broadcast_to(y, (rows, len(y))), axis=1)
    return np.asarray((dealt * x).sum(axis=1) / math.sqrt((x * x).sum() * (y * y).sum()))


def _counts(rng: np.random.Generator, n: int) -> Iterator[Int64[np.ndarray, "resamples n"]]:
    """How often each of n pairs is drawn in each resample, some resamples at a time."""
    for rows in _blocks(n):
        drawn = rng.integers(n, size=(rows, n)) + n * np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n)


def _blocks(n: int) -> Iterator[int]:
    """Numbers of resamples that are drawn together."""
    left = RESAMPLES
    while left:
        rows = min(left, max(1, _BLOCK // n))
        yield rows
        left -= rows
