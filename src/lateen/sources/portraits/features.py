"""The features of the face: blush, nose, eyes, brows and mouth."""

from __future__ import annotations

import numpy as np

from lateen.sources.portraits import palette
from lateen.sources.portraits.ageing import paint_age
from lateen.sources.portraits.head import EYE_X, EYE_Y, MOUTH_Y, Head
from lateen.sources.portraits.shapes import Canvas, Plane, arc, ellipse, haze, ramp

SIDES = (-1.0, 1.0)


def eye_window(canvas: Canvas, side: float) -> Canvas:
    """Return the part of the canvas that one eye, its brow and its lens can reach."""
    left, right = sorted((side * 0.66, -side * 0.26))
    return canvas.crop(left, -0.40, right, 0.24)


def complexion(canvas: Canvas, head: Head) -> None:
    """Paint the blush, which rises with a smile and fades with age, the dip below the lips, and the signs of age."""
    view = canvas.crop(-0.72, -0.02, 0.72, 0.62)
    skin, smile = view.cover(view.face), head.smile
    rose = palette.tinted(head.skin, 1.0, 0.66, 0.62)
    for side in SIDES:
        x, narrow = head.place(side * 0.25)
        blush = ellipse((view.x - x) / narrow, view.y - 0.16 + 0.05 * smile, 0.12, 0.09)
        view.paint(skin * haze(blush, 0.16) * (0.28 + 0.24 * smile) * (1.0 - 0.7 * head["age"]), rose)
    x, narrow = head.place(0.0, 0.9)
    dip = ellipse((view.x - x) / narrow, view.y - MOUTH_Y - 0.135 - 0.07 * head["mouth_open"], 0.10, 0.03)
    view.paint(skin * haze(dip, 0.07) * 0.35, head.skin_shade)
    paint_age(canvas, head)


def nose(canvas: Canvas, head: Head) -> None:
    """Paint the nose as a soft shadow on its far side, a light on the tip and a line below."""
    light = head["light"]
    view = canvas.crop(-0.45, -0.2, 0.45, 0.4)
    bridge, _ = head.place(0.0, 0.75)
    tip, narrow = head.place(0.0, 1.0)
    x = view.x - bridge - (tip - bridge) * ramp(0.05 - view.y, 0.3)
    shadow = ellipse(x + 0.055 * light, view.y - 0.08, 0.05, 0.15)
    view.paint(haze(shadow, 0.09) * 0.55, head.skin_shade)
    shine = ellipse(x - 0.012 * light, view.y - 0.10, 0.026, 0.05)
    view.paint(haze(shine, 0.07) * 0.30, palette.mixed(head.skin, palette.fixed("#ffffff"), 0.6))
    under = arc((view.x - tip) / narrow, 0.168 - view.y, 0.062, 0.028)
    view.paint(view.stroke(under, 0.016) * 0.85, palette.tinted(head.skin_shade, 0.82, 0.72, 0.72))


def eyes(canvas: Canvas, head: Head) -> None:
    """Paint eyes that look where the gaze says and narrow with a smile."""
    iris_colour = palette.along(palette.EYES, head["eye_colour"])
    lash, white = palette.fixed("#241a20"), palette.fixed("#fffdf8")
    height = 0.068 - 0.016 * head.smile - 0.007 * head["age"]
    for side in SIDES:
        view = eye_window(canvas, side)
        x, narrow = head.place(side * EYE_X)
        u, v = (view.x - x) / narrow, view.y - EYE_Y - 0.10 * side * (x - view.x) / narrow
        ball = ellipse(u, v, 0.118, height)
        view.paint(view.cover(view.face) * haze(ball - 0.03, 0.07) * 0.35, head.skin_shade)
        opening = view.cover(ball)
        view.paint(opening, white)
        view.paint(opening * haze(v + 0.25 * height, 0.06) * 0.35, palette.fixed("#9fa4b8"))
        du = u - 0.048 * head["gaze"] - 0.02 * head.sin
        dv = v + 0.008
        iris = np.sqrt(du * du + dv * dv)
        view.paint(opening * view.cover(iris - 0.069), palette.tinted(iris_colour, 0.62, 0.62, 0.66))
        view.paint(opening * view.cover(iris - 0.056), iris_colour)
        view.paint(opening * view.cover(iris - 0.032), palette.fixed("#120d12"))
        gu, gv = du - 0.022 * head["light"], v + 0.030
        view.paint(opening * view.cover(np.sqrt(gu * gu + gv * gv) - 0.016) * 0.9, white)
        lid = arc(u, v + 0.012, 0.126, height + 0.004)
        view.paint(view.stroke(lid, 0.014), lash)
        fold = arc(u, v + 0.045, 0.10, height)
        view.paint(view.stroke(fold, 0.008) * 0.6, head.skin_shade)


def brows(canvas: Canvas, head: Head) -> None:
    """Paint brows in the colour of the hair, from a thin arch to a thick bar."""
    thick, smile = head["brow"], head.smile
    colour = palette.tinted(palette.mixed(head.hair, palette.fixed("#3a2620"), 0.35), 0.85, 0.82, 0.82)
    for side in SIDES:
        view = eye_window(canvas, side)
        x, narrow = head.place(side * (EYE_X + 0.01))
        u = side * (view.x - x) / narrow
        v = view.y - EYE_Y + 0.158 - 0.030 * thick + 0.020 * smile + 0.10 * u
        taper = 1.0 - 0.45 * ramp(0.05 - u, 0.24)
        line = arc(u, v, 0.125, 0.050 - 0.028 * thick)
        view.paint(view.stroke(line, (0.010 + 0.024 * thick) * taper) * (0.80 + 0.2 * thick), colour)


def mouth(canvas: Canvas, head: Head) -> None:
    """Paint lips that bend with the smile around a mouth that opens on teeth."""
    view = canvas.crop(-0.48, 0.08, 0.48, 0.56)
    smile, opened = head.smile, head["mouth_open"]
    x, narrow = head.place(0.0, 0.9)
    half = 0.175 + 0.045 * smile - 0.012 * opened
    u, v = (view.x - x) / narrow, view.y - MOUTH_Y
    t = u / half
    bulge = 1.0 - t * t
    full = bulge * (1.0 + 0.6 * t * t)
    middle = smile * 0.110 * (bulge - 0.45) - 0.03 * opened
    gap = opened * (0.100 + 0.03 * smile) * full
    slope = 0.22 * smile * t / half
    steep = np.sqrt(1.0 + np.minimum(slope * slope, 1.0))
    cupid = 1.0 - 0.35 * ramp(np.abs(u) - 0.02, 0.08)
    top = middle - 0.046 * np.maximum(bulge, 0.0) * cupid
    bottom = middle + gap + 0.054 * full
    lips = palette.mixed(head.skin, palette.fixed("#b8333f"), 0.48)
    ends = np.abs(u) - half
    upper = _between(v, top, middle + 0.006, steep, ends)
    lower = _between(v, middle + gap - 0.006, bottom, steep, ends)
    view.paint(view.cover(lower), palette.mixed(lips, palette.fixed("#ffffff"), 0.12))
    view.paint(view.cover(upper), palette.tinted(lips, 0.86, 0.78, 0.80))
    inside = view.cover(_between(v, middle, middle + gap, steep, ends)) * ramp(0.02 - opened, 0.04)
    view.paint(inside, palette.fixed("#5b1a22"))
    teeth = view.cover(v - middle - 0.45 * gap) * inside
    view.paint(teeth, palette.fixed("#fffaf0"))
    line = np.maximum(np.abs(v - middle) / steep, ends)
    closed = view.stroke(line, 0.011) * (1.0 - 0.5 * opened)
    view.paint(closed, palette.tinted(lips, 0.48, 0.34, 0.38))


def _between(v: Plane, top: Plane, bottom: Plane, steep: Plane, ends: Plane) -> Plane:
    distance: Plane = np.maximum(np.maximum(top - v, v - bottom) / steep, ends)
    return distance
