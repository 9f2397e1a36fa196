"""npz files with an array of words and an array of vectors. Nothing is ever unpickled."""

from __future__ import annotations

import numpy as np

from lateen.core.errors import InputError
from lateen.core.temporary import copied_to_folder, remove_with
from lateen.sources.arrays import unpacked_arrays
from lateen.sources.file_array import FileArray
from lateen.sources.words.held import FiledVectors, named, require_as_many
from lateen.sources.words.source import File, WordSource, decoded, undecoded_note

_EXPECTED = "expected an array 'words' of n texts and an array 'vectors' of n x dim numbers"


def open_npz(file: File) -> WordSource:
    """Open an npz file of words and vectors.

    Raises:
        InputError: If it can't be read, or doesn't hold one array of each kind (or two named words and vectors).
    """
    with copied_to_folder(str(file.path)) as folder:
        arrays = unpacked_arrays(file.data, folder, str(file.path))
        pickled = [name for name, array in arrays.items() if array.dtype.hasobject]
        names = {k: a for k, a in arrays.items() if len(a.shape) == 1 and a.dtype.kind in "US"}
        tables = {k: a for k, a in arrays.items() if len(a.shape) == 2 and a.dtype.kind in "fiu"}
        words = _one(file, "words", names, pickled)
        vectors = _one(file, "vectors", tables, pickled)
        require_as_many(str(file.path), words.shape[0], vectors.shape[0])
        if 0 in vectors.shape:
            raise InputError(f"{file.path} holds vectors of shape {vectors.shape}: there is nothing in it.")
        held = words.take(np.arange(words.shape[0])).tolist()
    remove_with(vectors, folder)
    texts, undecoded = decoded(held) if words.dtype.kind == "S" else (held, 0)
    ids, empty = named(texts)
    return WordSource(file, ids, FiledVectors(vectors, np.arange(len(ids)), empty), undecoded_note(undecoded))


def _one(file: File, name: str, fitting: dict[str, FileArray], pickled: list[str]) -> FileArray:
    if name in fitting:
        return fitting[name]
    if len(fitting) == 1:
        return next(iter(fitting.values()))
    if pickled and not fitting:
        raise InputError(
            f"{file.path}: {', '.join(map(repr, pickled))} holds Python objects, which are not loaded; "
            "save words as np.array(words, dtype=str)."
        )
    found = ", ".join(map(repr, fitting)) or "none"
    raise InputError(f"{file.path}: {_EXPECTED}; found {found} that could be the {name}.")
