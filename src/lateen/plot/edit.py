"""An edit: before, after, the difference, support on the way, and what it is expected to change (side effects too)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image

from lateen.core.errors import InputError
from lateen.plot.canvas import (
    CAPTION_HEIGHT,
    GAP,
    PADDING,
    SUPPORT_HEIGHT,
    Page,
    Picture,
    cell_size,
    check_pictures,
    shown,
    top_of,
)
from lateen.plot.palette import FAINT, FALL, HEAT, INK, MISSING, MUTED, PAPER, RISE, Color, mix, scale_color

SPACE = 20
LINE = 28
HEADING = 30
STEPS = 28
MOST_CHANGES = 12
FAINTEST_FULL_SCALE = 64


class Effect(NamedTuple):
    """A predicted change of an attribute.

    Args:
        name: Of the attribute.
        change: In the attribute's own units, signed; NaN where it is not known.
        low: Lower end of its interval.
        high: Upper end.
        reach: How far apart the least and the most are that it can be: bars are drawn as shares of it.
        kind: "intended", "side effect", "kept", or "" where there may be no change at all.
    """

    name: str
    change: float | int
    low: float | int
    high: float | int
    reach: float | int = 1.0
    kind: str = ""


def before_after(
    before: Picture,
    after: Picture,
    *,
    labels: tuple[str, str] = ("before", "after"),
    changed: Sequence[Effect] = (),
    along: Sequence[tuple[str, float]] = (),
    title: str | None = None,
) -> Image.Image:
    """Before, after, and a heat map of the difference, over support on the way and the predicted changes.

    The heat is the largest change of the three colour channels in grey levels; its scale reaches the largest
    change in the picture, but at least 64, so that noise never looks like an effect.

    Args:
        before: The item.
        after: The item moved along the directions, of the same size.
        labels: What is written under the two.
        changed: Predicted changes, in the order they are listed in; the first twelve are.
        along: Label and support of points on the way.
        title: A line above.

    Raises:
        InputError: If the two differ in size.
    """
    if before.shape != after.shape:
        raise InputError(f"before_after got pictures of shapes {before.shape} and {after.shape}; they must agree.")
    check_pictures([before, after], "before_after")
    width, height = (2 * side if side < 200 else side for side in cell_size(*before.shape[:2]))
    effects = list(changed)[:MOST_CHANGES]
    groups = [("Intended", [e for e in effects if e.kind == "intended"])]
    groups += [("What else is predicted to change", [e for e in effects if e.kind != "intended"])]
    groups = [(heading, listed) for heading, listed in groups if listed]
    top = top_of(title)
    page_width = 2 * PADDING + 3 * width + 2 * SPACE
    on_the_way = HEADING + SUPPORT_HEIGHT + STEPS if along else 0
    listed_height = sum(HEADING + LINE * len(listed) + 10 for _, listed in groups)
    page = Page(page_width, top + height + CAPTION_HEIGHT + 18 + on_the_way + listed_height + PADDING, title)
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
    y = under + CAPTION_HEIGHT + 18
    if along:
        _support_row(page, along, y)
        y += on_the_way
    for heading, listed in groups:
        _list_changes(page, heading, listed, y)
        y += HEADING + LINE * len(listed) + 10
    return page.image


def _heat_legend(page: Page, x: int, y: int, width: int, full: int) -> None:
    bar = width // 3
    page.text(x, y, "difference", width=width / 2)
    left = x + width - bar - 34
    page.text(left - 8, y, "0", align="right", color=MUTED)
    for i in range(bar):
        page.draw.line((left + i, y + 5, left + i, y + 16), fill=scale_color(HEAT, i / (bar - 1)))
    page.text(x + width, y, str(full), align="right", color=MUTED)


def _support_row(page: Page, along: Sequence[tuple[str, float]], top: int) -> None:
    page.text(PADDING, top - 4, "Support on the way", color=MUTED)
    room = page.width - 2 * PADDING
    width = (room - GAP * (len(along) - 1)) // len(along)
    for i, (label, support) in enumerate(along):
        x = PADDING + round(i * (room - width) / max(1, len(along) - 1))
        page.support(support if np.isfinite(support) else None, x, top + HEADING - 6, width)
        under = top + HEADING - 6 + SUPPORT_HEIGHT - 8
        page.text(x + width / 2, under, label.replace("-", "−"), size=13, color=MUTED, align="center", width=width)


def _list_changes(page: Page, heading: str, effects: Sequence[Effect], top: int) -> None:
    """One line each: the name, a bar as long as the share of what is possible, a whisker, and the number."""
    page.text(PADDING, top - 4, heading, color=MUTED)
    names = min(230, page.width // 4)
    left, right = PADDING + names + 12, page.width - PADDING - 76
    middle, half = (left + right) / 2, (right - left) / 2
    top += HEADING - 6
    page.draw.line((middle, top, middle, top + LINE * len(effects) - 4), fill=FAINT, width=2)
    for i, effect in enumerate(effects):
        y = top + i * LINE
        is_plain = effect.kind in ("intended", "side effect")
        name = f"{effect.name}, kept" if effect.kind == "kept" else effect.name
        page.text(PADDING, y, name, width=names, color=INK if is_plain else MUTED)
        if not np.isfinite(effect.change):
            page.text(page.width - PADDING, y, "–", align="right", color=MUTED)
            continue
        color = MISSING if not is_plain else RISE if effect.change > 0 else FALL
        shares = np.clip(np.array(effect[1:4], np.float64) / effect.reach, -1, 1)
        end, low, high = (middle + half * shares).tolist()
        if abs(end - middle) >= 1:
            bar = (min(middle, end), y + 4, max(middle, end), y + LINE - 8)
            page.draw.rounded_rectangle(bar, 2, fill=color)
        if high - low >= 4:
            _whisker(page, low, high, y + (LINE - 4) / 2, mix(color, INK, 0.55))
        text = _signed(effect.change, effect.reach)
        page.text(page.width - PADDING, y, text, align="right", color=INK if is_plain else MUTED)


def _whisker(page: Page, low: float, high: float, y: float, color: Color) -> None:
    page.draw.line((low, y, high, y), fill=PAPER, width=4)
    page.draw.line((low, y, high, y), fill=color, width=2)
    for end in (low, high):
        page.draw.line((end, y - 4, end, y + 4), fill=color, width=2)


def _signed(change: float | int, reach: float | int) -> str:
    """+0.42, −12.3, +1,250: as many digits as its range deserves."""
    digits = 2 if reach < 20 else 1 if reach < 200 else 0
    text = f"{change:+,.{digits}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) else text[1:]
