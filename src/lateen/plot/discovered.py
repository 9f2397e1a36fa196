"""Discovered axes on one page: what each goes along with, what moving along it does, which items lie at its ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from lateen.core.errors import InputError
from lateen.plot.canvas import PADDING, Page, Picture, shown, top_of
from lateen.plot.palette import FAINT, INK, MUTED, support_color

TEXT = 270  # width of the column of names and descriptions
CELL = 128
SMALL = 64  # a picture at an end
BETWEEN = 34  # columns
GAP = 6
BAR = 5
ROW_GAP = 32
NAME, LINE, FACT = 26, 20, 18  # heights of lines of text
HEADING = 30
WORD = 24  # height of a line of words
WORDS = 300  # width of a column of words


@dataclass(frozen=True, eq=False)
class Row:
    """One axis.

    Args:
        name: Its name.
        description: What goes along with it, a line each.
        facts: Short lines below, in grey.
        frames: The traversal, (height, width, 3) pictures; none where items have no pictures.
        support: One number in 0 ... 1 per frame, or None.
        bottom: Pictures of the items that have least of it, or their names.
        top: Those that have most.
    """

    name: str
    description: Sequence[str]
    facts: Sequence[str]
    frames: Sequence[Picture]
    support: Sequence[float | None]
    bottom: Sequence[Picture | str]
    top: Sequence[Picture | str]


def discovered(
    rows: Sequence[Row], *, steps: Sequence[int], title: str | None = None, instead: str | None = None
) -> Image.Image:
    """One row for each axis.

    Args:
        rows: The axes, at least one.
        steps: How far each frame is moved, in standard deviations; empty where there are no frames.
        title: A line above.
        instead: What to say of frames that nothing decoded.

    Raises:
        InputError: If there are no rows.
    """
    if not rows:
        raise InputError("discovered got no axes; give at least one.")
    if not steps:
        return _listed(rows, title)
    width = max(max(len(row.bottom), len(row.top)) for row in rows)
    ends = width * (SMALL + GAP) - GAP
    left = PADDING + TEXT + BETWEEN
    right = left + ends + BETWEEN + len(steps) * (CELL + GAP) - GAP + BETWEEN
    height = max(CELL + BAR + 4, *(_height(row) for row in rows))
    top = top_of(title) + HEADING
    page = Page(right + ends + PADDING, top + len(rows) * (height + ROW_GAP) + PADDING - 4, title)
    _headings(page, steps, left, left + ends + BETWEEN, right, ends, top, instead)
    for i, row in enumerate(rows):
        y = top + i * (height + ROW_GAP)
        if i:
            page.draw.line((PADDING, y - ROW_GAP // 2, page.width - PADDING, y - ROW_GAP // 2), fill=FAINT, width=1)
        _told(page, row, PADDING, y, TEXT)
        _ends(page, row.bottom, left, y + (CELL - SMALL) // 2)
        _ends(page, row.top, right, y + (CELL - SMALL) // 2)
        _frames(page, row, left + ends + BETWEEN, y)
    page.note("The bar under a frame is its support: full, like the data; empty, beyond all of it.",
              page.image.height - PADDING - 6)  # fmt: skip
    return page.image


def _headings(
    page: Page,
    steps: Sequence[int],
    less: int,
    middle: int,
    more: int,
    ends: int,
    top: int,
    instead: str | None,
) -> None:
    y = top - HEADING
    page.text(less, y, "items with least", size=14, color=MUTED, width=ends)
    page.text(more, y, "items with most", size=14, color=MUTED, width=ends)
    for i, step in enumerate(steps):
        label = f"{step:+d}".replace("-", "\u2212") if step else "0"
        page.text(middle + i * (CELL + GAP) + CELL / 2, y, label, size=14, color=MUTED, align="center")
    if instead is not None:
        page.text(middle, y - 22, instead, size=14, color=MUTED)


def _height(row: Row) -> int:
    return NAME + LINE * len(row.description) + FACT * len(row.facts) + 6


def _told(page: Page, row: Row, x: int, y: int, width: int) -> None:
    """Name, description and facts, one below another."""
    page.text(x, y - 4, row.name, size=20, width=width)
    y += NAME
    for line in row.description:
        page.text(x, y, line, size=15, color=INK, width=width)
        y += LINE
    for fact in row.facts:
        page.text(x, y + 3, fact, size=13, color=MUTED, width=width)
        y += FACT


def _ends(page: Page, items: Sequence[Picture | str], x: int, y: int) -> None:
    for i, item in enumerate(items):
        if not isinstance(item, str):
            page.picture(shown(item, (SMALL, SMALL)), x + i * (SMALL + GAP), y)


def _frames(page: Page, row: Row, x: int, y: int) -> None:
    for i, (frame, support) in enumerate(zip(row.frames, row.support, strict=True)):
        at = x + i * (CELL + GAP)
        page.picture(shown(frame, (CELL, CELL)), at, y)
        under = y + CELL + 4
        page.draw.rounded_rectangle((at, under, at + CELL - 1, under + BAR - 1), 2, fill=FAINT)
        if support is not None and support > 0:
            end = at + max(BAR, round(CELL * min(support, 1.0))) - 1
            page.draw.rounded_rectangle((at, under, end, under + BAR - 1), 2, fill=support_color(support))


def _listed(rows: Sequence[Row], title: str | None) -> Image.Image:
    """Items without pictures: their names at both ends."""
    most = max(max(len(row.bottom), len(row.top)) for row in rows)
    height = max(most * WORD, *(_height(row) for row in rows))
    left = PADDING + TEXT + BETWEEN
    top = top_of(title) + HEADING
    size = left + 2 * WORDS + BETWEEN + PADDING, top + len(rows) * (height + ROW_GAP) - ROW_GAP + PADDING
    page = Page(*size, title)
    for x, heading in ((left, "least of it"), (left + WORDS + BETWEEN, "most of it")):
        page.text(x, top - HEADING, heading, size=14, color=MUTED)
    for i, row in enumerate(rows):
        y = top + i * (height + ROW_GAP)
        if i:
            page.draw.line((PADDING, y - ROW_GAP // 2, page.width - PADDING, y - ROW_GAP // 2), fill=FAINT, width=1)
        _told(page, row, PADDING, y, TEXT)
        for x, names in ((left, row.bottom), (left + WORDS + BETWEEN, row.top)):
            for j, name in enumerate(names):
                page.text(x, y + j * WORD - 2, str(name), size=17, width=WORDS)
    return page.image
