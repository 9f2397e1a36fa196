"""Answers that have no pictures, as a list: the question in full, then each answer with a mark at its figure.

One idea: nothing is said larger than it is true. A sum of words is no word, so only what was found is drawn, by rank.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import SupportsFloat

from PIL import Image

from lateen.plot.answers import FIRST, FIRST_TEXT, OTHER, ROW, SMALL, WORD, figures
from lateen.plot.canvas import PADDING, SUPPORT_HEIGHT, SUPPORT_NOTE, TITLE, Page, read_support
from lateen.plot.palette import INK, MUTED, PAPER, Color, mix
from lateen.plot.shapes import Sheet
from lateen.plot.text import Number, shorten, text_width, wrap

WIDTH = 860
MOST = 100
SCALE = 340  # width of the column of marks
NARROW, WIDE = 110, 330  # of the column of names
LINES = 4  # of a title in large letters; a longer one is small
LONGEST_TITLE = 100  # lines
_TITLES = (TITLE, 15)
_HALF = 5  # height of a bar
TRACK: Color = mix(PAPER, INK, 0.06)


@dataclass(frozen=True)
class Ranked:
    """One answer of a list.

    Args:
        label: Its name.
        value: What it was ranked by.
        asked: Whether the question names it.
    """

    label: str
    value: Number
    asked: bool = False


def ranking(
    answers: Sequence[Ranked],
    *,
    title: str,
    measure: str = "cosine",
    heading: str = "nearest",
    support: SupportsFloat | None = None,
    notes: Sequence[str] = (),
) -> Image.Image:
    """Draw answers as a list with their figures.

    Args:
        answers: Best first; 100 are drawn.
        title: The question, written in full over as many lines as it takes.
        measure: What the values are. A "distance" is a dot as far from the left as the answer is from the question;
            all else is a bar, of a "cosine" on a track that ends at 1.
        heading: What the answers are.
        support: Support of the question in 0 ... 1, None if not known.
        notes: Sentences under the list.

    Raises:
        InputError: If the support is not in 0 ... 1.
    """
    known = read_support([support], 1, "ranking")[0]
    room = WIDTH - 2 * PADDING
    size, head = _title(title, room)
    said = [*notes, *([SUPPORT_NOTE] if support is not None else [])]
    foot = [line for note in said for line in wrap(note, room, SMALL)]
    shown, more = answers[:MOST], max(0, len(answers) - MOST)
    top = PADDING - 6 + round(1.35 * size * len(head)) + 18
    listed = ROW + 8 + max(1, len(shown) + bool(more)) * ROW
    under = top + listed + (18 + SUPPORT_HEIGHT if support is not None else 0)
    page = Page(WIDTH, under + 14 + 22 * len(foot) + PADDING - 10)
    for number, line in enumerate(head):
        page.text(PADDING, PADDING - 6 + 1.35 * size * number, line, size=size)
    _draw_rows(page, shown, more, measure, heading, top)
    if support is not None:
        page.support(known, PADDING, top + listed + 18, 150, name="support")
    for number, line in enumerate(foot):
        page.note(line, under + 14 + 22 * number)
    return page.image


def _title(title: str, room: int) -> tuple[int, list[str]]:
    large, small = _TITLES
    lines = wrap(title, room, large)
    if len(lines) <= LINES:
        return large, lines
    lines = wrap(title, room, small)
    if len(lines) > LONGEST_TITLE:
        lines = [*lines[: LONGEST_TITLE - 1], f"… and {len(lines) - LONGEST_TITLE + 1:,} lines more"]
    return small, lines


def _draw_rows(page: Page, answers: Sequence[Ranked], more: int, measure: str, heading: str, top: int) -> None:
    """Rank, name, mark and figure, a row each."""
    names, right = PADDING + 38, page.width - PADDING
    widest = max((text_width(shorten(a.label, WIDE, WORD), WORD) + 48 * a.asked for a in answers), default=0.0)
    left = names + round(max(NARROW, min(widest, WIDE))) + 20
    scale = min(SCALE + WIDE - (left - names), right - 90 - left)
    page.text(names, top, heading, size=SMALL, color=MUTED, width=left - names + scale)
    page.text(right, top, measure if answers else "", size=SMALL, color=MUTED, align="right")
    page.draw.line((PADDING, top + ROW, right, top + ROW), fill=mix(PAPER, INK, 0.12))
    top += ROW + 8
    if not answers:
        page.text(names, top, "Nothing was found.", size=WORD, color=MUTED)
        return
    first = next((answer for answer in answers if not answer.asked), None)
    sheet = _marks(answers, first, measure, scale)
    page.image.paste(sheet.reduced(), (left - 8, top))
    for row, (answer, figure) in enumerate(zip(answers, figures([a.value for a in answers]), strict=True)):
        line = top + row * ROW
        color = MUTED if answer.asked else FIRST_TEXT if answer is first else INK
        page.text(PADDING + 24, line + 1, str(row + 1), size=SMALL, color=MUTED, align="right")
        name = shorten(answer.label, WIDE - 48 * answer.asked, WORD)
        page.text(names, line, name, size=WORD, color=color)
        if answer.asked:
            page.text(names + text_width(name, WORD) + 7, line + 2, "asked", size=12, color=MUTED)
        page.text(right, line, figure, size=WORD, color=color, align="right")
    if more:
        page.text(names, top + len(answers) * ROW, f"and {more:,} more, not drawn", size=SMALL, color=MUTED)


def _marks(answers: Sequence[Ranked], first: Ranked | None, measure: str, width: int) -> Sheet:
    """Bars from zero, or dots at distances; what the question names is hollow."""
    sheet = Sheet(width + 16, len(answers) * ROW)
    finite = [float(answer.value) for answer in answers if math.isfinite(answer.value)]
    high = 1.0 if measure == "cosine" else max((abs(value) for value in finite), default=0.0) or 1.0
    low = min([0.0, *(value / high for value in finite)])
    for row, answer in enumerate(answers):
        y = row * ROW + 0.46 * ROW
        color = FIRST if answer is first else mix(OTHER, PAPER, 0.25)
        zero, end = (8 + width * (share - low) / (1 - low) for share in (0.0, _share(answer.value, high)))
        if measure == "distance":
            sheet.line((zero, y), (8 + width, y), TRACK, 2)
            sheet.line((zero, y - _HALF), (zero, y + _HALF), mix(PAPER, INK, 0.25), 1.5)
            if not math.isfinite(answer.value):
                continue
            if answer.asked:
                sheet.disc((end, y), 6, PAPER)
                sheet.ring((end, y), 6, MUTED, 1.5)
            else:
                sheet.disc((end, y), 6, color)
            continue
        if measure == "cosine":
            sheet.area(_bar(8, 8 + width, y), TRACK, 255)
        sheet.area(_bar(zero, end, y), MUTED if answer.asked else color, 255)
        if answer.asked and abs(end - zero) > 4:
            inner = 1.5 if end > zero else -1.5
            sheet.area(_bar(zero + inner, end - inner, y, _HALF - 1.5), PAPER, 255)
        if low < 0:
            sheet.line((zero, y - ROW / 2), (zero, y + ROW / 2), mix(PAPER, INK, 0.3), 1)
    return sheet


def _share(value: Number, high: float) -> float:
    return float(value) / high if math.isfinite(value) else 0.0


def _bar(start: Number, end: Number, y: Number, half: Number = _HALF) -> list[tuple[Number, Number]]:
    return [(start, y - half), (end, y - half), (end, y + half), (start, y + half)]
