"""Text on pictures: two fonts that are always there, drawn so that no label can leave its room.

One idea: Pillow's own font has the nicest Latin letters and matplotlib's has many more signs, so each run
of a text is drawn in the first font that has it. What neither has shows as a box.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import Literal

from PIL import ImageDraw, ImageFont

from lateen.plot.palette import INK, PAPER, Color

Number = int | float  # beartype takes "float" at its word
Align = Literal["left", "center", "right"]
LONGEST = 400


def draw_text(
    draw: ImageDraw.ImageDraw,
    x: Number,
    y: Number,
    text: str,
    *,
    size: int = 17,
    color: Color = INK,
    align: Align = "left",
    width: Number | None = None,
    halo: int = 0,
) -> None:
    """Write one line whose top is at y.

    Args:
        draw: Where to.
        x: Left end, middle or right end of the line, by `align`.
        y: Top of the line; it is about 1.3 times `size` high.
        text: Any text; line breaks and control signs become spaces.
        size: Height of the font in pixels.
        color: Of the letters.
        align: What x is.
        width: If given, longer text is cut and ends in an ellipsis.
        halo: Pixels of paper around the letters, so that they can be read on dots.
    """
    line = one_line(text) if width is None else shorten(text, width, size)
    start = x - {"left": 0.0, "center": 0.5, "right": 1.0}[align] * text_width(line, size)
    for stroke, ink in ((halo, PAPER), (0, color)) if halo else ((0, color),):
        at = start
        for run, second in _runs(line):
            if run != " ":
                place, font = (round(at), round(y + 0.98 * size)), _font(size, second)
                draw.text(place, run, font=font, fill=ink, anchor="ls", stroke_width=stroke)
            at += _advance(run, second, size)


def text_width(text: str, size: int) -> float:
    """Width of a line in pixels."""
    return float(sum(_advance(run, second, size) for run, second in _runs(one_line(text))))


@lru_cache(4096)
def shorten(text: str, width: Number, size: int) -> str:
    """The text, or as much of its start as fits the width with an ellipsis; "" if not even that does."""
    line = one_line(text)
    if text_width(line, size) <= width:
        return line
    low, high = 0, len(line)
    while low < high:
        middle = (low + high + 1) // 2
        if text_width(line[:middle].rstrip() + "…", size) <= width:
            low = middle
        else:
            high = middle - 1
    return line[:low].rstrip() + "…" if low else ""


def wrap(text: str, width: Number, size: int) -> list[str]:
    """The whole text in lines that fit the width: broken at spaces, within a word only where that is longer."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    lines = [""]
    for word in printable.split():
        rest = word
        while rest:
            room = width - (text_width(f"{lines[-1]} ", size) if lines[-1] else 0)
            fits = _fitting(rest, room, size)
            if fits < len(rest) and lines[-1]:
                lines.append("")
                continue
            head = rest[: max(1, fits)]
            lines[-1] = f"{lines[-1]} {head}" if lines[-1] else head
            rest = rest[len(head) :]
            if rest:
                lines.append("")
    return lines


def _fitting(word: str, width: Number, size: int) -> int:
    """How many letters from its start fit the width."""
    low, high = 0, min(len(word), LONGEST)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if text_width(word[:middle], size) <= width else (low, middle - 1)
    return low


def one_line(text: str) -> str:
    """Printable text on one line, not longer than can be of use."""
    cut = text if len(text) <= LONGEST else text[:LONGEST] + "…"
    return "".join(c if c.isprintable() else " " for c in cut)


def _runs(line: str) -> Iterator[tuple[str, bool]]:
    """Words and single spaces, each with whether it needs the second font."""
    for second, letters in groupby(line, key=_needs_second):
        for part in re.split("( )", "".join(letters)):
            if part:
                yield part, second


def _advance(run: str, second: bool, size: int) -> float:
    """The font's own space is so narrow that words run together at small sizes."""
    return 0.3 * size if run == " " else float(_font(size, second).getlength(run))


@cache
def _font(size: int, second: bool) -> ImageFont.FreeTypeFont:
    if not second:
        font = ImageFont.load_default(size)
        assert isinstance(font, ImageFont.FreeTypeFont)
        return font
    return ImageFont.truetype(str(_many_signs()), round(0.94 * size))


@cache
def _many_signs() -> Path:
    """matplotlib's DejaVu Sans, found without importing matplotlib."""
    spec = find_spec("matplotlib")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"


@cache
def _needs_second(letter: str) -> bool:
    return letter.isprintable() and letter != " " and _shape(letter) == _shape("\uffff")


def _shape(letter: str) -> tuple[tuple[int, int], bytes]:
    mask = _font(32, False).getmask(letter)
    return mask.size, bytes(mask)
