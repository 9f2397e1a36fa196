"""Edits: an item moved along directions, decoded, with what else is predicted to change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from PIL.Image import Image

from lateen.core.errors import InputError
from lateen.core.synthetic import Synthetic
from lateen.operations.direction import get, warning_of
from lateen.operations.near import shown
from lateen.operations.opened import Opened, within_reach
from lateen.operations.result import Pictured, not_decoded, rounded, stands_in
from lateen.plot.edit import before_after


@dataclass(frozen=True, eq=False)
class Edited(Pictured):
    """An item before and after.

    Args:
        item: What was edited.
        by: Steps along each direction, in standard deviations.
        before: The item as the codec sees it.
        after: The moved point.
        changed: Predicted change of each field that can be read off the codes, in the field's own units.
        unreadable: Fields of which nothing can be predicted.
        warnings: Directions that should not be relied on, and why.
    """

    item: str
    by: Mapping[str, float | int]
    before: Synthetic
    after: Synthetic
    changed: Mapping[str, float]
    unreadable: tuple[str, ...]
    warnings: tuple[str, ...]
    _opened: Opened = field(repr=False)

    @property
    def support(self) -> float:
        """How near to data the edited point is."""
        return self.after.support

    def __repr__(self) -> str:
        moves = ", ".join(f"{name} {steps:+.3g}" for name, steps in self.by.items())
        return f"{self.item} edited by {moves}: support {self.before.support:.2f} before, {self.support:.2f} after"

    def to_dict(self) -> dict[str, object]:
        """Plain data, as `--json` prints it."""
        return {
            "item": self.item,
            "by": dict(self.by),
            "support": rounded(self.support),
            "support_before": rounded(self.before.support),
            "changed": {name: rounded(change) for name, change in self.changed.items()},
            "unreadable": list(self.unreadable),
            "warnings": list(self.warnings),
            "nearest": self.after.nearest,
            "decoded_by": self.after.decoded_by,
        }

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of the two pictures, a sentence each."""
        return not_decoded(self.after, self._opened.spec.modality)

    def picture(self) -> Image:
        """Before, after and difference, beside the predicted changes."""
        before, after = shown([self.before.image, self.after.image])
        moves = ", ".join(f"{name} {steps:+.3g}" for name, steps in self.by.items())
        instead = stands_in(self.after)
        labels = (self.item if instead else f"{self.item}, decoded", f"{moves}  ({self.support:.2f})")
        return before_after(before, after, labels=labels, changed=self.changed, title=instead)


def edit(opened: Opened, item: str | int, by: Mapping[str, float | int]) -> Edited:
    """Move an ITEM along named directions, in standard deviations."""
    if not isinstance(by, Mapping):
        raise InputError(f"An edit takes steps by direction, such as {{'glasses': 2.0}}, got {by!r}.")
    if not by:
        raise InputError("An edit needs at least one direction and a number of steps, such as glasses=+2.")
    moves = {name: float(steps) for name, steps in by.items()}
    located = opened.locate(item)
    vector = located.vector
    for name, steps in moves.items():
        if not np.isfinite(steps):
            raise InputError(f"The step {steps} along {name!r} is not a finite number.")
        with np.errstate(over="ignore"):  # said by within_reach
            vector = within_reach(get(opened, name).apply(vector, steps), f"{name}={steps:+g}")
    vector = opened.geometry.project(vector)
    before, after = opened.synthesise(np.stack([located.vector, vector]))
    readout = opened.readout
    doubts = [warning_of(opened, name) for name in moves]
    warnings = tuple(doubt for doubt in doubts if doubt is not None)
    changed = readout.changes(vector - located.vector)
    return Edited(located.label, moves, before, after, changed, tuple(readout.unreadable()), warnings, opened)


def parse_moves(moves: list[str]) -> dict[str, float]:
    """Read `NAME=+2` pairs as the command line gives them.

    Raises:
        InputError: If one is not of that form.

    Example:
        >>> parse_moves(["glasses=+2", "smile=-1"])
        {'glasses': 2.0, 'smile': -1.0}
    """
    by: dict[str, float] = {}
    for move in moves:
        name, equals, steps = move.rpartition("=")
        try:
            if not equals or not name:
                raise ValueError
            by[name] = by.get(name, 0.0) + float(steps)
        except ValueError:
            raise InputError(f"--by got {move!r}; give a direction and a number of steps, as glasses=+2.") from None
    return by
