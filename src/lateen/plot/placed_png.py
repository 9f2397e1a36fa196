"""New items on a map that was there before: the old ones faint, the new ones with their pictures or names.

One idea: the map is the same as ever, and what is new on it is all that has colour.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float
from PIL import Image, ImageDraw

from lateen.core.errors import InputError
from lateen.plot.atlas import as_thumbnail
from lateen.plot.canvas import PADDING, Page, Picture, top_of
from lateen.plot.palette import CATEGORIES, FAINT, INK, MISSING, MUTED, PAPER, mix
from lateen.plot.placing import place_apart, place_names
from lateen.plot.text import shorten, text_width

OLD, NEW = mix(MISSING, PAPER, 0.25), CATEGORIES[1]
UNLIKE = MUTED
DOUBTFUL = mix(PAPER, FAINT, 0.6)
NAME, LONGEST_NAME = 13, 150  # pixels
RADIUS = 4.0
FEW, CLOSE = 60, 0.6  # so few pictures may lie over each other up to this share of their width


def placed_png(
    positions: Float[np.ndarray, "n 2"],
    new: Float[np.ndarray, "m 2"],
    *,
    thumbnails: Callable[[int], Picture | bytes | None] | None = None,
    names: Callable[[int], str] | None = None,
    trusted: Bool[np.ndarray, "rows columns"] | None = None,
    unlike: Bool[np.ndarray, " m"] | None = None,
    title: str | None = None,
    size: int = 1400,
) -> Image.Image:
    """Draw new points on a map.

    Args:
        positions: (n, 2) the points that were there; y points up.
        new: (m, 2) the new ones, within the old ones' box.
        thumbnails: Called with a new point, gives its picture as an array or as encoded bytes, or None.
        names: Called with a new point, gives its name; for those without pictures.
        trusted: Which cells of a grid over the old points' box can be believed, the lowest row first; all else is
            shaded.
        unlike: (m,) which of the new ones are so far from the data that their places mean little: a hollow dot, a
            grey frame.
        title: A line above.
        size: Width of the picture in pixels, at least 400.

    Raises:
        InputError: If there are no points or the size is too small.
    """
    if size < 400 or not len(positions):
        raise InputError(f"placed_png got {len(positions)} points and size={size}; it needs a point and 400 pixels.")
    low, high = positions.min(axis=0).astype(float), positions.max(axis=0).astype(float)
    span = float((high - low).max()) or 1.0
    width, margin = size - 2 * PADDING, 40
    scale = (width - 2 * margin) / span
    height = int(np.clip((high - low)[1] * scale, 0.4 * width, width)) + 2 * margin
    middle = (low + high) / 2

    def pixels(points: Float[np.ndarray, "k 2"]) -> Float[np.ndarray, "k 2"]:
        return np.asarray(np.array([1, -1]) * (points - middle) * scale + np.array([width, height]) / 2)

    top = top_of(title)
    noted = 30 if unlike is not None and unlike.any() else 0
    page = Page(size, top + height + noted + PADDING, title)
    sheet = Image.new("RGB", (2 * width, 2 * height), PAPER if trusted is None else DOUBTFUL)
    pen = ImageDraw.Draw(sheet, "RGBA")
    if trusted is not None:
        _clear(pen, trusted, 2 * pixels(np.stack([low, high])))
    radius = float(np.clip(150 / np.sqrt(len(positions)), 1.0, 4.0))
    _dots(pen, 2 * pixels(positions), 2 * radius, (*OLD, 200))
    far = np.zeros(len(new), bool) if unlike is None else unlike
    _dots(pen, 2 * pixels(new[far]), 2 * RADIUS, (*UNLIKE, 255))
    _dots(pen, 2 * pixels(new[far]), RADIUS, (*PAPER, 255))
    _dots(pen, 2 * pixels(new[~far]), 2 * RADIUS, (*NEW, 235))
    page.image.paste(sheet.resize((width, height), Image.Resampling.BOX), (PADDING, top))
    corner = PADDING, top
    if thumbnails is not None:
        _pictures(page, pixels(new) + np.array(corner), thumbnails, max(28, round(size * 0.045)), far)
    elif names is not None:
        _names(page, pixels(new), names, (width, height), corner)
    if far.any():
        which = "All new items are" if far.all() else "Grey frames and hollow dots: new items"
        page.note(f"{which} unlike the data; their places mean little.", page.image.height - PADDING - 10)
    return page.image


def _clear(
    pen: ImageDraw.ImageDraw, trusted: Bool[np.ndarray, "rows columns"], ends: Float[np.ndarray, "2 2"]
) -> None:
    """Leave white the cells that can be believed; the cells' middles run from end to end."""
    rows, columns = trusted.shape
    (left, bottom), (right, top) = ends
    wide = (right - left) / max(1, columns - 1) or 8.0
    tall = (bottom - top) / max(1, rows - 1) or 8.0
    for row, column in np.argwhere(trusted).tolist():
        x, y = left + wide * (column - 0.5), bottom - tall * (row + 0.5)
        pen.rectangle((round(x), round(y), round(x + wide), round(y + tall)), fill=PAPER)


def _dots(
    pen: ImageDraw.ImageDraw, places: Float[np.ndarray, "k 2"], radius: float, fill: tuple[int, int, int, int]
) -> None:
    for x, y in places.tolist():
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)


def _pictures(
    page: Page,
    places: Float[np.ndarray, "m 2"],
    thumbnails: Callable[[int], Picture | bytes | None],
    edge: int,
    far: Bool[np.ndarray, " m"],
) -> None:
    """Pictures where they have room, framed as the new dots are coloured; grey where the place means little."""
    for row in place_apart(places, edge * (CLOSE if len(places) <= FEW else 1.1), np.ones(len(places), bool)).tolist():
        image = as_thumbnail(thumbnails(row), edge)
        if image is not None:
            x, y = (round(c - side / 2) for c, side in zip(places[row], image.size, strict=True))
            page.picture(image, x, y, outline=UNLIKE if far[row] else NEW)


def _names(
    page: Page,
    places: Float[np.ndarray, "m 2"],
    names: Callable[[int], str],
    within: tuple[int, int],
    corner: tuple[int, int],
) -> None:
    texts = [shorten(names(row), LONGEST_NAME, NAME) for row in range(len(places))]
    sizes = [(text_width(text, NAME), 1.25 * NAME) for text in texts]
    for row, (x, y) in place_names(places, sizes.__getitem__, within, radius=RADIUS, apart=(5, 2)).items():
        page.text(x + corner[0], y + corner[1], texts[row], size=NAME, color=INK, halo=2)
