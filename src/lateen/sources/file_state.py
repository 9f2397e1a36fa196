"""What a file was like when it was opened, so that a change while it is being read is noticed, never mixed in."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from lateen.core.errors import InputError
from lateen.sources.source import Rows


@dataclass(frozen=True)
class FileState:
    """A file's size and time of change.

    Args:
        path: The file, absolute.
        size: In bytes.
        time: Of its last change, in nanoseconds.
    """

    path: Path
    size: int
    time: int

    @classmethod
    def of(cls, path: str | Path) -> FileState:
        """As it is now."""
        absolute = Path(os.path.abspath(path))
        return cls(absolute, *_size_and_time(absolute))

    def require_same(self) -> None:
        """Raise InputError if the file is another now."""
        try:
            now = FileState.of(self.path)
        except OSError as error:
            raise InputError(f"{self.path} is gone since it was opened. {_KEPT}") from error
        if now != self:
            raise InputError(f"{self.path} has changed since it was opened. {_KEPT}")

    def keys(self, rows: Rows, what: str = "") -> list[str]:
        """A string per row that is another one after any change of the file."""
        begin = f"{self.path.name}\0{self.size}\0{self.time}\0{what}"
        return [f"{begin}\0{row}" for row in rows.tolist()]


def size_and_time(path: str | Path) -> tuple[int, int]:
    """A file's size in bytes and time of change in nanoseconds; (-1, 0) if it is gone."""
    try:
        return _size_and_time(path)
    except (OSError, ValueError):  # ValueError: a NUL in a path
        return -1, 0


def _size_and_time(path: str | Path) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_size, status.st_mtime_ns


_KEPT = (
    "A space that was there stays as it was. When the file is at rest, build again: a first build with --force, since "
    "what it has encoded may be of the file as it was before."
)
