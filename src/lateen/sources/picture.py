"""One picture file becomes size x size RGB, whatever it was: the one place that knows the odd kinds.

One idea: convert what is legitimate (rotation, grey, 16 bit, palettes, CMYK, transparency on white, the first
frame of an animation) and refuse the rest with a reason that its owner understands.
"""

from __future__ import annotations

import io
import os
import stat
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import blake2b
from importlib import import_module
from math import isqrt
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps, UnidentifiedImageError

from lateen.core.errors import InputError

FITS = ("crop", "pad", "stretch")
MAX_PIXELS = 89_478_485  # Pillow's own limit: a quarter of a gigabyte of RGB
_TYPES = "avif bmp dib gif heic heif hif jfif jp2 jpe jpeg jpg pbm pcx pgm png pnm ppm tga tif tiff webp"
SUFFIXES = frozenset(f".{kind}" for kind in _TYPES.split())
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx")
_HEIF = (b"mif1", b"msf1")  # the container, of HEIC or of AVIF
_WHITE = (255, 255, 255)
Digest: TypeAlias = bytes
"""16 bytes that name a content."""
_FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


@dataclass(frozen=True)
class View:
    """How a model wants to see pictures.

    Args:
        size: Pixels of the sides of the square.
        fit: "crop" the middle square, "pad" to a square with white, or "stretch" to a square.
        resample: "nearest", "bilinear", "bicubic" or "lanczos".
        keep: Share of the square's side that is kept around its middle: 0.875 for a model that was trained on
            pictures resized to 256 pixels of which the middle 224 are seen.

    Raises:
        InputError: If one of them is out of its range.
    """

    size: int
    fit: str = "crop"
    resample: str = "lanczos"
    keep: float | int = 1.0

    def __post_init__(self) -> None:
        if self.fit not in FITS:
            raise InputError(f"There is no fit {self.fit!r}; choose crop, pad or stretch.")
        if self.size < 1:
            raise InputError(f"A picture can't have {self.size} pixels a side; give a size of at least 1.")
        if self.size**2 > MAX_PIXELS:
            raise InputError(f"A picture of {self.size:,} pixels a side is too large; at most {isqrt(MAX_PIXELS):,}.")
        if self.resample not in _FILTERS:
            raise InputError(f"There is no resample {self.resample!r}; choose one of {', '.join(_FILTERS)}.")
        if not 0 < self.keep <= 1:
            raise InputError(f"A view can keep a share of (0, 1] of a picture's side, got {self.keep}.")

    @classmethod
    def of(cls, preprocessing: Mapping[str, object], fit: str | None = None) -> View:
        """The view that a spec's preprocessing describes, or the same with another fit.

        Raises:
            InputError: If it doesn't say the size.
        """
        names = ("fit", "resample", "keep")
        known: dict[str, Any] = {name: preprocessing[name] for name in names if name in preprocessing}
        size = preprocessing.get("size")
        if not isinstance(size, int):
            raise InputError("the preprocessing doesn't say the 'size' of pictures")
        return cls(**{"size": size, **known, **({} if fit is None else {"fit": fit})})

    def to_dict(self) -> dict[str, object]:
        """Plain data for a spec's preprocessing."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture as the model sees it, and how much it was before.

    Args:
        pixels: (size, size, 3) uint8 RGB.
        numbers: Height x width x channels as it was found; grey has one channel, anything else three.
        bytes: Size of the file.
        digest: 16 bytes that name the file's content.
    """

    pixels: UInt8[np.ndarray, "size size 3"]
    numbers: int
    bytes: int
    digest: Digest


def read_picture(file: str | Path | bytes, view: View) -> Picture:
    """Read one picture.

    Args:
        file: A path, or the bytes of a picture file.
        view: How it becomes square.

    Raises:
        InputError: If it can't be used; the message is the reason alone, without the name of the file.
    """
    try:
        data = file if isinstance(file, bytes) else file_bytes(file)
        if not data:
            raise InputError("an empty file (0 bytes)")
        if _is_heic(data):
            _learn_heic()
        with Image.open(io.BytesIO(data)) as image:
            return _convert(image, data, view)
    except InputError:
        raise
    except Exception as error:  # Pillow's readers raise almost anything on damaged files
        raise InputError(_reason(error)) from error


def file_bytes(path: str | Path) -> bytes:
    """The content of a file; what is no file (a pipe, a device) is refused, for reading it might never end.

    Raises:
        InputError: If it is none.
        OSError: If it can't be read.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise InputError("no file that holds a picture, but a folder, a pipe or a device")
    return Path(path).read_bytes()


def content_digest(data: bytes | memoryview) -> bytes:
    """16 bytes that name a content: the same for the same bytes, whatever they are called."""
    return blake2b(data, digest_size=16).digest()


def view_pixels(pixels: UInt8[np.ndarray, "height width *channels"], view: View) -> UInt8[np.ndarray, "size size 3"]:
    """Pixels that were never a file (grey or RGB), as a model wants to see them."""
    return np.asarray(_square(Image.fromarray(pixels).convert("RGB"), view), np.uint8)


def _is_heic(data: bytes) -> bool:
    """Whether what only a plug-in reads; Pillow reads AVIF, its relative, by itself."""
    if data[4:8] != b"ftyp":
        return False
    others = [data[i : i + 4] for i in range(16, min(int.from_bytes(data[:4]), 256), 4)]
    return data[8:12] in _HEIC or (data[8:12] in _HEIF and not {b"avif", b"avis"} & set(others))


@cache
def _learn_heic() -> None:
    """Let Pillow read HEIC, as telephones write it."""
    try:
        plugin = import_module("pillow_heif")
    except ImportError:
        raise InputError("HEIC, which is read once its plug-in is there: pip install 'lateen[heic]'") from None
    plugin.register_heif_opener()


def _convert(image: Image.Image, data: bytes, view: View) -> Picture:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise InputError(f"{width:,} x {height:,} pixels: more than {MAX_PIXELS:,} (a decompression bomb?)")
    channels = 1 if image.mode in ("1", "L", "LA", "La", "F") or image.mode.startswith("I") else 3
    least = round(2 * view.size / view.keep)
    image.draft(None, (least, least))  # JPEG: decode at a fraction of the size where that is enough
    image.load()
    square = _square(_rgb(_upright(image)), view)
    return Picture(np.asarray(square, np.uint8), height * width * channels, len(data), content_digest(data))


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


def _square(image: Image.Image, view: View) -> Image.Image:
    (width, height), size, resample = image.size, view.size, _FILTERS[view.resample]
    if (width, height) == (size, size) and view.keep == 1:
        return image
    if view.fit == "pad":
        side = max(width, height) * view.keep
        scale = size / side
        inner = (max(1, round(width * scale)), max(1, round(height * scale)))
        ground = Image.new("RGB", (size, size), _WHITE)
        small = image.resize(inner, resample, reducing_gap=3.0)
        ground.paste(small, ((size - inner[0]) // 2, (size - inner[1]) // 2))
        return ground
    return image.resize((size, size), resample, box=_middle(width, height, view), reducing_gap=3.0)


def _middle(width: int, height: int, view: View) -> tuple[float, float, float, float]:
    """What to cut out (left, top, right, bottom) so that its resize is, to the pixel, the middle of the whole resized.

    Models were trained on that order, and it rounds twice: the resized longer side, and the margins around the middle.
    """
    side = round(view.size / view.keep)
    across = side if view.fit == "stretch" or width <= height else int(side * width / height)
    down = side if view.fit == "stretch" or height <= width else int(side * height / width)
    left, top = (across - view.size) // 2, (down - view.size) // 2
    x, y = width / across, height / down
    return left * x, top * y, min((left + view.size) * x, width), min((top + view.size) * y, height)


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "the file is gone"
    if isinstance(error, PermissionError):
        return "no permission to read it"
    if isinstance(error, UnidentifiedImageError):
        return "not a picture, damaged, or of a kind that Pillow can't read"
    if isinstance(error, Image.DecompressionBombError):
        return f"more than {MAX_PIXELS:,} pixels (a decompression bomb?)"
    text = (error.strerror if isinstance(error, OSError) else None) or str(error).strip() or type(error).__name__
    return f"damaged or truncated: {text}" if isinstance(error, OSError) else f"damaged: {text}"
