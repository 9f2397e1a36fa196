"""Items that are no pictures, as cards with their text: so strips, grids and equations work for them too."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw

from lateen.plot.palette import INK
from lateen.plot.text import draw_text, one_line, text_width

SIDE = 128
_PAPER, _EDGE = (243, 241, 235), 10
_SIZES = (24, 18, 14, 11)  # of letters: the largest that the whole text fits with, else the smallest and an ellipsis


def card(text: str, side: int = SIDE) -> UInt8[np.ndarray, "side side 3"]:
    """A square card with a text on it, broken into lines; what doesn't fit ends in an ellipsis.

    Args:
        text: Any text.
        side: Pixels of its sides.
    """
    scale = side / SIDE
    room = side - 2 * _EDGE * scale
    words = one_line(text).split(" ")
    for letters in _SIZES:
        size = max(8, round(letters * scale))
        lines, most = _lines(words, size, room), max(1, int(room // (1.3 * size)))
        if len(lines) <= most and all(text_width(line, size) <= room for line in lines):
            break
    image = Image.new("RGB", (side, side), _PAPER)
    draw = ImageDraw.Draw(image)
    shown = lines[:most]
    if len(lines) > most:
        shown[-1] = " ".join(lines[most - 1 :])  # cut by the width
    top = (side - 1.3 * size * len(shown)) / 2
    for number, line in enumerate(shown):
        draw_text(draw, side / 2, top + 1.3 * size * number, line, size=size, color=INK, align="center", width=room)
    return np.asarray(image, np.uint8)


def _lines(words: list[str], size: int, room: float) -> list[str]:
    lines: list[str] = []
    for word in words:
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
