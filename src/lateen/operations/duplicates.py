"""Duplicates: items of which one would do, in groups, with the one to keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL.Image import Image

from lateen.core.errors import InputError
from lateen.manifold.duplicates import BY_CHANCE, Rule, near_identical
from lateen.operations.near import brief, has_pictures, shown
from lateen.operations.opened import Opened
from lateen.operations.result import Pictured, rounded
from lateen.operations.rows_file import SUFFIXES, write_csv
from lateen.plot.canvas import PADDING, TITLE, Page
from lateen.plot.grid import pairs
from lateen.plot.ranking import Ranked, ranking

COLUMNS = ("group", "id", "distance", "kept")
DRAWN = 40  # groups


@dataclass(frozen=True)
class Alike:
    """Items that are near-identical to the first of them.

    Args:
        kept: Id of the one to keep, the first in the space.
        copies: Ids of the others, nearest first.
        distances: Of each of these from the one to keep.
    """

    kept: str
    copies: tuple[str, ...]
    distances: tuple[float, ...]

    @property
    def is_exact(self) -> bool:
        """Whether all vectors are the same."""
        return not any(self.distances)

    def to_dict(self) -> dict[str, object]:
        """Plain data."""
        copies = [{"id": id, "distance": rounded(d, 6)} for id, d in zip(self.copies, self.distances, strict=True)]
        return {"kept": self.kept, "distance": rounded(self.distances[-1], 6), "copies": copies}


@dataclass(frozen=True, eq=False)
class Duplicates(Pictured):
    """Groups of near-identical items, largest first.

    Args:
        groups: The groups.
        total: Items of the space.
        rule: What counts as near-identical.
    """

    groups: tuple[Alike, ...]
    total: int
    rule: Rule
    _opened: Opened = field(repr=False)

    @property
    def _words(self) -> bool:
        """Whether these are words: two that are near are used alike, not copies."""
        return self._opened.spec.modality == "word"

    @property
    def summary(self) -> str:
        """How many groups and copies, for people."""
        groups = "1 group" if len(self) == 1 else f"{len(self):,} groups"
        if self._words:
            return f"{groups}; {len(self.copies):,} of {self.total:,} words are used as another is"
        return f"{groups}; {len(self.copies):,} of {self.total:,} items are copies"

    @property
    def copies(self) -> tuple[str, ...]:
        """Ids of all items but those to keep: what is left without them has no duplicates."""
        return tuple(id for group in self.groups for id in group.copies)

    def __len__(self) -> int:
        return len(self.groups)

    def __repr__(self) -> str:
        exact = sum(group.is_exact for group in self.groups)
        many, rest = self.summary.split("; ")
        return f"Duplicates({many}, {exact:,} of them exact; {rest})"

    @property
    def notes(self) -> tuple[str, ...]:
        """What counted as near-identical, for people."""
        rule = self.rule
        what = "Used alike" if self._words else "Near-identical"
        if rule.within is not None:
            return (f"{what}: within {brief(rule.within)} of the one to keep, as asked.",)
        if not rule.share:
            return (f"{what}: the same vector; these are too few distinct items to say what is near.",)
        return (
            f"{what}: nearer than {rule.share:.2g} of the distance to the {rule.k}th neighbour, of both items "
            f"(about {brief(rule.typical)} here); by chance {BY_CHANCE} such pairs are expected in all of the space.",
        )

    def to_dict(self) -> dict[str, object]:
        """Plain data, as `--json` prints it."""
        rule = self.rule
        return {
            "n": self.total,
            "groups": [group.to_dict() for group in self.groups],
            "copies": len(self.copies),
            "within": rounded(rule.typical, 6),
            "rule": {
                "given": rule.within is not None,
                "share": rounded(rule.share, 6),
                "neighbour": rule.k,
                "dimension": rounded(rule.dimension),
            },
        }

    def picture(self) -> Image:
        """Of each group the one to keep above the copy that is least like it; the first 40 groups."""
        drawn = self.groups[:DRAWN]
        if not drawn:
            none = f"No two of {self.total:,} words" if self._words else f"No duplicates among {self.total:,} items"
            return Page(560, 2 * PADDING + TITLE, f"{none} are used alike" if self._words else none).image
        title = self.summary
        if not has_pictures(self._opened):
            answers = [Ranked(f"{group.kept} – {group.copies[-1]}", group.distances[-1]) for group in drawn]
            heading = "a word and one used alike" if self._words else "the one to keep and a copy"
            return ranking(answers, title=title, measure="distance", heading=heading)
        above = shown(self._opened.pictures(group.kept for group in drawn))
        below = shown(self._opened.pictures(group.copies[-1] for group in drawn))
        labels = [f"{brief(g.distances[-1])}" + (f"  1 of {len(g.copies)}" if len(g.copies) > 1 else "") for g in drawn]
        return pairs(np.stack(above), np.stack(below), names=("kept", "least like it"), labels=labels, title=title)

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Save the picture, or every item of every group (.csv, .tsv): group, id, distance, and the one to keep.

        Raises:
            InputError: If the file exists and `force` is not set or the suffix is not known.
        """
        if Path(path).suffix.lower() not in SUFFIXES:
            return super().save(path, force=force)
        rows = [
            (number, id, distance, group.kept)
            for number, group in enumerate(self.groups, 1)
            for id, distance in zip((group.kept, *group.copies), (0.0, *group.distances), strict=True)
        ]
        return write_csv(path, COLUMNS, rows, force)


def duplicates(
    opened: Opened, within: float | int | None = None, progress: Callable[[int, int], None] | None = None
) -> Duplicates:
    """Items that are the same or near-identical, in groups.

    Args:
        opened: A space.
        within: Distance up to which two items count; by default what chance doesn't explain.
        progress: Told how far the table of neighbours is.

    Raises:
        InputError: If `within` is negative or no number, or there are fewer than 2 items.
    """
    if len(opened) < 2:
        many = "one item" if len(opened) else "no items"
        raise InputError(f"duplicates compares items, and {opened.name} has {many}; it needs at least 2 items.")
    distance = None if within is None else float(within)
    points = np.asarray(opened.points)
    found, rule = near_identical(
        points, lambda k: opened.table(k, progress), geometry=opened.geometry, within=distance
    )
    groups = []
    for group in found:
        ids = tuple(opened.ids[int(row)] for row in group.rows)
        groups.append(Alike(ids[0], ids[1:], tuple(group.distances[1:].tolist())))
    return Duplicates(tuple(groups), len(opened), rule, opened)
