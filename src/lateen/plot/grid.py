"""Many pictures at once: samples in a grid, originals above reconstructions, an item and its neighbours."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PIL import Image

from lateen.core.errors import InputError
from lateen.plot.canvas import (
    CAPTION_HEIGHT,
    GAP,
    PADDING,
    Page,
    Picture,
    Pictures,
    cell_size,
    check_length,
    check_pictures,
    shown,
    top_of,
)
from lateen.plot.palette import MUTED, RISE

WIDEST = 1760


def grid(
    images: Sequence[Picture] | Pictures,
    *,
    columns: int | None = None,
    labels: Sequence[str] | None = None,
    title: str | None = None,
) -> Image.Image:
    """Pictures row by row.

    Args:
        images: Pictures, of different sizes if need be; at least one. Cells have the first one's shape.
        columns: Pictures per row; without it, a grid somewhat wider than high.
        labels: One text per picture.
        title: A line above.

    Raises:
        InputError: If there are no images, columns < 1 or the number of labels differs.
    """
    n = len(images)
    if n == 0:
        raise InputError("grid got no images; give at least one.")
    if columns is not None and columns < 1:
        raise InputError(f"grid got columns={columns}; a row has at least one picture.")
    check_pictures(images, "grid")
    check_length(labels, n, "labels", "grid")
    width, height = cell_size(*images[0].shape[:2])
    per_row = min(n, columns or _pleasant_columns(n, width, height))
    step = height + (CAPTION_HEIGHT + 8 if labels else GAP)
    rows = -(-n // per_row)
    top = top_of(title)
    page = Page(
        2 * PADDING + per_row * (width + GAP) - GAP,
        top + rows * step - (8 if labels else GAP) + PADDING,
        title,
    )
    for i, image in enumerate(images):
        x, y = PADDING + (i % per_row) * (width + GAP), top + (i // per_row) * step
        page.picture(shown(image, (width, height)), x, y)
        if labels is not None:
            page.text(x + width / 2, y + height + 5, labels[i], align="center", width=width, color=MUTED)
    return page.image


def pairs(
    above: Pictures,
    below: Pictures,
    *,
    names: tuple[str, str] = ("original", "reconstruction"),
    labels: Sequence[str] | None = None,
    title: str | None = None,
    columns: int = 10,
) -> Image.Image:
    """Each picture of one row above its counterpart, such as originals above their reconstructions.

    Args:
        above: (n, height, width, 3), n >= 1.
        below: As many, in the same order.
        names: What the upper and the lower row are; written at the left.
        labels: One text per pair, under it.
        title: A line above.
        columns: Pairs per row.

    Raises:
        InputError: If there are no pictures, or the numbers differ.
    """
    n = len(above)
    if n == 0 or len(below) != n or columns < 1:
        raise InputError(f"pairs got {n} pictures above, {len(below)} below, columns={columns}; give equal numbers.")
    check_length(labels, n, "labels", "pairs")
    check_pictures(above, "pairs")
    check_pictures(below, "pairs")
    width, height = cell_size(*above.shape[1:3])
    per_row = min(n, columns)
    step = 2 * height + 4 + (CAPTION_HEIGHT + 8 if labels else 18)
    rows, top, side = -(-n // per_row), top_of(title), 130
    page = Page(
        2 * PADDING + side + per_row * (width + GAP) - GAP,
        top + rows * step - (8 if labels else 18) + PADDING,
        title,
    )
    for i in range(n):
        x, y = PADDING + side + (i % per_row) * (width + GAP), top + (i // per_row) * step
        page.picture(shown(above[i], (width, height)), x, y)
        page.picture(shown(below[i], (width, height)), x, y + height + 4)
        if labels is not None:
            under = y + 2 * height + 9
            page.text(x + width / 2, under, labels[i], align="center", width=width, color=MUTED)
        if i % per_row == 0:
            for name, middle in zip(names, (y + height / 2, y + height * 1.5 + 4), strict=True):
                page.text(PADDING, middle - 11, name, color=MUTED, width=side - 12)
    return page.image


def neighbours(
    query: Picture | None,
    results: Sequence[tuple[Picture | None, str]],
    *,
    label: str = "",
    title: str | None = None,
) -> Image.Image:
    """An item at the left, framed, and the items nearest to it, nearest first.

    Args:
        query: The item's picture, or None if it has none: then its label is written instead.
        results: (picture or None, label) of each neighbour.
        label: The item's name.
        title: A line above.

    Raises:
        InputError: If neither the item nor a neighbour has anything to show.
    """
    first = next((p for p in [query, *(p for p, _ in results)] if p is not None), None)
    if first is None and not label and not results:
        raise InputError("neighbours got neither a picture nor a label nor results; there is nothing to draw.")
    width, height = (128, 128) if first is None else cell_size(*first.shape[:2])
    per_row = max(1, min(len(results), (WIDEST - 2 * PADDING - width - 40) // (width + GAP)))
    rows = max(1, -(-len(results) // per_row))
    per_row = -(-len(results) // rows)
    step, top = height + CAPTION_HEIGHT + 8, top_of(title)
    page = Page(
        2 * PADDING + width + 40 + max(1, per_row) * (width + GAP) - GAP,
        top + rows * step - 8 + PADDING,
        title,
    )

    def put(picture: Picture | None, text: str, x: int, y: int) -> None:
        if picture is None:
            page.missing(text, x, y, (width, height))
        else:
            page.picture(shown(picture, (width, height)), x, y)
            page.text(x + width / 2, y + height + 5, text, align="center", width=width, color=MUTED)

    put(query, label, PADDING, top)
    page.draw.rounded_rectangle((PADDING - 4, top - 4, PADDING + width + 3, top + height + 3), 9, outline=RISE, width=2)
    for i, (picture, text) in enumerate(results):
        put(picture, text, PADDING + width + 40 + (i % per_row) * (width + GAP), top + (i // per_row) * step)
    return page.image


def _pleasant_columns(n: int, width: int, height: int) -> int:
    most = max(1, (WIDEST - 2 * PADDING + GAP) // (width + GAP))
    wished = max(1, round(math.sqrt(1.6 * n * height / width)))
    if n <= 6:
        return min(most, n)
    full = [c for c in range(max(2, wished - 1), wished + 4) if n % c == 0]
    return min(most, min(full, key=lambda c: abs(c - wished), default=wished))
