"""Arrays that lie in a file, row by row, of which any rows can be read: what npy, npz and idx have in common.

One idea: rows are read, not mapped, so memory holds what was asked for and a file that is cut short is an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from lateen.core.errors import InputError
from lateen.sources.contents import Vectors, WithRejected
from lateen.sources.file_state import FileState
from lateen.sources.pictures import PicturePixels
from lateen.sources.source import Rejected, Rows, Stretch, ids_of, rows_of

_CHANNELS = (1, 3, 4)


@dataclass(frozen=True, eq=False)
class FileArray:
    """An array of n rows in a file.

    Args:
        path: The file.
        dtype: Of its numbers.
        shape: (n, ...).
        offset: Where it begins, in bytes.
        fortran: Whether the first axis is the one that varies fastest.
    """

    path: Path
    dtype: np.dtype
    shape: tuple[int, ...]
    offset: int = 0
    fortran: bool = False

    @property
    def end(self) -> int:
        """Where it ends, in bytes."""
        return self.offset + int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize

    def take(self, rows: Rows) -> np.ndarray:
        """Some rows, ascending, in memory of their own.

        Raises:
            InputError: If the file is shorter than it says.
        """
        if self.fortran:
            mapped = np.memmap(self.path, self.dtype, "r", self.offset, self.shape, order="F")
            return np.array(mapped[rows], order="C")
        out = np.empty((len(rows), *self.shape[1:]), self.dtype)
        step = int(np.prod(self.shape[1:], dtype=np.int64)) * self.dtype.itemsize
        starts = np.flatnonzero(np.diff(rows, prepend=-2) != 1).tolist()
        with self.path.open("rb", buffering=0) as file:
            for begin, end in zip(starts, [*starts[1:], len(rows)], strict=True):
                file.seek(self.offset + int(rows[begin]) * step)
                view = out[begin:end].reshape(-1).view(np.uint8).data
                while view.nbytes:
                    if not (got := file.readinto(view)):
                        raise InputError(f"{self.path} is cut short: it ends within row {int(rows[end - 1]):,}.")
                    view = view[got:]
        return out


@dataclass(frozen=True, eq=False)
class ArraySource:
    """Vectors or pictures in an array; made by `open_npy`, `open_npz` and `open_idx`.

    Args:
        state: The file that was opened, which must not change.
        array: (n, width) numbers, or (n, height, width[, channels]) or (n, channels, height, width) pixels.
        modality: "vector" or "image".
        ids: One per row.
        fields: n rows of what is known of them.
        notes: How the file was understood.
    """

    state: FileState
    array: FileArray
    modality: str
    ids: Sequence[str]
    fields: pa.Table
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The absolute path."""
        return str(self.state.path)

    @property
    def field_schema(self) -> pa.Schema:
        """Of the arrays beside it."""
        return self.fields.schema

    def __len__(self) -> int:
        return self.array.shape[0]

    def __repr__(self) -> str:
        return f"ArraySource({self.name}, {self.array.shape} {self.array.dtype}, {self.modality})"

    def keys(self, rows: Rows) -> list[str]:
        """The file's size and time of change, and the row."""
        return self.state.keys(rows)

    def take(self, rows: Rows) -> Stretch:
        """Some rows, read into memory.

        Raises:
            InputError: If the file has changed since it was opened.
        """
        self.state.require_same()
        values = self.array.take(rows)
        self.state.require_same()
        ids, fields, place = ids_of(self.ids, rows), rows_of(self.fields, rows), self.state.path.as_uri()
        if self.modality != "image":
            return Vectors(rows, ids, values, self.array.shape[1], fields, place)
        pixels, reasons = _pixels(values)
        if reasons:
            good = np.setdiff1d(np.arange(len(rows)), np.fromiter(reasons, np.int64))
            pixels, rows, fields = pixels[good], rows[good], rows_of(fields, good)
            rejected = tuple(Rejected(ids[i], reason) for i, reason in reasons.items())
            ids = [ids[i] for i in good.tolist()]
        stretch = PicturePixels(rows, ids, pixels, fields, [f"{place}#{row}" for row in rows.tolist()])
        return WithRejected(stretch, rejected) if reasons else stretch


def modality_of(shape: tuple[int, ...], dtype: np.dtype, where: str) -> str:
    """What the rows of an array are: "vector" or "image".

    Raises:
        InputError: If they are neither.
    """
    if dtype.hasobject:
        raise InputError(
            f"{where} holds Python objects, which are never unpickled. Save numbers: "
            "np.save(path, np.stack(rows)), or texts and numbers as a table (.csv, .parquet)."
        )
    if not (np.issubdtype(dtype, np.number) or dtype.kind == "b") or np.issubdtype(dtype, np.complexfloating):
        raise InputError(f"{where} holds {dtype}, not numbers; give (n, width) numbers or (n, height, width) pixels.")
    if 0 in shape:
        raise InputError(f"{where} is empty: its shape is {shape}.")
    if len(shape) == 2:
        return "vector"
    if len(shape) == 3 or (len(shape) == 4 and (shape[3] in _CHANNELS or shape[1] in _CHANNELS)):
        if dtype in (np.uint8, np.bool_) or np.issubdtype(dtype, np.floating):
            return "image"
        raise InputError(
            f"{where} has the shape {shape} of pictures, but holds {dtype}; give uint8 (0 to 255) or floats (0 to 1)."
        )
    raise InputError(
        f"{where} has the shape {shape}; give (n, width) for vectors, or for pictures (n, height, width), "
        "(n, height, width, channels) or (n, channels, height, width) with 1, 3 or 4 channels."
    )


def picture_notes(array: FileArray, where: str) -> tuple[str, ...]:
    """What is done to pixels that aren't bytes.

    Raises:
        InputError: If they are floats, and not from 0 to 1.
    """
    if not np.issubdtype(array.dtype, np.floating):
        return ()
    some = array.take(np.unique(np.linspace(0, array.shape[0] - 1, 32).astype(np.int64)))
    finite = some[np.isfinite(some)]
    if finite.size and (finite.min() < 0 or finite.max() > 1):
        raise InputError(
            f"{where} has the shape {array.shape} of pictures, but its floats run from {finite.min():g} to "
            f"{finite.max():g}; give 0 to 1, or uint8 from 0 to 255."
        )
    return (f"The {array.dtype} pixels, from 0 to 1, are rounded to 256 levels.",)


def _pixels(values: np.ndarray) -> tuple[np.ndarray, dict[int, str]]:
    """Grey or RGB bytes, and why some are none."""
    reasons: dict[int, str] = {}
    if values.dtype == bool:
        values = values.astype(np.uint8) * np.uint8(255)
    if np.issubdtype(values.dtype, np.floating):
        axes = tuple(range(1, values.ndim))
        low, high = values.min(axis=axes), values.max(axis=axes)
        for i in np.flatnonzero(~((low >= 0) & (high <= 1))).tolist():
            run = f"its pixels run from {low[i]:g} to {high[i]:g}, not 0 to 1"
            reasons[i] = "its pixels hold NaN" if np.isnan(low[i]) else run
        values = np.rint(np.clip(np.nan_to_num(values), 0, 1) * 255).astype(np.uint8)
    if values.ndim == 4 and values.shape[3] not in _CHANNELS:
        values = np.moveaxis(values, 1, 3)
    if values.ndim == 4 and values.shape[3] == 1:
        values = values[..., 0]
    if values.ndim == 4 and values.shape[3] == 4:
        alpha = values[..., 3:].astype(np.float32) / 255  # transparency on white, as for picture files
        values = np.rint(values[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
    return np.ascontiguousarray(values), reasons
