"""Items read along a direction: how far each is towards one pole or the other, beside all items of the space.

One idea: a reading alone says little, so each comes with its place among the items: in steps from their average, and
as a percentile among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float32
from PIL.Image import Image

from lateen.core.direction import Direction
from lateen.core.errors import InputError
from lateen.core.geometry import Sphere
from lateen.directions.terms import listed
from lateen.operations.direction import get
from lateen.operations.opened import Opened
from lateen.operations.projecting import along, projections
from lateen.operations.result import Pictured, rounded
from lateen.plot.reading import Dot, reading

FREQUENT = 20_000  # words that are compared with if nothing is said: rarer ones are placed by chance
MOST_DRAWN = 60
_ROUNDING = 1e-3  # of the spread: more than float16 rounds


@dataclass(frozen=True)
class Reading:
    """One item along a direction.

    Args:
        item: What was read.
        value: How far along: the cosine to the direction where only angles count, else in latent units.
        steps: The same in steps of the direction from the average of the items compared with.
        percentile: Percent of these items that read lower; of those that read the same, half count.
    """

    item: str
    value: float
    steps: float
    percentile: float

    def to_dict(self) -> dict[str, object]:
        """Plain data."""
        steps, percentile = rounded(self.steps), rounded(self.percentile)
        return {"item": self.item, "value": rounded(self.value, 6), "steps": steps, "percentile": percentile}


@dataclass(frozen=True, eq=False)
class Readings(Pictured):
    """Items along a direction, those with most of it first.

    Args:
        direction: The direction.
        readings: One per item.
        measure: What `value` is: "cosine" or "latent units".
        compared: How many items of the space they were compared with, from its first.
        total: How many it has.
        is_words: Whether these are words.
        is_sorted: Whether they are known to come in order of their frequency, as where the space was trained.
        extremes: Whether these are the items at both ends, rather than some that were asked for.
    """

    direction: Direction
    readings: tuple[Reading, ...]
    measure: str
    compared: int
    total: int
    is_words: bool
    is_sorted: bool
    extremes: bool
    _all: Float32[np.ndarray, " n"] = field(repr=False)

    def __repr__(self) -> str:
        shown = ", ".join(f"{r.item} {r.steps:+.1f}" for r in self.readings)
        return f"Along {self.direction.name}, in steps from the average: {shown}"

    @property
    def poles(self) -> tuple[str, str]:
        """What is meant by less and by more of the direction."""
        d = self.direction
        if d.more and d.less:
            return listed(d.less), listed(d.more)
        return f"less {d.name}", f"more {d.name}"

    @property
    def among(self) -> str:
        """What the items were compared with, in words."""
        kind = "word" if self.is_words else "item"
        if self.compared == self.total:
            return f"all {self.total:,} {kind}s" if self.total > 1 else f"the only {kind}"
        usual = ""
        if self.is_words:
            usual = "the most frequent; " if self.is_sorted else "the most frequent ones, if they came in that order; "
        return f"the first {self.compared:,} of {self.total:,} {kind}s ({usual}--vocabulary 0 takes all)"

    @property
    def warning(self) -> str | None:
        """Why not to trust the direction, or None."""
        return self.direction.warning("words" if self.is_words else "items")

    def to_dict(self) -> dict[str, object]:
        """Plain data, as `--json` prints it."""
        return {
            "direction": self.direction.name,
            "positive": self.direction.positive,
            "measure": self.measure,
            "extremes": self.extremes,
            "compared_with": self.compared,
            "items": self.total,
            "warning": self.warning,
            "readings": [r.to_dict() for r in self.readings],
        }

    def picture(self) -> Image:
        """The items between the two poles, under the spread of all items."""
        if len(self.readings) > MOST_DRAWN:
            raise InputError(f"A picture has room for {MOST_DRAWN} items, not {len(self.readings)}; give fewer.")
        dots = [Dot(r.item, r.value, f"{r.steps:+.1f}") for r in self.readings]
        less, more = self.poles
        note = f"Grey: {self.among.partition(' (')[0]}. Figures: steps (standard deviations) from their average."
        return reading(dots, self._all, title=self.direction.name, less=less, more=more, note=note)


def read(
    opened: Opened, name: str, items: Sequence[str | int] = (), k: int = 10, vocabulary: int | None = None
) -> Readings:
    """Read ITEMs along a direction; without any, the k items at each of its ends.

    Args:
        opened: The space.
        name: Of the direction.
        items: What to read.
        k: How many at each end, where no items are given.
        vocabulary: Compare with the first so many items; 0 for all. By default 20,000 in a space of words, whose rare
            ones are placed by chance, and all in others.

    Raises:
        InputError: If k or the vocabulary are out of range.
    """
    if k < 1:
        raise InputError(f"Got k = {k}; ask for at least one item at each end.")
    if vocabulary is not None and vocabulary < 0:
        raise InputError(f"Got the vocabulary {vocabulary}; give how many items to compare with, or 0 for all.")
    direction, total = get(opened, name), len(opened)
    is_words = opened.spec.modality == "word"
    usual = FREQUENT if is_words else 0
    compared = min(total, (usual if vocabulary is None else vocabulary) or total)
    everywhere = projections(opened, direction.vector, compared)
    if items:
        located = [opened.locate(item) for item in items]
        labels = [point.label for point in located]
        values = along(np.stack([point.vector for point in located]), direction.vector)
    else:
        order = np.argsort(everywhere, kind="stable")
        rows = order if 2 * k >= compared else np.concatenate([order[:k], order[-k:]])
        labels, values = [opened.ids[int(row)] for row in rows], everywhere[rows]
    if direction.erased == "hard":  # nothing but rounding is left of most
        grain = _ROUNDING * max(float(np.ptp(everywhere)), 1e-30)
        everywhere, values = (np.asarray(grain * np.round(x / grain), np.float32) for x in (everywhere, values))
    average = float(everywhere.astype(np.float64).mean())
    ordered = np.sort(everywhere)
    below, upto = (np.searchsorted(ordered, values, side) for side in ("left", "right"))
    percentiles = 50 * (below + upto) / compared
    found = [
        Reading(label, float(value), (float(value) - average) / direction.scale, float(percentile))
        for label, value, percentile in zip(labels, values, percentiles, strict=True)
    ]
    return Readings(
        direction=direction,
        readings=tuple(sorted(found, key=lambda r: -r.value)),
        measure="cosine" if isinstance(opened.geometry, Sphere) else "latent units",
        compared=compared,
        total=total,
        is_words=is_words,
        is_sorted="trained" in opened.spec.preprocessing,
        extremes=not items,
        _all=everywhere,
    )
