"""The map as a picture: every point a dot, its picture or name wherever one has room, the legend of one field."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from jaxtyping import Float, Int, Shaped
from PIL import Image, ImageDraw

from lateen.core.errors import InputError
from lateen.plot.atlas import as_thumbnail
from lateen.plot.canvas import PADDING, Page, Picture, top_of
from lateen.plot.coloring import (
    Categories,
    Numbers,
    Texts,
    category_color,
    colors_of,
    number_text,
    read_field,
)
from lateen.plot.palette import CATEGORIES, FAINT, INK, MISSING, MUTED, PAPER, VALUES, Color, mix, scale_color
from lateen.plot.placing import place_apart, place_names
from lateen.plot.text import shorten, text_width

LEGEND = 210
PLAIN_DOT: Color = (126, 150, 170)
SMALLEST_MAP = 400
NAME, LONGEST_NAME = 13, 150  # pixels
NAMED_DOT = 3  # radius
NAMES_APART = (5, 2), (26, 15)  # of few points and of many
MANY = 2_000
NAMED_OF = 50_000  # points that may have their name written

Thumbnails = Callable[[int], Picture | bytes | None]


def map_png(
    positions: Float[np.ndarray, "n 2"],
    *,
    colors: Shaped[np.ndarray, " m"] | None = None,
    thumbnails: Thumbnails | None = None,
    names: Callable[[int], str] | None = None,
    title: str | None = None,
    field: str | None = None,
    size: int = 1400,
    note: str | None = None,
) -> Image.Image:
    """Draw a 2-D map.

    Args:
        positions: (n, 2); y points up. Points whose position is not finite are left out.
        colors: (n,) values of a field: few distinct ones are categories, numbers a scale; None and NaN
            are grey.
        thumbnails: Called with a row, gives its picture as an array or as encoded bytes, or None. It is
            called only for the rows that are shown.
        names: Called with a row, gives its name, for points without pictures: written small beside its dot
            wherever there is room, of the first rows first.
        title: A line above.
        field: Name of the field, over the legend.
        size: Width of the picture in pixels, at least 400.
        note: A small line under the map, such as its quality.

    Returns:
        The picture; its height follows the shape of the map.

    Raises:
        InputError: If lengths differ or the size is too small.
    """
    n = len(positions)
    if colors is not None and len(colors) != n:
        raise InputError(f"map_png got {len(colors)} colors for {n} positions; give one value per point.")
    if size < SMALLEST_MAP:
        raise InputError(f"map_png got size={size}; a map needs at least {SMALLEST_MAP} pixels.")
    coloring = None if colors is None else read_field(colors)
    side = 0 if coloring is None or isinstance(coloring, Texts) else LEGEND
    there = np.flatnonzero(np.isfinite(positions).all(axis=1))
    places, height = _to_pixels(positions[there], size - 2 * PADDING - side)
    top = top_of(title)
    page = Page(size, top + height + (30 if note else 0) + PADDING, title)
    every = [PLAIN_DOT] * n if coloring is None else colors_of(coloring)
    inks = [every[row] for row in there]
    pictures = {} if thumbnails is None else _pictures(places, there, thumbnails, size, framed=side > 0)
    free = _uncovered(places, pictures)
    field_size = size - 2 * PADDING - side, height
    named = {} if names is None else _named(places, there, names, field_size, n)
    bold = {at: mix(PLAIN_DOT, INK, 0.5) if coloring is None else inks[at] for at in named}
    page.image.paste(_dots(places[free], [inks[at] for at in free], field_size, n, bold), (PADDING, top))
    for name, (x, y) in named.values():
        page.text(x + PADDING, y + top, name, size=NAME, halo=2)
    for at, image in pictures.items():
        x, y = (round(c - half / 2) for c, half in zip(places[at], image.size, strict=True))
        page.picture(image, x + PADDING, y + top, outline=inks[at] if side else None)
    if n == 0:
        page.text(PADDING, top + height / 2, "No items to show.", color=MUTED)
    if side and coloring is not None:
        _legend(page, coloring, field or "", top, height)
    if note:
        page.note(note, page.image.height - PADDING - 10)
    return page.image


def _to_pixels(positions: Float[np.ndarray, "n 2"], width: int) -> tuple[Float[np.ndarray, "n 2"], int]:
    """Pixel places with the map's own aspect, within 1 : 2 ... 1 : 1, and the height that this takes."""
    if len(positions) == 0:
        return np.zeros((0, 2)), width // 2
    low, high = positions.min(axis=0).astype(float), positions.max(axis=0).astype(float)
    spans = np.maximum(high - low, 1e-9 + 1e-6 * float((high - low).max()))
    margin = 0.045 * width
    inner = width - 2 * margin
    height = round(min(max(inner * spans[1] / spans[0], 0.45 * inner), inner) + 2 * margin)
    scale = min(inner / spans[0], (height - 2 * margin) / spans[1])
    if float((high - low).max()) == 0:
        scale = 0.0
    centred = (positions - (low + high) / 2) * scale
    return np.stack([width / 2 + centred[:, 0], height / 2 - centred[:, 1]], axis=1), height


def _named(
    places: Float[np.ndarray, "m 2"],
    rows: Int[np.ndarray, " m"],
    names: Callable[[int], str],
    size: tuple[int, int],
    n: int,
) -> dict[int, tuple[str, tuple[float, float]]]:
    """The points whose names have room, with name and place."""
    share = min(1.0, len(places) / MANY)
    across, down = (round(few + share * (many - few)) for few, many in zip(*NAMES_APART, strict=True))
    short = cache(lambda at: shorten(names(int(rows[at])), LONGEST_NAME, NAME))
    room = place_names(
        places[:NAMED_OF],
        lambda at: (text_width(short(at), NAME), 1.25 * NAME),
        size,
        radius=max(NAMED_DOT, _radius(n)),
        apart=(across, down),
    )
    return {at: (short(at), corner) for at, corner in room.items()}


def _dots(
    places: Float[np.ndarray, "m 2"], inks: list[Color], size: tuple[int, int], n: int, bold: dict[int, Color]
) -> Image.Image:
    """Translucent dots at twice the size, in an order that lets no category cover the others; bold ones on top."""
    radius = 2 * _radius(n)
    alpha = int(np.clip(255 - 14 * np.log2(1 + n / 200), 140, 235))
    sheet = Image.new("RGB", (2 * size[0], 2 * size[1]), PAPER)
    pen = ImageDraw.Draw(sheet, "RGBA")
    for row in np.random.default_rng(0).permutation(len(places)).tolist():
        x, y = 2 * places[row]
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(*inks[row], alpha))
    for row, ink in bold.items():
        (x, y), reach = 2 * places[row], max(radius, 2 * NAMED_DOT)
        pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=ink)
    return sheet.resize(size, Image.Resampling.BOX)


def _radius(n: int) -> float:
    """Of each of n dots, in pixels."""
    return float(np.clip(150 / np.sqrt(max(n, 1)), 1.5, 5.5))


def _pictures(
    places: Float[np.ndarray, "m 2"],
    rows: Int[np.ndarray, " m"],
    thumbnails: Thumbnails,
    size: int,
    *,
    framed: bool,
) -> dict[int, Image.Image]:
    """Pictures where they have room; with colours they stand apart, so that the dots between stay visible."""
    edge = max(28, round(size * (0.04 if framed else 0.046)))
    chosen = place_apart(places, edge * (1.5 if framed else 1.16), np.ones(len(places), bool))
    images = {at: as_thumbnail(thumbnails(int(rows[at])), edge) for at in chosen.tolist()}
    return {at: image for at, image in images.items() if image is not None}


def _uncovered(places: Float[np.ndarray, "m 2"], pictures: dict[int, Image.Image]) -> Int[np.ndarray, " f"]:
    """The points that no picture touches: a dot half under a picture looks like dirt."""
    free = np.ones(len(places), bool)
    for at, image in pictures.items():
        reach = np.array(image.size) / 2 + 8
        free &= (np.abs(places - places[at]) > reach).any(axis=1)
    return np.flatnonzero(free)


def _legend(page: Page, coloring: Categories | Numbers | Texts, field: str, y: int, height: int) -> None:
    width = LEGEND - 36
    x = page.width - PADDING - width
    page.text(x, y, field, size=18, width=width)
    y += 36
    if isinstance(coloring, Numbers):
        _scale(page, coloring, x, y, min(320, height - 60))
    elif isinstance(coloring, Categories):
        colored, missing = min(len(coloring.names), len(CATEGORIES)), int((coloring.codes < 0).sum())
        lines = (height - 60) // 28 - bool(missing)
        fits = len(coloring.names) <= min(lines, len(CATEGORIES))
        shown = colored if fits else max(1, min(colored, lines - 1))  # the last line counts the others
        entries = [
            (category_color(i), name, count)
            for i, (name, count) in enumerate(zip(coloring.names[:shown], coloring.counts, strict=False))
        ]
        rest = sum(coloring.counts[shown:])
        if rest:
            grey = shown == colored  # else some have a colour of their own, for which there is no line
            entries.append((MISSING if grey else PAPER, _others(len(coloring.names) - shown), rest))
        if missing:
            entries.append((FAINT if rest else MISSING, "missing", missing))
        for ink, name, count in entries:
            page.draw.ellipse((x, y + 4, x + 13, y + 17), fill=ink)
            page.text(x + 22, y, name, width=width - 22 - 64)
            page.text(x + width, y, f"{count:,}", align="right", color=MUTED)
            y += 28


def _others(n: int) -> str:
    return "1 other" if n == 1 else f"{n} others"


def _scale(page: Page, numbers: Numbers, x: int, y: int, height: int) -> None:
    for i in range(height):
        page.draw.line((x, y + i, x + 17, y + i), fill=scale_color(VALUES, 1 - i / max(1, height - 1)))
    for share in (0.0, 0.5, 1.0):
        value = numbers.low + share * (numbers.high - numbers.low)
        at = y + (1 - share) * (height - 1)
        page.draw.line((x + 18, at, x + 23, at), fill=MUTED)
        page.text(x + 30, at - 10, number_text(value), width=LEGEND - 70)
    missing = int((~np.isfinite(numbers.values)).sum())
    if missing:
        page.draw.ellipse((x + 2, y + height + 22, x + 15, y + height + 35), fill=MISSING)
        page.text(x + 30, y + height + 18, f"missing {missing:,}", color=MUTED)
