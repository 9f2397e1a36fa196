"""The colours: each is a smooth path through a few hand-picked stops, read at a factor's value."""

from __future__ import annotations

import numpy as np

from lateen.sources.portraits.shapes import Plane

HAIR = ("#17131a", "#3d2419", "#75421f", "#b57f3e", "#ecd198")
SKIN = ("#fbdfcc", "#f3c9ab", "#dca580", "#ae7853", "#774a34")
EYES = ("#4a2a18", "#80602c", "#5f8a4a", "#6c8fa0", "#3f86c9")
BACKGROUND = ("#f3dfc0", "#f7c9ae", "#efb3b6", "#c9b8e2", "#aed0ec", "#a9dccb")
GREY = 0.32  # share of its colour that the oldest skin loses
SHIRT = ("#f4ead9", "#ee8b70", "#b04a46", "#6f3f6b", "#34466f", "#2f7f80")


def along(stops: tuple[str, ...], t: Plane) -> np.ndarray:
    """Return the colours (3, n, 1, 1) at places t in 0..1 on a path of equally spaced stops."""
    table = np.array([[int(stop[i : i + 2], 16) / 255 for i in (1, 3, 5)] for stop in stops])
    places = np.linspace(0.0, 1.0, len(stops))
    return np.stack([np.interp(t, places, channel) for channel in table.T]).astype(np.float32)


def fixed(stop: str) -> np.ndarray:
    """Return one colour, (3, 1, 1, 1)."""
    return along((stop, stop), np.zeros((1, 1, 1)))


def tinted(colour: np.ndarray, red: float, green: float, blue: float) -> np.ndarray:
    """Return a colour multiplied channel by channel, at most 1."""
    return np.minimum(colour * np.array([red, green, blue], np.float32).reshape(3, 1, 1, 1), np.float32(1))


def mixed(a: np.ndarray, b: np.ndarray, share: Plane | float) -> np.ndarray:
    """Return the colour a given share of the way from a to b."""
    colour: np.ndarray = a + (b - a) * share
    return colour


def warmed(colour: np.ndarray, share: float) -> np.ndarray:
    """Return a colour lightened towards a warm white."""
    return mixed(colour, fixed("#fffaf2"), share)


def aged(skin: np.ndarray, age: Plane) -> np.ndarray:
    """Return the colour of skin that has lost some of its red with age."""
    grey = skin.mean(axis=0, keepdims=True) * np.array([1.0, 0.97, 0.92], np.float32).reshape(3, 1, 1, 1)
    return mixed(skin, grey, GREY * age)
