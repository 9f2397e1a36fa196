"""Files that are there whole or not at all, whenever the power goes.

One idea: write a neighbour whose name starts with `.tmp-`, sync it, then give it its name in one step.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from lateen.core.errors import StorageError

PREFIX = ".tmp-"


def write_file(path: Path, write: Callable[[BinaryIO], object] | bytes) -> None:
    """Write a file, replacing an older one of that name; missing folders are made.

    Args:
        path: Where.
        write: The content, or a function that writes it.

    Raises:
        StorageError: If the disk is full or the folder can't be written; an older file is kept.
    """
    temporary = path.with_name(PREFIX + uuid.uuid4().hex)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            if isinstance(write, bytes):
                file.write(write)
            else:
                write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        reason = error.strerror or error
        raise StorageError(f"Writing {path} failed: {reason}. What was written before is kept.") from error
    finally:
        with suppress(OSError):  # whatever went wrong above is what the user should hear
            temporary.unlink(missing_ok=True)


def write_folder(path: Path, write: Callable[[Path], None]) -> None:
    """Make a folder that appears under its name once `write` has filled it; an older one is left."""
    if path.exists():
        return
    temporary = path.with_name(PREFIX + uuid.uuid4().hex)
    try:
        write(temporary)
        for file in temporary.rglob("*"):
            if file.is_file():
                with file.open("rb") as opened:
                    os.fsync(opened.fileno())
        temporary.rename(path)
        sync_folder(path.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files and folders that a kill left in a folder."""
    for leftover in folder.glob(PREFIX + "*"):
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder last, where the system lets a folder be opened."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
