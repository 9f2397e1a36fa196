"""Files of word vectors as sources: word2vec, GloVe, fastText, npz and safetensors.

One idea: the content says what a file is where it can (fastText's mark, a header, control characters), its name where
it can't.
"""

from __future__ import annotations

import gzip
import zlib
from dataclasses import replace
from os.path import abspath
from pathlib import Path

from lateen.core.errors import InputError, LateenError
from lateen.core.temporary import copied_to_folder, remove_with
from lateen.sources.file_state import FileState
from lateen.sources.source import Source
from lateen.sources.unpacking import unpack_gzip
from lateen.sources.words.binary import open_binary
from lateen.sources.words.fasttext import MAGIC, open_fasttext
from lateen.sources.words.lines import Header, usual_dim
from lateen.sources.words.npz import open_npz
from lateen.sources.words.source import File, WordSource
from lateen.sources.words.tensors import open_safetensors
from lateen.sources.words.text import open_text

__all__ = ["SUFFIXES", "looks_like_words", "open_words"]

SUFFIXES = frozenset({".vec", ".txt", ".bin", ".npz", ".safetensors", ".w2v", ".glove"})
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r"))


def open_words(path: Path) -> Source:
    """Open a file of word vectors; ids are the words, the field `rank` counts them from 1.

    Args:
        path: word2vec (text or binary), GloVe, fastText (.vec or .bin), each also as .gz; npz; safetensors.

    Raises:
        InputError: If it can't be read as word vectors.
        MissingExtraError: If it is a fastText .bin and gensim isn't there.
        StorageError: If it is packed and there is no room to unpack it.
    """
    given = Path(abspath(path))
    try:
        if not given.is_file():
            raise InputError(f"There is no file {given}; give one of word vectors.")
        state = FileState.of(given)
        if given.suffix.lower() != ".gz":
            return _open(File(state, given), given.suffix.lower())
        with copied_to_folder(str(given)) as folder:
            damage = unpack_gzip(given, folder / "words")
            file = File(state, folder / "words", cut=bool(damage))
            source = _open(file, given.with_suffix("").suffix.lower())
        remove_with(file, folder)
        notes = (f"The file is damaged ({damage}); what comes before is read.",) if damage else ()
        return replace(source, notes=(*notes, *source.notes))
    except LateenError:
        raise
    except OSError as error:
        raise InputError(f"{given} can't be read: {error.strerror or error}.") from error


def looks_like_words(path: Path) -> bool:
    """Whether a text or .bin file, also as .gz, begins like word vectors of three numbers or more."""
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            begin = file.read(1 << 16)
    except (OSError, EOFError, zlib.error):
        return False
    if begin.startswith(MAGIC):
        return True
    lines = begin.split(b"\n")
    header = Header.parse(lines[0])
    if header is not None and _is_binary(begin):
        return True
    rest = lines[1:] if header else lines
    return not _is_binary(begin) and usual_dim(rest[: max(1, min(20, len(rest) - 1))]) >= 3


def _open(file: File, suffix: str) -> WordSource:
    if suffix == ".npz":
        return open_npz(file)
    if suffix == ".safetensors":
        return open_safetensors(file)
    with file.data.open("rb") as stream:
        begin = stream.read(1 << 14)
    if not begin:
        raise InputError(f"{file.path} is empty (0 bytes).")
    if begin.startswith(MAGIC):
        return open_fasttext(file)
    return open_binary(file) if suffix == ".bin" or _is_binary(begin) else open_text(file)


def _is_binary(begin: bytes) -> bool:
    """Whether what follows a header is no text."""
    return Header.parse(begin.partition(b"\n")[0]) is not None and begin.translate(None, _CONTROL) != begin
