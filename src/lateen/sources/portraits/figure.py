"""What the face sits on: background, shoulders, neck, ears, and the head with its light and shadow."""

from __future__ import annotations

import numpy as np

from lateen.sources.portraits import palette
from lateen.sources.portraits.head import Head
from lateen.sources.portraits.shapes import Canvas, box, ellipse, haze, smooth_union


def background(canvas: Canvas, head: Head) -> None:
    """Fill the picture with a soft gradient that glows on the side the light comes from."""
    colour = palette.along(palette.BACKGROUND, head["background"])
    du, dv = canvas.u - 0.45 * head["light"], canvas.v + 0.35
    glow = 1.0 / (1.0 + 0.9 * (du * du + dv * dv))
    dim, bright = palette.tinted(colour, 0.84, 0.82, 0.85), palette.warmed(colour, 0.25)
    canvas.pixels[:] = palette.mixed(dim, bright, glow)


def body(canvas: Canvas, head: Head) -> None:
    """Paint neck, the head's shadow on it, and the shirt."""
    view = canvas.crop(-1.0, 0.2, 1.0, 1.0)
    u, v, jaw = view.u, view.v, head["jaw"]
    neck = smooth_union(
        box(u, v - 0.55, 0.135 + 0.080 * jaw, 0.45, 0.05), ellipse(u, v - 1.02, 0.50 + 0.05 * jaw, 0.30), 0.25
    )
    view.paint(view.cover(neck), head.skin)
    under = ellipse(u - 0.1 * head.sin + 0.06 * head["light"], v - 0.44, 0.34, 0.24)
    view.paint(view.cover(neck) * haze(under, 0.16) * 0.75, head.skin_shade)
    shirt = palette.along(palette.SHIRT, head["shirt"])
    broad = 0.68 + 0.16 * jaw
    cloth = np.maximum(
        smooth_union(ellipse(u, v - 1.11, broad, 0.43), box(u, v - 1.24, broad + 0.04, 0.38, 0.2), 0.1),
        -ellipse(u, v - 0.64, 0.25 + 0.05 * jaw, 0.165),
    )
    slant = u * head["light"] * 0.9 - (v - 0.85) * 0.5
    folds = palette.mixed(shirt, palette.tinted(shirt, 0.70, 0.64, 0.72), haze(slant, 1.6))
    view.paint(view.cover(cloth), folds)
    collar = view.stroke(ellipse(u, v - 0.64, 0.275 + 0.05 * jaw, 0.19), 0.016) * view.cover(cloth)
    view.paint(collar * 0.55, palette.tinted(shirt, 0.62, 0.56, 0.64))


def face(canvas: Canvas, head: Head) -> None:
    """Paint ears and head, lit from one side."""
    view = canvas.crop(-0.72, -0.42, 0.72, 0.38)
    for side in (-1.0, 1.0):
        ear = ellipse(
            view.x - side * (head.radius * head.cos + 0.005) + 0.12 * head.sin, view.y - 0.03, 0.075, 0.125
        )
        view.paint(view.cover(ear), palette.mixed(head.skin, head.skin_shade, 0.3))
        view.paint(haze(ear + 0.05, 0.05) * 0.45, head.skin_shade)
    x, y = canvas.x - 0.10 * head.sin, canvas.y
    slope = head["light"] * x * 1.15 - 0.28 * (y + 0.05)
    shade = haze(slope + 0.18, 0.75)
    glow = haze(0.16 - slope, 0.7)
    skin = head.skin + (head.skin_shade - head.skin) * (0.75 * shade)
    skin += (palette.warmed(head.skin, 0.45) - skin) * (0.55 * glow)
    canvas.paint(canvas.cover(canvas.face), skin)
