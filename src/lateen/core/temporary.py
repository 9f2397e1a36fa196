"""Temporary folders for copies of what can't be read in place, all called `lateen-HOST-PROCESS-...`.

One idea: a process that is killed can't clean up, so the next one does, by the name of the one that is gone.
"""

from __future__ import annotations

import errno
import os
import platform
import re
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree

from lateen.core.errors import LateenError, StorageError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def new_folder() -> Path:
    """An empty temporary folder; those that processes of this machine left when they were killed are removed first.

    Raises:
        StorageError: If there is no place for one.
    """
    try:
        _remove_left(Path(tempfile.gettempdir()))
        return Path(tempfile.mkdtemp(prefix=f"{_ours()}{os.getpid()}-"))
    except OSError as error:
        raise StorageError(f"No temporary folder can be made: {error}. Set TMPDIR to a folder with room.") from error


@contextmanager
def copied_to_folder(what: str) -> Iterator[Path]:
    """A new folder to copy something to; it is removed at once if that fails, else `remove_with` says when.

    Args:
        what: What is copied, in the user's words.

    Raises:
        StorageError: If the disk is full.
    """
    folder = new_folder()
    try:
        yield folder
    except BaseException as error:
        rmtree(folder, ignore_errors=True)
        if is_full(error):
            raise StorageError(
                f"{what} is copied to {folder.parent} to be read, which is full; set TMPDIR to a folder with room."
            ) from error
        raise


def remove_with(owner: object, folder: Path) -> None:
    """Remove a folder when `owner` goes, at the end of Python at the latest."""
    weakref.finalize(owner, rmtree, folder, ignore_errors=True)


def is_full(error: BaseException) -> bool:
    """Whether writing failed because there is no room."""
    return isinstance(error, OSError) and not isinstance(error, LateenError) and error.errno in _FULL


def _ours() -> str:
    """How names of folders begin that this machine makes; a folder that is shared may hold those of others."""
    return f"lateen-{re.sub(r'[^A-Za-z0-9]+', '.', platform.node())[:40]}-"


def _remove_left(place: Path) -> None:
    if os.name != "posix":  # elsewhere, to ask for a process may end it
        return
    for folder in place.glob(f"{_ours()}*"):
        process = folder.name.removeprefix(_ours()).partition("-")[0]
        if process.isdecimal() and not _is_there(int(process)):
            rmtree(folder, ignore_errors=True)


def _is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # it is somebody else's
        return True
    return True
