"""JSON objects in files: written whole or not at all, read without trust."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from lateen.core.atomic import write_file
from lateen.core.errors import SpaceError


def write_json(path: Path, value: Mapping[str, object]) -> None:
    """Write plain data as readable JSON, atomically."""
    write_file(path, (json.dumps(value, indent=2) + "\n").encode())


def read_json(path: Path) -> dict[str, object]:
    """Read a JSON object.

    Raises:
        SpaceError: If the file is missing or holds something else.
    """
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SpaceError(f"{path} can't be read as JSON: {error}") from error
    if not isinstance(value, dict):
        raise SpaceError(f"{path} holds a JSON {type(value).__name__}; expected an object.")
    return value
