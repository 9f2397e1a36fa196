"""What an erasure did: where the new space is, and the figures before and after it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path

from lateen.directions.effect import Change
from lateen.operations.result import rounded

READABLE = 0.7  # AUC from which on a direction is said to read what it should no longer
STILL_THERE = 0.6  # accuracy from which on a classifier is said to find what was erased


@dataclass(frozen=True)
class Effect:
    """What an erasure did to the concept and to everything else.

    Args:
        reading: AUC of the direction on held-out words or items; the eraser was fitted without them.
        probe: The same of a linear classifier that was trained anew, before and after.
        classified: Share of the items farthest to both sides before that a classifier, trained anew, puts on the
            right side.
        neighbours: Share of them whose nearest others are mostly of their own side.
        sided: How many items of each side these are.
        kept: Share of the 10 nearest neighbours that items keep.
        anchors: How many items that was measured on.
        moved: How far points moved on average: degrees where only angles count, else as a share of their mean
            distance from the mean of all.
    """

    reading: Change
    probe: Change
    classified: Change
    neighbours: Change
    sided: int
    kept: float
    anchors: int
    moved: float


@dataclass(frozen=True)
class Erased:
    """A space without a concept.

    Args:
        path: The new space.
        source: Name of the space that it was made from.
        concept: Name of the direction that was erased.
        what: What that direction was fitted on.
        method: "leace" or "hard".
        n: Items of the new space.
        left_out: Items of which nothing was left.
        equalised: Words that define the direction and were equalised rather than neutralised.
        is_sphere: Whether only angles count.
        is_words: Whether the items are words.
        effect: The figures.
        seconds: It took.
        notes: What the user should know besides.
    """

    path: Path
    source: str
    concept: str
    what: str
    method: str
    n: int
    left_out: int
    equalised: int
    is_sphere: bool
    is_words: bool
    effect: Effect
    seconds: float
    notes: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """What the items are called."""
        return "words" if self.is_words else "items"

    @property
    def is_still_there(self) -> bool:
        """Whether a classifier still finds the sides that a linear reader no longer should."""
        return max(self.effect.classified.after, self.effect.neighbours.after) >= STILL_THERE

    def __repr__(self) -> str:
        return f"{self.path}: {self.n:,} {self.kind} of {self.source} without {self.concept} ({self.method})"

    def describe(self) -> str:
        """The figures for people."""
        e = self.effect
        moved = f"turn by {e.moved:.2g} degrees" if self.is_sphere else f"move by {e.moved:.2g} of their spread"
        lines = [
            f"{self!r}: {self.what}",
            f"held out   AUC of the direction {_arrow(e.reading)}, of a new linear probe {_arrow(e.probe)} "
            "(0.5 is chance, and less is no better)",
            self._reach(),
            self._apart(),
            f"cost       {e.kept:.1%} of the 10 nearest neighbours of {e.anchors:,} {self.kind} are kept; "
            f"points {moved} on average",
            f"left out   {self.left_out:,}, of which nothing was left: see rejected.jsonl" if self.left_out else "",
            *self.notes,
        ]
        return "\n".join(line for line in lines if line)

    def _reach(self) -> str:
        """What to do where the direction still reads what the eraser has not seen."""
        after = self.effect.reading.after
        if self.method != "leace" or not after >= READABLE:
            return ""
        return (
            f"           So {self.kind} that it was not fitted on can still be read along {self.concept}: give it more "
            "of them, or use --method hard."
        )

    def _apart(self) -> str:
        e = self.effect
        if math.isnan(e.classified.after):
            return f"still there not measured: too few {self.kind} on either side"
        told = (
            f"still there? of the {e.sided:,} {self.kind} that were farthest to each side a new classifier tells "
            f"{_arrow(e.classified, percent=True)} apart, their neighbours {_arrow(e.neighbours, percent=True)} "
            "(50% is chance)"
        )
        if not self.is_still_there:
            return told
        return (
            f"{told}.\n           So what goes along with {self.concept} is still in the space: its linear trace is "
            "erased, not every trace of it (Gonen and Goldberg 2019)."
        )

    def to_dict(self) -> dict[str, object]:
        """Plain data, as `--json` prints it."""
        e = self.effect
        changes = {
            name: {when: rounded(value) for when, value in asdict(change).items()}
            for name, change in (
                ("reading_auc", e.reading),
                ("probe_auc", e.probe),
                ("classified", e.classified),
                ("neighbours", e.neighbours),
            )
        }
        return {
            "path": str(self.path),
            "source": self.source,
            "concept": self.concept,
            "fitted_on": self.what,
            "method": self.method,
            "n": self.n,
            "left_out": self.left_out,
            "equalised": self.equalised,
            **changes,
            "sided": e.sided,
            "still_there": self.is_still_there,
            "neighbours_kept": rounded(e.kept),
            "anchors": e.anchors,
            "moved": rounded(e.moved, 6),
            "moved_in": "degrees" if self.is_sphere else "share of the mean distance from the mean",
            "seconds": rounded(self.seconds, 2),
            "notes": list(self.notes),
        }


def _arrow(change: Change, *, percent: bool = False) -> str:
    return f"{_figure(change.before, percent)} -> {_figure(change.after, percent)}"


def _figure(value: float, percent: bool) -> str:
    if math.isnan(value):
        return "not known"
    return f"{value:.1%}" if percent else f"{value:.3f}"
