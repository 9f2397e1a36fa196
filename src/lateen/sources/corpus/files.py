"""The texts in a file, a folder or an archive, one after the other, as streams of bytes.

One idea: what a file is, its first bytes say; an archive is read through once and nothing of it is put on the disk.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from lateen.core.errors import InputError, first_line

_UNPACKED: dict[bytes, Callable[[Any], io.BufferedIOBase]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),
    b"\xfd7zXZ\x00": lzma.LZMAFile,
    b"BZh": bz2.BZ2File,
}
_ZIP = b"PK\x03\x04"
_DAMAGES = (EOFError, zlib.error, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile, RuntimeError)


@dataclass(frozen=True, eq=False)
class Document:
    """A text as bytes.

    Args:
        name: Its path in the folder or archive; of a file its name.
        file: The file that it is, or is in.
        stream: Its bytes, to be read before the next document is asked for.
        position: Says how many bytes of the corpus's files have been read so far.
    """

    name: str
    file: Path
    stream: io.BufferedIOBase
    position: Callable[[], int]

    def read(self, n: int) -> bytes:
        """The next n bytes; fewer only at the end.

        Raises:
            InputError: If the file is damaged.
        """
        parts, size = [], 0
        with _readable(self.file):
            while size < n and (part := self.stream.read(n - size)):
                parts.append(part)
                size += len(part)
        return b"".join(parts)


def files_of(path: Path) -> list[Path]:
    """The files that a corpus consists of: the path itself, or what is below it, sorted.

    Hidden files are left out, and so are spaces, which hold no texts.

    Raises:
        InputError: If there is no such file or folder, or nothing in it.
    """
    if path.is_file():
        return [path]
    if not path.exists():
        raise InputError(f"There is no corpus {path}; give a text file, a folder of them, or an archive (tar, zip).")
    if not path.is_dir():
        raise InputError(f"The corpus {path} is neither a file nor a folder; give one of them.")
    inside = sorted((file.relative_to(path).as_posix(), file) for file in path.rglob("*") if file.is_file())
    spaces = {file.parent for _, file in inside if file.name == "space.json"}
    files = [
        file
        for name, file in inside
        if not any(part.startswith(".") for part in name.split("/")) and spaces.isdisjoint(file.parents)
    ]
    if not files:
        raise InputError(f"The folder {path} holds no files; give one of texts.")
    return files


def documents(path: Path, files: list[Path]) -> Iterator[Document]:
    """All texts of a corpus, in order.

    Args:
        path: The corpus.
        files: Its files.

    Raises:
        InputError: If a file can't be read, or is damaged.
    """
    before = 0
    for file in files:
        name = file.name if file == path else file.relative_to(path).as_posix()
        with _readable(file), file.open("rb") as raw:
            for inside, stream in _in_file(name, raw):
                yield Document(inside, file, stream, _after(before, raw))
        before += file.stat().st_size


def _in_file(name: str, raw: io.BufferedIOBase) -> Iterator[tuple[str, io.BufferedIOBase]]:
    """Name and bytes of each text."""
    begin = raw.read(8)
    raw.seek(0)
    if begin.startswith(_ZIP):
        with zipfile.ZipFile(raw) as archive:
            for entry in archive.infolist():
                if not entry.is_dir() and not _hidden(entry.filename):
                    with archive.open(entry) as stream:
                        yield entry.filename, cast(io.BufferedIOBase, stream)
        return
    unpack = next((unpack for magic, unpack in _UNPACKED.items() if begin.startswith(magic)), None)
    opened = raw if unpack is None else unpack(raw)
    with io.BufferedReader(cast(io.RawIOBase, opened), 1 << 16) as stream:
        if stream.peek(512)[257:262] != b"ustar":
            yield name, stream
            return
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                inside = tar.extractfile(member) if member.isfile() and not _hidden(member.name) else None
                if inside is not None:
                    yield member.name, cast(io.BufferedIOBase, inside)


def _hidden(name: str) -> bool:
    """Whether a name in an archive is of a system's own file (.DS_Store, __MACOSX)."""
    parts = [part for part in name.split("/") if part not in ("", ".", "..")]
    return any(part.startswith((".", "__MACOSX")) for part in parts)


def _after(before: int, raw: io.BufferedIOBase) -> Callable[[], int]:
    return lambda: before + raw.tell()


@contextmanager
def _readable(file: Path) -> Iterator[None]:
    try:
        yield
    except InputError:
        raise
    except (*_DAMAGES, gzip.BadGzipFile) as error:
        if "encrypted" in str(error):
            raise InputError(f"{file} is encrypted; give the texts without a password.") from error
        raise InputError(
            f"{file} is damaged or can't be unpacked ({first_line(error)}); a corpus is read whole or not at all. "
            "Get the file again."
        ) from error
    except OSError as error:
        raise InputError(f"{file} can't be read: {error.strerror or first_line(error)}.") from error
