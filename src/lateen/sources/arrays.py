"""Arrays of NumPy as sources: one array in an npy file, several by their names in an npz.

One idea: the shape says what a row is, a vector or a picture; the names in an npz say which array holds the items.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from lateen.core.errors import InputError
from lateen.core.temporary import copied_to_folder, remove_with
from lateen.sources.fields import usable
from lateen.sources.file_array import ArraySource, FileArray, modality_of, picture_notes
from lateen.sources.file_state import FileState
from lateen.sources.source import ArrowIds, RowNumbers, no_fields
from lateen.sources.unpacking import unpack_zip

_ITEMS = ("vectors", "embeddings", "images", "x", "X", "x_train", "data")
_IDS = ("ids", "id", "names")
_LABELS = ("labels", "label", "y", "y_train")


def open_npy(path: str | Path) -> ArraySource:
    """Open an array as vectors or pictures.

    Args:
        path: An npy file of (n, width) numbers, or of (n, height, width), (n, height, width, channels) or
            (n, channels, height, width) pixels: uint8, or floats from 0 to 1.

    Raises:
        InputError: If it can't be read, or holds something else.
    """
    state = FileState.of(path)
    array = _array(state.path, str(state.path))
    return _source(state, array, str(state.path))


def open_npz(path: str | Path) -> ArraySource:
    """Open arrays that are kept together: one holds the items, others may hold ids, labels and further fields.

    Args:
        path: An npz file. The items are the array called vectors, embeddings, images, x or data, or the only one with
            rows; their ids the one called ids or names; labels or y become the field `label`, and other arrays
            with a number or text per item fields of their own names.

    Raises:
        InputError: If it can't be read, or it isn't clear which array holds the items.
    """
    state = FileState.of(path)
    with copied_to_folder(str(state.path)) as folder:
        arrays = unpacked_arrays(state.path, folder, str(state.path))
        key = _items_key(arrays, state.path)
        source = _source(state, arrays[key], f"{key!r} in {state.path}")
        source = _with_columns(source, {name: a for name, a in arrays.items() if name != key}, state.path)
    remove_with(source.array, folder)
    return source


def unpacked_arrays(path: Path, folder: Path, where: str) -> dict[str, FileArray]:
    """The arrays of an npz file, whose members may be compressed, as files in a folder of `copied_to_folder`.

    Args:
        path: The npz file.
        folder: Where they are unpacked.
        where: What is read, in the user's words.

    Raises:
        InputError: If it is damaged.
        OSError: If the disk is full.
    """
    files = unpack_zip(path, folder)
    return {name: _array(file, f"{name!r} in {where}") for name, file in files.items()}


def npz_names(path: str | Path) -> list[str]:
    """Names of the arrays in an npz file.

    Raises:
        InputError: If it is none.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return [name.removesuffix(".npy") for name in archive.namelist()]
    except (zipfile.BadZipFile, OSError) as error:
        raise InputError(f"{path} can't be read as npz: {error}") from error


def _source(state: FileState, array: FileArray, where: str) -> ArraySource:
    modality = modality_of(array.shape, array.dtype, where)
    notes = picture_notes(array, where) if modality == "image" else ()
    n = array.shape[0]
    return ArraySource(state, array, modality, RowNumbers(n), no_fields(n), notes)


def _array(path: Path, where: str) -> FileArray:
    """The array of an npy file, from its header alone."""
    try:
        with path.open("rb") as file:
            version = np.lib.format.read_magic(file)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, fortran, dtype = read(file)
            if min(shape, default=0) < 0:
                raise ValueError(f"its header says the shape {shape}")
            array = FileArray(path, dtype, shape, file.tell(), bool(fortran) and len(shape) > 1)
            size = path.stat().st_size
    except (ValueError, SyntaxError, OSError, EOFError) as error:
        raise InputError(f"{where} can't be read as npy: {error}") from error
    if not dtype.hasobject and size < array.end:
        raise InputError(f"{where} is cut short: {shape} {dtype} takes {array.end:,} bytes, it has {size:,}.")
    return array


def _items_key(arrays: Mapping[str, FileArray], path: Path) -> str:
    named = [name for name in _ITEMS if name in arrays]
    shaped = [name for name, array in arrays.items() if len(array.shape) >= 2]
    candidates = named or shaped or list(arrays)
    if len(candidates) == 1:
        return candidates[0]
    listed = ", ".join(f"{name} {array.shape}" for name, array in arrays.items()) or "nothing"
    raise InputError(
        f"Which array of {path} holds the items? Call it 'vectors' or 'images', and only one so. It holds: {listed}."
    )


def _with_columns(source: ArraySource, others: Mapping[str, FileArray], path: Path) -> ArraySource:
    n, notes = len(source), list(source.notes)
    ids_key = next((name for name in _IDS if name in others), None)
    columns: dict[str, pa.Array] = {}
    for name, array in others.items():
        if len(array.shape) != 1 or array.shape[0] != n or array.dtype.hasobject:
            what = "Python objects" if array.dtype.hasobject else f"the shape {array.shape}"
            if name == ids_key:
                raise InputError(f"{name!r} in {path} holds {what}; the {n:,} items need ({n},) texts or numbers.")
            notes.append(f"The array {name!r} is left out: it has {what}, not a value for each of the {n:,} items.")
            continue
        columns["label" if name in _LABELS and "label" not in others else name] = _column(array, name, path)
    ids = columns.pop(ids_key) if ids_key in columns else None
    fields, changes = usable(pa.table(columns), []) if columns else (no_fields(n), [])
    return replace(
        source,
        ids=source.ids if ids is None else ArrowIds.of(ids),
        fields=fields,
        notes=(*notes, *changes),
    )


def _column(array: FileArray, name: str, path: Path) -> pa.Array:
    values: Any = array.take(np.arange(array.shape[0]))
    if array.dtype.kind == "S":
        try:
            values = [value.decode() for value in values]
        except UnicodeDecodeError as error:
            raise InputError(f"{name!r} in {path} holds bytes that are not UTF-8: {error}") from error
    try:
        return pa.array(values)
    except pa.ArrowException as error:
        raise InputError(f"{name!r} in {path} holds {array.dtype}, which can't be a field: {error}") from error
