"""idx files, the format of MNIST: pictures or vectors after a header of a few bytes, with labels in a file beside."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import numpy as np
import pyarrow as pa

from lateen.core.errors import InputError
from lateen.core.temporary import copied_to_folder, remove_with
from lateen.sources.file_array import ArraySource, FileArray, modality_of, picture_notes
from lateen.sources.file_state import FileState
from lateen.sources.source import RowNumbers, no_fields
from lateen.sources.unpacking import unpack_gzip

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_NAME = re.compile(r"([.-]idx\d?(-ubyte)?|\.idx\d?-\w+)(\.gz)?$", re.IGNORECASE)


def is_idx(path: Path) -> bool:
    """Whether a file is called like an idx file: train-images-idx3-ubyte.gz, t10k.idx3-ubyte, digits.idx."""
    return _NAME.search(path.name) is not None


def open_idx(path: str | Path) -> ArraySource:
    """Open an idx file, maybe compressed with gzip.

    Args:
        path: (n, height, width) bytes are pictures, (n, width) numbers are vectors. A file beside it that has labels
            for images in its name, and as many items, becomes the field `label`.

    Raises:
        InputError: If it is no such file, is cut short, or holds labels alone.
    """
    state = FileState.of(path)
    array = _opened(state.path)
    if len(array.shape) == 1:
        raise InputError(f"{path} holds a number per item (labels?); give the file with the images beside it.")
    modality = modality_of(array.shape, array.dtype, str(path))
    notes = picture_notes(array, str(path)) if modality == "image" else ()
    n = array.shape[0]
    fields, more = _labels(state.path, n)
    return ArraySource(state, array, modality, RowNumbers(n), fields, (*notes, *more))


def _opened(path: Path) -> FileArray:
    """The array of an idx file; of a compressed one in a temporary folder, where any row can be read."""
    if path.suffix.lower() != ".gz":
        return _array(path, path)
    with copied_to_folder(str(path)) as folder:
        damage = unpack_gzip(path, folder / "array.idx")
        if damage:
            raise InputError(f"{path} can't be unpacked: {damage}.")
        array = _array(folder / "array.idx", path)
    remove_with(array, folder)
    return array


def _array(path: Path, name: Path) -> FileArray:
    size = path.stat().st_size
    with path.open("rb") as file:
        magic = file.read(4)
        if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _TYPES or magic[3] == 0:
            raise InputError(f"{name} is no idx file: it begins with {magic.hex(' ') or 'nothing'}, not 00 00 08 03.")
        header = file.read(4 * magic[3])
    if len(header) < 4 * magic[3]:
        raise InputError(f"{name} is cut short: it ends within its header.")
    shape = struct.unpack(f">{magic[3]}I", header)
    array = FileArray(path, np.dtype(_TYPES[magic[2]]), shape, 4 + len(header))
    if size != array.end:
        problem = "cut short" if size < array.end else "damaged"
        raise InputError(f"{name} is {problem}: {shape} {array.dtype} takes {array.end:,} bytes, it has {size:,}.")
    return array


def _labels(path: Path, n: int) -> tuple[pa.Table, tuple[str, ...]]:
    name = path.name.replace("images", "labels").replace("idx3", "idx1")
    stem = name.removesuffix(".gz")
    beside = next((path.parent / p for p in (name, stem, f"{stem}.gz") if (path.parent / p).is_file()), None)
    if beside is None or "images" not in path.name:
        return no_fields(n), ()
    try:
        labels = _opened(beside)
    except InputError as error:
        return no_fields(n), (f"The labels in {beside.name} are left out: {error}",)
    if labels.shape != (n,):
        return no_fields(n), (f"The labels in {beside.name} are left out: {labels.shape} for {n:,} items.",)
    values = labels.take(np.arange(n)).astype(labels.dtype.newbyteorder("="))
    return pa.table({"label": values}), (f"The field 'label' comes from {beside.name}.",)
