"""Pictures that are not decoded yet: paths or bytes, small enough to be sent to a worker, which reads them.

Every source of pictures hands out these two stretches, so there is one place where pictures are read and refused.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import UInt8

from lateen.core.errors import InputError
from lateen.sources.file_state import size_and_time
from lateen.sources.picture import Picture, View, content_digest, file_bytes, read_picture, view_pixels
from lateen.sources.source import Batch, Rejected, Rows, rows_of


@dataclass(frozen=True, eq=False)
class PictureFiles:
    """Picture files, or their bytes, that are to be decoded.

    Args:
        rows: (m,) their rows in the source.
        ids: m ids.
        files: m paths, or contents of files; None where the source has none.
        fields: m rows of what is known of them.
        states: m times (size, time of change in nanoseconds) when the source was listed; a file that has changed since
            is refused. Empty for contents.
    """

    rows: Rows
    ids: Sequence[str]
    files: Sequence[str | bytes | None]
    fields: pa.Table
    states: Sequence[tuple[int, int]] = ()

    def read(self, view: View | None) -> Batch:
        """Decode them, one after the other: `reading` spreads stretches over processes."""
        if view is None:
            raise InputError("Pictures are read for a view only.")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of what is converted or rejected here anyway
            read = [self._read_one(i, view) for i in range(len(self.ids))]
        good = [i for i, p in enumerate(read) if isinstance(p, Picture)]
        kept = [p for p in read if isinstance(p, Picture)]
        pixels = [p.pixels for p in kept]
        return Batch(
            rows=self.rows[good],
            ids=[self.ids[i] for i in good],
            items=np.stack(pixels) if pixels else np.empty((0, view.size, view.size, 3), np.uint8),
            uris=[_uri(self.files[i]) for i in good],
            fields=rows_of(self.fields, good),
            numbers=np.array([p.numbers for p in kept], np.int64),
            bytes=np.array([p.bytes for p in kept], np.int64),
            digests=[p.digest for p in kept],
            rejected=[p for p in read if isinstance(p, Rejected)],
        )

    def digests(self) -> dict[int, bytes]:
        """Of the bytes of each file that can be read."""
        found = {}
        for row, file in zip(self.rows.tolist(), self.files, strict=True):
            if file is not None:
                with suppress(OSError, InputError, ValueError):  # ValueError: a NUL in a path
                    found[row] = content_digest(file if isinstance(file, bytes) else file_bytes(file))
        return found

    def _read_one(self, i: int, view: View) -> Picture | Rejected:
        file = self.files[i]
        if file is None:
            return Rejected(self.ids[i], "it has no picture")
        try:
            picture = read_picture(file, view)
        except InputError as error:
            return Rejected(self.ids[i], str(error))
        if self.states and not isinstance(file, bytes) and size_and_time(file) != self.states[i]:
            return Rejected(self.ids[i], "it changed after the source was listed; build again to add it")
        return picture


@dataclass(frozen=True, eq=False)
class PicturePixels:
    """Pictures that came as arrays and are to be resized.

    Args:
        rows: (m,) their rows in the source.
        ids: m ids.
        pixels: (m, height, width) grey or (m, height, width, 3).
        fields: m rows of what is known of them.
        uris: m places they come from.
    """

    rows: Rows
    ids: Sequence[str]
    pixels: UInt8[np.ndarray, "m height width *channels"]
    fields: pa.Table
    uris: Sequence[str]

    def read(self, view: View | None) -> Batch:
        """Resize them."""
        if view is None:
            raise InputError("Pictures are read for a view only.")
        items = [view_pixels(p, view) for p in self.pixels]
        each = np.full(len(items), int(np.prod(self.pixels.shape[1:])), np.int64)
        return Batch(
            rows=self.rows,
            ids=list(self.ids),
            items=np.stack(items) if items else np.empty((0, view.size, view.size, 3), np.uint8),
            uris=list(self.uris),
            fields=rows_of(self.fields, range(len(items))),
            numbers=each,
            bytes=each,
            digests=list(self.digests().values()),
        )

    def digests(self) -> dict[int, bytes]:
        """Of the pixels of each."""
        named = [content_digest(np.ascontiguousarray(p).tobytes()) for p in self.pixels]
        return dict(zip(self.rows.tolist(), named, strict=True))


def _uri(file: str | bytes | None) -> str:
    return Path(file).as_uri() if isinstance(file, str) else ""
