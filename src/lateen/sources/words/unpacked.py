"""A .gz file as the file it packs: unpacked once, to a temporary file that goes when its source goes.

One idea: what is damaged later still gives what comes before the damage.
"""

from __future__ import annotations

import gzip
import os
import tempfile
import weakref
import zlib
from pathlib import Path

from lateen.core.errors import InputError, StorageError

_BLOCK = 1 << 22


class Unpacked:
    """The content of a .gz file; the copy is removed when this is collected, at the end of Python at the latest.

    Args:
        path: The .gz file.

    Raises:
        InputError: If it is no gzip file.
        StorageError: If there is no room for the copy.
    """

    def __init__(self, path: Path) -> None:
        self.damage = ""
        handle, name = tempfile.mkstemp(prefix="lateen-words-")
        self.path = Path(name)
        self._remove = weakref.finalize(self, self.path.unlink, missing_ok=True)
        with os.fdopen(handle, "wb") as out, gzip.open(path, "rb") as packed:
            while block := self._next(packed, path):
                try:
                    out.write(block)
                except OSError as error:
                    self._remove()
                    raise StorageError(f"{path} can't be unpacked to {tempfile.gettempdir()}: {error}.") from error

    def _next(self, packed: gzip.GzipFile, path: Path) -> bytes:
        try:
            return packed.read1(_BLOCK)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            if packed.tell() == 0:
                self._remove()
                raise InputError(f"{path} can't be unpacked as gzip: {error}.") from error
            self.damage = str(error).rstrip(".")
            return b""
