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
from lateen.plot.palette import MUTED, PAPER

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

    Raises:
        InputError: If there are no frames, or the number of labels or supports differs.
    """
    n = len(frames)
    if n == 0:
        raise InputError("strip got no frames; a path has at least one.")
    check_pictures(frames, "strip")
    check_length(labels, n, "labels", "strip")
    supports = read_support(support, n, "strip")
    width, height = cell_size(frames.shape[1], frames.shape[2])
    side = width + ENDS_GAP if ends else 0
    per_row = max(1, min(n, (WIDEST - 2 * PADDING - 2 * side + GAP) // (width + GAP)))
    rows = -(-n // per_row)
    per_row = -(-n // rows)
    below = (CAPTION_HEIGHT if labels or ends else 0) + (SUPPORT_HEIGHT if support is not None else 0)
    row_height = height + below + 12
    page_width = 2 * PADDING + 2 * side + per_row * (width + GAP) - GAP
    noted = noted and support is not None
    note = 22 if noted else 0
    top = top_of(title)
    page = Page(page_width, top + rows * row_height - 12 + note + PADDING, title)
    for i, frame in enumerate(frames):
        x = PADDING + side + (i % per_row) * (width + GAP)
        y = top + (i // per_row) * row_height
        page.picture(shown(frame, (width, height)), x, y)
        y += height + 6
        if labels is not None:
            page.text(x + width / 2, y, labels[i], align="center", width=width, color=MUTED)
            y += CAPTION_HEIGHT
        if support is not None:
            page.support(supports[i], x, y, width)
    if ends:
        last = top + (rows - 1) * row_height
        corners = ((PADDING, top), (page_width - PADDING - width, last))
        for image, label, (x, y) in zip(ends, end_labels, corners, strict=True):
            page.picture(shown(image, (width, height)), x, y)
            page.text(x + width / 2, y + height + 6, label, align="center", width=width + ENDS_GAP - 4)
    if noted:
        page.note(SUPPORT_NOTE, page.image.height - PADDING - 14)
    return page.image


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
