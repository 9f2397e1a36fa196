"""Which items an edit is judged on: some that neither the direction nor the reader has seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from lateen.core.errors import InputError
from lateen.directions import Contrast
from lateen.operations.opened import Opened

MOST_HELD = 1 / 3  # of the items, so that enough are left to fit and to train on
JUDGING = 600  # held-out items that a reader is judged on, where there are as many
SPARE = 1.3  # more than are edited, for some are read as having the attribute already


@dataclass(frozen=True, eq=False)
class HeldOut:
    """A division of the rows of a space.

    Args:
        fit: Rows that a direction is fitted on.
        held: Rows that neither the direction nor the reader sees.
        people: Of how many groups the held-out rows are; 0 without groups.
    """

    fit: Int64[np.ndarray, " f"]
    held: Int64[np.ndarray, " h"]
    people: int = 0


def hold_out(opened: Opened, split: Contrast | None, items: int, group: str | None, seed: int) -> HeldOut:
    """Divide the rows, for an edit of so many items without the attribute.

    Without groups a third at most is held out, of each class as many as it has. With groups a third of the people is
    kept from the fit, and half of their pictures from the reader: it must know a person to say who it is.

    Args:
        opened: The space.
        split: Who has the attribute; None where no field says so.
        items: How many are to be edited.
        group: The field of identity.
        seed: Of the draw.

    Raises:
        UnknownNameError: If there is no such field.
        InputError: If there is one person only.
    """
    rng, n = np.random.default_rng([seed, 0x0D1D]), len(opened)
    without = n if split is None else max(1, int(split.negative.sum()))
    share = min(MOST_HELD, max(SPARE * items / without, JUDGING / n))
    if group is None:
        sides = [np.ones(n, bool)] if split is None else [split.positive, split.negative]
        rest = ~np.logical_or.reduce(sides)
        held = [rng.permutation(np.flatnonzero(side))[: round(share * side.sum())] for side in (*sides, rest)]
        rows = np.sort(np.concatenate(held))
        return HeldOut(np.setdiff1d(np.arange(n), rows), rows)
    people = np.array(["" if name is None else str(name) for name in opened.column(group)])
    names = np.unique(people)
    if len(names) < 2:
        raise InputError(f"--group {group}: there is one value only, so nobody can be held out.")
    apart = rng.permutation(names)[: max(1, round(MOST_HELD * len(names)))]
    theirs = np.isin(people, apart)
    halves = []
    for name in np.sort(apart):
        of_one = rng.permutation(np.flatnonzero(people == name))
        halves.append(of_one[: (len(of_one) + 1) // 2])
    return HeldOut(np.flatnonzero(~theirs), np.sort(np.concatenate(halves)), len(apart))
