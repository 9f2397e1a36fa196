"""The dose that is enough: found on items of its own, by what a reader of pixels says of the edited pictures.

One idea: a probe of codes says where the codes are, not what the decoder makes of them; so the dose is tried out.
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Int64

from lateen.core.direction import Direction
from lateen.core.errors import InputError
from lateen.measures.targets import Within
from lateen.operations.opened import Opened
from lateen.operations.score_target import amounts_of, contrast_of, field_of, target_of
from lateen.operations.scoring_work import Work, lacking
from lateen.operations.space_reader import SpaceReader, Told

WANTED = 0.98  # success that a dose is to reach: more than the .95 that a score asks for, for other items differ
TRIED = 500  # items
FARTHEST = 3.0  # of the gap between the means
ROUNDS = 7
OFFSETS = (0.0, 0.5, -0.5, 1.0, -1.0, 1.5, -1.5, 2.0, -2.0)  # of how near a value must be come


def measured_dose(
    opened: Opened,
    direction: Direction,
    reader: SpaceReader,
    rows: Int64[np.ndarray, " r"],
    *,
    wanted: float = WANTED,
    progress: Told | None = None,
) -> float:
    """The least steps after which so many items are read as having the attribute; the best ones if never so many.

    Args:
        opened: The space.
        direction: Fitted on a field.
        reader: Of the space's pictures.
        rows: Items to try it on, 500 at most of those that lack the attribute; a score is then taken on others.
        wanted: Share of them that is to be read so.
        progress: Told what is done.

    Returns:
        Steps, found by halving between none and three times the gap of the means.

    Raises:
        InputError: If the direction was not fitted on a field, or the gap is not known.
    """
    split = contrast_of(opened, direction)
    if split is None or not direction.gap > 0:
        raise InputError(f"A dose is measured for a direction of a field; {direction.name} is none.")
    target = target_of(opened, direction, split, reader, None, None)
    tried, before, _ = lacking(opened, split, target, reader, rows, TRIED, None)
    points = np.asarray(opened.points[tried], np.float32)
    work = Work(opened, direction, reader, target, points, np.ones(len(tried)), before, None)

    def success(dose: float) -> float:
        return float(target.reached(work.moved(dose)[0].fields[field_of(direction)]).mean())

    low, high, done = 0.0, direction.gap, 0
    reached = success(high)
    while reached < wanted and high < FARTHEST * direction.gap:
        low, high = high, min(1.5 * high, FARTHEST * direction.gap)
        reached = success(high)
    if reached < wanted:
        tries = np.linspace(0.5, FARTHEST, 6) * direction.gap
        return float(tries[int(np.argmax([success(float(dose)) for dose in tries]))])
    for done in range(ROUNDS):
        middle = (low + high) / 2
        low, high = (low, middle) if success(middle) >= wanted else (middle, high)
        if progress is not None:
            progress("dose", done + 1, ROUNDS)
    return math.ceil(100 * high) / 100


def measured_reading(
    opened: Opened,
    direction: Direction,
    reader: SpaceReader,
    rows: Int64[np.ndarray, " r"],
    value: float | int,
    within: float | int | None = None,
    *,
    progress: Told | None = None,
) -> float:
    """What the direction's own probe is to read so that the pictures show a value.

    A probe is linear and what the decoder shows is not, most of all at the ends of a field.

    Args:
        opened: The space.
        direction: Of a field of numbers, with a probe.
        reader: Of the space's pictures.
        rows: Items to try it on, 500 at most of those whose value is another; a score is then taken on others.
        value: What the pictures are to show, in the field's units.
        within: How near they must be; by default half a standard deviation of the field.
        progress: Told what is done.

    Returns:
        The reading, of nine around the value, with which most items show it; the nearest to the value of equals.

    Raises:
        InputError: If the direction was not fitted on a field, or has no probe.
    """
    split = contrast_of(opened, direction)
    if split is None or direction.probe is None:
        raise InputError(f"A reading is measured for a direction of a field with a probe; {direction.name} is none.")
    target = target_of(opened, direction, split, reader, value, within)
    if not isinstance(target, Within):
        raise InputError(f"The probe of {direction.name} reads a probability, which no picture shows; find the dose.")
    tried, before, _ = lacking(opened, split, target, reader, rows, TRIED, None)
    points = np.asarray(opened.points[tried], np.float32)
    best, most = float(value), -1.0
    for done, offset in enumerate(OFFSETS):
        amounts = amounts_of(direction, points, None, value + offset * target.within)
        work = Work(opened, direction, reader, target, points, amounts, before, None)
        success = float(target.reached(work.moved(1.0)[0].fields[field_of(direction)]).mean())
        if success > most:
            best, most = float(value + offset * target.within), success
        if progress is not None:
            progress("reading", done + 1, len(OFFSETS))
    return best
