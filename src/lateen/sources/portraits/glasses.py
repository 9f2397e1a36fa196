"""Glasses: clear ones with a dark rim, sun glasses with dark lenses; both stand a little before the face."""

from __future__ import annotations

import numpy as np

from lateen.sources.portraits import palette
from lateen.sources.portraits.features import SIDES, eye_window
from lateen.sources.portraits.head import EYE_X, EYE_Y, Head
from lateen.sources.portraits.shapes import Canvas, arc, box, haze, ramp

RIM = "#2a2130"


def arms(canvas: Canvas, head: Head) -> None:
    """Paint the arms that run from the rims to the ears, under the hair."""
    worn = (head["glasses"] > 0.5).astype(np.float32)
    view = canvas.crop(-0.72, -0.25, 0.72, 0.15)
    for side in SIDES:
        inner, _ = head.place(side * (EYE_X + 0.12), 0.85)
        outer = side * (head.radius * head.cos - 0.02) - 0.1 * head.sin
        middle, half = (inner + outer) * 0.5, np.abs(outer - inner) * 0.5
        arm = box(view.x - middle, view.y - EYE_Y + 0.03, half, 0.016, 0.01)
        view.paint(worn * view.cover(arm), palette.fixed(RIM))


def lenses(canvas: Canvas, head: Head) -> None:
    """Paint lenses, rims and the bridge."""
    worn = (head["glasses"] > 0.5).astype(np.float32)
    dark = (head["glasses"] > 1.5).astype(np.float32)
    rim = palette.fixed(RIM)
    glass = palette.mixed(palette.fixed("#d8ecff"), palette.fixed("#221f33"), dark)
    for side in SIDES:
        view = eye_window(canvas, side)
        x, narrow = head.place(side * EYE_X, 0.92)
        u, v = (view.x - x) / narrow, view.y - EYE_Y - 0.012
        lens = box(u, v, 0.160, 0.128, 0.095)
        inside = view.cover(lens)
        view.paint(worn * inside * (0.14 + 0.79 * dark), glass)
        glint = haze(np.abs(u + 0.55 * v + 0.05) - 0.020, 0.05) * ramp(v - 0.03, 0.2)
        view.paint(worn * inside * glint * 0.38, palette.fixed("#ffffff"))
        view.paint(worn * view.stroke(lens, 0.0175), rim)
    view = canvas.crop(-0.4, -0.25, 0.4, 0.15)
    x, narrow = head.place(0.0, 0.98)
    bridge = arc((view.x - x) / narrow, view.y - EYE_Y + 0.02, 0.04, 0.02)
    view.paint(worn * view.stroke(bridge, 0.016), rim)
