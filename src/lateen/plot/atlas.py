"""Thumbnails packed into a few sheets, so that a page carries ten thousand pictures as a dozen images."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8
from PIL import Image, UnidentifiedImageError

from lateen.core.errors import InputError
from lateen.plot.canvas import Picture

PER_ROW = 32
QUALITY = 75


@dataclass(frozen=True, eq=False)
class Atlas:
    """Sheets of square tiles: tile i is on sheet i // 1024, then row by row.

    Args:
        tile: Side of a tile in pixels.
        per_row: Tiles per row of a sheet, and rows per sheet.
        sheets: WebP pictures as base64.
        sizes: (m, 2) width and height of each picture from its tile's corner; 0, 0 where there is none.
    """

    tile: int
    per_row: int
    sheets: list[str]
    sizes: UInt8[np.ndarray, "m 2"]


def make_atlas(
    thumbnails: Sequence[bytes | None] | Callable[[int, int], Sequence[bytes | None]],
    tile: int | None = None,
    *,
    n: int | None = None,
    budget: int | None = None,
) -> Atlas:
    """Pack encoded pictures into sheets.

    Args:
        thumbnails: One JPEG, WebP or PNG per item, None where it has none; or a function that gives those from one
            place up to another, asked for one sheet after the other.
        tile: Side of a tile, at most 128; without it 64 for up to 3,000 items, 48 up to 10,000, else 32.
        n: How many there are, where `thumbnails` is a function.
        budget: Bytes of all sheets, at the most: no sheet is begun that would be beyond it. The first always is.

    Raises:
        InputError: If something is no picture.
    """
    count = n or 0 if callable(thumbnails) else len(thumbnails)
    tile = tile or (64 if count <= 3_000 else 48 if count <= 10_000 else 32)
    if not 8 <= tile <= 128:
        raise InputError(f"make_atlas got tile={tile}; a tile has 8 ... 128 pixels.")
    sizes: list[UInt8[np.ndarray, "_ 2"]] = [np.zeros((0, 2), np.uint8)]
    sheets: list[str] = []
    for start in range(0, count, PER_ROW**2):
        stop = min(start + PER_ROW**2, count)
        spent = sum(map(len, sheets))
        if budget is not None and sheets and spent + spent / len(sheets) > budget:
            break
        part = thumbnails(start, stop) if callable(thumbnails) else thumbnails[start:stop]
        sheet, here = _sheet(part, tile, start)
        sheets.append(sheet)
        sizes.append(here)
    return Atlas(tile, PER_ROW, sheets, np.concatenate(sizes))


def _sheet(part: Sequence[bytes | None], tile: int, start: int) -> tuple[str, UInt8[np.ndarray, "m 2"]]:
    sizes = np.zeros((len(part), 2), np.uint8)
    columns, rows = min(PER_ROW, len(part)), -(-len(part) // PER_ROW)
    sheet = Image.new("RGB", (columns * tile, rows * tile), (128, 128, 128))
    for i, data in enumerate(part):
        try:
            image = as_thumbnail(data, tile)
        except InputError as cause:
            raise InputError(f"make_atlas got no picture at place {start + i}: {cause}") from cause
        if image is not None:
            sheet.paste(image, (i % PER_ROW * tile, i // PER_ROW * tile))
            sizes[i] = image.size
    return (_webp(sheet) if sizes.any() else ""), sizes


def as_thumbnail(picture: Picture | bytes | None, edge: int) -> Image.Image | None:
    """An array or encoded picture as an image whose longer side is `edge`; None stays None."""
    if picture is None:
        return None
    if isinstance(picture, bytes):
        try:
            opened = Image.open(io.BytesIO(picture), formats=("JPEG", "WEBP", "PNG"))
            opened.draft("RGB", (edge, edge))
            image = opened.convert("RGB")
        except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as cause:
            raise InputError(f"{len(picture)} bytes that are no readable JPEG, WebP or PNG ({cause}).") from cause
    else:
        if picture.size == 0:
            raise InputError(f"a picture without pixels, of shape {picture.shape}.")
        image = Image.fromarray(np.ascontiguousarray(picture))
    factor = edge / max(image.size)
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    if size == image.size:
        return image
    return image.resize(size, Image.Resampling.BICUBIC if factor > 1 else Image.Resampling.LANCZOS)


def _webp(sheet: Image.Image) -> str:
    buffer = io.BytesIO()
    sheet.save(buffer, "WEBP", quality=QUALITY, method=2)
    return base64.b64encode(buffer.getvalue()).decode("ascii")
