"""The map as one web page that asks nothing of the network: pan, zoom, search, colour by any field.

One idea: everything a user wrote travels as data, in a JSON block that can't end early, and the page puts it
on the screen as text. A policy in the page forbids all requests and any script but its own.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from string import Template

import numpy as np
from jaxtyping import Bool, Float, Int64, Shaped

from lateen.core.errors import InputError
from lateen.plot.atlas import make_atlas
from lateen.plot.coloring import Categories, Numbers, read_field
from lateen.plot.map_png import PLAIN_DOT
from lateen.plot.palette import CATEGORIES, VALUES, Color
from lateen.plot.regions import Regions, reach_of
from lateen.plot.spread import spread, thinned

SCRIPTS = ("data.js", "placing.js", "dots.js", "labels.js", "turning.js", "view.js", "panel.js", "main.js")
MISSING_CODE = 65535
MOST_POINTS = 200_000
MOST_TILES = 20_480  # twenty sheets
BUDGET = 24_000_000  # bytes of pictures
TEXT_BUDGET = 16_000_000  # letters of each field of free text
LEAST_TEXT = 80

Thumbnails = Sequence[bytes | None] | Callable[[Sequence[int]], Sequence[bytes | None]]


def map_html(
    positions: Float[np.ndarray, "n axes"],
    ids: Sequence[str],
    fields: Mapping[str, Shaped[np.ndarray, " _"]],
    thumbnails: Thumbnails | None = None,
    *,
    title: str,
    subtitle: str = "",
    quality: Mapping[str, float | int | None] | None = None,
    color_by: str | None = None,
    tile: int | None = None,
    regions: Regions | None = None,
    named: bool = False,
    front: Int64[np.ndarray, " f"] | None = None,
    inks: Mapping[str, Mapping[str, Color | None]] | None = None,
    told: Mapping[str, str] | None = None,
    budget: int = BUDGET,
    most: int = MOST_POINTS,
) -> str:
    """A self-contained page of a map in two or three dimensions.

    A page stays small enough to be opened: of more than `most` items it shows a part, spread over all regions, and
    says so; of more than 20,480, or more than have room, only exemplars and a spread part have their pictures.

    Args:
        positions: (n, 2 or 3); y points up. An item whose position is not finite is found by no one, but kept.
        ids: One per item.
        fields: Columns of length n, shown on an item's card, searched, and used as colours. Columns of free
            text can't be colours; None and NaN are missing.
        thumbnails: One encoded JPEG, WebP or PNG per item, or None; or a function that gives those of some rows.
            They are packed into sheets of small tiles.
        title: Heading and name of the page.
        subtitle: A line under it.
        quality: Figures of the map, such as `MapQuality.to_dict()`, written at the bottom.
        color_by: The field to start with; without it, the first that can be a colour and is a category,
            else none.
        tile: Side of a tile in pixels; without it 64 for up to 3,000 items, 48 up to 10,000, else 32.
        regions: Groups whose names are written on the map.
        named: Whether ids are written beside their dots where there is room, the first first: they are words.
        front: Rows that are drawn last and larger, and have their pictures before all others.
        inks: By field, colours of some of its categories; None is grey. The others keep those of the palette.
        told: By field, what its values mean, for the legend.
        budget: Bytes of pictures, at the most.
        most: Items on the page, at the most.

    Returns:
        The page.

    Raises:
        InputError: If lengths differ, `color_by` can't be a colour, or a thumbnail is no picture.
    """
    n = len(positions)
    _check(n, ids, fields, thumbnails)
    front = np.zeros(0, np.int64) if front is None else front
    exemplars = _exemplars(regions)
    first = np.concatenate([front, exemplars[~np.isin(exemplars, front)]])
    rows = thinned(positions, most, first)
    if len(rows) < n:
        subtitle = f"{subtitle} · this page shows {len(rows):,} of {n:,} items, spread over all regions".lstrip(" ·")
        first, front = np.searchsorted(rows, first[np.isin(first, rows)]), np.flatnonzero(np.isin(rows, front))
        regions = None if regions is None else regions.of(rows)
    positions = positions[rows]
    columns = [
        _column(name, values[rows], (inks or {}).get(name, {}), (told or {}).get(name, ""))
        for name, values in fields.items()
    ]
    data = {
        "title": title,
        "subtitle": subtitle,
        "quality": _quality_text(quality, int((~np.isfinite(positions).all(axis=1)).sum())),
        "ids": [ids[row] for row in rows.tolist()],
        "axes": positions.shape[1],
        "named": named,
        "front": front.tolist(),
        "positions": _packed(positions.astype("<f4")),
        "fields": columns,
        "start": _start(columns, color_by),
        "regions": regions and _regions(regions, positions),
        "atlas": _atlas(positions, rows, thumbnails, first, tile, budget),
        "palette": {"categories": CATEGORIES, "values": VALUES, "plain": PLAIN_DOT},
    }
    return _page(title, data)


def _exemplars(regions: Regions | None) -> Int64[np.ndarray, " e"]:
    """Rows of the exemplars, the first of all regions before the second of any."""
    if regions is None or not len(regions.exemplars):
        return np.zeros(0, np.int64)
    longest = max(len(rows) for rows in regions.exemplars)
    turns = [int(rows[i]) for i in range(longest) for rows in regions.exemplars if i < len(rows)]
    return np.array(list(dict.fromkeys(turns)), np.int64)


def _regions(regions: Regions, positions: Float[np.ndarray, "n axes"]) -> list[dict[str, object]]:
    sizes = np.bincount(regions.labels[regions.labels >= 0], minlength=len(regions.names))
    anchors = regions.anchors(positions)
    found = zip(regions.names, anchors.tolist(), sizes.tolist(), strict=True)
    return [
        {"name": name, "at": at, "size": size, "reach": _reach(positions, regions.labels == group, at)}
        for group, (name, at, size) in enumerate(found)
        if at >= 0
    ]


def _reach(positions: Float[np.ndarray, "n axes"], group: Bool[np.ndarray, " n"], at: int) -> list[float]:
    """How far a region reaches across and down; in three dimensions, which turn, its farthest twice."""
    there = group & np.isfinite(positions).all(axis=1)
    reach = reach_of(positions[there], positions[at])
    return [float(f"{value:.5g}") for value in (reach if len(reach) == 2 else [reach.max()] * 2)]


def _atlas(
    positions: Float[np.ndarray, "n axes"],
    rows: Int64[np.ndarray, " n"],
    thumbnails: Thumbnails | None,
    first: Int64[np.ndarray, " e"],
    tile: int | None,
    budget: int,
) -> dict[str, object] | None:
    """The sheets, and which item each tile is of."""
    if thumbnails is None or not len(rows) or (not callable(thumbnails) and not any(thumbnails)):
        return None
    items = spread(positions, MOST_TILES, first)

    def part(start: int, stop: int) -> Sequence[bytes | None]:
        wanted = rows[items[start:stop]].tolist()
        return thumbnails(wanted) if callable(thumbnails) else [thumbnails[row] for row in wanted]

    atlas = make_atlas(part, tile, n=len(items), budget=budget)
    if not atlas.sizes.any():
        return None
    return {
        "tile": atlas.tile,
        "perRow": atlas.per_row,
        "sheets": atlas.sheets,
        "items": _packed(items[: len(atlas.sizes)].astype("<u4")),
        "sizes": _packed(atlas.sizes),
        "exemplars": len(first),
    }


def read_map_html(page: str) -> dict[str, object]:
    """The data block of a page made by `map_html`, as it was written; positions and columns stay packed."""
    start = page.index('id="data">') + len('id="data">')
    data: dict[str, object] = json.loads(page[start : page.index("</script>", start)])
    return data


def _page(title: str, data: Mapping[str, object]) -> str:
    folder = files("lateen.plot") / "templates"
    style = (folder / "map.css").read_text(encoding="utf-8")
    parts = "\n".join((folder / name).read_text(encoding="utf-8") for name in SCRIPTS)
    script = f'(() => {{\n"use strict";\n{parts}}})();'
    policy = (
        f"default-src 'none'; img-src data:; script-src {_hash(script)}; style-src {_hash(style)}; "
        "base-uri 'none'; form-action 'none'"
    )
    template = Template((folder / "map.html").read_text(encoding="utf-8"))
    return template.substitute(
        policy=policy,
        title=html.escape(title),
        style=style,
        script=script,
        data=_inert_json(data),
    )


def _inert_json(data: Mapping[str, object]) -> str:
    """JSON in ASCII without <, > and &: no text in it can close the block it stands in."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _column(
    name: str, values: Shaped[np.ndarray, " n"], inks: Mapping[str, Color | None], told: str
) -> dict[str, object]:
    field = read_field(values)
    said = {"told": told} if told else {}
    if isinstance(field, Categories):
        own = {str(code): inks[of] for code, of in enumerate(field.names) if of in inks}
        codes = np.where(field.codes < 0, MISSING_CODE, field.codes).astype("<u2")
        return {
            "name": name,
            "kind": field.kind,
            "names": field.names,
            "counts": field.counts,
            "codes": _packed(codes),
            **({"inks": own} if own else {}),
            **said,
        }
    if isinstance(field, Numbers):
        packed = _packed(field.values.astype("<f4"))
        return {"name": name, "kind": field.kind, "values": packed, "low": field.low, "high": field.high, **said}
    longest = max(LEAST_TEXT, TEXT_BUDGET // max(1, len(field.values)))
    texts = [text if len(text) <= longest else text[: longest - 1] + "…" for text in field.values]
    return {"name": name, "kind": field.kind, "values": texts}


def _start(columns: Sequence[Mapping[str, object]], color_by: str | None) -> int:
    names = {str(c["name"]): i for i, c in enumerate(columns) if c["kind"] != "texts"}
    if color_by is None:
        return next((i for i, c in enumerate(columns) if c["kind"] == "categories"), -1)
    if color_by not in names:
        known = ", ".join(names) or "none"
        raise InputError(f"map_html can't colour by {color_by!r}; fields that can be colours: {known}.")
    return names[color_by]


def _quality_text(quality: Mapping[str, float | int | None] | None, unplaced: int) -> str:
    parts = []
    for name in ("trustworthiness", "continuity"):
        if quality and name in quality:
            parts.append(f"{name} {quality[name]:.3f}")
    if parts and quality and "k" in quality:
        parts[-1] += f" (k = {quality['k']}, 1 is perfect)"
    if unplaced:
        parts.append("1 item has no place" if unplaced == 1 else f"{unplaced:,} items have no place")
    return " · ".join(parts)


def _packed(array: Shaped[np.ndarray, "*_"]) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _check(
    n: int,
    ids: Sequence[str],
    fields: Mapping[str, Shaped[np.ndarray, " _"]],
    thumbnails: Thumbnails | None,
) -> None:
    if len(ids) != n:
        raise InputError(f"map_html got {len(ids)} ids for {n} positions; give one per item.")
    for name, values in fields.items():
        if len(values) != n:
            raise InputError(f"map_html got field {name!r} of length {len(values)} for {n} positions.")
    if thumbnails is not None and not callable(thumbnails) and len(thumbnails) != n:
        raise InputError(f"map_html got {len(thumbnails)} thumbnails for {n} positions; give one per item, or None.")
