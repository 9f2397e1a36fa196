"""The folder of a source that was edited: its settings, its table, and names that are safe for files.

One idea: what is in the folder is what a run with these settings has put there; anything else is left alone.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from unicodedata import normalize

import numpy as np

from lateen.core.atomic import remove_leftovers, write_file
from lateen.core.errors import InputError, SpaceError, StorageError
from lateen.core.json_file import read_json, write_json

TABLE, SETTINGS, REJECTED = "edits.csv", "settings.json", "rejected.jsonl"
LONGEST_NAME = 80  # letters; four bytes each at most, of 255 that file systems take
_MADE_BY = "lateen edit"


class EditsTable:
    """What was edited into a folder; made by `EditsTable.begin`.

    Args:
        path: The folder.
        directions: Names of the directions that are moved along.
    """

    def __init__(self, path: Path, directions: Sequence[str]) -> None:
        self.path, self.directions = path, tuple(directions)
        self.done: dict[str, dict[str, str]] = {}
        self._waiting: list[dict[str, object]] = []

    @classmethod
    def begin(cls, path: Path, settings: Mapping[str, object], directions: Sequence[str], force: bool) -> EditsTable:
        """Make the folder, or go on with it.

        Raises:
            InputError: If it is a file, holds something else, or edits with other settings and not `force`.
            StorageError: If it can't be written.
        """
        settings = {"made_by": _MADE_BY, **json.loads(json.dumps(settings))}
        table = cls(path, directions)
        if path.exists() and not path.is_dir():
            raise InputError(f"{path} is a file; give the name of a folder for the edits.")
        before = _settings(path)
        if before is None and path.is_dir() and any(path.iterdir()):
            raise InputError(f"{path} holds something else; give the name of a new folder for the edits.")
        if before is not None and before != settings:
            if not force:
                names = [name for name in settings if before.get(name) != settings[name]] or ["settings"]
                raise InputError(
                    f"{path} has edits with other settings ({', '.join(names)}); choose another folder, or replace "
                    "them with --force (force=True)."
                )
            table._read()
            table._remove()
        if before == settings:
            table._read()
        try:
            path.mkdir(parents=True, exist_ok=True)
            remove_leftovers(path)
            if before != settings:
                write_json(path / SETTINGS, settings)
            table._write(list(table.done.values()))
        except OSError as error:
            raise error if isinstance(error, StorageError) else StorageError(f"Can't write {path}: {error}.") from error
        return table

    @property
    def columns(self) -> list[str]:
        """Those of the table; where there are several directions, some have their name."""
        of = [f" {name}" for name in self.directions]
        measured = [f"{what}{name}" for name in of for what in ("dose", "probe_before", "probe_after")]
        return ["id", "file", *measured, "stopped", "support_before", "support_after", "nearest"]

    @property
    def header(self) -> list[str]:
        """The columns as they are written: without the direction's name where there is one."""
        if len(self.directions) > 1:
            return self.columns
        return [column.removesuffix(f" {self.directions[0]}") for column in self.columns]

    def has(self, id: str) -> bool:
        """Whether an item is done and its picture there."""
        return id in self.done

    def add(self, row: Mapping[str, object]) -> None:
        """Note a row, whose picture is written."""
        self._waiting.append(dict(row))

    def flush(self) -> None:
        """Write the rows that were noted."""
        rows = [{column: _cell(row.get(column)) for column in self.columns} for row in self._waiting]
        try:
            with (self.path / TABLE).open("a", encoding="utf-8", newline="") as file:
                file.write(self._lines(rows))
        except OSError as error:
            raise StorageError(f"Can't write {self.path / TABLE}: {error.strerror or error}.") from error
        self.done |= {row["id"]: row for row in rows}
        self._waiting = []

    def finish(self, ids: Sequence[str], rejected: Sequence[tuple[str, str]]) -> None:
        """Put the rows in the order of the items, and list what could not be read."""
        self._write([self.done[id] for id in ids if id in self.done])
        lines = [json.dumps({"id": id, "reason": reason}, ensure_ascii=False) + "\n" for id, reason in rejected]
        if lines:
            write_file(self.path / REJECTED, "".join(lines).encode())
        else:
            (self.path / REJECTED).unlink(missing_ok=True)

    def counted(self) -> dict[str, int]:
        """How many moves ended how."""
        return dict(Counter(row["stopped"] for row in self.done.values() if row["stopped"]).most_common())

    def medians(self) -> tuple[float, float]:
        """Median support before and after."""
        pairs = [[float(row[c] or "nan") for c in ("support_before", "support_after")] for row in self.done.values()]
        before, after = np.median(np.array(pairs), axis=0).tolist()
        return before, after

    def _write(self, rows: Sequence[Mapping[str, str]]) -> None:
        write_file(self.path / TABLE, (self._lines([dict(zip(self.columns, self.header, strict=True))])
                                       + self._lines(rows)).encode())

    def _lines(self, rows: Sequence[Mapping[str, str]]) -> str:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([row[column] for column in self.columns] for row in rows)
        return text.getvalue()

    def _read(self) -> None:
        """The rows of an earlier run, up to where it was stopped; those whose picture is gone are left out."""
        with suppress(OSError, UnicodeDecodeError, csv.Error):
            text = (self.path / TABLE).read_text("utf-8")
            whole = text[: text.rfind("\n") + 1]  # the last line may be half written
            header, *lines = [*csv.reader(io.StringIO(whole, newline=""))] or [[]]
            for line in lines:
                if len(line) == len(header):
                    row = dict(zip(self.columns if header == self.header else header, line, strict=True))
                    if not row.get("file") or (_is_plain(row["file"]) and (self.path / row["file"]).is_file()):
                        self.done[row.get("id", "")] = row

    def _remove(self) -> None:
        """Remove the pictures of the table, and no other."""
        for row in self.done.values():
            if row.get("file"):
                (self.path / row["file"]).unlink(missing_ok=True)
        for name in (TABLE, SETTINGS, REJECTED):
            (self.path / name).unlink(missing_ok=True)
        self.done = {}


def file_names(ids: Sequence[str]) -> dict[str, str]:
    """A name of a .png for each id: letters, digits and -_. as they are, no two alike whatever the letter case.

    Example:
        >>> file_names(["anna.jpg", "a/b.png", "a_b.png"])
        {'anna.jpg': 'anna.png', 'a/b.png': 'a_b-88f7ec.png', 'a_b.png': 'a_b-696828.png'}
    """
    plain = {id: _plain(id) for id in ids}
    often = Counter(name.casefold() for name in plain.values())
    return {
        id: f"{name}.png" if name and often[name.casefold()] == 1 and not _is_reserved(name) else f"{name}{_tail(id)}"
        for id, name in plain.items()
    }


def _plain(id: str) -> str:
    name = re.sub(r"\.(png|jpe?g|webp|gif|bmp|tiff?)$", "", id, flags=re.IGNORECASE)
    return re.sub(r"[^\w.-]+", "_", normalize("NFC", name)).strip("._")[:LONGEST_NAME].rstrip(".")


def _tail(id: str) -> str:
    return f"-{hashlib.sha256(id.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}.png"


def _is_reserved(name: str) -> bool:
    """Names that Windows keeps for itself, and those cut short, which may be another's beginning."""
    device = re.fullmatch(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", name, flags=re.IGNORECASE)
    return device is not None or len(name) >= LONGEST_NAME


def _is_plain(name: str) -> bool:
    return name.endswith(".png") and Path(name).name == name and "\\" not in name


def _settings(path: Path) -> dict[str, object] | None:
    """What an earlier run was asked; None where none was there."""
    with suppress(SpaceError):
        read = read_json(path / SETTINGS)
        return read if read.get("made_by") == _MADE_BY else None
    return None


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:.6g}"
    return "" if value is None else str(value)
