"""The page of a score: what edits keep, what other doses do, and eight of them, failures included.

One idea: what is kept is drawn as a dot with its interval on a scale that is cut where nothing lies, as most is near 1;
a dot, unlike a bar, doesn't say where zero is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from lateen.plot.canvas import PADDING, TITLE_HEIGHT, Page, shown
from lateen.plot.palette import CATEGORIES, FAINT, FALL, INK, MISSING, MUTED, PAPER, RISE, Color, mix
from lateen.plot.shapes import Sheet
from lateen.plot.text import text_width, wrap

WIDTH = 1080
SMALL = 14
ROW = 23
SIDE = 392  # of the dose-response
FIELD = 210  # its height
NAMES = 132
CELL = 112
LINE = 19
GOAL = 0.95
SUCCESS, KEPT = CATEGORIES[0], RISE
MOST_LOST = 3


@dataclass(frozen=True)
class Bar:
    """What is kept of one attribute.

    Args:
        name: The attribute.
        value: Share of items.
        low: Lower end of its interval.
        high: Upper end.
        n: Of how many items.
        drift: Mean change in standard deviations; NaN where there is none.
        along: How strongly it goes along with the edited one; None where it is independent.
    """

    name: str
    value: float
    low: float
    high: float
    n: int
    drift: float
    along: float | None


@dataclass(frozen=True, eq=False)
class Pair:
    """An item before and after.

    Args:
        label: Its name.
        before: As it was.
        after: As it is.
        reached: Whether the edit did what it should; None where nobody can say.
        lost: What else it changed.
    """

    label: str
    before: UInt8[np.ndarray, "size size 3"]
    after: UInt8[np.ndarray, "size size 3"]
    reached: bool | None
    lost: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ScorePage:
    """All that is on the page.

    Args:
        title: The main figures.
        subtitle: What was done to how many.
        bars: What is kept, the least first.
        unjudged: What can't be judged, with why.
        doses: Dose, success (NaN where it isn't known) and mean kept, by dose.
        used: The dose of the figures.
        dose_name: What doses are counted in.
        measured: A line about the dose that is enough.
        pairs: Some items.
    """

    title: str
    subtitle: str
    bars: Sequence[Bar]
    unjudged: Sequence[str]
    doses: Sequence[tuple[float, float, float]]
    used: float
    dose_name: str
    measured: str
    pairs: Sequence[Pair]


def score_page(content: ScorePage) -> Image.Image:
    """Draw the page."""
    independent = [bar for bar in content.bars if bar.along is None]
    along = [bar for bar in content.bars if bar.along is not None]
    parts = [("independent of it in the data", independent), ("goes along with it in the data", along)]
    parts = [(name, bars) for name, bars in parts if bars]
    unjudged = wrap(", ".join(content.unjudged), SIDE, SMALL) if content.unjudged else []
    left = sum(26 + ROW * len(bars) + 12 for _, bars in parts) + 40
    right = FIELD + 104 + (26 + LINE * len(unjudged) if unjudged else 0)
    top = PADDING + TITLE_HEIGHT + 26
    middle = top + max(left, right)
    most = max((min(len(p.lost), MOST_LOST + 1) for p in content.pairs), default=0)
    pairs = 2 * CELL + 78 + LINE * (1 + most) if content.pairs else 0
    page = Page(WIDTH, middle + pairs + PADDING, content.title)
    page.text(PADDING, PADDING + 30, content.subtitle, color=MUTED, size=16, width=WIDTH - 2 * PADDING)
    _bars(page, parts, top)
    x = WIDTH - PADDING - SIDE
    _doses(page, content, x, top)
    if unjudged:
        y = top + FIELD + 104
        why = "can't be judged (what the reader can do there; 1: all)"
        page.text(x, y - 2, why, size=SMALL, color=MUTED, width=SIDE)
        for i, line in enumerate(unjudged):
            page.text(x, y + 22 + i * LINE, line, size=SMALL)
    if content.pairs:
        _pairs(page, content.pairs, middle + 4)
    return page.image


def _bars(page: Page, parts: Sequence[tuple[str, Sequence[Bar]]], top: int) -> None:
    """A row for each attribute: its name, its dot and interval, its figure and its drift."""
    every = [bar for _, bars in parts for bar in bars]
    if not every:
        page.text(PADDING, top, "No other attribute can be judged.", size=SMALL, color=MUTED)
        return
    lows = [bar.low for bar in every if math.isfinite(bar.low)]
    floor = min(0.8, math.floor(10 * min(lows, default=0.0)) / 10)
    start, end = PADDING + NAMES + 12, WIDTH - PADDING - SIDE - 40 - 130
    width = WIDTH - 2 * PADDING - SIDE - 20
    y = top
    for title, bars in parts:
        page.text(PADDING, y, title, size=SMALL, color=MUTED, width=NAMES + 200)
        page.text(end + 60, y, "kept", size=SMALL, color=MUTED, align="right")
        page.text(end + 130, y, "drift (sd)", size=SMALL, color=MUTED, align="right")
        y += 26
        sheet = Sheet(width, ROW * len(bars))

        def x(value: float) -> float:
            return start - PADDING + (end - start) * (value - floor) / (1 - floor)

        for tick in _ticks(floor):
            sheet.line((x(tick), 0), (x(tick), ROW * len(bars)), FAINT, 1)
        sheet.line((x(GOAL), 0), (x(GOAL), ROW * len(bars)), mix(KEPT, PAPER, 0.5), 1.4)
        for row, bar in enumerate(bars):
            _dot(sheet, bar, row * ROW + ROW / 2, x)
        page.image.paste(sheet.reduced(), (PADDING, y))
        for row, bar in enumerate(bars):
            _figures(page, bar, y + row * ROW + 2, end)
        y += ROW * len(bars) + 12
    for tick in _ticks(floor):
        at = start + (end - start) * (tick - floor) / (1 - floor)
        page.text(at, y - 8, f"{tick:.1f}", size=SMALL, color=MUTED, align="center")
    page.text((start + end) / 2, y + 10, "share of items that keep it", size=SMALL, color=MUTED, align="center")


def _dot(sheet: Sheet, bar: Bar, y: float, x: object) -> None:
    assert callable(x)
    if not math.isfinite(bar.value):
        return
    color = _color(bar)
    sheet.line((x(bar.low), y), (x(bar.high), y), mix(color, PAPER, 0.45), 3)
    sheet.disc((x(bar.value), y), 5, color)


def _figures(page: Page, bar: Bar, y: float, end: float) -> None:
    page.text(PADDING, y, bar.name, size=SMALL, color=INK, width=NAMES - (30 if bar.along is not None else 0))
    if bar.along is not None:
        page.text(PADDING + NAMES, y, f"{bar.along:.2f}", size=SMALL, color=MUTED, align="right")
    value = f"{bar.value:.3f}" if math.isfinite(bar.value) else "–"
    page.text(end + 60, y, value, size=SMALL, color=_color(bar), align="right")
    if math.isfinite(bar.drift):
        drift = f"{bar.drift:+.2f}".replace("-", "−")
        page.text(end + 130, y, drift, size=SMALL, color=INK if abs(bar.drift) >= 0.2 else MUTED, align="right")


def _color(bar: Bar) -> Color:
    """Green where the goal is reached, grey where it may be, red where it isn't."""
    if not math.isfinite(bar.value):
        return MISSING
    if bar.value >= GOAL:
        return RISE
    return MUTED if bar.high >= GOAL else FALL


def _ticks(floor: float) -> list[float]:
    step = 0.1 if floor >= 0.4 else 0.2
    return [round(1 - i * step, 2) for i in range(round((1 - floor) / step) + 1) if 1 - i * step >= floor - 1e-9]


def _doses(page: Page, content: ScorePage, left: int, top: int) -> None:
    """Success and what is kept, over the dose."""
    page.text(left, top, "at other doses", size=SMALL, color=MUTED)
    edge, inset = 12, 40
    sheet = Sheet(SIDE, FIELD + 2 * edge)
    least, greatest = (f([d for d, _, _ in content.doses]) for f in (min, max))
    span = (greatest - least) or 1.0

    def place(dose: float, value: float) -> tuple[float, float]:
        return inset + (SIDE - inset - 14) * (dose - least) / span, edge + FIELD * (1 - value)

    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        sheet.line(place(least, tick), place(greatest, tick), FAINT, 1)
    sheet.line(place(least, GOAL), place(greatest, GOAL), mix(KEPT, PAPER, 0.5), 1.4)
    if least <= content.used <= greatest:
        sheet.line(place(content.used, 0.0), place(content.used, 1.0), MISSING, 1.4)
    for index, color in ((2, KEPT), (1, SUCCESS)):
        points = [place(d[0], d[index]) for d in content.doses if math.isfinite(d[index])]
        for start, end in pairwise(points):
            sheet.line(start, end, color, 2.4)
        for point in points:
            sheet.disc(point, 4, color)
    y = top + 24
    page.image.paste(sheet.reduced(), (left, y))
    for tick in (0.0, 0.5, 1.0):
        at = y + edge + FIELD * (1 - tick) - 9
        page.text(left + inset - 8, at, f"{tick:.1f}", size=SMALL, color=MUTED, align="right")
    under = y + FIELD + edge + 6
    for dose, _, _ in content.doses[::2]:
        page.text(left + place(dose, 0.0)[0], under, f"{dose:.2g}", size=SMALL, color=MUTED, align="center")
    page.text(left + inset, under + 20, content.dose_name, size=SMALL, color=MUTED)
    page.text(left + SIDE - 14, under + 20, content.measured, size=SMALL, color=INK, align="right")
    x: float = left + SIDE - 14
    named = [("kept (independent)", KEPT), ("success", SUCCESS)]
    for name, color in named[: 2 if any(math.isfinite(d[1]) for d in content.doses) else 1]:
        page.text(x, top, name, size=SMALL, color=color, align="right")
        x -= text_width(name, SMALL) + 16


def _pairs(page: Page, pairs: Sequence[Pair], top: int) -> None:
    """Before over after, from the least to the most successful."""
    what = "before and after, evenly spaced from the least to the most successful; under each what else is read anew"
    page.text(PADDING, top, what, size=SMALL, color=MUTED, width=WIDTH - 2 * PADDING)
    gap = (WIDTH - 2 * PADDING - len(pairs) * CELL) // max(len(pairs) - 1, 1)
    for i, pair in enumerate(pairs):
        x, y = PADDING + i * (CELL + min(gap, 24)), top + 26
        page.picture(shown(pair.before, (CELL, CELL)), x, y)
        failed = pair.reached is False
        page.picture(shown(pair.after, (CELL, CELL)), x, y + CELL + 8, outline=FALL if failed else None)
        middle, under = x + CELL / 2, y + 2 * CELL + 14
        verdict = {True: "succeeded", False: "failed", None: pair.label}[pair.reached]
        page.text(middle, under, verdict, size=SMALL, color=FALL if failed else MUTED, align="center", width=CELL + 8)
        lines = list(pair.lost[:MOST_LOST])
        more = len(pair.lost) - MOST_LOST
        for row, line in enumerate([*lines, *([f"and {more} more"] if more > 0 else [])]):
            at = under + LINE * (1 + row)
            page.text(middle, at, line, size=SMALL, color=INK, align="center", width=CELL + 12)
