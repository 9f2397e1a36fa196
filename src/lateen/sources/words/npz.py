"""npz files with an array of words and an array of vectors. Nothing is ever unpickled."""

from __future__ import annotations

import zipfile
import zlib

import numpy as np

from lateen.core.errors import InputError
from lateen.sources.words.held import HeldVectors, named, require_as_many
from lateen.sources.words.source import File, WordSource, decoded, undecoded_note

_EXPECTED = "expected an array 'words' of n texts and an array 'vectors' of n x dim numbers"
_DAMAGE = (OSError, ValueError, EOFError, KeyError, TypeError, AttributeError)  # what NumPy raises on damaged files


def open_npz(file: File) -> WordSource:
    """Open an npz file of words and vectors.

    Raises:
        InputError: If it can't be read, or doesn't hold one array of each kind (or two named words and vectors).
    """
    arrays, pickled = _arrays(file)
    words = _one(file, "words", {k: a for k, a in arrays.items() if a.ndim == 1 and a.dtype.kind in "US"}, pickled)
    vectors = _one(file, "vectors", {k: a for k, a in arrays.items() if a.ndim == 2 and a.dtype.kind in "fiu"}, pickled)
    require_as_many(str(file.path), len(words), len(vectors))
    if vectors.size == 0:
        raise InputError(f"{file.path} holds vectors of shape {vectors.shape}: there is nothing in it.")
    texts, undecoded = decoded(words.tolist()) if words.dtype.kind == "S" else (words.tolist(), 0)
    ids, empty = named(texts)
    return WordSource(file, ids, HeldVectors(vectors, np.arange(len(ids)), empty), undecoded_note(undecoded))


def _arrays(file: File) -> tuple[dict[str, np.ndarray], list[str]]:
    """The arrays, and the names of those that would have to be unpickled."""
    arrays: dict[str, np.ndarray] = {}
    pickled = []
    try:
        with file.data.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            for name in archive.files:
                try:
                    arrays[name] = archive[name]
                except ValueError as error:
                    if "pickle" not in str(error):
                        raise
                    pickled.append(name)
    except (*_DAMAGE, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(f"{file.path} can't be read as npz: {error}.") from error
    return arrays, pickled


def _one(file: File, name: str, fitting: dict[str, np.ndarray], pickled: list[str]) -> np.ndarray:
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
