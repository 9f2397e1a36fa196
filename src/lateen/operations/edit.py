"""Edits: an item moved along directions, decoded, with what else is predicted to change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float32

from lateen.core.errors import InputError
from lateen.directions.readout import Change
from lateen.operations.direction import warning_of
from lateen.operations.edited import Edited, Waypoint
from lateen.operations.keeping import reading
from lateen.operations.moving import Move, move_along
from lateen.operations.opened import Opened, within_reach
from lateen.operations.until import Stop, move_until

__all__ = ["Edited", "edit", "is_intended", "moves_of", "parse_moves", "taken"]

ON_THE_WAY = 9
_NONE = 0.005  # support that is written as 0.00


def edit(
    opened: Opened,
    item: str | int,
    by: Mapping[str, float | int] | str,
    keep: Sequence[str] | str = (),
    until: float | int | None = None,
) -> Edited:
    """Move an ITEM along named directions.

    Args:
        opened: The space.
        item: What to edit.
        by: Steps along each direction, in standard deviations; with `until` the name of one, or 1 or -1 for the way.
        keep: Fields or directions whose linear readings must not change.
        until: What the direction's own probe is to read: the number of steps is found.

    Raises:
        UnknownNameError: If there is no such item, direction or field.
        InputError: If steps are no numbers, too far, or leave nothing once all is kept; or `until` makes no sense.
    """
    move = move_along(opened, moves_of(by, until), keep)
    located = opened.locate(item)
    start, stop = located.vector, None
    if until is not None:
        stop = move_until(opened, move, start, until)
        move = taken(move, stop)
    end = within_reach(move.at(start[None])[0], ", ".join(f"{name}={steps:+g}" for name, steps in move.by.items()))
    before, after = opened.synthesise(np.stack([start, end]))
    along = _along(opened, move, start)
    changed = _sorted(opened, move, opened.readout.changes(start, end))
    doubts = [warning_of(opened, name) for name in move.by]
    warnings = [doubt for doubt in doubts if doubt is not None]
    warnings += [*(move.keeping.doubts if move.keeping is not None else ()), *_leaves(move, along)]
    return Edited(
        item=located.label,
        by=move.by,
        before=before,
        after=after,
        changed={name: change.value for name, change in changed.items()},
        intervals={name: (change.low, change.high) for name, change in changed.items()},
        intended=tuple(name for name in changed if is_intended(opened, move, name)),
        unreadable=tuple(opened.readout.unreadable()),
        warnings=tuple(warnings),
        along=along,
        readings={d.name: (reading(d, start), reading(d, end)) for d in move.directions if d.probe is not None},
        until=stop,
        kept={} if move.keeping is None else move.keeping.changes(start, end),
        share_left=move.share_left,
        _opened=opened,
    )


def moves_of(by: Mapping[str, float | int] | str, until: float | int | None) -> Mapping[str, float | int]:
    """Steps by direction; a name alone is the way forward, where the number of steps is to be found."""
    if isinstance(by, str):
        if until is None:
            raise InputError(f"An edit takes steps by direction, such as {{{by!r}: 2.0}}, or a name and until=0.9.")
        return {by: 1.0}
    return by


def taken(move: Move, stop: Stop) -> Move:
    """The move that was looked for: as many steps as it takes."""
    ((name, sign),) = move.by.items()
    return replace(move, by={name: stop.dose}, vector=move.vector * (sign * stop.dose))


def is_intended(opened: Opened, move: Move, name: str) -> bool:
    """Whether a reader reads a field that one of the directions was fitted on."""
    readout = opened.readout
    return readout.fields[readout.names.index(name)] in {direction.field for direction in move.directions}


def parse_moves(moves: Sequence[str], until: float | int | None = None) -> dict[str, float]:
    """Read `NAME=+2` pairs as the command line gives them; a NAME alone where the number of steps is to be found.

    Raises:
        InputError: If one is not of that form.

    Example:
        >>> parse_moves(["glasses=+2", "smile=-1"])
        {'glasses': 2.0, 'smile': -1.0}
    """
    by: dict[str, float] = {}
    for move in moves:
        name, equals, steps = move.rpartition("=")
        if until is not None and not equals and move:
            name, steps = move, "1"
        try:
            if not name:
                raise ValueError
            by[name] = by.get(name, 0.0) + float(steps)
        except ValueError:
            raise InputError(f"--by got {move!r}; give a direction and a number of steps, as glasses=+2.") from None
    return by


def _along(opened: Opened, move: Move, start: Float32[np.ndarray, " dim"]) -> tuple[Waypoint, ...]:
    shares = np.linspace(0, 1, ON_THE_WAY)
    support = opened.support(move.at(np.repeat(start[None], ON_THE_WAY, axis=0), shares))
    return tuple(Waypoint(float(share), float(value)) for share, value in zip(shares, support, strict=True))


def _leaves(move: Move, along: tuple[Waypoint, ...]) -> list[str]:
    """The warning of a move that leaves all data, or begins outside it."""
    if along[0].support < _NONE:
        return ["the item itself is outside all data (support 0): what is read of it, and made of it, is a guess"]
    for point in along:
        if point.support < _NONE:
            steps = list(move.by.values())
            where = f"{point.share:.0%} of the way" if len(steps) > 1 else f"{point.share * steps[0]:+.3g} steps"
            return [f"support falls to 0 at {where}: there is no data beyond that"]
    return []


def _sorted(opened: Opened, move: Move, changes: Mapping[str, Change]) -> dict[str, Change]:
    """First what is intended, then what is kept, then by how much of what is possible each changes."""
    kept = () if move.keeping is None else move.keeping.readout.names

    def order(name: str) -> tuple[bool, bool, float]:
        size = abs(changes[name].value) / opened.readout.reach(name)
        return not is_intended(opened, move, name), name not in kept, -size

    return {name: changes[name] for name in sorted(changes, key=order)}
