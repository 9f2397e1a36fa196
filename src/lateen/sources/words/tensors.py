"""safetensors files with one table of vectors; the words are in the file or lie beside it.

One idea: the words are looked for where people put them: in the metadata, in a tensor, in vocab.txt, in tokenizer.json.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lateen.core.errors import InputError
from lateen.sources.source import Rows
from lateen.sources.words.held import as_read, named, require_as_many
from lateen.sources.words.source import File, Read, WordSource, decoded, undecoded_note

_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I8": 1, "U8": 1}
_NAMES = ("vectors", "embeddings", "embedding.weight")


@dataclass(frozen=True, eq=False)
class TensorVectors:
    """Rows of a tensor in a file.

    Args:
        path: The file.
        tensor: The tensor's name.
        kind: Its type, as safetensors calls it.
        rows: (n,) rows.
        empty: (n,) whether they have no word.
    """

    path: Path
    tensor: str
    kind: str
    rows: Rows
    empty: np.ndarray

    def select(self, rows: Rows) -> TensorVectors:
        """Those of some rows."""
        return TensorVectors(self.path, self.tensor, self.kind, self.rows[rows], self.empty[rows])

    def read(self) -> Read:
        """Read them; the file is mapped meanwhile."""
        runs = np.split(self.rows, np.flatnonzero(np.diff(self.rows) != 1) + 1)
        with _opened(self.path, self.kind) as tensors:
            whole = tensors.get_slice(self.tensor)
            parts = [_plain(whole[int(run[0]) : int(run[-1]) + 1]) for run in runs if len(run)]
            array = np.concatenate(parts) if parts else np.empty((0, whole.get_shape()[1]), np.float32)
        return as_read(array, self.rows, self.empty, _BYTES[self.kind])


def open_safetensors(file: File) -> WordSource:
    """Open a safetensors file of vectors.

    Raises:
        InputError: If it can't be read, it isn't clear which tensor holds the vectors, or there are no words for it.
    """
    from safetensors import SafetensorError

    try:
        with _opened(file.data, "F32") as tensors:
            metadata = tensors.metadata() or {}
            slices = {name: tensors.get_slice(name) for name in tensors.keys()}  # noqa: SIM118  (no dict)
            shapes = {name: (tuple(s.get_shape()), str(s.get_dtype())) for name, s in slices.items()}
            held = tensors.get_tensor("words").tobytes() if shapes.get("words", ((), ""))[1] == "U8" else None
    except (SafetensorError, OSError) as error:
        raise InputError(f"{file.path} can't be read as safetensors: {error}.") from error
    name = _table(file, shapes)
    (n, _), kind = shapes[name]
    words, notes = _words(file, metadata, held, n)
    ids, empty = named(words)
    return WordSource(file, ids, TensorVectors(file.data, name, kind, np.arange(n), empty), notes)


def _opened(path: Path, kind: str) -> Any:
    from safetensors import safe_open

    return safe_open(path, framework="pt" if kind == "BF16" else "numpy")  # NumPy has no bfloat16


def _plain(part: Any) -> np.ndarray:
    array: np.ndarray = part if isinstance(part, np.ndarray) else part.float().numpy()
    return array


def _table(file: File, shapes: dict[str, tuple[tuple[int, ...], str]]) -> str:
    """The tensor that holds the vectors."""
    fitting = [k for k, (shape, kind) in shapes.items() if len(shape) == 2 and kind in _BYTES and k != "words"]
    named = [name for name in _NAMES if name in fitting]
    if len(fitting) != 1 and not named:
        found = ", ".join(f"{name!r} {'x'.join(map(str, shape))} {kind}" for name, (shape, kind) in shapes.items())
        raise InputError(f"{file.path}: expected one table of vectors (words x numbers); found {found or 'nothing'}.")
    name = fitting[0] if len(fitting) == 1 else named[0]
    if 0 in shapes[name][0]:
        raise InputError(f"{file.path}: the tensor {name!r} has the shape {shapes[name][0]}: there is nothing in it.")
    return name


def _words(file: File, metadata: dict[str, str], held: bytes | None, n: int) -> tuple[list[str], tuple[str, ...]]:
    """The n words, and what to say of them."""
    vocab, tokenizer = file.path.with_name("vocab.txt"), file.path.with_name("tokenizer.json")
    if "words" in metadata:
        words = _parsed(f"the metadata 'words' of {file.path}", metadata["words"])
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise InputError(f"The metadata 'words' of {file.path} is no JSON list of texts.")
        require_as_many(str(file.path), len(words), n)
        return words, ()
    if held is not None:
        words, undecoded = decoded(_lines(held))
        require_as_many(str(file.path), len(words), n)
        return words, undecoded_note(undecoded)
    if vocab.is_file():
        words, undecoded = decoded(_lines(vocab.read_bytes()))
        require_as_many(f"{vocab} beside {file.path.name}", len(words), n)
        return words, (f"The words are those of {vocab}.", *undecoded_note(undecoded))
    if tokenizer.is_file():
        words = _tokens(tokenizer, n)
        missing = sum(not word for word in words)
        left = f" Rows without one: {missing:,}." if missing else ""
        return words, (f"The words are the tokens of {tokenizer}, as they are spelled there.{left}",)
    raise InputError(
        f"{file.path} has no words for its vectors: give them as metadata 'words' (a JSON list), as a uint8 tensor "
        "'words' (lines of UTF-8), or as vocab.txt or tokenizer.json beside it."
    )


def _lines(data: bytes) -> list[bytes]:
    lines = [line.removesuffix(b"\r") for line in data.split(b"\n")]
    return lines if lines[-1] else lines[:-1]


def _parsed(what: str, text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise InputError(f"{what} is no JSON: {error}.") from error


def _tokens(path: Path, n: int) -> list[str]:
    """The tokens of a tokenizer.json by their numbers; "" where a row has none."""
    plain = _parsed(str(path), path.read_bytes())
    try:
        vocab = plain["model"]["vocab"]
        pairs = ((i, w) for w, i in vocab.items()) if isinstance(vocab, dict) else enumerate(e[0] for e in vocab)
        numbered = dict(pairs)
        numbered |= {entry["id"]: entry["content"] for entry in plain.get("added_tokens") or []}
        most = max(numbered)
        words = [str(numbered.get(i, "")) for i in range(n)]
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise InputError(f"{path} can't be read as a tokenizer: {type(error).__name__} {error}.") from error
    if most >= n:
        raise InputError(f"{path} has tokens up to number {most:,}, but there are {n:,} vectors.")
    return words
