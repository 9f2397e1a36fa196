"""The map as a picture: every point a dot, its picture or name wherever one has room, the legend of one field."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from jaxtyping import Float, Int, Shaped, UInt8
from PIL import Image

from lateen.core.errors import InputError
from lateen.plot.atlas import as_thumbnail
from lateen.plot.canvas import PADDING, Page, Picture, top_of
from lateen.plot.coloring import Texts, colors_of, read_field
from lateen.plot.dots import SHADED, discs, radius_of, shades
from lateen.plot.map_legend import LEGEND, legend
from lateen.plot.map_names import LINE, RegionName, covered, region_names
from lateen.plot.palette import INK, MUTED, Color, mix
from lateen.plot.placing import place_apart, place_names
from lateen.plot.regions import Regions, reach_of
from lateen.plot.spread import spread
from lateen.plot.text import Number, shorten, text_width

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
    regions: Regions | None = None,
) -> Image.Image:
    """Draw a 2-D map: points as dots, more than 20,000 as shades of density.

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
        regions: Groups whose names are written where there is room, and whose exemplars show their pictures first.

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
    inks = np.array(every, np.uint8).reshape(-1, 3)[there]
    field_size = size - 2 * PADDING - side, height
    titles = [] if regions is None else _titles(positions, places, there, regions, field_size)
    first = _exemplars(there, regions)
    pictures = {} if thumbnails is None else _pictures(places, there, thumbnails, size, first, titles, framed=side > 0)
    free = _uncovered(places, pictures) if n <= SHADED else np.arange(len(places))
    named = {} if names is None else _named(places, there, names, field_size, n, titles)
    if n > SHADED:
        deep = INK if coloring is None else None
        page.image.paste(shades(places[free], inks[free], field_size, deep), (PADDING, top))
    else:
        strong = mix(PLAIN_DOT, INK, 0.5)
        bold: dict[int, tuple[Color, Number]] = {
            at: (strong if coloring is None else _color(inks[at]), NAMED_DOT) for at in named
        }
        page.image.paste(discs(places[free], inks[free], field_size, n, _among(bold, free)), (PADDING, top))
    for name, (x, y) in named.values():
        page.text(x + PADDING, y + top, name, size=NAME, halo=2, color=MUTED if titles else INK)
    for at, image in pictures.items():
        x, y = (round(c - half / 2) for c, half in zip(places[at], image.size, strict=True))
        page.picture(image, x + PADDING, y + top, outline=_color(inks[at]) if side else None)
    for titled in titles:
        _write(page, titled, PADDING, top)
    if n == 0:
        page.text(PADDING, top + height / 2, "No items to show.", color=MUTED)
    if side and coloring is not None:
        legend(page, coloring, field or "", top, height)
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


def _titles(
    positions: Float[np.ndarray, "n 2"],
    places: Float[np.ndarray, "m 2"],
    there: Int[np.ndarray, " m"],
    regions: Regions,
    size: tuple[int, int],
) -> list[RegionName]:
    anchors = regions.anchors(positions)
    sizes = np.bincount(regions.labels[regions.labels >= 0], minlength=len(regions.names))
    at = np.searchsorted(there, anchors[anchors >= 0])
    names = [name for name, anchor in zip(regions.names, anchors.tolist(), strict=True) if anchor >= 0]
    groups = regions.labels[there]
    known = zip(np.flatnonzero(anchors >= 0).tolist(), places[at], strict=True)
    reaches = np.array([reach_of(places[groups == group], own) for group, own in known]).reshape(-1, 2)
    return region_names(names, sizes[anchors >= 0], places[at], size, reaches)


def _exemplars(there: Int[np.ndarray, " m"], regions: Regions | None) -> list[int]:
    """Places, among the points that are there, of the exemplars; the first of all regions first."""
    rows = [] if regions is None else [group.tolist() for group in regions.exemplars]
    turns = [group[i] for i in range(max(map(len, rows), default=0)) for group in rows if i < len(group)]
    known = {row: at for at, row in enumerate(there.tolist())} if turns else {}
    return [known[row] for row in turns if row in known]


def _write(page: Page, name: RegionName, left: int, top: int) -> None:
    middle = left + (name.box[0] + name.box[2]) / 2
    for row, line in enumerate(name.lines):
        x = middle - text_width(line, name.size) / 2
        page.text(x, top + name.box[1] + 2 + row * LINE * name.size, line, size=name.size, halo=4)


def _color(ink: UInt8[np.ndarray, " 3"]) -> Color:
    red, green, blue = ink.tolist()
    return red, green, blue


def _among(bold: dict[int, tuple[Color, Number]], free: Int[np.ndarray, " f"]) -> dict[int, tuple[Color, Number]]:
    """The same by their places among the free points."""
    place = {at: i for i, at in enumerate(free.tolist())}
    return {place[at]: how for at, how in bold.items() if at in place}


def _named(
    places: Float[np.ndarray, "m 2"],
    rows: Int[np.ndarray, " m"],
    names: Callable[[int], str],
    size: tuple[int, int],
    n: int,
    titles: list[RegionName],
) -> dict[int, tuple[str, tuple[float, float]]]:
    """The points whose names have room, with name and place."""
    share = min(1.0, len(places) / MANY)
    across, down = (round(few + share * (many - few)) for few, many in zip(*NAMES_APART, strict=True))
    short = cache(lambda at: shorten(names(int(rows[at])), LONGEST_NAME, NAME))
    room = place_names(
        places[:NAMED_OF],
        lambda at: (text_width(short(at), NAME), 1.25 * NAME),
        size,
        radius=max(NAMED_DOT, radius_of(n)),
        apart=(across, down),
    )
    under = covered(np.array([corner for corner in room.values()]).reshape(-1, 2), titles, 2 * NAME)
    return {at: (short(at), corner) for (at, corner), hidden in zip(room.items(), under, strict=True) if not hidden}


def _pictures(
    places: Float[np.ndarray, "m 2"],
    rows: Int[np.ndarray, " m"],
    thumbnails: Thumbnails,
    size: int,
    first: list[int],
    titles: list[RegionName],
    *,
    framed: bool,
) -> dict[int, Image.Image]:
    """Pictures where they have room; with colours or shades they stand apart, so that what is between stays visible."""
    edge = max(28, round(size * (0.04 if framed else 0.046)))
    eligible = ~covered(places, titles, edge / 2 + 3)
    if len(places) > SHADED:
        some = np.zeros(len(places), bool)
        some[spread(places, SHADED, np.array(first, np.int64))] = True
        eligible &= some
    room = 1.5 if framed or len(places) > SHADED else 1.16
    chosen = place_apart(places, edge * room, eligible, first)
    images = {at: as_thumbnail(thumbnails(int(rows[at])), edge) for at in chosen.tolist()}
    return {at: image for at, image in images.items() if image is not None}


def _uncovered(places: Float[np.ndarray, "m 2"], pictures: dict[int, Image.Image]) -> Int[np.ndarray, " f"]:
    """The points that no picture touches: a dot half under a picture looks like dirt."""
    free = np.ones(len(places), bool)
    for at, image in pictures.items():
        reach = np.array(image.size) / 2 + 8
        free &= (np.abs(places - places[at]) > reach).any(axis=1)
    return np.flatnonzero(free)
