"""Items on the line between two poles: a row for each, under the spread of all items of the space.

One idea: each item has a row of its own, so no label can cover another however near their places are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from PIL import Image, ImageDraw

from lateen.core.errors import InputError
from lateen.plot.canvas import PADDING, Page, top_of
from lateen.plot.palette import FAINT, FALL, INK, MISSING, MUTED, PAPER, RISE, Color, mix
from lateen.plot.text import Align, text_width

WIDTH = 980
POLE = 20  # height of the names of the poles
HILL = 96  # of the spread of all items
ROW = 30
FONT = 18
SMALL = 14
RADIUS = 6
BINS = 120
FINE = 4  # drawn this much larger, then reduced: smooth edges


@dataclass(frozen=True)
class Dot:
    """One item.

    Args:
        label: Its name.
        value: Its place.
        figure: What is written beside it.
    """

    label: str
    value: float
    figure: str


def reading(
    dots: Sequence[Dot],
    everything: Float[np.ndarray, " n"],
    *,
    title: str,
    less: str,
    more: str,
    note: str,
) -> Image.Image:
    """A row per item, from less to more.

    Args:
        dots: The items, in the order of the rows.
        everything: (n,) places of all items.
        title: A line above.
        less: What the left end means.
        more: What the right end means.
        note: A small line below.

    Raises:
        InputError: If there are no items.
    """
    if not dots or not len(everything):
        raise InputError(f"reading got {len(dots)} items beside {len(everything)} of the space; give some of both.")
    top = top_of(title)
    rows_top = top + POLE + 18 + HILL + 16
    page = Page(WIDTH, rows_top + ROW * len(dots) + 22 + SMALL + PADDING, title)
    values = np.array([dot.value for dot in dots])
    middle = float(np.mean(everything))
    low, high = min(values.min(), everything.min()), max(values.max(), everything.max())
    room = max(text_width(dot.label, FONT) + text_width(dot.figure, SMALL) for dot in dots) + 34
    left, right = PADDING + RADIUS, WIDTH - PADDING - RADIUS
    span = float(high - low) or 1.0
    margin = min(0.33 * (right - left), room)  # labels stand beside their dots, outwards

    def x(value: float) -> float:
        return left + margin + (value - float(low)) / span * (right - left - 2 * margin)

    half = (WIDTH - 3 * PADDING) / 2
    page.text(PADDING, top, f"← {less}", size=POLE - 2, color=FALL, width=half)
    page.text(WIDTH - PADDING, top, f"{more} →", size=POLE - 2, color=RISE, align="right", width=half)
    ground = rows_top - 16
    _hill(page, everything, (float(low), float(high)), (x(float(low)), x(float(high))), ground)
    center = x(middle)
    page.draw.line((center, ground - HILL + 4, center, rows_top + ROW * len(dots) + 2), fill=FAINT, width=2)
    for row, dot in enumerate(dots):
        _row(page, dot, x(dot.value), center, rows_top + row * ROW + ROW // 2)
    page.note(note, page.image.height - PADDING - SMALL + 2)
    return page.image


def _hill(
    page: Page,
    everything: Float[np.ndarray, " n"],
    ends: tuple[float, float],
    places: tuple[float, float],
    ground: int,
) -> None:
    """How many items are where: a histogram, smoothed a little, as a filled outline."""
    counts, _ = np.histogram(everything, bins=BINS, range=ends if ends[0] < ends[1] else (ends[0] - 1, ends[0] + 1))
    smooth = np.convolve(np.pad(counts.astype(np.float64), 2), [0.1, 0.2, 0.4, 0.2, 0.1], "valid")
    heights = HILL * smooth / max(float(smooth.max()), 1e-12)
    width = max(1, round(places[1] - places[0]))
    sheet = Image.new("L", (FINE * width, FINE * HILL), 0)
    at = (np.arange(BINS) + 0.5) / BINS * FINE * width
    outline = [(float(a), float(FINE * (HILL - h))) for a, h in zip(at, heights, strict=True)]
    floor = float(FINE * HILL)
    ImageDraw.Draw(sheet).polygon([(0.0, floor), *outline, (float(FINE * width), floor)], fill=255)
    mask = sheet.resize((width, HILL), Image.Resampling.BOX)
    page.image.paste(Image.new("RGB", mask.size, mix(MISSING, PAPER, 0.45)), (round(places[0]), ground - HILL), mask)
    page.draw.line((PADDING, ground, WIDTH - PADDING, ground), fill=mix(MISSING, PAPER, 0.3), width=1)


def _row(page: Page, dot: Dot, x: float, center: float, y: int) -> None:
    """A dot, its line to the average, and its name on the outer side."""
    is_more = x >= center
    color = RISE if is_more else FALL
    page.draw.line((center, y, x, y), fill=mix(color, PAPER, 0.6), width=2)
    _disc(page, x, y, color)
    side = 1 if is_more else -1
    align: Align = "left" if is_more else "right"
    near, far = PADDING, WIDTH - PADDING
    beyond = x + side * (RADIUS + 8)
    figure = text_width(dot.figure, SMALL)
    room = (far - beyond if is_more else beyond - near) - figure - 10
    page.text(beyond, y - 0.62 * FONT, dot.label, size=FONT, color=INK, align=align, width=room)
    written = beyond + side * (min(text_width(dot.label, FONT), room) + 10)
    page.text(written, y - 0.52 * SMALL, dot.figure, size=SMALL, color=MUTED, align=align)


def _disc(page: Page, x: float, y: int, color: Color) -> None:
    size = 2 * RADIUS + 2
    mask = Image.new("L", (FINE * size, FINE * size), 0)
    edge = FINE * (size - 2 * RADIUS) // 2
    ImageDraw.Draw(mask).ellipse((edge, edge, FINE * size - edge - 1, FINE * size - edge - 1), fill=255)
    small = mask.resize((size, size), Image.Resampling.BOX)
    page.image.paste(Image.new("RGB", small.size, color), (round(x) - size // 2, y - size // 2), small)
