"""Hair on head and face.

One outline serves twice: whole behind the head, and cut open around the face before it.
"""

from __future__ import annotations

import numpy as np

from lateen.sources.portraits import palette
from lateen.sources.portraits.head import MOUTH_Y, SKULL_Y, Head
from lateen.sources.portraits.shapes import Canvas, Plane, arc, box, ellipse, haze, ramp, ripple, smooth_union


def curls(canvas: Canvas, head: Head) -> Plane:
    """Return the ripples of wavy hair, -1..1 times the wave: they shape its outline and its light."""
    ripples: Plane = head["wave"] * ripple(canvas.x * 4.6 + 0.15) * ripple(canvas.y * 4.6 - 0.1)
    return ripples


def outline(canvas: Canvas, head: Head, ripples: Plane) -> Plane:
    """Return the distance to the whole mass of hair: a cap on the skull and a fall as long as the hair."""
    length, wave = head["hair_length"], head["wave"]
    x, y = canvas.x + 0.05 * head.sin, canvas.y
    cap = ellipse(x, y - SKULL_Y + 0.045, head.radius + 0.055 + 0.02 * wave, 0.545 + 0.02 * wave)
    end = _end(head)
    half = (end + 0.42) * 0.5
    broad = head.radius + 0.015 + 0.04 * length + 0.05 * wave * length
    fall = box(x, y - end + half, broad + 0.10 * length * ramp(0.35 - y, 0.9), half, np.minimum(half, 0.26))
    cropped = np.minimum(np.maximum((0.45 - length) * 4.0, 0.0), 1.0)
    trim = 0.085 * cropped * ramp(-0.14 - y, 0.44)
    mass = smooth_union(cap, fall, 0.20) - 0.040 * ripples + trim
    distance: Plane = np.maximum(mass, y - end - 0.030 * ripples)
    return distance


def behind(canvas: Canvas, head: Head, whole: Plane) -> None:
    """Paint the hair that hangs behind head and neck; short hair leaves the nape free."""
    canvas.paint(canvas.cover(whole), head.hair_shade)


def front(canvas: Canvas, head: Head, whole: Plane, ripples: Plane) -> None:
    """Paint the hair before the head: the cap with its hairline or fringe, and the locks at the sides."""
    cover = canvas.cover(-smooth_union(-whole, _opening(canvas, head), 0.09))
    x, y, light = canvas.x, canvas.y, head["light"]
    shade = haze(0.9 * light * x - 0.25 * (y + 0.3) + 0.1, 0.9)
    canvas.paint(cover, head.hair + (head.hair_shade - head.hair) * (0.8 * shade))
    sheen = palette.mixed(palette.tinted(head.hair, 1.15, 1.12, 1.08), palette.fixed("#fff1dc"), 0.34)
    band = haze(np.abs(whole + 0.15 + 0.05 * ripples) - 0.03, 0.14)
    gloss = band * ramp(y + 0.18, 0.5) * haze(0.1 - light * x, 1.1)
    locks = _locks(canvas, head) * (1.0 - 0.7 * head["wave"]) + ripples
    canvas.paint(cover * (gloss * (0.6 + 0.3 * locks) + 0.20 * np.maximum(locks, 0.0)), sheen)
    canvas.paint(cover * np.maximum(-locks, 0.0) * 0.4, head.hair_shade)


def _end(head: Head) -> Plane:
    """Return how far down the hair hangs."""
    length = head["hair_length"]
    end: Plane = -0.10 + 0.55 * length + 0.55 * length * length
    return end


def _locks(canvas: Canvas, head: Head) -> Plane:
    """Return broad soft strands, -1..1, that fan out from the parting."""
    dx = canvas.x - 0.10 - 0.15 * head.sin
    dy = canvas.y + 0.80
    strands: Plane = ripple(7.0 * dx / (np.abs(dx) + np.abs(dy) + 0.1)) * ramp(0.12 - np.abs(dy), 0.3)
    return strands


def brow_shadow(canvas: Canvas, head: Head) -> None:
    """Paint the soft shadow that the hair throws on the forehead and temples."""
    shadow = haze(-_opening(canvas, head) - 0.035, 0.11)
    canvas.paint(canvas.cover(canvas.face) * shadow * 0.5, head.skin_shade)


def _opening(canvas: Canvas, head: Head) -> Plane:
    """Return the distance to the window the front hair leaves for the face: an arch, open below."""
    fringe = head["fringe"]
    x = canvas.x - 0.13 * head.sin
    y = canvas.y + (0.26 - 0.20 * fringe) * x
    arch = ellipse(x, np.minimum(y + 0.05, 0.0), head.radius * 0.95, 0.44 - 0.225 * fringe)
    arch = arch - (0.006 + 0.020 * fringe) * _locks(canvas, head)
    beside = np.minimum(np.abs(canvas.x + 0.10 * head.sin) - head.radius, 0.0)
    ears = ellipse(beside, np.minimum(canvas.y - 0.05, 0.0), 0.11 + 0.24 * np.abs(head.sin), 0.17)
    covered = np.maximum(head["hair_length"] - 0.28, 0.0)
    distance: Plane = np.minimum(arch, ears + 2.0 * covered)
    return distance


def beard(canvas: Canvas, head: Head) -> None:
    """Paint the beard along the jaw, from stubble to full, with cheeks and lips left free."""
    amount = head["beard"]
    view = canvas.crop(-0.68, -0.15, 0.68, 0.75)
    x, narrow = head.place(0.0, 0.75)
    u, v = (view.x - x) / narrow, view.y
    cheek = ellipse(u, v + 0.07, 0.385 - 0.02 * amount, 0.325)
    lips = ellipse(u, v - MOUTH_Y - 0.005, 0.15, 0.055)
    grown = view.face - 0.12 * np.maximum(amount - 0.6, 0.0)
    inner = haze(-np.minimum(cheek, lips), 0.055) * haze(0.02 - v, 0.18)
    strength = np.minimum(1.45 * amount, 1.0)
    colour = palette.mixed(head.hair, head.hair_shade, 0.7)
    view.paint(view.cover(grown) * inner * (0.95 * strength), colour)


def moustache(canvas: Canvas, head: Head) -> None:
    """Paint a moustache of two lobes that follows the smile."""
    amount, smile = head["moustache"], head.smile
    view = canvas.crop(-0.48, 0.05, 0.48, 0.50)
    x, narrow = head.place(0.0, 0.92)
    u, v = (view.x - x) / narrow, view.y - MOUTH_Y + 0.075 + 0.02 * head["mouth_open"]
    line = arc(u, v - 0.025 + 0.02 * smile, 0.15, 0.045 - 0.03 * smile)
    dip = 1.0 - 0.35 * ramp(np.abs(u) - 0.015, 0.05)
    colour = palette.mixed(head.hair, head.hair_shade, 0.45)
    cover = haze(line - (0.012 + 0.026 * amount) * dip, view.soft * 1.3)
    view.paint(cover * np.minimum(1.6 * amount, 1.0) * 0.95, colour)
