"""Which edited items a score shows: not the best, but some from the worst to the best."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool, Int64

from lateen.measures.edit_score import Kept, clearly, stayed
from lateen.measures.readings import Numbers, Readings
from lateen.measures.targets import Target
from lateen.operations.opened import Opened
from lateen.operations.scored import Shown
from lateen.operations.space_reader import Pixels, SpaceReader

PAIRS = 8


def examples(
    opened: Opened,
    rows: Int64[np.ndarray, " n"],
    reader: SpaceReader,
    readings: tuple[Readings, Readings],
    pictures: tuple[Pixels, Pixels],
    target: Target | None,
    field: str | None,
    kept_of: Mapping[str, Kept],
) -> tuple[Shown, ...]:
    """Items evenly spaced over the sorted outcome, the worst and the best among them."""
    before, after = readings
    lost = {name: _lost(before, after, name, reader) for name in kept_of}
    level = -np.sum(list(lost.values()), axis=0).astype(np.float64) if lost else np.zeros(len(rows))
    reached = None
    if target is not None and field is not None:
        read = after.fields[field]
        reached, level = target.reached(read), target.level(read)
    order = np.argsort(level, kind="stable")
    chosen = order[np.linspace(0, len(order) - 1, min(PAIRS, len(order))).round().astype(np.int64)]
    return tuple(
        Shown(
            opened.ids[int(rows[i])],
            pictures[0][i],
            pictures[1][i],
            None if reached is None else bool(reached[i]),
            tuple(name for name in lost if lost[name][i]),
        )
        for i in chosen
    )


def _lost(before: Readings, after: Readings, name: str, reader: SpaceReader) -> Bool[np.ndarray, " n"]:
    was, levels = before.fields[name], reader.levels.get(name)
    changed = ~stayed(was, after.fields[name], levels)
    return changed & clearly(was, levels) if isinstance(was, Numbers) and levels is not None else changed
