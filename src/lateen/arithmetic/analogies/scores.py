"""What was measured: right answers of a method, of the baseline and of the run without exclusion, with intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

LANDINGS = ("a", "b", "c")


def _rounded(value: float) -> float | None:
    return round(value, 4) if math.isfinite(value) else None


@dataclass(frozen=True)
class Score:
    """Right answers among questions.

    Args:
        correct: How many are right.
        total: How many were asked.
        low, high: 95 % interval of the accuracy; NaN where there are too few pairs.
    """

    correct: int
    total: int
    low: float = math.nan
    high: float = math.nan

    @property
    def accuracy(self) -> float:
        """The share of right answers; NaN if nothing was asked."""
        return self.correct / self.total if self.total else math.nan

    def __repr__(self) -> str:
        if not self.total:
            return "could be asked nothing"
        interval = "" if math.isnan(self.low) else f" ({self.low:.1%} to {self.high:.1%})"
        return f"{self.accuracy:.1%}{interval}, {self.correct:,} of {self.total:,}"

    def to_dict(self) -> dict[str, object]:
        """Plain data."""
        return {
            "correct": self.correct,
            "total": self.total,
            "accuracy": _rounded(self.accuracy),
            "low": _rounded(self.low),
            "high": _rounded(self.high),
        }


@dataclass(frozen=True)
class Part:
    """A section, or all of them.

    Args:
        score: The method's.
        nearest_to_c: That of always answering with the word nearest to c (Linzen 2016).
        no_exclusion: The method's where the question's own words may be answers (Rogers, Drozd and Li 2017).
        landed: How often that run's answer is spelled like "a", "b" or "c".
        unknown: Questions with a word that is not in the vocabulary.
    """

    score: Score
    nearest_to_c: Score
    no_exclusion: Score
    landed: Mapping[str, int]
    unknown: int

    def __repr__(self) -> str:
        others = f"nearest to c {self.nearest_to_c.accuracy:.1%}, no exclusion {self.no_exclusion.accuracy:.1%}"
        return f"{self.score!r} ({others})" if self.score.total else repr(self.score)

    def to_dict(self) -> dict[str, object]:
        """Plain data."""
        return {
            **self.score.to_dict(),
            "unknown": self.unknown,
            "nearest_to_c": self.nearest_to_c.to_dict(),
            "no_exclusion": {**self.no_exclusion.to_dict(), "answers": dict(self.landed)},
        }


@dataclass(frozen=True)
class Measured:
    """One method on a whole set.

    Args:
        method: Its name.
        total: All sections together.
        sections: Each by its name.
    """

    method: str
    total: Part
    sections: Mapping[str, Part]

    def __repr__(self) -> str:
        return f"{self.method} {self.total.score!r}"

    def to_dict(self) -> dict[str, object]:
        """Plain data."""
        parts = {name: part.to_dict() for name, part in self.sections.items()}
        return {"method": self.method, **self.total.to_dict(), "sections": parts}
