"""One picture file becomes size x size RGB, whatever it was: the one place that knows the odd kinds.

One idea: convert what is legitimate (rotation, grey, 16 bit, palettes, CMYK, transparency on white, the first
frame of an animation) and refuse the rest with a reason that its owner understands.
"""

from __future__ import annotations

import io
import os
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps, UnidentifiedImageError

from lateen.core.errors import InputError

FITS = ("crop", "pad", "stretch")
MAX_PIXELS = 89_478_485  # Pillow's own limit: a quarter of a gigabyte of RGB
_TYPES = "avif bmp dib gif jfif jp2 jpe jpeg jpg pbm pcx pgm png pnm ppm tga tif tiff webp"
SUFFIXES = frozenset(f".{kind}" for kind in _TYPES.split())
_WHITE = (255, 255, 255)


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture as the model sees it, and how much it was before.

    Args:
        pixels: (size, size, 3) uint8 RGB.
        numbers: Height x width x channels as it was found; grey has one channel, anything else three.
        bytes: Size of the file.
    """

    pixels: UInt8[np.ndarray, "size size 3"]
    numbers: int
    bytes: int


def read_picture(file: str | Path | bytes, *, size: int, fit: str = "crop") -> Picture:
    """Read one picture.

    Args:
        file: A path, or the bytes of a picture file.
        size: Pixels of the sides of the square that comes out.
        fit: "crop" the middle square, "pad" to a square with white, or "stretch" to a square.

    Raises:
        InputError: If it can't be used; the message is the reason alone, without the name of the file.
    """
    if fit not in FITS:
        raise InputError(f"There is no fit {fit!r}; choose crop, pad or stretch.")
    if size < 1:
        raise InputError(f"A picture can't have {size} pixels a side; give a size of at least 1.")
    try:
        n_bytes = len(file) if isinstance(file, bytes) else os.stat(file).st_size
        if n_bytes == 0:
            raise InputError("an empty file (0 bytes)")
        with Image.open(io.BytesIO(file) if isinstance(file, bytes) else file) as image:
            return _convert(image, n_bytes, size, fit)
    except InputError:
        raise
    except Exception as error:  # Pillow's readers raise almost anything on damaged files
        raise InputError(_reason(error)) from error


def _convert(image: Image.Image, n_bytes: int, size: int, fit: str) -> Picture:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise InputError(f"{width:,} x {height:,} pixels: more than {MAX_PIXELS:,} (a decompression bomb?)")
    channels = 1 if image.mode in ("1", "L", "LA", "La", "F") or image.mode.startswith("I") else 3
    image.draft(None, (2 * size, 2 * size))  # JPEG: decode at a fraction of the size where that is enough
    image.load()
    square = _square(_rgb(_upright(image)), size, fit)
    return Picture(np.asarray(square, np.uint8), height * width * channels, n_bytes)


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except (SyntaxError, ValueError, KeyError, TypeError, OSError, struct.error):
        return image  # a damaged EXIF block; the picture itself is whole


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        return Image.fromarray(_eight_bit(np.asarray(image), image.mode)).convert("RGB")
    if image.has_transparency_data:
        layered = image.convert("RGBA")
        ground = Image.new("RGB", layered.size, _WHITE)
        ground.paste(layered, mask=layered.getchannel("A"))
        return ground
    return image.convert("RGB")


def _eight_bit(values: np.ndarray, mode: str) -> UInt8[np.ndarray, "height width"]:
    """Deep grey to 8 bits: by the type's full range if it has one, else by one the values fit in."""
    x = values.astype(np.float64)
    if not np.isfinite(x).all():
        raise InputError("its pixels hold NaN or infinity")
    if mode.startswith("I;16"):
        top = 65535.0
    else:
        tops = (1.0, 255.0, 65535.0) if mode == "F" else (255.0, 65535.0, 2.0**31 - 1)
        fitting = [t for t in tops if x.max() <= t]
        if not fitting or x.min() < 0:
            raise InputError(f"its pixels run from {x.min():g} to {x.max():g}; expected a range that starts at 0")
        top = fitting[0]
    return np.asarray(np.rint(x * (255 / top)), np.uint8)


def _square(image: Image.Image, size: int, fit: str) -> Image.Image:
    width, height = image.size
    if (width, height) == (size, size):
        return image
    if fit == "pad":
        scale = size / max(width, height)
        inner = (max(1, round(width * scale)), max(1, round(height * scale)))
        ground = Image.new("RGB", (size, size), _WHITE)
        small = image.resize(inner, Image.Resampling.LANCZOS, reducing_gap=3.0)
        ground.paste(small, ((size - inner[0]) // 2, (size - inner[1]) // 2))
        return ground
    side = min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    box = (left, top, left + side, top + side) if fit == "crop" else (0, 0, width, height)
    return image.resize((size, size), Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "the file is gone"
    if isinstance(error, PermissionError):
        return "no permission to read it"
    if isinstance(error, UnidentifiedImageError):
        return "not a picture, or a kind that Pillow can't read"
    if isinstance(error, Image.DecompressionBombError):
        return f"more than {MAX_PIXELS:,} pixels (a decompression bomb?)"
    text = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return f"damaged or truncated: {text}" if isinstance(error, OSError) else f"damaged: {text}"
