"""A folder of pictures as a source: every picture below it, in natural order, named by its relative path."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Int64

from lateen.core.errors import InputError
from lateen.sources.file_state import size_and_time
from lateen.sources.picture import SUFFIXES
from lateen.sources.pictures import PictureFiles
from lateen.sources.source import Rows, first_duplicate, no_fields


@dataclass(frozen=True, eq=False)
class ImageFolder:
    """The pictures below a folder; made by `open_folder`.

    Args:
        root: The folder, absolute.
        names: Path of each picture relative to it, as the file system spells it.
        ids: The same with forward slashes; bytes that are not UTF-8 are spelled `\\xNN`.
        sizes: (n,) bytes of each file.
        times: (n,) time of its last change in nanoseconds.
        labels: Name of each picture's sub-folder, where each lies in one.
        notes: What was found besides.
    """

    root: Path
    names: Sequence[str]
    ids: Sequence[str]
    sizes: Int64[np.ndarray, " n"]
    times: Int64[np.ndarray, " n"]
    labels: Sequence[str] | None
    notes: tuple[str, ...]
    modality: str = "image"

    @property
    def name(self) -> str:
        """The absolute path."""
        return _printable(str(self.root))

    @property
    def field_schema(self) -> pa.Schema:
        """`label`, if pictures are sorted into sub-folders."""
        return pa.schema([] if self.labels is None else [("label", pa.string())])

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        return f"ImageFolder({self.name}, {len(self):,} pictures)"

    def keys(self, rows: Rows) -> list[str]:
        """Id, size and time of change of each file."""
        return [f"{self.ids[i]}\0{self.sizes[i]}\0{self.times[i]}" for i in rows]

    def take(self, rows: Rows) -> PictureFiles:
        """The paths of some pictures."""
        return PictureFiles(
            rows=rows,
            ids=[self.ids[i] for i in rows],
            files=[os.path.join(self.root, self.names[i]) for i in rows],
            states=[(int(self.sizes[i]), int(self.times[i])) for i in rows],
            fields=self._fields(rows),
        )

    def _fields(self, rows: Rows) -> pa.Table:
        if self.labels is None:
            return no_fields(len(rows))
        return pa.table({"label": pa.array([self.labels[row] for row in rows], pa.string())})


def open_folder(path: str | Path) -> ImageFolder:
    """List the pictures below a folder, hidden ones apart.

    Raises:
        InputError: If it is not a folder, holds no pictures, or two pictures would have the same id.
    """
    root = Path(os.path.abspath(path))
    if not root.is_dir():
        raise InputError(f"{_printable(str(path))} is not a folder; give a folder of pictures.")
    found, others = _walk(root)
    if not found:
        raise InputError(_no_pictures(root, others))
    found.sort(key=lambda entry: _natural(entry[0]))
    names = [name for name, _, _ in found]
    ids = [_printable(name.replace(os.sep, "/")) for name in names]
    twice = first_duplicate(ids)
    if twice is not None:
        raise InputError(f"Two pictures in {_printable(str(root))} have the id {twice!r}; rename one of them.")
    notes = () if not others else (f"{sum(others.values()):,} other files were left alone ({_kinds(others)}).",)
    sizes = np.array([size for _, size, _ in found], np.int64)
    times = np.array([time for _, _, time in found], np.int64)
    return ImageFolder(root, names, ids, sizes, times, _labels(ids), notes)


def _walk(root: Path) -> tuple[list[tuple[str, int, int]], Counter[str]]:
    """Pictures as (relative name, size, time), and how many other files there are of each suffix."""
    found: list[tuple[str, int, int]] = []
    others: Counter[str] = Counter()
    visited: set[tuple[int, int]] = set()
    for folder, subfolders, files in os.walk(root, followlinks=True):
        here = os.stat(folder)
        if (here.st_dev, here.st_ino) in visited:  # a link back up
            subfolders.clear()
            continue
        visited.add((here.st_dev, here.st_ino))
        subfolders[:] = sorted(s for s in subfolders if not s.startswith("."))
        prefix = os.path.relpath(folder, root)
        for file in sorted(files):
            suffix = os.path.splitext(file)[1].lower()
            if suffix not in SUFFIXES or file.startswith("."):
                others[_printable(suffix) or "no suffix"] += 1
                continue
            name = file if prefix == "." else os.path.join(prefix, file)
            found.append((name, *size_and_time(os.path.join(folder, file))))  # a broken link: reading says so
    return found, others


def _natural(name: str) -> tuple[list[tuple[bool, int, str]], str]:
    """img2 before img10, folder by folder; the spelling itself decides between 1 and 01."""
    parts = re.split(r"([0-9]+|[\\/])", name)
    return [(p.isdecimal() and p.isascii(), int(p) if p.isascii() and p.isdecimal() else 0, p) for p in parts], name


def _labels(ids: Sequence[str]) -> list[str] | None:
    """The first level of folders that tells pictures apart, if every picture lies in one."""
    parts = [id.split("/")[:-1] for id in ids]
    shallowest = min(len(p) for p in parts)
    if shallowest == 0:
        return None
    level = 0
    while level + 1 < shallowest and len({p[level] for p in parts}) == 1:
        level += 1
    return [p[level] for p in parts]


def _no_pictures(root: Path, others: Counter[str]) -> str:
    what = f"There are no pictures in {_printable(str(root))}"
    read = "Files that end in " + ", ".join(sorted(SUFFIXES)) + " are read."
    if not others:
        return f"{what}: it is empty. {read}"
    texts = " Of texts `lateen train FOLDER --model word2vec` makes a space of words." if others[".txt"] else ""
    return f"{what}: it holds {sum(others.values()):,} other files ({_kinds(others)}). {read}{texts}"


def _kinds(others: Counter[str]) -> str:
    kinds = ", ".join(f"{suffix}: {n:,}" for suffix, n in others.most_common(5))
    return kinds + (", ..." if len(others) > 5 else "")


def _printable(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "backslashreplace")
