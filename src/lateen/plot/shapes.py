"""Smooth shapes: discs, lines and arrows, drawn larger than they are and then reduced."""

from __future__ import annotations

import math

from PIL import Image, ImageDraw

from lateen.plot.palette import PAPER, Color
from lateen.plot.text import Number

FINE = 3  # how much larger
HEAD = 15.0

Place = tuple[Number, Number]


class Sheet:
    """Paper on which shapes are drawn in pixels of the finished picture, in fractions too."""

    def __init__(self, width: int, height: int) -> None:
        self.size = width, height
        self._image = Image.new("RGB", (width * FINE, height * FINE), PAPER)
        self._pen = ImageDraw.Draw(self._image, "RGBA")

    def reduced(self) -> Image.Image:
        """The picture."""
        return self._image.resize(self.size, Image.Resampling.BOX)

    def disc(self, at: Place, radius: Number, color: Color, alpha: int = 255) -> None:
        """A filled circle."""
        self._pen.ellipse(self._box(at, radius), fill=(*color, alpha))

    def ring(self, at: Place, radius: Number, color: Color, width: Number = 2) -> None:
        """A circle's line, inside the radius."""
        self._pen.ellipse(self._box(at, radius), outline=color, width=round(width * FINE))

    def line(self, start: Place, end: Place, color: Color, width: Number) -> None:
        """A straight line."""
        self._pen.line([_fine(start), _fine(end)], fill=color, width=max(1, round(width * FINE)))

    def area(self, corners: list[Place], color: Color, alpha: int) -> None:
        """A filled polygon."""
        self._pen.polygon([_fine(corner) for corner in corners], fill=(*color, alpha))

    def arrow(self, start: Place, end: Place, color: Color, width: Number, before: Number, after: Number) -> None:
        """A line with a head that leaves `before` pixels free at its start and `after` at its end.

        On a short way the head is smaller, on a very short one there is no arrow.
        """
        length = math.dist(start, end)
        room = length - before - after
        if room < 4:
            return
        along = (end[0] - start[0]) / length, (end[1] - start[1]) / length
        head = min(HEAD, room)
        tail, neck, tip = (
            (start[0] + at * along[0], start[1] + at * along[1])
            for at in (before, length - after - head, length - after)
        )
        self.line(tail, (neck[0] + along[0], neck[1] + along[1]), color, width)
        across = -0.4 * head * along[1], 0.4 * head * along[0]
        wings = [(neck[0] + side * across[0], neck[1] + side * across[1]) for side in (1, -1)]
        self.area([tip, *wings], color, 255)

    def _box(self, at: Place, radius: Number) -> tuple[Number, Number, Number, Number]:
        (x, y), reach = _fine(at), radius * FINE
        return x - reach, y - reach, x + reach, y + reach


def _fine(at: Place) -> Place:
    return at[0] * FINE, at[1] * FINE
