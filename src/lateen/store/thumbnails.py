"""Small pictures of the items: JPEG, 40 us each, ten times quicker than WebP for half as many bytes again."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from lateen.sources.source import Batch

SIDE = 96


@dataclass(frozen=True, eq=False)
class Prepared:
    """A batch with what a space keeps of its items besides vectors.

    Args:
        batch: n items.
        thumbnails: n pictures as JPEG bytes; none if the items are no pictures.
    """

    batch: Batch
    thumbnails: Sequence[bytes]


def with_thumbnails(batch: Batch) -> Prepared:
    """Make the small pictures of a batch, if its items are pictures; runs where the batch was read."""
    is_pictures = isinstance(batch.items, np.ndarray) and batch.items.ndim == 4
    return Prepared(batch, encode_thumbnails(np.asarray(batch.items)) if is_pictures else [])


def encode_thumbnails(images: UInt8[np.ndarray, "n size size 3"]) -> list[bytes]:
    """JPEG bytes of each image, scaled to at most 96 pixels a side."""
    return [_encode(pixels) for pixels in images]


def _encode(pixels: UInt8[np.ndarray, "size size 3"]) -> bytes:
    image = Image.fromarray(pixels)
    if image.width > SIDE:
        image = image.resize((SIDE, SIDE), Image.Resampling.HAMMING)  # as sharp as bicubic, at a third of its cost
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90, subsampling=0)
    return buffer.getvalue()
