"""Points as dots: some as discs, very many as shades that grow with how many lie on a pixel.

One idea: of many points what can be seen is how dense they are; drawn as discs they would be one blot.
"""

from __future__ import annotations

import itertools

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw

from lateen.plot.palette import PAPER, Color
from lateen.plot.text import Number

SHADED = 20_000  # points from which on density is drawn
LEAST_SHADE = 0.3
FULL = 99  # percentile of the crowding that is drawn in full ink


def radius_of(n: int) -> float:
    """Of each of n dots, in pixels."""
    return float(np.clip(150 / np.sqrt(max(n, 1)), 1.5, 5.5))


def discs(
    places: Float[np.ndarray, "m 2"],
    inks: UInt8[np.ndarray, "m 3"],
    size: tuple[int, int],
    n: int,
    bold: dict[int, tuple[Color, Number]],
) -> Image.Image:
    """Dots drawn at double size and averaged, in an order that favours no category.

    Args:
        places: (m, 2) in pixels.
        inks: (m, 3) colours.
        size: Of the picture.
        n: Points of the map, which the size of dots depends on.
        bold: Which are drawn last, in what colour, and their least radius.
    """
    sheet = Image.new("RGB", (2 * size[0], 2 * size[1]), PAPER)
    pen = ImageDraw.Draw(sheet, "RGBA")
    radius, alpha = 2 * radius_of(n), 235 if n < 2_000 else 190
    colors = inks.tolist()
    for row in np.random.default_rng(0).permutation(len(places)).tolist():
        x, y = 2 * places[row]
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(*colors[row], alpha))
    for row, (ink, least) in bold.items():
        (x, y), reach = 2 * places[row], max(radius, 2 * least)
        pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=ink)
    return sheet.resize(size, Image.Resampling.BOX)


def shades(
    places: Float[np.ndarray, "m 2"], inks: UInt8[np.ndarray, "m 3"], size: tuple[int, int], deep: Color | None
) -> Image.Image:
    """Each pixel in the mean colour of the points near it, the fuller the more there are.

    Args:
        places: (m, 2) in pixels.
        inks: (m, 3) colours.
        size: Of the picture.
        deep: What colours turn to where it is densest; None where they have a meaning.
    """
    width, height = size
    counts, sums = np.zeros(width * height), np.zeros((3, width * height))
    corner = np.floor(places - 0.5)
    rest = places - 0.5 - corner
    for right, down in itertools.product((0, 1), (0, 1)):
        x, y = (corner[:, 0] + right).astype(np.int64), (corner[:, 1] + down).astype(np.int64)
        inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
        share = np.abs(1 - right - rest[:, 0]) * np.abs(1 - down - rest[:, 1])
        at, weight = (y * width + x)[inside], share[inside]
        counts += np.bincount(at, weight, width * height)
        for channel in range(3):
            sums[channel] += np.bincount(at, weight * inks[inside, channel], width * height)
    counts, sums = _blurred(counts, size), np.stack([_blurred(part, size) for part in sums])
    some = counts > 0.02
    full = float(np.percentile(counts[some], FULL)) if some.any() else 1.0
    crowd = np.clip(np.log1p(4 * counts) / np.log1p(4 * max(full, 1e-9)), 0, 1)[:, None]
    ink = (sums / np.maximum(counts, 1e-9)).T
    if deep is not None:
        ink = ink + (np.array(deep) - ink) * 0.75 * crowd**2
    cover = np.minimum(1, counts / 0.3)[:, None] * (LEAST_SHADE + (1 - LEAST_SHADE) * crowd)
    pixels = np.array(PAPER) * (1 - cover) + ink * cover
    return Image.fromarray(np.rint(np.clip(pixels, 0, 255)).astype(np.uint8).reshape(height, width, 3))


def _blurred(flat: Float[np.ndarray, " p"], size: tuple[int, int]) -> Float[np.ndarray, " p"]:
    """A little: each pixel with its neighbours, 1 2 1 along both axes."""
    field = flat.reshape(size[1], size[0])
    for axis in (0, 1):
        padded = np.pad(field, [(1, 1) if a == axis else (0, 0) for a in (0, 1)])
        before, after = np.take(padded, range(field.shape[axis]), axis), np.roll(padded, -2, axis)
        after = np.take(after, range(field.shape[axis]), axis)
        field = (before + 2 * field + after) / 4
    return field.ravel()
