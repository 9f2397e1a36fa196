"""Signed distances, coverage and paint: everything a portrait is drawn with.

A shape is a plane of signed distances (negative inside); `Canvas.cover` turns it into coverage, analytic
anti-aliasing, and `Canvas.paint` blends a colour by it. Only correctly rounded operations (+ - * / sqrt)
touch pixels, so bytes do not depend on how the work was split.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

Plane = np.ndarray
"""float32, (n, h, w) for pixels or (n, 1, 1) for one number per picture; they broadcast."""


@dataclass(frozen=True)
class Canvas:
    """A stack of pictures under the brush, with the coordinates of their pixels.

    Coordinates run from -1 to 1, right and down. A crop is a view: painting on it paints the whole.

    Args:
        pixels: Colours in 0..1, planar: (3, n, h, w).
        u: Horizontal picture coordinate, (1, 1, w).
        v: Vertical picture coordinate, (1, h, 1).
        x: Horizontal coordinate in the frame of the (tilted) head.
        y: Vertical coordinate in the frame of the head.
        face: Distance to the outline of the head, set once its shape is known.
        soft: Width of an anti-aliased edge.
    """

    pixels: np.ndarray
    u: Plane
    v: Plane
    x: Plane
    y: Plane
    face: Plane
    soft: float

    def crop(self, left: float, top: float, right: float, bottom: float) -> Canvas:
        """Return the part of the canvas between picture coordinates, as a view."""
        size = self.pixels.shape[-1]
        column, row = (slice(*_span(a, b, size)) for a, b in ((left, right), (top, bottom)))
        return replace(
            self,
            pixels=self.pixels[:, :, row, column],
            u=self.u[..., column],
            v=self.v[:, row],
            x=self.x[:, row, column],
            y=self.y[:, row, column],
            face=self.face[:, row, column],
        )

    def cover(self, distance: Plane) -> Plane:
        """Return the share of each pixel that a shape covers."""
        return ramp(distance, self.soft)

    def stroke(self, distance: Plane, half_width: Plane | float) -> Plane:
        """Return the share of each pixel that a line covers: right on average however thin the line is."""
        distance = np.abs(distance)
        share: Plane = ramp(distance - half_width, self.soft) - ramp(distance + half_width, self.soft)
        return share

    def paint(self, coverage: Plane, colour: np.ndarray) -> None:
        """Blend a colour, (3, n, 1, 1) or (3, n, h, w), into the pixels by coverage."""
        change = colour - self.pixels
        change *= coverage
        self.pixels.__iadd__(change)


def blank(n: int, size: int, cos: Plane, sin: Plane, pivot: float) -> Canvas:
    """Return an empty canvas of n pictures whose head frames are turned about (0, pivot)."""
    axis = ((np.arange(size, dtype=np.float32) + np.float32(0.5)) * np.float32(2 / size)) - np.float32(1)
    u, v = axis[None, None, :], axis[None, :, None]
    x = cos * u + sin * (v - pivot)
    y = cos * (v - pivot) - sin * u + pivot
    return Canvas(np.empty((3, n, size, size), np.float32), u, v, x, y, face=x, soft=3.0 / size)


def ramp(distance: Plane, width: Plane | float) -> Plane:
    """Return 1 inside a shape, 0 outside, and a straight ramp of a given width between."""
    return np.minimum(np.maximum(0.5 - distance / width, 0.0), 1.0)


def haze(distance: Plane, width: float) -> Plane:
    """Return `ramp` with rounded ends: for shadows and glows."""
    t = ramp(distance, width)
    share: Plane = t * t * (3.0 - 2.0 * t)
    return share


def ellipse(x: Plane, y: Plane, rx: Plane | float, ry: Plane | float) -> Plane:
    """Return the distance to an ellipse about the origin, true to first order near its edge."""
    sx, sy = x / rx, y / ry
    sx, sy = sx * sx + 1e-6, sy * sy + 1e-6  # keeps the centre inside, where the gradient vanishes
    reach = np.sqrt(sx + sy)
    distance: Plane = reach * (reach - 1.0) / np.sqrt(sx / (rx * rx) + sy / (ry * ry))
    return distance


def box(x: Plane, y: Plane, rx: Plane | float, ry: Plane | float, corner: Plane | float) -> Plane:
    """Return the distance to a rectangle about the origin with rounded corners."""
    qx, qy = np.abs(x) - rx + corner, np.abs(y) - ry + corner
    px, py = np.maximum(qx, 0.0), np.maximum(qy, 0.0)
    distance: Plane = np.sqrt(px * px + py * py) + np.minimum(np.maximum(qx, qy), 0.0) - corner
    return distance


def arc(x: Plane, y: Plane, half_length: Plane | float, rise: Plane | float) -> Plane:
    """Return the distance to a parabola over (-half_length, half_length) whose top is `rise` above."""
    t = x / half_length
    inside = np.minimum(np.abs(t), 1.0)
    dy = y + rise * (1.0 - inside * inside)
    slope = 2.0 * rise / half_length * inside
    dx = np.maximum(np.abs(x) - half_length, 0.0)
    distance: Plane = np.sqrt(dy * dy / (1.0 + slope * slope) + dx * dx)
    return distance


def smooth_union(a: Plane, b: Plane, blend: Plane | float) -> Plane:
    """Return the union of two shapes with a fillet of a given size."""
    h = np.maximum(blend - np.abs(a - b), 0.0)
    distance: Plane = np.minimum(a, b) - h * h / (4.0 * blend)
    return distance


def ripple(t: Plane) -> Plane:
    """Return a wave of period 2, sine-like but of parabolas: the same bits everywhere."""
    t = t - 2.0 * np.floor(0.5 * t + 0.5)
    wave: Plane = 4.0 * t * (1.0 - np.abs(t))
    return wave


def _span(low: float, high: float, size: int) -> tuple[int, int]:
    first, last = ((edge + 1.0) * size / 2.0 for edge in (low, high))
    return max(0, int(first) - 1), min(size, int(last) + 2)
