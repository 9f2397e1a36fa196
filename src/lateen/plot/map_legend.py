"""The legend of a map: the categories of a field with their counts, or the scale of its numbers."""

from __future__ import annotations

import numpy as np

from lateen.plot.canvas import CAPTION, PADDING, Page
from lateen.plot.coloring import Categories, Numbers, Texts, category_color, number_text
from lateen.plot.palette import CATEGORIES, FAINT, MISSING, MUTED, PAPER, VALUES, scale_color
from lateen.plot.text import Number, text_width

LEGEND = 240  # pixels
LINE, BETWEEN = 20, 8  # of a name that takes two lines, and after each


def legend(page: Page, coloring: Categories | Numbers | Texts, field: str, y: int, height: int) -> None:
    """Write a legend at the right of a page.

    Args:
        page: With room for it.
        coloring: What the colours mean.
        field: Its name.
        y: Where it starts.
        height: It has.
    """
    width = LEGEND - 36
    x = page.width - PADDING - width
    top = y
    for row, line in enumerate(wrapped(field, width, 18)):
        page.text(x, y, line, size=18 if row == 0 else CAPTION, width=width)
        y += 36 if row == 0 else LINE + BETWEEN
    height -= y - top - 36
    if isinstance(coloring, Numbers):
        _scale(page, coloring, x, y, min(320, height - 60))
    elif isinstance(coloring, Categories):
        colored, missing = min(len(coloring.names), len(CATEGORIES)), int((coloring.codes < 0).sum())
        lines = (height - 60) // 28 - bool(missing)
        fits = len(coloring.names) <= min(lines, len(CATEGORIES))
        shown = colored if fits else max(1, min(colored, lines - 1))  # the last line counts the others
        entries = [
            (category_color(i), name, count)
            for i, (name, count) in enumerate(zip(coloring.names[:shown], coloring.counts, strict=False))
        ]
        rest = sum(coloring.counts[shown:])
        if rest:
            grey = shown == colored  # else some have a colour of their own, for which there is no line
            entries.append((MISSING if grey else PAPER, _others(len(coloring.names) - shown), rest))
        if missing:
            entries.append((FAINT if rest else MISSING, "missing", missing))
        room = width - 30 - max((text_width(f"{count:,}", CAPTION) for _, _, count in entries), default=0)
        spare = (height - 60) - 28 * len(entries)  # for second lines
        for ink, name, count in entries:
            broken = wrapped(name, room, CAPTION)
            if (len(broken) - 1) * LINE > spare:
                broken = [name]
            spare -= (len(broken) - 1) * LINE
            page.draw.ellipse((x, y + 4, x + 13, y + 17), fill=ink)
            page.text(x + width, y, f"{count:,}", align="right", color=MUTED)
            for line in broken:
                page.text(x + 22, y, line, width=room)
                y += LINE
            y += BETWEEN


def wrapped(text: str, width: Number, size: int) -> list[str]:
    """One line, or two where that is too wide: broken at the last space that leaves the first line whole."""
    if text_width(text, size) <= width:
        return [text]
    breaks = [at for at, letter in enumerate(text) if letter == " " and text_width(text[:at], size) <= width]
    return [text[: breaks[-1]], text[breaks[-1] + 1 :]] if breaks else [text]


def _others(n: int) -> str:
    return "1 other" if n == 1 else f"{n} others"


def _scale(page: Page, numbers: Numbers, x: int, y: int, height: int) -> None:
    for i in range(height):
        page.draw.line((x, y + i, x + 17, y + i), fill=scale_color(VALUES, 1 - i / max(1, height - 1)))
    for share in (0.0, 0.5, 1.0):
        value = numbers.low + share * (numbers.high - numbers.low)
        at = y + (1 - share) * (height - 1)
        page.draw.line((x + 18, at, x + 23, at), fill=MUTED)
        page.text(x + 30, at - 10, number_text(value), width=LEGEND - 70)
    missing = int((~np.isfinite(numbers.values)).sum())
    if missing:
        page.draw.ellipse((x + 2, y + height + 22, x + 15, y + height + 35), fill=MISSING)
        page.text(x + 30, y + height + 18, f"missing {missing:,}", color=MUTED)
