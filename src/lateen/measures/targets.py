"""Targets: when a reading counts as having the attribute that an edit was to give."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from lateen.measures.readings import Classes, Numbers


@dataclass(frozen=True)
class OneOf:
    """A field of few values: the value that is read fulfils the rule.

    Args:
        fulfils: For each value of the field, whether it does.
    """

    fulfils: tuple[bool, ...]

    def reached(self, read: Numbers | Classes) -> Bool[np.ndarray, " n"]:
        """Which readings have the attribute."""
        return np.array(self.fulfils, bool)[read.values.astype(np.int64)]

    def level(self, read: Numbers | Classes) -> Float64[np.ndarray, " n"]:
        """How probable the attribute is."""
        assert isinstance(read, Classes)
        return np.asarray(read.shares[:, np.array(self.fulfils, bool)].sum(axis=1), np.float64)


@dataclass(frozen=True)
class Beyond:
    """A number: its reading lies beyond a cut.

    Args:
        cut: The reading.
        above: Whether beyond is above it.
    """

    cut: float
    above: bool = True

    def reached(self, read: Numbers | Classes) -> Bool[np.ndarray, " n"]:
        """Which readings have the attribute."""
        return np.asarray(read.values > self.cut if self.above else read.values < self.cut)

    def level(self, read: Numbers | Classes) -> Float64[np.ndarray, " n"]:
        """How far beyond the cut readings are, in the field's units."""
        beyond = read.values - self.cut
        return np.asarray(beyond if self.above else -beyond, np.float64)


@dataclass(frozen=True)
class Within:
    """A number: its reading lies near a value.

    Args:
        value: The value.
        within: How far off it may be.
        least: The least value that the field takes in the data; readings below it count as it.
        most: The greatest one.
    """

    value: float
    within: float
    least: float = -math.inf
    most: float = math.inf

    def reached(self, read: Numbers | Classes) -> Bool[np.ndarray, " n"]:
        """Which readings are near it."""
        return np.asarray(self._off(read) <= self.within)

    def level(self, read: Numbers | Classes) -> Float64[np.ndarray, " n"]:
        """How much nearer than they may be off readings are, in the field's units."""
        return np.asarray(self.within - self._off(read), np.float64)

    def _off(self, read: Numbers | Classes) -> Float64[np.ndarray, " n"]:
        """How far off readings are: no hair is blacker than black."""
        return np.abs(np.clip(read.values.astype(np.float64), self.least, self.most) - self.value)


Target = OneOf | Beyond | Within
