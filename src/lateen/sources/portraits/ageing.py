"""What the years do to a face: paler skin, hollow cheeks, bags under the eyes, folds and lines.

One idea: something of it shows whatever else the face wears. Sunglasses hide the bags, a fringe the forehead, a beard
the folds; the skin between them greys all the same.
"""

from __future__ import annotations

from lateen.sources.portraits import palette
from lateen.sources.portraits.head import EYE_X, EYE_Y, Head
from lateen.sources.portraits.shapes import Canvas, arc, ellipse, haze

SIDES = (-1.0, 1.0)


def paint_age(canvas: Canvas, head: Head) -> None:
    """Paint the signs of age over the bare face."""
    _hollows(canvas, head)
    _folds(canvas, head)
    _forehead(canvas, head)


def _hollows(canvas: Canvas, head: Head) -> None:
    """Cheeks fall in, and bags hang under the eyes."""
    view = canvas.crop(-0.66, -0.12, 0.66, 0.56)
    skin, age = view.cover(view.face), head["age"]
    deep = palette.tinted(head.skin_shade, 0.90, 0.86, 0.86)
    for side in SIDES:
        x, narrow = head.place(side * 0.30)
        u, v = side * (view.x - x) / narrow, view.y - 0.235
        cheek = ellipse(0.85 * u - 0.53 * v, 0.53 * u + 0.85 * v, 0.05, 0.13)
        view.paint(skin * haze(cheek, 0.11) * (0.62 * age), deep)
        x, narrow = head.place(side * EYE_X)
        bag = ellipse((view.x - x) / narrow, view.y - EYE_Y - 0.112, 0.085, 0.018)
        view.paint(skin * haze(bag, 0.055) * (0.75 * age), deep)


def _folds(canvas: Canvas, head: Head) -> None:
    """Folds from the nose to the corners of the mouth, and lines under the eyes."""
    age, smile = head["age"], head.smile
    view = canvas.crop(-0.66, -0.12, 0.66, 0.42)
    dark = palette.tinted(head.skin_shade, 0.84, 0.80, 0.80)
    for side in SIDES:
        x, narrow = head.place(side * 0.175)
        u, v = side * (view.x - x) / narrow - 0.02 * smile, view.y - 0.215 + 0.03 * smile
        along, across = 0.53 * u + 0.85 * v, 0.85 * u - 0.53 * v
        view.paint(view.stroke(arc(along, -across, 0.095, 0.026), 0.020) * (0.85 * age), dark)
        x, narrow = head.place(side * EYE_X)
        u, v = side * (view.x - x) / narrow, view.y - EYE_Y
        view.paint(view.stroke(arc(u, 0.115 - v, 0.092, 0.03), 0.014) * (0.8 * age), dark)


def _forehead(canvas: Canvas, head: Head) -> None:
    view = canvas.crop(-0.6, -0.55, 0.6, -0.1)
    skin = view.cover(view.face)
    dark = palette.tinted(head.skin_shade, 0.84, 0.80, 0.80)
    x, narrow = head.place(0.0)
    for height, half in ((-0.36, 0.17), (-0.275, 0.20)):
        line = arc((view.x - x) / narrow, view.y - height, half, 0.02)
        view.paint(skin * view.stroke(line, 0.019) * (0.78 * head["age"]), dark)
