"""fastText's binary models: the vectors of the words they know, pieces of words included in each.

gensim reads them and adds the pieces up; they are not kept, so a word that isn't in the file has no vector here.
"""

from __future__ import annotations

import logging
import struct

import numpy as np

from lateen.core.errors import InputError, LateenError, MissingExtraError
from lateen.sources.words.held import HeldVectors, named
from lateen.sources.words.source import File, WordSource

MAGIC = struct.pack("<i", 793712314)
_NOTE = "Vectors of the words in the file; those of unknown words, which fastText makes up from pieces, are not kept."


def open_fasttext(file: File) -> WordSource:
    """Open a fastText .bin file.

    Raises:
        InputError: If gensim can't read it.
        MissingExtraError: If gensim isn't there.
    """
    try:
        from gensim.models.fasttext import load_facebook_vectors  # type: ignore[import-untyped,unused-ignore]
    except ImportError as error:
        raise MissingExtraError("Reading fastText's .bin files", "words") from error
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
