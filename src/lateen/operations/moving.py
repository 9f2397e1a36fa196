"""A move along directions, settled beforehand: how far, what it keeps, and where it takes any point.

One idea: one move serves one item or a whole source. Where points lie on a sphere, what is put back on it has changed
a little more than the move: what is to be kept is set right until it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64

from lateen.core.direction import Direction
from lateen.core.errors import InputError
from lateen.core.geometry import Geometry
from lateen.operations.direction import get
from lateen.operations.keeping import Keeping, keeping, own_reader
from lateen.operations.opened import Opened, within_reach

LEAST_LEFT = 0.05  # of what one step does to the attribute's own reading
LONGEST = 3.0  # times the length of the plain move
_ROUNDS = 30


@dataclass(frozen=True, eq=False)
class Move:
    """Steps along directions; made by `move_along`.

    Args:
        by: Steps along each direction, in standard deviations.
        directions: The directions.
        vector: (dim,) all of it.
        keeping: What it leaves as it is, or None.
        share_left: What is left of each direction's effect on its own reading, per length, where something is kept.
        geometry: Of the space.
    """

    by: Mapping[str, float]
    directions: tuple[Direction, ...]
    vector: Float64[np.ndarray, " dim"]
    keeping: Keeping | None
    share_left: Mapping[str, float]
    geometry: Geometry

    def at(
        self, points: Float32[np.ndarray, "n dim"], share: Float[np.ndarray, " n"] | float | int = 1.0
    ) -> Float32[np.ndarray, "n dim"]:
        """Points after a share of the move, 1 for all of it."""
        start = points.astype(np.float64)
        moved = self.geometry.project(start + np.reshape(np.asarray(share, np.float64), (-1, 1)) * self.vector)
        if self.keeping is not None:
            moved = self._set_right(start, moved, self.keeping)
        return np.asarray(moved, np.float32)

    def _set_right(
        self, start: Float64[np.ndarray, "n dim"], moved: Float64[np.ndarray, "n dim"], held: Keeping
    ) -> Float64[np.ndarray, "n dim"]:
        scale = np.sqrt(np.maximum(np.einsum("dk,de,ek->k", held.readers, held.covariance, held.readers), 1e-300))
        for _ in range(_ROUNDS):
            off = (moved - start) @ held.readers
            if np.abs(off / scale).max(initial=0) < 1e-6:
                break
            moved = self.geometry.project(moved - off @ held.back.T)
        return moved


def move_along(opened: Opened, by: Mapping[str, float | int], keep: Sequence[str] | str = ()) -> Move:
    """Settle a move.

    Args:
        opened: The space.
        by: Steps along named directions.
        keep: Fields or directions that it must not change: names, or a text of them with commas.

    Raises:
        UnknownNameError: If there is no such direction or field.
        InputError: If steps are no numbers, or nothing is left of the move once all is kept.
    """
    if not isinstance(by, Mapping):
        raise InputError(f"An edit takes steps by direction, such as {{'glasses': 2.0}}, got {by!r}.")
    if not by:
        raise InputError("An edit needs at least one direction and a number of steps, such as glasses=+2.")
    steps = {name: float(number) for name, number in by.items()}
    for name, number in steps.items():
        if not np.isfinite(number):
            raise InputError(f"The step {number} along {name!r} is not a finite number.")
    directions = tuple(get(opened, name) for name in steps)
    names = listed(keep)
    held = keeping(opened, names, directions) if names else None
    vector, left = np.zeros(opened.spec.dim), {}
    for direction in directions:
        step = direction.step.astype(np.float64)
        if held is not None:
            step, left[direction.name] = _keeping_step(direction, step, held)
        with np.errstate(over="ignore"):  # said by within_reach
            vector += steps[direction.name] * step
            within_reach(vector.astype(np.float32), f"{direction.name}={steps[direction.name]:+g}")
    return Move(steps, directions, vector, held, left, opened.geometry)


def listed(names: Sequence[str] | str) -> tuple[str, ...]:
    """Names as they are, or those in a text with commas."""
    if isinstance(names, str):
        return tuple(part.strip() for part in names.split(",") if part.strip())
    for name in names:
        if not isinstance(name, str):
            raise InputError(f"--keep takes names of fields or directions, got {name!r}.")
    return tuple(names)


def _keeping_step(
    direction: Direction, step: Float64[np.ndarray, " dim"], held: Keeping
) -> tuple[Float64[np.ndarray, " dim"], float]:
    """The step that keeps what is to be kept and changes the direction's own reading as much, and what was left."""
    share, rest = _left(direction, step, held(step))
    length = np.linalg.norm(rest) / np.linalg.norm(step)
    if share < LEAST_LEFT or length / share > LONGEST:
        alone = {name: _left(direction, step, held(step, name))[0] for name in held.names}
        least = min(alone.values())
        names = [name for name, own in alone.items() if own < max(2 * least, LEAST_LEFT)] or list(held.names)
        if least > 0.5:  # none of them alone
            names = list(held.names)
        raise InputError(
            f"{direction.name} can't be moved while {' and '.join(names)} {'stay' if len(names) > 1 else 'stays'}: in "
            f"this data they nearly go together, and {max(share, 0):.0%} of a step's effect is left. Keep less."
        )
    return rest / share, share


def _left(
    direction: Direction, step: Float64[np.ndarray, " dim"], rest: Float64[np.ndarray, " dim"]
) -> tuple[float, Float64[np.ndarray, " dim"]]:
    """What is left of a step's effect on the direction's own reading."""
    reader = own_reader(direction)
    if not reader @ step > 0:  # a probe that the direction itself doesn't move up says nothing of it
        reader = direction.vector.astype(np.float64)
    return float(reader @ rest / (reader @ step)), rest
