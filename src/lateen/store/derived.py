"""`derived/`: what can be computed again (copies, tables, maps), by a key of what it came from."""

from __future__ import annotations

import atexit
import os
import shutil
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from lateen.core.atomic import PREFIX, write_file
from lateen.core.temporary import new_folder


def content_key(*parts: object) -> str:
    """A short hash of what something was computed from; parts are told apart by their repr."""
    digest = sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else repr(part).encode())
        digest.update(b"\0")
    return digest.hexdigest()[:24]


class Derived:
    """The folder `derived/` of a space: safe to delete at any time.

    In a space that is read-only, what is missing there is kept in a temporary folder for as long as this process runs.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def _is_ours(self) -> bool:
        return os.access(self.folder if self.folder.is_dir() else self.folder.parent, os.W_OK)

    def path(self, kind: str, key: str, suffix: str) -> Path:
        """Where something of this kind and key is, or would be."""
        path = self.folder / f"{kind}-{key}{suffix}"
        return path if self._is_ours or path.is_file() else _elsewhere(self.folder) / path.name

    def make(self, kind: str, key: str, suffix: str, write: Callable[[BinaryIO], object]) -> Path:
        """The file of this kind and key, written first if it is not there.

        Raises:
            StorageError: If it can't be written.
        """
        path = self.path(kind, key, suffix)
        if not path.is_file():
            write_file(path, write)
        return path

    def keep_only(self, kind: str, key: str) -> None:
        """Remove what was computed of this kind from anything else."""
        if not self._is_ours:
            return
        for old in self.folder.glob(f"{kind}-*"):
            if not old.name.startswith((f"{kind}-{key}", PREFIX)):
                old.unlink(missing_ok=True)


@cache
def _elsewhere(folder: Path) -> Path:
    """A temporary folder that stands for one that can't be written to."""
    made = new_folder()
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made
