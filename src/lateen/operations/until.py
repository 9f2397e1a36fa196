"""Moving until a direction's own probe says that it is enough, or until there is no data any more.

One idea: small steps, for the way may be bent and support may end anywhere; the last of them is halved until the probe
reads what was asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32

from lateen.core.errors import InputError
from lateen.core.probe import Probe
from lateen.operations.moving import Move
from lateen.operations.opened import Opened

STEP = 0.1  # standard deviations
MOST = 20.0
ENDS = 0.01  # support at or below which a point is outside the data, if it began above
_TOGETHER = 20  # steps whose support is looked up at once
_HALVINGS = 40

Stopped = Literal["reached", "already", "support", "limit"]


@dataclass(frozen=True)
class Stop:
    """Where a move stopped.

    Args:
        target: What the probe was to read.
        dose: Steps that were taken, signed.
        stopped: "reached"; "already" past it at the start; "support", where the data ends; or "limit", after 20 steps.
    """

    target: float
    dose: float
    stopped: Stopped

    def describe(self, name: str, reading: float) -> str:
        """A sentence for people."""
        how = {
            "reached": f"{name} reads {reading:.3g} after {self.dose:+.3g} steps",
            "already": f"{name} reads {reading:.3g} already, past {self.target:g}: nothing was moved",
            "support": f"stopped at {self.dose:+.3g} steps, where the data ends: {name} reads {reading:.3g}, not "
            f"{self.target:g}",
            "limit": f"stopped after {self.dose:+.3g} steps: {name} reads {reading:.3g}, not {self.target:g}",
        }
        return how[self.stopped]


def check_until(move: Move, target: float | int) -> tuple[Probe, float]:
    """The probe that is to be satisfied and the sign of the way; raises InputError if that makes no sense."""
    if len(move.directions) != 1:
        raise InputError(f"--until is about one direction; --by names {', '.join(move.by)}.")
    (direction,), ((name, sign),) = move.directions, move.by.items()
    if abs(sign) != 1:
        raise InputError(
            f"With --until the number of steps is found; give --by {name} or {name}=-1 for the way, not {sign:+g}."
        )
    if direction.probe is None:
        raise InputError(
            f"The direction {name!r} has no probe that could say when to stop; fit it again on its field with --force."
        )
    direction.probe.score_of(float(target))
    return direction.probe, sign


def move_until(opened: Opened, move: Move, start: Float32[np.ndarray, " dim"], target: float | int) -> Stop:
    """Where a move from a point stops.

    Args:
        opened: The space.
        move: One step along one direction, forward or back.
        start: (dim,) the point.
        target: What the direction's probe is to read: at least this on the way forward, at most on the way back.

    Raises:
        InputError: If there are several directions, no probe, or the probe can't read that.
    """
    probe, sign = check_until(move, target)
    wanted = probe.score_of(float(target))

    def is_past(points: Float32[np.ndarray, "n dim"]) -> np.ndarray:
        return np.asarray(sign * (probe.score(points) - wanted) >= 0)

    def at(steps: np.ndarray) -> Float32[np.ndarray, "n dim"]:
        return move.at(np.repeat(start[None], len(steps), axis=0), steps)

    if is_past(start[None])[0]:
        return Stop(float(target), 0.0, "already")
    begun = float(opened.support(start[None])[0])

    def has_ended(points: Float32[np.ndarray, "n dim"]) -> np.ndarray:
        support = opened.support(points)
        return np.asarray((support <= ENDS) & (support < begun))

    doses = np.round(np.arange(1, round(MOST / STEP) + 1) * STEP, 10)
    for first in range(0, len(doses), _TOGETHER):
        steps = doses[first : first + _TOGETHER]
        points = at(steps)
        past, ended = is_past(points), has_ended(points)
        if not (past | ended).any():
            continue
        i = int(np.argmax(past | ended))
        before = float(steps[i] - STEP)
        if past[i]:
            enough = _halved(before, float(steps[i]), lambda dose: bool(is_past(at(np.array([dose])))[0]))
            if not has_ended(at(np.array([enough])))[0]:
                return Stop(float(target), sign * enough, "reached")
        return Stop(float(target), sign * round(before, 10), "support")
    return Stop(float(target), sign * MOST, "limit")


def _halved(before: float, past: float, is_past: Callable[[float], bool]) -> float:
    """The least number that is past, between one that is not and one that is."""
    for _ in range(_HALVINGS):
        middle = (before + past) / 2
        before, past = (before, middle) if is_past(middle) else (middle, past)
    return past
