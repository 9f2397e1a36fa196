"""A way through the space as a strip of pictures.

One idea: the support stands under each frame, so it shows where the model makes things up.
"""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from lateen.core.errors import InputError
from lateen.plot.canvas import (
    CAPTION_HEIGHT,
    GAP,
    PADDING,
    SUPPORT_HEIGHT,
    SUPPORT_NOTE,
    Page,
    Picture,
    Pictures,
    Support,
    cell_size,
    check_length,
    check_pictures,
    read_support,
    shown,
    top_of,
)
from lateen.plot.palette import INK, MUTED, PAPER, RISE

WIDEST = 1760
ENDS_GAP = 30


def strip(
    frames: Pictures,
    *,
    labels: Sequence[str] | None = None,
    support: Support | None = None,
    title: str | None = None,
    ends: tuple[Picture, Picture] | None = None,
    end_labels: tuple[str, str] = ("from", "to"),
    noted: bool = True,
    readings: Sequence[str] | None = None,
    reads: str = "",
    aside: tuple[Picture, str] | None = None,
    marked: int | None = None,
) -> Image.Image:
    """Frames of a path in a row; long paths take several rows.

    Args:
        frames: (n, height, width, 3) decoded pictures from start to end, n >= 1.
        labels: One text per frame, shown under it.
        support: One number in 0 ... 1 per frame (None or NaN if not known): the share of held-out items that
            lie farther from the data. It is drawn as a bar of that height, and as a number.
        title: A line above.
        ends: The two real items, set apart at both ends.
        end_labels: What is written under them.
        noted: Say below what support is.
        readings: One more text per frame, under its label: what an attribute reads there.
        reads: What is read; it stands before the readings where something is set apart at the left.
        aside: A real item and its name, set apart at the left, instead of ends.
        marked: The frame that is framed.

    Raises:
        InputError: If there are no frames, or the number of labels, readings or supports differs.
    """
    n = len(frames)
    if n == 0:
        raise InputError("strip got no frames; a path has at least one.")
    check_pictures(frames, "strip")
    check_length(labels, n, "labels", "strip")
    check_length(readings, n, "readings", "strip")
    supports = read_support(support, n, "strip")
    width, height = cell_size(frames.shape[1], frames.shape[2])
    left = width + ENDS_GAP if ends or aside else 0
    right = left if ends else 0
    per_row = max(1, min(n, (WIDEST - 2 * PADDING - left - right + GAP) // (width + GAP)))
    rows = -(-n // per_row)
    per_row = -(-n // rows)
    below = [(labels or [""] * n, MUTED)] if labels or ends or aside else []
    below += [(readings, INK)] if readings is not None else []
    row_height = height + len(below) * CAPTION_HEIGHT + (SUPPORT_HEIGHT if support is not None else 0) + 12
    page_width = 2 * PADDING + left + right + per_row * (width + GAP) - GAP
    noted = noted and support is not None
    note = 22 if noted else 0
    top = top_of(title)
    page = Page(page_width, top + rows * row_height - 12 + note + PADDING, title)
    for i, frame in enumerate(frames):
        x = PADDING + left + (i % per_row) * (width + GAP)
        y = top + (i // per_row) * row_height
        page.picture(shown(frame, (width, height)), x, y, outline=RISE if i == marked else None)
        y += height + 6
        for texts, color in below:
            page.text(x + width / 2, y, texts[i], align="center", width=width, color=color)
            y += CAPTION_HEIGHT
        if support is not None:
            page.support(supports[i], x, y, width)
    if ends:
        last = top + (rows - 1) * row_height
        _apart(page, ends[0], end_labels[0], PADDING, top, (width, height))
        _apart(page, ends[1], end_labels[1], page_width - PADDING - width, last, (width, height))
    elif aside:
        _apart(page, *aside, PADDING, top, (width, height))
        beside, room = PADDING + width + ENDS_GAP - 12, width + ENDS_GAP - 12
        for row in range(rows):
            y = top + row * row_height + height + 6 + CAPTION_HEIGHT
            if readings:
                page.text(beside, y, reads, align="right", width=room)
                y += CAPTION_HEIGHT
            if support is not None:
                page.text(beside, y + 8, "support", align="right", color=MUTED, width=room)
    if noted:
        page.note(SUPPORT_NOTE, page.image.height - PADDING - 14)
    return page.image


def _apart(page: Page, picture: Picture, label: str, x: int, y: int, size: tuple[int, int]) -> None:
    """A real item beside the frames."""
    page.picture(shown(picture, size), x, y)
    page.text(x + size[0] / 2, y + size[1] + 6, label, align="center", width=size[0] + ENDS_GAP - 4)


def one_below_another(pictures: Sequence[Image.Image]) -> Image.Image:
    """Strips on one sheet.

    Raises:
        InputError: If there are none.
    """
    if not pictures:
        raise InputError("one_below_another got no pictures; give at least one.")
    height = sum(p.height for p in pictures) - PADDING * (len(pictures) - 1)  # two margins meet, one is enough
    sheet = Image.new("RGB", (max(p.width for p in pictures), height), PAPER)
    top = 0
    for picture in pictures:
        sheet.paste(picture, (0, top))
        top += picture.height - PADDING
    return sheet
