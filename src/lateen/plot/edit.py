"""An edit: before, after, the difference, and what it is expected to change (side effects too)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import SupportsFloat

import numpy as np
from PIL import Image

from lateen.core.errors import InputError
from lateen.plot.canvas import (
    CAPTION_HEIGHT,
    PADDING,
    Page,
    Picture,
    cell_size,
    check_pictures,
    shown,
    top_of,
)
from lateen.plot.palette import FAINT, FALL, HEAT, MUTED, RISE, scale_color

SPACE = 20
LINE = 28
MOST_CHANGES = 10
FAINTEST_FULL_SCALE = 64


def before_after(
    before: Picture,
    after: Picture,
    *,
    labels: tuple[str, str] = ("before", "after"),
    changed: Mapping[str, SupportsFloat] | None = None,
    title: str | None = None,
) -> Image.Image:
    """Before, after, and a heat map of the difference, over the predicted changes.

    The heat is the largest change of the three colour channels in grey levels; its scale reaches the largest
    change in the picture, but at least 64, so that noise never looks like an effect.

    Args:
        before: The item.
        after: The item moved along the directions, of the same size.
        labels: What is written under the two.
        changed: Predicted change of each attribute, signed; the largest ten are listed.
        title: A line above.

    Raises:
        InputError: If the two differ in size.
    """
    if before.shape != after.shape:
        raise InputError(f"before_after got pictures of shapes {before.shape} and {after.shape}; they must agree.")
    check_pictures([before, after], "before_after")
    width, height = (2 * side if side < 200 else side for side in cell_size(*before.shape[:2]))
    changes = sorted(((k, float(v)) for k, v in (changed or {}).items()), key=_size_of_change)[:MOST_CHANGES]
    top = top_of(title)
    page_width = 2 * PADDING + 3 * width + 2 * SPACE
    listed = 44 + LINE * len(changes) if changes else 0
    page = Page(page_width, top + height + CAPTION_HEIGHT + listed + PADDING, title)
    difference = np.abs(before.astype(np.int16) - after.astype(np.int16)).max(axis=2)
    full = max(FAINTEST_FULL_SCALE, int(difference.max()))
    heat = np.array([scale_color(HEAT, level / full) for level in range(full + 1)], np.uint8)[difference]
    smooth, exact = Image.Resampling.BICUBIC, Image.Resampling.NEAREST  # a smoothed heat map invents levels
    for i, (picture, enlarge) in enumerate(((before, smooth), (after, smooth), (heat, exact))):
        page.picture(shown(picture, (width, height), enlarge), PADDING + i * (width + SPACE), top)
    under = top + height + 6
    for i, label in enumerate(labels):
        page.text(PADDING + i * (width + SPACE) + width / 2, under, label, align="center", width=width)
    _heat_legend(page, PADDING + 2 * (width + SPACE), under, width, full)
    if changes:
        _list_changes(page, changes, under + CAPTION_HEIGHT + 18)
    return page.image


def _size_of_change(item: tuple[str, float]) -> tuple[bool, float]:
    return not np.isfinite(item[1]), -abs(item[1])


def _heat_legend(page: Page, x: int, y: int, width: int, full: int) -> None:
    bar = width // 3
    page.text(x, y, "difference", width=width / 2)
    left = x + width - bar - 34
    page.text(left - 8, y, "0", align="right", color=MUTED)
    for i in range(bar):
        page.draw.line((left + i, y + 5, left + i, y + 16), fill=scale_color(HEAT, i / (bar - 1)))
    page.text(x + width, y, str(full), align="right", color=MUTED)


def _list_changes(page: Page, changes: list[tuple[str, float]], top: int) -> None:
    page.text(PADDING, top - 4, "Predicted changes", color=MUTED)
    names = min(280, page.width // 3)
    left, right = PADDING + names + 12, page.width - PADDING - 76
    middle, half = (left + right) / 2, (right - left) / 2
    largest = max((abs(v) for _, v in changes if np.isfinite(v)), default=1.0) or 1.0
    page.draw.line((middle, top + 24, middle, top + 22 + LINE * len(changes)), fill=FAINT, width=2)
    for i, (name, value) in enumerate(changes):
        y = top + 24 + i * LINE
        page.text(PADDING, y, name, width=names)
        if not np.isfinite(value):
            page.text(page.width - PADDING, y, "–", align="right", color=MUTED)
            continue
        end = middle + half * value / largest
        if abs(end - middle) >= 1:
            bar = (min(middle, end), y + 4, max(middle, end), y + LINE - 8)
            page.draw.rounded_rectangle(bar, 2, fill=RISE if value > 0 else FALL)
        page.text(page.width - PADDING, y, f"{value:+.2f}".replace("-", "−"), align="right")
