"""The answers of an analogy: how each one's mark looks, and the list with their figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lateen.plot.canvas import Page
from lateen.plot.palette import INK, MUTED, PAPER, RISE, Color, mix
from lateen.plot.shapes import Place, Sheet
from lateen.plot.text import Number, shorten, text_width

CORNER = 6  # radius of a question word's dot
FIRST: Color = RISE
FIRST_TEXT = mix(FIRST, INK, 0.3)
OTHER: Color = (74, 112, 122)
ROW = 23
WORD, SMALL = 16, 14


@dataclass(frozen=True)
class Answer:
    """One answer as it is drawn.

    Args:
        label: Its name.
        place: Where it is in the plane, or where its foot is.
        off_plane: Its distance from the plane, in the unit of the places.
        distance: What it was ranked by.
        asked: Whether it is one of the question's own words.
    """

    label: str
    place: Place
    off_plane: Number
    distance: Number
    asked: bool = False


@dataclass(frozen=True)
class Mark:
    """How an answer is drawn: its dot, and the colour of its label."""

    radius: Number
    color: Color
    alpha: int
    text: Color
    first: bool = False
    asked: bool = False

    def draw(self, sheet: Sheet, at: Place) -> None:
        """A dot; a question's word, which has one already, gets a ring."""
        if self.asked:
            sheet.ring(at, self.radius, INK, 1.5)
        else:
            sheet.disc(at, self.radius, self.color, self.alpha)


def marks_of(answers: Sequence[Answer]) -> list[Mark]:
    """One mark per answer: the first that wasn't asked is large, the others are less, the farther off the plane."""
    highest = max((answer.off_plane for answer in answers), default=0.0)
    first = next((answer for answer in answers if not answer.asked), None)
    marks = []
    for answer in answers:
        share = answer.off_plane / highest if highest > 0 else 0.0
        if answer.asked:
            marks.append(Mark(CORNER + 3.5, INK, 255, MUTED, asked=True))
        elif answer is first:
            marks.append(Mark(8.0, FIRST, 255, FIRST_TEXT, first=True))
        else:
            marks.append(Mark(7 - 3 * share, OTHER, round(240 - 100 * share), mix(INK, MUTED, share)))
    return marks


def list_height(shown: int, more: int) -> int:
    """Height of the list in pixels."""
    return (1 + shown + bool(more)) * ROW + 6


def draw_list(page: Page, answers: Sequence[Answer], more: int, measure: str, x: int, y: int, width: int) -> None:
    """Write rank, mark, word, distance and distance off the plane, a row each.

    Args:
        page: Where to.
        answers: The rows.
        more: How many answers have none.
        measure: Heading of the distances.
        x: Left end.
        y: Top.
        width: Of the list.
    """
    right, middle = x + width, x + width - 92
    page.text(right, y, "off plane", size=SMALL, color=MUTED, align="right")
    page.text(middle, y, measure, size=SMALL, color=MUTED, align="right", width=110)
    page.draw.line((x, y + ROW, right, y + ROW), fill=mix(PAPER, INK, 0.12))
    top = y + ROW + 8
    marks = marks_of(answers)
    sheet = Sheet(22, len(answers) * ROW)
    for row, mark in enumerate(marks):
        at = 11.0, row * ROW + 10.5
        if mark.asked:
            sheet.disc(at, CORNER, INK)
        mark.draw(sheet, at)
    page.image.paste(sheet.reduced(), (x + 28, top))
    distances, heights = figures([a.distance for a in answers]), figures([a.off_plane for a in answers])
    for row, (answer, mark) in enumerate(zip(answers, marks, strict=True)):
        line = top + row * ROW
        color = mark.text if mark.first or mark.asked else INK
        page.text(x + 20, line + 1, str(row + 1), size=SMALL, color=MUTED, align="right")
        word = shorten(answer.label, 96 if answer.asked else 126, WORD)
        page.text(x + 58, line, word, size=WORD, color=color)
        if answer.asked:
            page.text(x + 64 + text_width(word, WORD), line + 2, "asked", size=12, color=MUTED)
        page.text(middle, line, distances[row], size=WORD, color=color, align="right")
        page.text(right, line, heights[row], size=WORD, color=color, align="right")
    if more:
        page.text(x + 58, top + len(answers) * ROW, f"and {more:,} more, not drawn", size=SMALL, color=MUTED)


def figures(values: Sequence[Number]) -> list[str]:
    """A column of numbers with as many decimals as the largest needs for three digits."""
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    decimals = 2 - math.floor(math.log10(largest)) if largest > 0 else 2
    kind = f".{max(0, decimals)}f" if -4 < decimals < 7 else ".1e"
    return [f"{value:{kind}}" if math.isfinite(value) else "–" for value in values]
