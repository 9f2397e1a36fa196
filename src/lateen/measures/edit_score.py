"""Figures of edits, from what a reader says of the same items before and after.

One idea: everything is a share of items with an interval, judged against the item's own reading before the edit, as it
is decoded; so what a decoder blurs counts neither for nor against an edit, and an edit of nothing scores 0 and 1.

Reference:
    Canby, Davies, Rastogi and Hockenmaier, *Measuring the Reliability of Causal Probing Methods: Tradeoffs,
    Limitations, and the Plight of Nullifying Interventions*, 2024: completeness (how thoroughly the target was
    transformed), selectivity (how little else was) and reliability, their harmonic mean. There, oracle probes read
    distributions off the representation itself, and the figures are distances between distributions; here a network
    that never saw the representation reads pictures, and the figures are shares of items that are read as they should.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from lateen.measures.readings import Classes, Numbers

_Z = 1.959963984540054  # of the 95 % interval
READABLE = 0.5  # skill from which on a reader is believed


@dataclass(frozen=True)
class Share:
    """A share of n items with its 95 % Wilson interval; NaN of none.

    Args:
        value: The share.
        low: Lower end.
        high: Upper end.
        n: Of how many items.
    """

    value: float
    low: float
    high: float
    n: int


def share_of(hits: Bool[np.ndarray, " n"]) -> Share:
    """The share of items that are hits.

    Reference:
        Wilson, *Probable Inference, the Law of Succession, and Statistical Inference*, 1927.
    """
    n = len(hits)
    if n == 0:
        return Share(math.nan, math.nan, math.nan, 0)
    p = float(hits.mean())
    middle = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2))
    return Share(p, max(0.0, min(p, middle - half)), min(1.0, max(p, middle + half)), n)  # p: the last digit of a sum


@dataclass(frozen=True)
class Kept:
    """What became of one other attribute.

    Args:
        share: Of the items whose reading stays.
        drift: Mean change in standard deviations of the field, signed; NaN of classes.
        moved: Mean absolute change in the same unit; NaN of classes.
    """

    share: Share
    drift: float = math.nan
    moved: float = math.nan


@dataclass(frozen=True)
class Levels:
    """How readings of a number are sorted into low and high.

    Args:
        low: Readings up to here are low.
        middle: Where low ends and high begins, for an item that was clearly one of them.
        high: Readings from here on are high.
        spread: Standard deviation of the field.
    """

    low: float
    middle: float
    high: float
    spread: float


def levels_of(readings: Float[np.ndarray, " n"], values: Float[np.ndarray, " n"]) -> Levels:
    """The levels of a field, from readings of real items and the items' values.

    Low and high are the lower and the upper third of the readings, the middle is their median. Where a single value
    fills a third of the items (no beard at all, say), thirds would part noise from noise: then there are two sides,
    the rest and that value, and all three levels are the reading that tells them apart best.

    Args:
        readings: (n,) what the reader says.
        values: (n,) what is true; NaN where it isn't known.
    """
    known = np.isfinite(values)
    y = values[known]
    if not len(y):
        return Levels(math.nan, math.nan, math.nan, 1.0)
    spread = float(y.std()) or 1.0
    first, second = np.quantile(y, [1 / 3, 2 / 3])
    if first == y.min() or second == y.max():
        above = y > first if first == y.min() else y >= second
        if above.any() and not above.all():
            cut, _ = best_cut(readings[known], above)
            return Levels(cut, cut, cut, spread)
    low, middle, high = np.quantile(readings, [1 / 3, 1 / 2, 2 / 3])
    return Levels(float(low), float(middle), float(high), spread)


def kept(before: Numbers | Classes, after: Numbers | Classes, levels: Levels | None = None) -> Kept:
    """What became of an attribute.

    Of classes: the share of items that are read as the same class. Of numbers: of the items that were read low or high
    before, the share that is not read beyond the middle after.

    Args:
        before: Readings of the items before.
        after: Readings of the same items after.
        levels: What is low and high, where it is a number.
    """
    if isinstance(before, Numbers):
        assert levels is not None
        change = (after.values - before.values) / levels.spread
        clear = clearly(before, levels)
        stays = stayed(before, after, levels)
        return Kept(share_of(stays[clear]), _mean(change), _mean(np.abs(change)))
    return Kept(share_of(stayed(before, after)))


def stayed(
    before: Numbers | Classes, after: Numbers | Classes, levels: Levels | None = None
) -> Bool[np.ndarray, " n"]:
    """Which items are read as before: the same class, or the same side of the middle."""
    if isinstance(before, Numbers):
        assert levels is not None
        return np.asarray((before.values > levels.middle) == (after.values > levels.middle))
    return np.asarray(before.values == after.values)


def clearly(readings: Numbers, levels: Levels) -> Bool[np.ndarray, " n"]:
    """Which items are clearly low or high."""
    return np.asarray((readings.values <= levels.low) | (readings.values >= levels.high))


def best_cut(readings: Float[np.ndarray, " n"], positive: Bool[np.ndarray, " n"]) -> tuple[float, float]:
    """The reading above which items are most often positive, and the balanced accuracy of that.

    Reference:
        Youden, *Index for Rating Diagnostic Tests*, 1950.
    """
    order = np.argsort(readings, kind="stable")
    ascending, is_positive = readings[order], positive[order]
    missed = np.concatenate([[0.0], np.cumsum(is_positive)]) / max(int(positive.sum()), 1)
    rejected = np.concatenate([[0.0], np.cumsum(~is_positive)]) / max(int((~positive).sum()), 1)
    balanced = (1 - missed + rejected) / 2
    possible = np.concatenate([[True], ascending[1:] > ascending[:-1], [True]])
    best = int(np.argmax(np.where(possible, balanced, -1)))
    below = ascending[best - 1] if best > 0 else ascending[0] - 1
    above = ascending[best] if best < len(ascending) else ascending[-1] + 1
    return float((below + above) / 2), float(balanced[best])


@dataclass(frozen=True)
class Skill:
    """How well a field is read.

    Args:
        figure: R^2 of numbers, accuracy of classes.
        baseline: What a reader that sees nothing reaches: 0, or the share of the commonest class.
        n: Items of which the truth is known.
    """

    figure: float
    baseline: float
    n: int

    @property
    def skill(self) -> float:
        """The way from the baseline to 1 that it goes: R^2 itself, or the share of wrong guesses put right."""
        return (self.figure - self.baseline) / (1 - self.baseline) if self.baseline < 1 else math.nan

    @property
    def is_readable(self) -> bool:
        """Whether the reader is to be believed."""
        return self.skill >= READABLE


def skill_of(
    read: Numbers | Classes,
    truth: Float[np.ndarray, " n"] | Int[np.ndarray, " n"],
    among: Bool[np.ndarray, " n"] | None = None,
) -> Skill:
    """How well a field was read.

    Args:
        read: What the reader says.
        truth: (n,) what is true: numbers with NaN, or places among the classes with -1, where it isn't known.
        among: (n,) the items whose errors count; the baseline is that of all of them, so that a field that doesn't
            vary among these is well read if it is read right.
    """
    known = np.isfinite(truth) if isinstance(read, Numbers) else np.asarray(truth >= 0)
    asked = known if among is None else known & among
    n = int(asked.sum())
    if n == 0:
        return Skill(math.nan, math.nan, 0)
    if isinstance(read, Numbers):
        total = float(truth[known].var())
        left = float(((read.values[asked] - truth[asked]) ** 2).mean())
        return Skill(1 - left / total if total > 0 else math.nan, 0.0, n)
    commonest = float(np.bincount(truth[known].astype(np.int64)).max() / known.sum())
    return Skill(float((read.values[asked] == truth[asked]).mean()), commonest, n)


def selectivity(shares: Mapping[str, Share]) -> tuple[float, str | None]:
    """The mean share that is kept, and which attribute is kept least; NaN and None of none."""
    known = {name: share.value for name, share in shares.items() if share.n}
    if not known:
        return math.nan, None
    return float(np.mean(list(known.values()))), min(known, key=lambda name: known[name])


def harmonic_mean(a: float | int, b: float | int) -> float:
    """2ab / (a + b); 0 where one is 0, NaN where one isn't known."""
    if math.isnan(a) or math.isnan(b):
        return math.nan
    return 2.0 * a * b / (a + b) if a + b > 0 else 0.0


def retrieved(before: Float[np.ndarray, "n f"], after: Float[np.ndarray, "n f"]) -> Bool[np.ndarray, " n"]:
    """Which edited items lie nearer to their own original than to any other's, feature by feature on one scale."""
    if len(before) == 0:
        return np.zeros(0, bool)
    spread = before.astype(np.float64).std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    middle = before.mean(axis=0)
    x, y = (before - middle) / scale, (after - middle) / scale
    far = (y**2).sum(1)[:, None] + (x**2).sum(1) - 2 * y @ x.T
    return np.asarray(far.argmin(axis=1) == np.arange(len(before)))


def is_monotone(values: Sequence[float | int], slack: float = 0.0) -> bool:
    """Whether no value is below one before it by more than the slack."""
    highest = -math.inf
    for value in values:
        if value < highest - slack:
            return False
        highest = max(highest, value)
    return True


def dose_reaching(doses: Sequence[float | int], success: Sequence[float | int], wanted: float) -> float:
    """The least dose at which the success is wanted, linearly between those tried; NaN if it never is."""
    for i, reached in enumerate(success):
        if reached >= wanted:
            if i == 0:
                return float(doses[0])
            share = (wanted - success[i - 1]) / (reached - success[i - 1])
            return float(doses[i - 1] + share * (doses[i] - doses[i - 1]))
    return math.nan


def _mean(values: Float[np.ndarray, " n"]) -> float:
    return float(values.mean()) if len(values) else math.nan
