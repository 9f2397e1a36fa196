"""`directions/`: one JSON file per name. They are the user's work: written atomically, never cleaned up.

Discovered axes are kept alike, but in `derived/`: they can be discovered again, and the user's own come first.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Protocol, runtime_checkable
from urllib.parse import quote, unquote

from lateen.core.atomic import write_file
from lateen.core.errors import InputError, SpaceError, StorageError, UnknownNameError

KEPT, DISCOVERED = "directions", "derived/discovered"
_MENDED = "Fit it again with --force, or remove it."


@runtime_checkable
class Named(Protocol):
    """What can be saved: it has a name and says itself as plain data."""

    @property
    def name(self) -> str:
        """What the user calls it."""
        ...

    def to_dict(self) -> dict[str, object]:
        """Plain data, without NaN."""
        ...


def save_direction(space: Path, direction: Named, folder: str = KEPT) -> Path:
    """Write a direction under its name, in place of an older one, into a folder of the space.

    Raises:
        InputError: If the name is empty.
        StorageError: If it can't be written; an older one is kept.
    """
    if not direction.name.strip():
        raise InputError("A direction needs a name.")
    path = _path(space, direction.name, folder)
    write_file(path, json.dumps(direction.to_dict(), allow_nan=False, ensure_ascii=False).encode())
    return path


def load_direction(space: Path, name: str, folder: str = KEPT) -> dict[str, object]:
    """What `to_dict` gave for the direction of this name; `Direction.from_dict` is the way back.

    Raises:
        UnknownNameError: If there is none; the message names near spellings.
        SpaceError: If its file is damaged.
    """
    path = _path(space, name, folder)
    if not path.is_file():
        raise UnknownNameError("direction", name, direction_names(space, folder), f"space {space.name}")
    try:
        plain = json.loads(path.read_bytes())
    except ValueError as error:
        raise SpaceError(f"The direction {path} is damaged: {error}. {_MENDED}") from error
    if not isinstance(plain, dict):
        raise SpaceError(f"The direction {path} is damaged: it holds no JSON object. {_MENDED}")
    return plain


def remove_direction(space: Path, name: str, folder: str = KEPT) -> None:
    """Remove the direction of this name, damaged or not.

    Raises:
        UnknownNameError: If there is none; the message names near spellings.
        StorageError: If it can't be removed.
    """
    names = direction_names(space, folder)
    if name not in names:
        raise UnknownNameError("direction", name, names, f"space {space.name}")
    path = _path(space, name, folder)
    try:
        path.unlink()
    except OSError as error:
        raise StorageError(f"The direction {path} can't be removed: {error.strerror}.") from error


def direction_names(space: Path, folder: str = KEPT) -> list[str]:
    """The names of the directions saved in a folder of the space, in order."""
    return sorted(unquote(path.stem) for path in (space / folder).glob("*.json"))


def _path(space: Path, name: str, folder: str) -> Path:
    """Percent-encoded, dots included: a name can't leave the folder or lose its end."""
    return space / folder / (quote(name, safe=" ").replace(".", "%2E") + ".json")
