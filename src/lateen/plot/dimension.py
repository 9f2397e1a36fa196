"""Dimension by scale: a line for each method over the distance of the neighbours that it compares.

One idea: methods look at different neighbours, so over the distance, instead of over the number of items, those that
agree lie on one curve.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from PIL import Image

from lateen.plot.canvas import PADDING, Page, top_of
from lateen.plot.coloring import number_text
from lateen.plot.palette import CATEGORIES, FAINT, INK, MUTED, PAPER, RISE, Color, mix
from lateen.plot.shapes import Sheet
from lateen.plot.text import shorten, text_width

WIDTH, HEIGHT = 980, 420  # of the page, and of the field of lines
LEFT = 44  # of the numbers beside the field
SIDE = 330  # of the dots of groups
SMALL = 14
ROW = 24
MOST = 16  # groups that are drawn
NAMES = 130
EDGE = 14  # between a field's frame and what is drawn in it

Measured = tuple[float, float, float, float]
"""Distance, dimension, and its interval."""


@dataclass(frozen=True)
class Line:
    """A method at its scales.

    Args:
        label: Its name.
        points: Distance, dimension, low and high of each.
        main: Whether it is the one that was asked for.
    """

    label: str
    points: Sequence[Measured]
    main: bool


@dataclass(frozen=True)
class Spot:
    """The dimension of a group; NaN where it isn't known."""

    label: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class _Frame:
    """Where values stand on the paper."""

    x0: float | int
    x1: float | int
    y0: float | int
    y1: float | int
    near: float
    far: float
    top: float

    def x(self, distance: float | int) -> float:
        span = math.log(self.far / self.near) or 1.0
        return self.x0 + EDGE + (self.x1 - self.x0 - 2 * EDGE) * math.log(distance / self.near) / span

    def y(self, value: float | int) -> float:
        return self.y1 - (self.y1 - self.y0) * min(value, self.top) / self.top


def dimension_picture(
    lines: Sequence[Line],
    *,
    bands: Sequence[tuple[float, float, float]],
    spots: Sequence[Spot],
    title: str,
    by: str | None = None,
) -> Image.Image:
    """Lines over the logarithm of the distance, plateaus as bands behind them, a dot for each group beside.

    Args:
        lines: The methods.
        bands: Where each plateau begins and ends, and its dimension.
        spots: The groups, in the order of the rows.
        title: A line above.
        by: What the groups are values of.
    """
    known = [p for line in lines for p in line.points if all(map(math.isfinite, p[:2])) and p[0] > 0]
    if not known:
        page = Page(WIDTH, top_of(title) + 40, title)
        page.note("The distances don't tell a dimension.", top_of(title))
        return page.image
    shown = list(spots[:MOST])
    top = top_of(title) + 8
    side = SIDE if shown else 0
    page = Page(WIDTH, top + HEIGHT + 96, title)
    distances = [p[0] for p in known]
    tops = [p[3] if math.isfinite(p[3]) else p[1] for p in known] + [s.high for s in shown if math.isfinite(s.high)]
    sheet = Sheet(WIDTH, HEIGHT + 2 * EDGE)
    frame = _Frame(
        PADDING + LEFT, WIDTH - PADDING - side, EDGE, HEIGHT + EDGE, min(distances), max(distances), 1.06 * max(tops)
    )
    heights = _ticks(0.0, frame.top, 6)
    for value in heights:
        sheet.line((frame.x0, frame.y(value)), (frame.x1, frame.y(value)), FAINT, 1)
    for near, far, value in bands:
        _band(sheet, frame, near, far, value)
    colors = [CATEGORIES[i % len(CATEGORIES)] for i in range(len(lines))]
    for line, color in sorted(zip(lines, colors, strict=True), key=lambda pair: pair[0].main):
        _line(sheet, frame, line, color)
    page.image.paste(sheet.reduced(), (0, top - EDGE))
    for value in heights:
        y = top - EDGE + frame.y(value) - 9
        page.text(frame.x0 - 8, y, number_text(value), size=SMALL, color=MUTED, align="right")
    _below(page, frame, top)
    _legend(page, lines, colors, top + HEIGHT + 54, bool(bands))
    if shown:
        _spots(page, shown, len(spots) - len(shown), by or "group", top)
    return page.image


def _band(sheet: Sheet, frame: _Frame, near: float, far: float, value: float) -> None:
    left, right, y = frame.x(near) - 8, frame.x(far) + 8, frame.y(value)
    half = max(5.0, 0.025 * (frame.y1 - frame.y(value)))
    sheet.area([(left, y - half), (right, y - half), (right, y + half), (left, y + half)], mix(RISE, PAPER, 0.72), 255)


def _line(sheet: Sheet, frame: _Frame, line: Line, color: Color) -> None:
    """A method: its line, a bar for each interval, and a dot for each scale."""
    points = [p for p in line.points if all(map(math.isfinite, p[:2])) and p[0] > 0]
    places = [(frame.x(p[0]), frame.y(p[1])) for p in points]
    pale = color if line.main else mix(color, PAPER, 0.35)
    for start, end in pairwise(places):
        sheet.line(start, end, pale, 2.6 if line.main else 1.6)
    for (x, y), (_, _, low, high) in zip(places, points, strict=True):
        if math.isfinite(low) and math.isfinite(high):
            sheet.line((x, frame.y(low)), (x, frame.y(high)), pale, 1.6)
        sheet.disc((x, y), 5 if line.main else 3.5, pale)


def _below(page: Page, frame: _Frame, top: int) -> None:
    """Distances under the field."""
    y = top + HEIGHT + 6
    page.draw.line((frame.x0, y - 6, frame.x1, y - 6), fill=mix(PAPER, INK, 0.3))
    written = -math.inf
    for distance in _log_ticks(frame.near, frame.far):
        x, text = frame.x(distance), number_text(distance)
        if x - text_width(text, SMALL) / 2 < written + 14:
            continue
        page.draw.line((x, y - 6, x, y - 2), fill=mix(PAPER, INK, 0.3))
        page.text(x, y, text, size=SMALL, color=MUTED, align="center")
        written = x + text_width(text, SMALL) / 2
    what = "distance of the neighbours that are compared: the fewer items, the farther"
    middle, width = (frame.x0 + frame.x1) / 2, frame.x1 - frame.x0
    page.text(middle, y + 20, what, size=SMALL, color=MUTED, align="center", width=width)


def _legend(page: Page, lines: Sequence[Line], colors: Sequence[Color], y: int, banded: bool) -> None:
    x: float = PADDING + LEFT
    for line, color in zip(lines, colors, strict=True):
        page.draw.line((x, y + 9, x + 22, y + 9), fill=color, width=4 if line.main else 2)
        page.text(x + 30, y, line.label, size=SMALL, color=INK if line.main else MUTED)
        x += 30 + text_width(line.label, SMALL) + 26
    if banded:
        page.draw.rectangle((x, y + 3, x + 22, y + 15), fill=mix(RISE, PAPER, 0.72))
        page.text(x + 30, y, "plateau", size=SMALL, color=MUTED)


def _spots(page: Page, spots: Sequence[Spot], more: int, by: str, top: int) -> None:
    """A row for each group: its name, its dot and interval, its figure."""
    left, right = WIDTH - PADDING - SIDE + 40, WIDTH - PADDING
    page.text(left, top - 4, f"by {by}", size=SMALL, color=MUTED, width=SIDE - 40)
    widest = max(text_width(shorten(spot.label, NAMES, SMALL), SMALL) for spot in spots)
    start, end = left + widest + 16, right - 48
    largest = max((s.high if math.isfinite(s.high) else s.value for s in spots if math.isfinite(s.value)), default=1.0)
    sheet = Sheet(SIDE, ROW * len(spots))
    offset = WIDTH - PADDING - SIDE
    page_top = top + ROW

    def x(value: float | int) -> float:
        return start - offset + (end - start) * value / largest

    for row, spot in enumerate(spots):
        y = row * ROW + ROW / 2
        sheet.line((x(0), y), (x(largest), y), FAINT, 1.5)
        if math.isfinite(spot.value):
            if math.isfinite(spot.low):
                sheet.line((x(spot.low), y), (x(spot.high), y), mix(CATEGORIES[0], PAPER, 0.4), 3)
            sheet.disc((x(spot.value), y), 5, CATEGORIES[0])
    page.image.paste(sheet.reduced(), (offset, page_top))
    for row, spot in enumerate(spots):
        y = page_top + row * ROW + 3
        page.text(left, y, spot.label, size=SMALL, color=INK, width=NAMES)
        figure = f"{spot.value:.1f}" if math.isfinite(spot.value) else "–"
        page.text(right, y, figure, size=SMALL, color=INK, align="right")
    if more:
        page.text(left, page_top + ROW * len(spots) + 3, f"and {more:,} more", size=SMALL, color=MUTED)


def _ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers from low to high."""
    step = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next(step * m for m in (1, 2, 5, 10, 20) if (high - low) / (step * m) <= most)
    return [i * step for i in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    """Round numbers of a span that is read by ratios: a few within a small one, 1, 2 and 5 of each decade else."""
    if high <= low * 1.0001:
        return [low]
    if high < 8 * low:
        return _ticks(low, high, 8)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1, 2, 5) if high < 2000 * low else (1,)
    return [m * 10.0**d for d in decades for m in steps if low <= m * 10.0**d <= high]
