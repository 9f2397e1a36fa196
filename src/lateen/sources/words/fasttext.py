"""fastText's binary models: the vectors of the words they know, pieces of words included in each.

gensim reads them and adds the pieces up; they are not kept, so a word that isn't in the file has no vector here. It
would read a truncated file for ever, so the file's outline is walked first.
"""

from __future__ import annotations

import logging
import mmap
import struct

import numpy as np

from lateen.core.errors import InputError, LateenError, MissingExtraError
from lateen.sources.words.held import HeldVectors, named
from lateen.sources.words.source import File, WordSource

MAGIC = struct.pack("<i", 793712314)
_HEADER, _COUNT_AND_KIND = 64, 9  # bytes
_NOTE = "Vectors of the words in the file; those of unknown words, which fastText makes up from pieces, are not kept."


def open_fasttext(file: File) -> WordSource:
    """Open a fastText .bin file.

    Raises:
        InputError: If gensim can't read it.
        MissingExtraError: If gensim isn't there.
    """
    try:
        from gensim.models.fasttext import load_facebook_vectors
    except ImportError as error:
        raise MissingExtraError("Reading fastText's .bin files", "words") from error
    _require_whole(file)
    log = logging.getLogger("gensim")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        loaded = load_facebook_vectors(str(file.data))
        words, vectors = list(loaded.index_to_key), np.asarray(loaded.vectors, np.float32)
    except LateenError:
        raise
    except Exception as error:  # gensim raises almost anything on damaged files
        reason = str(error) or type(error).__name__
        raise InputError(f"{file.path} can't be read as a fastText model: {reason}.") from error
    finally:
        log.setLevel(level)
    if not words:
        raise InputError(f"{file.path} is a fastText model that knows no words.")
    ids, empty = named(words)
    return WordSource(file, ids, HeldVectors(vectors, np.arange(len(ids)), empty), (_NOTE,))


def _require_whole(file: File) -> None:
    """Raise InputError unless the file has all the words and vectors that its header speaks of."""
    with file.data.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            dim, bucket = struct.unpack_from("<i", data, 8)[0], struct.unpack_from("<i", data, 40)[0]
            size, words, labels, _, pruned = struct.unpack_from("<3i2q", data, _HEADER)
            if labels > 0:
                raise InputError(f"{file.path} is a supervised fastText model (a classifier), which is not read.")
            at = _HEADER + 28
            for _ in range(size):
                end = data.find(b"\0", at)
                if end < 0:
                    raise struct.error
                at = end + 1 + _COUNT_AND_KIND
            at += 8 * max(pruned, 0)
            quantized, rows, columns = struct.unpack_from("<?2q", data, at)
        except (struct.error, OverflowError) as error:
            raise InputError(f"{file.path} is a damaged fastText model: it ends before its vectors.") from error
        if quantized:
            raise InputError(f"{file.path} is a quantized fastText model, which is not read; give the whole .bin.")
        if words != size or columns != dim or dim < 1 or bucket < 0 or rows not in (words, words + bucket):
            raise InputError(f"{file.path} is a damaged fastText model: its header and its vectors don't fit.")
        if at + 17 + 4 * rows * columns > len(data):
            raise InputError(f"{file.path} is a damaged fastText model: it ends within its vectors.")
