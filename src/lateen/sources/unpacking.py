"""Packed files (.gz, .zip) as the files they pack: unpacked once, to a temporary folder where any row can be read.

One idea: what is damaged is told apart from a disk that is full, and what comes before the damage is kept.
"""

from __future__ import annotations

import gzip
import shutil
import zipfile
import zlib
from pathlib import Path

from lateen.core.errors import InputError
from lateen.core.temporary import is_full

_BLOCK = 1 << 22


def unpack_gzip(path: Path, to: Path) -> str:
    """Write the content of a .gz file to another file.

    Args:
        path: The .gz file.
        to: What to write, in a folder of `copied_to_folder`.

    Returns:
        How the file is damaged after what was unpacked; "" if it is whole.

    Raises:
        InputError: If nothing can be unpacked.
        OSError: If the disk is full.
    """
    try:
        with to.open("wb") as out, gzip.open(path) as packed:
            while True:
                try:
                    block = packed.read1(_BLOCK)
                except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                    if packed.tell() == 0:
                        raise
                    return str(error).rstrip(".")
                if not block:
                    return ""
                out.write(block)
    except (EOFError, zlib.error, OSError) as error:
        if is_full(error):
            raise
        raise InputError(f"{path} can't be unpacked as gzip: {error}.") from error


def unpack_zip(path: Path, folder: Path) -> dict[str, Path]:
    """Write the arrays of an npz file to files of their own.

    Args:
        path: The npz file.
        folder: Where to, of `copied_to_folder`.

    Returns:
        An npy file for each name.

    Raises:
        InputError: If it is damaged or can't be read.
        OSError: If the disk is full.
    """
    files: dict[str, Path] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for i, member in enumerate(archive.infolist()):
                file = folder / f"{i}.npy"
                with archive.open(member) as packed, file.open("wb") as out:
                    shutil.copyfileobj(packed, out, _BLOCK)
                files[member.filename.removesuffix(".npy")] = file
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        if is_full(error):
            raise
        raise InputError(f"{path} can't be read as npz: {error}.") from error
    return files
