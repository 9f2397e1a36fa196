"""What an edit along a direction is to bring about, how far it goes, and how well that can be read.

One idea: a rule about a field ("glasses = 1", "age upper third") becomes a rule about readings of it.
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float64

from lateen.core.direction import Direction
from lateen.core.errors import InputError
from lateen.directions import Contrast
from lateen.directions.contrast import contrast_again
from lateen.measures.edit_score import best_cut
from lateen.measures.targets import Beyond, OneOf, Target, Within
from lateen.models.reader.heads import ClassHead, NumberHead
from lateen.operations.opened import Opened
from lateen.operations.space_reader import SpaceReader

BEYOND_GAP = 1.25  # of the gap between the means, where a direction suggests no dose


def contrast_of(opened: Opened, direction: Direction) -> Contrast | None:
    """Who has the attribute of a direction; None where it was not fitted on a field."""
    if direction.field is None or direction.positive is None:
        return None
    return contrast_again(opened.column(direction.field), direction.field, direction.positive)


def field_of(direction: Direction) -> str:
    """The field of a direction that has one."""
    assert direction.field is not None
    return direction.field


def check_amount(
    direction: Direction, dose: float | int | None, until: float | int | None, within: float | int | None
) -> None:
    """Raise InputError unless it is clear how far the edit goes."""
    if dose is not None and until is not None:
        raise InputError("A score takes a dose or --until; give one of the two.")
    if dose is not None and not math.isfinite(dose):
        raise InputError(f"A dose is a finite number of steps, got {dose}.")
    if within is not None and until is None:
        raise InputError("--within says how near to --until; give both.")
    if within is not None and not (math.isfinite(within) and within > 0):
        raise InputError(f"--within is a positive number, got {within}.")
    if until is not None:
        if direction.probe is None:
            raise InputError(f"{direction.name} has no probe to say when {until:g} is reached; give --dose.")
        direction.probe.score_of(float(until))
    elif dose is None and not (math.isfinite(direction.dose) or math.isfinite(direction.gap)):
        raise InputError(f"{direction.name} suggests no dose; give one: --dose 2.")


def amounts_of(
    direction: Direction, points: np.ndarray, dose: float | int | None, until: float | int | None
) -> Float64[np.ndarray, " n"]:
    """Steps of each item."""
    if until is None:
        suggested = direction.dose if math.isfinite(direction.dose) else BEYOND_GAP * direction.gap
        return np.full(len(points), float(suggested if dose is None else dose))
    assert direction.probe is not None
    a_step = float(direction.probe.weights.astype(np.float64) @ direction.step.astype(np.float64))
    if not abs(a_step) > 1e-9:
        raise InputError(f"A step along {direction.name} doesn't change what its probe reads; give --dose.")
    return np.asarray((direction.probe.score_of(float(until)) - direction.probe.score(points)) / a_step, np.float64)


def target_of(
    opened: Opened,
    direction: Direction,
    split: Contrast,
    reader: SpaceReader,
    until: float | int | None,
    within: float | int | None,
) -> Target:
    """When a reading counts as having the attribute."""
    field = field_of(direction)
    head = reader.head(field)
    if head is None:
        raise InputError(f"The reader can't read {field!r} from pictures: it has too many values, or too few items.")
    if isinstance(head, ClassHead):
        truth = head.targets(opened.column(field))
        return OneOf(tuple(bool(split.positive[truth == place].any()) for place in range(head.width)))
    assert isinstance(head, NumberHead)
    if until is not None and direction.probe is not None and direction.probe.reads == "value":
        values = reader.truth(head, np.arange(len(opened)))
        near = float(within) if within is not None else 0.5 * head.spread
        return Within(float(until), near, float(np.nanmin(values)), float(np.nanmax(values)))
    read = reader.real.fields[field].values.astype(np.float64)
    if split.rule.endswith("upper third"):
        return Beyond(float(np.quantile(read, 2 / 3)))
    positive, negative = split.positive[reader.judged], split.negative[reader.judged]
    if not positive.any() or not negative.any():
        raise InputError(f"Of {split.rule} the held-out items hold one side only; nothing says when it is reached.")
    above = bool(np.median(read[positive]) >= np.median(read[negative]))
    labelled = positive | negative
    cut, _ = best_cut(read[labelled] if above else -read[labelled], positive[labelled])
    return Beyond(cut if above else -cut, above)


def told_apart(
    opened: Opened, direction: Direction, split: Contrast | None, target: Target | None, reader: SpaceReader
) -> tuple[float, float]:
    """Balanced accuracy of the attribute on held-out pictures: real ones, and reconstructions."""
    if split is None or target is None or isinstance(target, Within):
        return math.nan, math.nan
    positive, negative = split.positive[reader.judged], split.negative[reader.judged]
    if not positive.any() or not negative.any():
        return math.nan, math.nan
    figures = []
    for readings in (reader.real, reader.decoded):
        reached = target.reached(readings.fields[field_of(direction)])
        figures.append(float((reached[positive].mean() + (~reached[negative]).mean()) / 2))
    return figures[0], figures[1]


def rule_of(direction: Direction, until: float | int | None, target: Target | None) -> str:
    """What the edit is to bring about, in words."""
    if isinstance(target, Within):
        return f"{direction.field} = {target.value:g}, give or take {target.within:.3g}"
    if target is None:
        return direction.positive or f"found by {direction.method}"
    return f"{direction.positive}" + ("" if until is None else f", its probe at {until:g}")
