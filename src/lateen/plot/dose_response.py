"""A dose-response as a small chart: what the probe reads, step by step, with the band that most items keep to.

One idea: the suggested dose stands in it as a line, so one sees what it is worth and how much more would do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from lateen.core.response import Response
from lateen.plot.canvas import Page
from lateen.plot.coloring import number_text
from lateen.plot.palette import CATEGORIES, FAINT, INK, MUTED, PAPER, RISE, mix
from lateen.plot.shapes import Sheet
from lateen.plot.text import Number

SMALL = 14
LEFT, RIGHT, BELOW = 40, 4, 44  # of the numbers beside and under the field
EDGE = 8  # between the field's frame and what is drawn in it
LINE = CATEGORIES[0]


def dose_response(
    page: Page,
    response: Response,
    place: tuple[int, int, int, int],
    *,
    dose: float | None = None,
    share: bool = True,
    half: bool = True,
) -> None:
    """Draw a response on a page.

    Args:
        page: Where to.
        response: Readings by steps.
        place: Left, top, width and height of the chart with its numbers.
        dose: Steps that are marked.
        share: Whether readings are probabilities, from 0 to 1.
        half: Draw the line at one half, which divides those that have the attribute from those that don't.
    """
    left, top, width, height = place
    field = width - LEFT - RIGHT, height - BELOW
    low, high = (0.0, 1.0) if share else _span([*response.low, *response.high])
    first, last = _reach(response.steps, dose)

    def x(steps: Number) -> float:
        return EDGE + (field[0] - 2 * EDGE) * (steps - first) / (last - first)

    def y(reading: Number) -> float:
        return EDGE + (field[1] - 2 * EDGE) * (1 - (min(max(reading, low), high) - low) / (high - low))

    sheet = Sheet(*field)
    heights = [0.0, 0.5, 1.0] if share else round_numbers(low, high, 4)
    for value in heights:
        sheet.line((0, y(value)), (field[0], y(value)), FAINT, 1.5)
    if first < 0 < last:
        sheet.line((x(0), 0), (x(0), field[1]), FAINT, 1.5)
    if share and half:
        for start in range(0, field[0], 12):
            sheet.line((start, y(0.5)), (min(start + 6, field[0]), y(0.5)), mix(PAPER, INK, 0.35), 1.5)
    _curve(sheet, response, x, y)
    if dose is not None:
        sheet.line((x(dose), 0), (x(dose), field[1]), RISE, 2)
    page.image.paste(sheet.reduced(), (left + LEFT, top))
    for value in heights:
        page.text(left + LEFT - 8, top + y(value) - 9, number_text(value), size=SMALL, color=MUTED, align="right")
    _below(page, round_numbers(first, last, 6), dose, x, (left + LEFT, top + field[1], field[0]))


def _curve(sheet: Sheet, response: Response, x: Callable[[Number], float], y: Callable[[Number], float]) -> None:
    lower = [(x(s), y(r)) for s, r in zip(response.steps, response.low, strict=True)]
    upper = [(x(s), y(r)) for s, r in zip(response.steps, response.high, strict=True)]
    means = [(x(s), y(r)) for s, r in zip(response.steps, response.reading, strict=True)]
    if len(means) > 1:
        sheet.area([*lower, *reversed(upper)], LINE, 46)
    for start, end in pairwise(means):
        sheet.line(start, end, LINE, 2.6)
    for at in means:
        sheet.disc(at, 3, LINE)


def _below(
    page: Page, ticks: Sequence[float], dose: float | None, x: Callable[[Number], float], place: tuple[int, int, int]
) -> None:
    """The steps under the field, and the dose where it is marked."""
    left, y, width = place
    page.draw.line((left, y, left + width, y), fill=mix(PAPER, INK, 0.3))
    for value in ticks:
        if dose is None or abs(x(value) - x(dose)) > 34:
            text = number_text(value)
            page.text(left + x(value), y + 4, text, size=SMALL, color=MUTED, align="center")
    if dose is not None:
        page.text(left + x(dose), y + 4, f"{dose:+.3g}".replace("-", "−"), size=SMALL, color=RISE, align="center")
    page.text(left + width / 2, y + 22, "steps along the direction", size=SMALL, color=MUTED, align="center")


def _span(values: Sequence[float]) -> tuple[float, float]:
    finite = [v for v in values if math.isfinite(v)] or [0.0]
    low, high = min(finite), max(finite)
    room = 0.05 * (high - low) or 1.0
    return low - room, high + room


def _reach(steps: Sequence[float], dose: float | None) -> tuple[float, float]:
    """From where to where the chart goes: the dose is in it."""
    ends = [*steps, *([] if dose is None else [dose])] or [0.0]
    low, high = min(ends), max(ends)
    return (low, high) if high > low else (low - 1, high + 1)


def round_numbers(low: float, high: float, most: int) -> list[float]:
    """Round numbers from low to high, `most` of them or fewer."""
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough)
    return [i * step for i in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]
