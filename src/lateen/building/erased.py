"""What an erasure did: where the new space is, and the figures before and after it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path

from lateen.core.direction import Direction
from lateen.directions.effect import Change
from lateen.operations.result import Written, rounded

READABLE = 0.6  # AUC from which on a direction is said to read what it should no longer
STILL_THERE = 0.6  # accuracy from which on a classifier is said to find what was erased


@dataclass(frozen=True)
class Effect:
    """What an erasure did to the concept and to everything else.

    Args:
        reading: AUC of the direction on held-out words or items; the eraser was fitted without them. Of words it is
            taken as in the fit of the direction, each pair or word left out once; of items it is the mean of 5 folds.
        probe: The same of a linear classifier that was trained anew, before and after: the mean of 5 folds.
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
class Erased(Written):
    """A space without a concept.

    Args:
        path: The new space.
        source: Name of the space that it was made from.
        concept: Name of the direction that was erased.
        direction: That direction, as it was.
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
    direction: Direction
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
    def warning(self) -> str | None:
        """Why not to trust the direction that was erased, or None."""
        return self.direction.warning(self.kind)

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
            f"{self!r}: {self.direction.positive or ''}",
            f"held out   AUC of the direction {_arrow(e.reading)} ({self._protocol()})",
            f"           AUC of a new linear probe {_arrow(e.probe)} (mean of 5 folds)",
            "           0.5 is chance, and less is no better",
            self._reach(),
            self._apart(),
            f"cost       {e.kept:.1%} of the 10 nearest neighbours of {e.anchors:,} {self.kind} are kept; "
            f"points {moved} on average",
            f"left out   {self.left_out:,}, of which nothing was left: see rejected.jsonl" if self.left_out else "",
            self._equalised(),
            f"warning    {self.warning}" if self.warning else "",
            *self.notes,
        ]
        return "\n".join(line for line in lines if line)

    def _protocol(self) -> str:
        """How the direction was judged, and what chance reaches so."""
        d = self.direction
        if math.isnan(self.effect.reading.before):
            return "nothing could be held out"
        reach = "" if math.isnan(d.random_auc) else f"; chance reaches {d.random_auc:.3f}"
        if d.more:
            return f"each {'pair' if d.method == 'pairs' else self.kind[:-1]} left out once, as in the fit{reach}"
        return f"mean of 5 folds; the fit held out a quarter{reach}"

    def _reach(self) -> str:
        """What the figures of held-out words or items mean, where they can be taken for something else."""
        d, reading = self.direction, self.effect.reading
        if math.isnan(reading.after):
            few = "With one pair nobody" if d.method == "pairs" else "Nobody"
            apart = f"{self.concept}, or what else sets these {self.kind} apart"
            return f"           {few} can know what was erased: {apart}."
        if d.is_few:
            return f"           These are too few {self.kind} to tell from them what was erased."
        if self.method == "hard":
            return "           The direction reads nothing any more by construction; the probe is the test."
        if not reading.after >= READABLE:
            return ""
        return (
            f"           LEACE makes the means of those {self.kind} equal that it was fitted on; few have a difference "
            f"that is not quite\n           that of all {self.kind}, so others can still be read along {self.concept}: "
            "fit it on more."
        )

    def _equalised(self) -> str:
        if not self.equalised:
            return ""
        d = self.direction
        such = f", such as {d.more[1]} - {d.more[0]} + {d.less[0]}," if len(d.more) > 1 else ""
        return (
            f"equalised  {self.equalised:,} {self.kind} that define {self.concept}: analogies over them{such} are "
            "right by construction now, which is no finding"
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
        if not self.is_still_there or self.direction.is_few:
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
            "fitted_on": self.direction.positive,
            "method": self.method,
            "n": self.n,
            "left_out": self.left_out,
            "equalised": self.equalised,
            **changes,
            "chance_auc": rounded(self.direction.random_auc),
            "warning": self.warning,
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
