"""Hair on head and face. One outline serves twice: whole behind the head, and cut open around the face before it."""

from __future__ import annotations

import numpy as np

from lateen.sources.portraits import palette
from lateen.sources.portraits.head import MOUTH_Y, SKULL_Y, Head
from lateen.sources.portraits.shapes import Canvas, Plane, arc, box, ellipse, haze, ramp, ripple, smooth_union


def curls(canvas: Canvas, head: Head) -> Plane:
    """Return the ripples of wavy hair, -1..1 times the wave: they shape its outline and its light."""
    return head["wave"] * ripple(canvas.x * 4.6 + 0.5) * ripple(canvas.y * 4.6 - 0.1)


def outline(canvas: Canvas, head: Head, ripples: Plane) -> Plane:
    """Return the distance to the whole mass of hair: a cap on the skull and a fall as long as the hair."""
    length, wave = head["hair_length"], head["wave"]
    x, y = canvas.x + 0.05 * head.sin, canvas.y
    cap = ellipse(x, y - SKULL_Y + 0.035, head.radius + 0.055 + 0.03 * wave, 0.585 + 0.02 * wave)
    end = -0.06 + 1.0 * length
    half = (end + 0.30) * 0.5
    flare = 0.10 * length * ramp(0.35 - y, 0.9)
    fall = box(x, y - end + half, head.radius + 0.045 + 0.04 * wave * length + flare, half, 0.16)
    return smooth_union(cap, fall, 0.06) - 0.040 * ripples


def behind(canvas: Canvas, head: Head, whole: Plane) -> None:
    """Paint the hair that hangs behind head and neck; short hair leaves the nape free."""
    nape = canvas.y + 0.06 - 1.0 * head["hair_length"]
    canvas.paint(canvas.cover(np.maximum(whole, nape)), head.hair_shade)


def front(canvas: Canvas, head: Head, whole: Plane, ripples: Plane) -> None:
    """Paint the hair before the head: the cap with its hairline or fringe, and the locks at the sides."""
    opening = _opening(canvas, head)
    nape = canvas.y + 0.06 - 1.0 * head["hair_length"]
    shape = np.maximum(np.maximum(whole, -opening), nape)
    cover = canvas.cover(shape)
    x, y, light = canvas.x, canvas.y, head["light"]
    shade = haze(0.9 * light * x - 0.25 * (y + 0.3) + 0.1, 0.9)
    hair = head.hair + (head.hair_shade - head.hair) * (0.8 * shade)
    canvas.paint(cover, hair)
    depth = 0.16 + 0.05 * ripples
    gloss = haze(np.abs(whole + depth) - 0.02, 0.12) * ramp(y + 0.18, 0.5) * haze(0.1 - light * x, 1.1)
    sheen = palette.mixed(palette.tinted(head.hair, 1.15, 1.12, 1.08), palette.fixed("#fff1dc"), 0.34)
    canvas.paint(cover * gloss * 0.75, sheen)
    canvas.paint(cover * np.maximum(ripples, 0.0) * 0.30, sheen)
    canvas.paint(cover * np.maximum(-ripples, 0.0) * 0.5, head.hair_shade)


def brow_shadow(canvas: Canvas, head: Head, cover: Plane) -> None:
    """Paint the soft shadow that the hair throws on the forehead and temples."""
    canvas.paint(cover * haze(-_opening(canvas, head) - 0.035, 0.11) * 0.5, head.skin_shade)


def _opening(canvas: Canvas, head: Head) -> Plane:
    """Return the distance to the window the front hair leaves for the face: an arch, open below."""
    fringe, length = head["fringe"], head["hair_length"]
    x = canvas.x - 0.17 * head.sin
    y = canvas.y + 0.14 * (1.0 - fringe) * x
    half = head.radius * (0.93 + 0.03 * (1.0 - length))
    return ellipse(x, np.minimum(y + 0.05, 0.0), half, 0.45 - 0.235 * fringe)


def beard(canvas: Canvas, head: Head, face: Plane) -> None:
    """Paint the beard along the jaw, from stubble to full, with cheeks and lips left free."""
    amount = head["beard"]
    view = canvas.crop(-0.68, -0.15, 0.68, 0.75)
    rows, columns = _same_crop(canvas, view)
    x, narrow = head.place(0.0, 0.75)
    u, v = (view.x - x) / narrow, view.y
    cheek = ellipse(u, v + 0.07, 0.36 - 0.02 * amount, 0.315)
    lips = ellipse(u, v - MOUTH_Y - 0.005, 0.15, 0.055)
    grown = face[:, rows, columns] - 0.045 * amount
    inner = haze(-np.minimum(cheek, lips), 0.075) * haze(-v - 0.02, 0.2)
    strength = 1.0 - (1.0 - amount) * (1.0 - amount)
    colour = palette.mixed(head.hair, head.hair_shade, 0.45)
    view.paint(view.cover(grown) * inner * (0.92 * strength), colour)


def moustache(canvas: Canvas, head: Head) -> None:
    """Paint a moustache of two lobes that follows the smile."""
    amount, smile = head["moustache"], head["smile"]
    view = canvas.crop(-0.48, 0.05, 0.48, 0.50)
    x, narrow = head.place(0.0, 0.92)
    u, v = (view.x - x) / narrow, view.y - MOUTH_Y + 0.075 + 0.02 * head["mouth_open"]
    line = arc(u, v - 0.025 + 0.02 * smile, 0.15, 0.045 - 0.03 * smile)
    dip = 1.0 - 0.35 * ramp(np.abs(u) - 0.015, 0.05)
    colour = palette.mixed(head.hair, head.hair_shade, 0.45)
    cover = haze(line - (0.012 + 0.026 * amount) * dip, view.soft * 1.3)
    view.paint(cover * np.minimum(1.6 * amount, 1.0) * 0.95, colour)


def _same_crop(canvas: Canvas, view: Canvas) -> tuple[slice, slice]:
    size = canvas.pixels.shape[-1]
    row = int(np.searchsorted(canvas.v.ravel(), view.v.ravel()[0]))
    column = int(np.searchsorted(canvas.u.ravel(), view.u.ravel()[0]))
    height, width = view.v.size, view.u.size
    return slice(row, min(row + height, size)), slice(column, min(column + width, size))
