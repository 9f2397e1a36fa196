"""`derived/`: what can be computed again (copies, tables, maps), by a key of what it came from."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from lateen.core.atomic import PREFIX, write_file


def content_key(*parts: object) -> str:
    """A short hash of what something was computed from; parts are told apart by their repr."""
    digest = sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else repr(part).encode())
        digest.update(b"\0")
    return digest.hexdigest()[:24]


class Derived:
    """The folder `derived/` of a space: safe to delete at any time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, kind: str, key: str, suffix: str) -> Path:
        """Where something of this kind and key is, or would be."""
        return self.folder / f"{kind}-{key}{suffix}"

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
        for old in self.folder.glob(f"{kind}-*"):
            if not old.name.startswith((f"{kind}-{key}", PREFIX)):
                old.unlink(missing_ok=True)
