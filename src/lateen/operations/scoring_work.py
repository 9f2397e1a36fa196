"""What a score does with its items: finds those that lack the attribute, moves them, looks at what is decoded."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from lateen.core.direction import Direction
from lateen.core.errors import InputError
from lateen.directions import Contrast
from lateen.directions.contrast import as_numbers
from lateen.measures.edit_score import kept, selectivity
from lateen.measures.readings import Numbers, Readings
from lateen.measures.targets import Target, Within
from lateen.operations.opened import Opened
from lateen.operations.score_target import field_of
from lateen.operations.scored import Dosed
from lateen.operations.space_reader import Pixels, SpaceReader, Told

FEWEST = 20  # items that are edited
FACTORS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)  # of the dose
DOSED = 200  # items of the dose-response


@dataclass(frozen=True, eq=False)
class Work:
    """Edits of some items, at any share of their dose."""

    opened: Opened
    direction: Direction
    reader: SpaceReader
    target: Target | None
    points: np.ndarray
    amounts: Float64[np.ndarray, " n"]
    before: Readings
    progress: Told | None

    def moved(self, factor: float, part: slice = slice(None), done: int = 0, total: int = 0) -> tuple[Readings, Pixels]:
        """Readings and pictures of the items, or of a part of them, moved by a share of their dose."""
        far = (factor * self.amounts[part]).astype(np.float32)[:, None]
        points = self.opened.geometry.project(self.points[part] + far * self.direction.step)

        def told(now: int, of: int) -> None:
            if self.progress is not None:
                self.progress("editing" if not total else "doses", done + now, total or of)

        return self.reader.look(np.asarray(points, np.float32), told)

    def dose_response(self, independent: tuple[str, ...], dose: float) -> tuple[Dosed, ...]:
        """What shares of the dose do, on a part of the items."""
        part = slice(0, DOSED)
        few = len(self.amounts[part])
        before = self.before.at(np.arange(few))
        found = []
        for i, factor in enumerate(FACTORS):
            after = before if factor == 0 else self.moved(factor, part, (i - 1) * few, (len(FACTORS) - 1) * few)[0]
            shares = {f: kept(before.fields[f], after.fields[f], self.reader.levels.get(f)).share for f in independent}
            success = reading = math.nan
            if self.target is not None:
                read = after.fields[field_of(self.direction)]
                success = float(self.target.reached(read).mean())
                level = read.values if isinstance(read, Numbers) else self.target.level(read)
                reading = float(level.mean())
            found.append(Dosed(factor * dose, success, selectivity(shares)[0], reading))
        return tuple(found)


def lacking(
    opened: Opened,
    split: Contrast | None,
    target: Target | None,
    reader: SpaceReader,
    rows: Int64[np.ndarray, " r"],
    items: int,
    progress: Told | None,
) -> tuple[Int64[np.ndarray, " n"], Readings, Pixels]:
    """The rows to be edited, what is read of their reconstructions, and these."""
    wanted = np.ones(len(rows), bool)
    if isinstance(target, Within):
        assert split is not None
        numbers = as_numbers(opened.column(split.field)[rows])
        assert numbers is not None
        wanted = np.abs(numbers - target.value) > target.within  # NaN: not known, not wanted
    elif split is not None:
        wanted = split.negative[rows]
    # every so many-th, so that a part is spread over all of them
    rows = rows[wanted]
    most = 2 * items
    rows = rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]
    told = None if progress is None else (lambda done, total: progress("before", done, total))
    before, pictures = reader.look(np.asarray(opened.points[rows], np.float32), told)
    lacks = np.ones(len(rows), bool)
    if target is not None and split is not None:
        lacks = ~target.reached(before.fields[split.field])
    chosen = np.flatnonzero(lacks)
    if len(chosen) > items:
        chosen = chosen[np.linspace(0, len(chosen) - 1, items).astype(np.int64)]
    if len(chosen) < FEWEST:
        what = "" if split is None else f" and read as not having it before ({split.rule})"
        raise InputError(
            f"A score edits {FEWEST} items at least, but of the held-out items of {opened.name} {len(rows)} are "
            f"labelled and {len(chosen)} labelled{what}."
        )
    chosen = np.random.default_rng(0).permutation(chosen)  # the first few are then as good as any few
    return rows[chosen], before.at(chosen), pictures[chosen]
