"""The sheet that every picture is drawn on: paper, a title, pictures with soft corners, captions, bars.

One idea: small pictures are enlarged by a whole factor, so that a 64-pixel face is as crisp as it can be.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import SupportsFloat

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw

from lateen.core.errors import InputError
from lateen.plot.palette import FAINT, INK, MISSING, MUTED, PAPER, Color, mix, support_color
from lateen.plot.text import Align, Number, draw_text

Picture = UInt8[np.ndarray, "_ _ 3"]  # (height, width, 3); sizes may differ within one call
Pictures = UInt8[np.ndarray, "_ _ _ 3"]  # (n, height, width, 3)
Support = Sequence[SupportsFloat | None] | Float[np.ndarray, " _"]

PADDING = 28
GAP = 8
TITLE = 24
CAPTION = 16
CAPTION_HEIGHT = 26
TITLE_HEIGHT = 44
BAR_HEIGHT = 36
SUPPORT_HEIGHT = BAR_HEIGHT + 34
CORNER = 6
SMALLEST, LARGEST = 112, 256


class Page:
    """A sheet of paper of a fixed size, drawn on from top to bottom."""

    def __init__(self, width: int, height: int, title: str | None = None) -> None:
        self.image = Image.new("RGB", (width, height), PAPER)
        self.draw = ImageDraw.Draw(self.image)
        self.width = width
        if title:
            self.text(PADDING, PADDING - 6, title, size=TITLE, width=width - 2 * PADDING)

    def text(
        self,
        x: Number,
        y: Number,
        text: str,
        *,
        size: int = CAPTION,
        color: Color = INK,
        align: Align = "left",
        width: Number | None = None,
        halo: int = 0,
    ) -> None:
        """Write one line, cut to the width."""
        draw_text(self.draw, x, y, text, size=size, color=color, align=align, width=width, halo=halo)

    def picture(self, image: Image.Image, x: int, y: int, *, outline: Color | None = None) -> None:
        """Put a picture with its top left corner at x, y."""
        self.image.paste(image, (x, y), _soft_corners(image.size))
        if outline:
            box = (x - 3, y - 3, x + image.width + 2, y + image.height + 2)
            self.draw.rounded_rectangle(box, CORNER + 2, outline=outline, width=2)

    def missing(self, text: str, x: int, y: int, size: tuple[int, int]) -> None:
        """A pale field with a text, where an item has no picture."""
        width, height = size
        self.draw.rounded_rectangle((x, y, x + width - 1, y + height - 1), CORNER, fill=FAINT)
        font = 22
        self.text(x + width / 2, y + height / 2 - 0.65 * font, text, size=font, align="center", width=width - 12)

    def support(self, support: float | None, x: int, y: int, width: int, *, name: str = "") -> None:
        """A bar whose height is the support, on a pale track, with a name and the number below."""
        bottom = y + BAR_HEIGHT
        self.draw.rounded_rectangle((x, y, x + width - 1, bottom - 1), 3, fill=(243, 243, 240))
        known = support is not None and np.isfinite(support)
        if support is not None and known:
            top = bottom - max(2, round(BAR_HEIGHT * min(max(support, 0.0), 1.0)))
            self.draw.rectangle((x, top, x + width - 1, bottom - 1), fill=support_color(support))
        number = f"{name} {support:.2f}" if known else f"{name} –"
        color = mix(support_color(support), INK, 0.35) if known else MISSING
        self.text(x + width / 2, bottom + 5, number.strip(), color=color, align="center")

    def note(self, text: str, y: int) -> None:
        """A small grey line under the picture that says how to read it."""
        self.text(PADDING, y, text, size=14, color=MUTED, width=self.width - 2 * PADDING)


SUPPORT_NOTE = "Support: the share of held-out items that lie farther from the data; 0: beyond all of them."


def top_of(title: str | None) -> int:
    """Where the content starts under a title."""
    return PADDING + (TITLE_HEIGHT if title else 0)


def cell_size(height: int, width: int) -> tuple[int, int]:
    """Width and height at which pictures are shown: enlarged by a whole factor if small, reduced if large."""
    longest = max(height, width)
    if longest < SMALLEST:
        factor: float = -(-SMALLEST // longest)
    else:
        factor = min(1.0, LARGEST / longest)
    return max(1, round(width * factor)), max(1, round(height * factor))


def shown(picture: Picture, size: tuple[int, int], enlarge: Image.Resampling = Image.Resampling.BICUBIC) -> Image.Image:
    """A picture as it is shown: fitted into the size, centred on grey where its shape differs."""
    image = Image.fromarray(np.ascontiguousarray(picture))
    factor = min(size[0] / image.width, size[1] / image.height)
    inner = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    if inner != image.size:
        image = image.resize(inner, enlarge if factor > 1 else Image.Resampling.LANCZOS)
    if inner == size:
        return image
    sheet = Image.new("RGB", size, FAINT)
    sheet.paste(image, ((size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2))
    return sheet


def check_pictures(pictures: Sequence[Picture] | Pictures, call: str) -> None:
    """Raise InputError unless every picture has pixels."""
    for row, picture in enumerate(pictures):
        if picture.size == 0:
            raise InputError(f"{call} got a picture without pixels at place {row}: shape {picture.shape}.")


def check_length(values: Sequence[object] | Float[np.ndarray, " _"] | None, n: int, what: str, call: str) -> None:
    """Raise InputError unless there is one value per picture."""
    if values is not None and len(values) != n:
        raise InputError(f"{call} got {len(values)} {what} for {n} pictures; give one per picture.")


def read_support(support: Support | None, n: int, call: str) -> list[float | None]:
    """One support in [0, 1] or None per picture; raises InputError if there are more, fewer or others."""
    check_length(support, n, "supports", call)
    values: list[float | None] = [None] * n
    if support is not None:
        values = [None if v is None else float(v) for v in support]
    for row, value in enumerate(values):
        if value is not None and np.isfinite(value) and not 0 <= value <= 1:
            raise InputError(f"{call} got the support {value!r} at place {row}; support lies in 0 ... 1.")
    return values


def _soft_corners(size: tuple[int, int]) -> Image.Image:
    mask = Image.new("L", (4 * size[0], 4 * size[1]), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, 4 * size[0] - 1, 4 * size[1] - 1), 4 * CORNER, fill=255)
    return mask.resize(size, Image.Resampling.BOX)
