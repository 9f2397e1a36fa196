"""Two directions at once, as a grid: one goes to the right, the other upwards.

One idea: the support is a thin bar under each cell, so where the data ends can be seen at a glance.
"""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from lateen.core.errors import InputError
from lateen.plot.canvas import (
    GAP,
    PADDING,
    SUPPORT_NOTE,
    Page,
    Pictures,
    Support,
    cell_size,
    check_pictures,
    read_support,
    shown,
    top_of,
)
from lateen.plot.coloring import number_text
from lateen.plot.palette import FAINT, INK, MISSING, MUTED, RISE, mix, support_color
from lateen.plot.text import shorten, text_width

BAR = 6  # height of a cell's bar
UNDER = 22  # of what stands under a cell
FIGURE = 12
AXIS = 30
WIDEST_NAME = 150


def traversal_grid(
    frames: Pictures,
    *,
    columns: Sequence[str],
    rows: Sequence[str],
    names: tuple[str, str],
    support: Support,
    title: str | None = None,
    marked: int | None = None,
) -> Image.Image:
    """Cells of two directions.

    Args:
        frames: (rows * columns, height, width, 3), row by row; the first row is drawn lowest, as on an axis.
        columns: What stands under each column: its steps.
        rows: What stands at the left of each row.
        names: Of the direction to the right, and of that upwards.
        support: Of each cell, in 0 ... 1, or None.
        title: A line above.
        marked: The cell that is framed.

    Raises:
        InputError: If there are no cells, or more or fewer than rows times columns.
    """
    n, across, up = len(frames), len(columns), len(rows)
    if n == 0 or n != across * up:
        raise InputError(f"traversal_grid got {n} frames for {up} rows of {across}; give one per cell.")
    check_pictures(frames, "traversal_grid")
    supports = read_support(support, n, "traversal_grid")
    width, height = cell_size(*frames.shape[1:3])
    upwards = f"{shorten(names[1], WIDEST_NAME, 16)} ↑"
    side = 12 + round(max(text_width(upwards, 16), *(text_width(row, 16) for row in rows)))
    top = top_of(title) + 26
    bottom = top + up * (height + UNDER)
    page = Page(2 * PADDING + side + across * (width + GAP) - GAP, bottom + 2 * AXIS + 20 + PADDING, title)
    page.text(PADDING, top - 26, upwards)
    left = PADDING + side
    for i, frame in enumerate(frames):
        row, column = divmod(i, across)
        x, y = left + column * (width + GAP), top + (up - 1 - row) * (height + UNDER)
        page.picture(shown(frame, (width, height)), x, y, outline=RISE if i == marked else None)
        support_line(page, supports[i], x, y + height + 4, width)
    for row, text in enumerate(rows):
        middle = top + (up - 1 - row) * (height + UNDER) + height / 2
        page.text(left - 12, middle - 10, text, align="right", color=MUTED)
    for column, text in enumerate(columns):
        page.text(left + column * (width + GAP) + width / 2, bottom + 4, text, align="center", color=MUTED)
    page.text(page.width - PADDING, bottom + AXIS, f"{names[0]} →", align="right", width=page.width - 2 * PADDING)
    page.note(SUPPORT_NOTE, page.image.height - PADDING - 14)
    return page.image


def support_line(page: Page, support: float | None, x: int, y: int, width: int) -> None:
    """A thin bar as long as the support, and the number after it."""
    number = "–" if support is None else f"{support:.2f}"
    room = width - 30
    page.draw.rectangle((x, y + 3, x + room - 1, y + 2 + BAR), fill=FAINT)
    if support is not None and (length := round(room * support)):
        page.draw.rectangle((x, y + 3, x + length - 1, y + 2 + BAR), fill=support_color(support))
    color = MISSING if support is None else mix(support_color(support), INK, 0.35)
    page.text(x + width, y - 1, number, size=FIGURE, color=color, align="right")


def signed(steps: float | int) -> str:
    """Steps as they are written under a frame: −2, 0, +0.5."""
    short = round(steps, 2) if abs(steps) >= 0.1 else steps
    return f"{'+' if steps > 0 else ''}{number_text(short)}"
