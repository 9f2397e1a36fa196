"""Tables as sources of texts, pictures or vectors: csv, tsv, json lines, parquet and Arrow files.

One idea: whatever the file was, it is Arrow columns with random access (`arrow_rows`); one column holds the items, one
may hold their ids, and the others are fields. Data sets of Hugging Face are opened by the same door.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Int64

from lateen.core.errors import InputError
from lateen.sources.arrow_rows import BROKEN, ArrowRows, ParquetRows, SpooledRows, column_in_pieces
from lateen.sources.columns import Columns, Content, is_picture_struct, is_text
from lateen.sources.contents import Texts, Vectors, WithRejected, common_width
from lateen.sources.fields import usable
from lateen.sources.file_state import FileState, size_and_time
from lateen.sources.json_lines import spool_json_lines
from lateen.sources.pictures import PictureFiles
from lateen.sources.source import ArrowIds, Rejected, RowNumbers, Rows, Stretch, ids_of, no_fields
from lateen.sources.spool import Parts, spool, spool_delimited

TEXT_KINDS = (".csv", ".tsv", ".jsonl", ".ndjson")  # also with .gz behind them
SUFFIXES = (*TEXT_KINDS, ".parquet", ".arrow", ".feather")


@dataclass(frozen=True, eq=False)
class TableSource:
    """The rows of a table; made by `open_table` and `source_of`.

    Args:
        name: What was opened, made absolute.
        place: The same as a URI, to which a row is added.
        table: The columns.
        content: Which of them hold the items and their ids.
        width: Numbers per vector; 0 for other items.
        ids: One per row; a row that has none is called after its number.
        nameless: (k,) the rows that have none; they are refused.
        field_names: The columns that become fields.
        field_schema: What they are called in a space.
        version: Of the content: another one after any change.
        state: The file, which must not change.
        notes: How the table was understood.
    """

    name: str
    place: str
    table: ArrowRows
    content: Content
    width: int
    ids: Sequence[str]
    nameless: Int64[np.ndarray, " k"]
    field_names: tuple[str, ...]
    field_schema: pa.Schema
    version: str
    state: FileState | None
    notes: tuple[str, ...]

    @property
    def modality(self) -> str:
        """ "text", "image" or "vector"."""
        return self.content.modality

    @property
    def shown_field(self) -> str:
        """The field that holds the text of an item; "" if items are no texts."""
        if self.modality != "text":
            return ""
        return str(self.field_schema.names[self.field_names.index(self.content.name)])

    def __len__(self) -> int:
        return len(self.table)

    def __repr__(self) -> str:
        return f"TableSource({self.name}, {len(self):,} rows, {self.modality} in {self.content.name!r})"

    def keys(self, rows: Rows) -> list[str]:
        """The file's size and time of change, and the row; for paths also those of each picture."""
        begin = f"{self.version}\0{self.content.modality}\0{self.content.name}"
        keys = [f"{begin}\0{row}" for row in rows.tolist()]
        if self.modality != "image" or not is_text(self.table.schema.field(self.content.name).type):
            return keys
        files = self._files(self._taken(rows).column(self.content.name))
        return [f"{key}\0{_state(file)}" for key, file in zip(keys, files, strict=True)]

    def take(self, rows: Rows) -> Stretch:
        """Some rows, read into memory.

        Raises:
            InputError: If the file has changed since it was opened.
        """
        table = self._taken(rows)
        ids = ids_of(self.ids, rows)
        reasons = {int(i): "it has no id" for i in np.flatnonzero(np.isin(rows, self.nameless))}
        if BROKEN in table.column_names:
            broken = table.column(BROKEN)
            at = np.flatnonzero(broken.is_valid().to_numpy())
            reasons |= dict(zip(at.tolist(), broken.take(pa.array(at)).to_pylist(), strict=True))
        if self.modality == "image" and is_text(table.schema.field(self.content.name).type):
            paths = _texts(table.column(self.content.name))
            web = pc.match_substring_regex(paths, r"^https?://").fill_null(False)
            reasons |= dict.fromkeys(np.flatnonzero(web).tolist(), "its picture is on the web; download it first")
        if not reasons:
            return self._stretch(rows, ids, table)
        good = np.setdiff1d(np.arange(len(rows)), np.fromiter(reasons, np.int64))
        stretch = self._stretch(rows[good], [ids[i] for i in good], table.take(pa.array(good)))
        return WithRejected(stretch, tuple(Rejected(ids[i], reasons[i]) for i in sorted(reasons)))

    def _taken(self, rows: Rows) -> pa.Table:
        own = [BROKEN] if BROKEN in self.table.schema.names else []
        columns = list(dict.fromkeys([self.content.name, *self.field_names, *own]))
        if self.state is not None:
            self.state.require_same()
        try:
            table = self.table.take(rows, columns)
        except (pa.ArrowException, OSError) as error:
            if self.state is not None:
                self.state.require_same()
            raise InputError(f"{self.name} is damaged: rows {rows[0]:,} to {rows[-1]:,}: {error}") from error
        if self.state is not None:
            self.state.require_same()
        return table

    def _stretch(self, rows: Rows, ids: list[str], table: pa.Table) -> Stretch:
        fields, _ = usable(table.select(self.field_names), []) if self.field_names else (no_fields(len(rows)), [])
        if not fields.column_names:
            fields = no_fields(len(rows))
        column = table.column(self.content.name)
        if self.modality == "text":
            return Texts(rows, ids, _texts(column), fields, self.place)
        if self.modality == "vector":
            vectors = _texts(column) if is_text(column.type) else _whole(column)
            return Vectors(rows, ids, vectors, self.width, fields, self.place)
        return PictureFiles(rows, ids, self._files(column), fields)

    def _files(self, column: pa.ChunkedArray) -> list[str | bytes | None]:
        """Paths or contents; a path is relative to the table's folder."""
        values: list[Any] = column.to_pylist()
        if is_picture_struct(column.type):
            values = [v and (v["bytes"] or v["path"]) for v in values]
        folder = self.state.path.parent if self.state is not None else Path.cwd()
        return [(os.path.join(folder, v) if v else None) if isinstance(v, str) else v for v in values]


def open_table(path: str | Path, columns: Columns | None = None) -> TableSource:
    """Open a csv, tsv, jsonl, parquet, arrow or feather file.

    Args:
        path: The file; csv, tsv and jsonl may be compressed with gzip.
        columns: Which columns hold the items and their ids; found by their names where nothing is said.

    Raises:
        InputError: If it can't be read, has no rows, or its columns aren't what is needed.
        UnknownNameError: If a column doesn't exist.
    """
    state = FileState.of(path)
    kind = table_kind(state.path)
    try:
        table = _rows(state.path, kind)
    except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{state.path} can't be read as {kind[1:]}: {error}") from error
    return source_of(
        table,
        columns or Columns(),
        name=str(state.path),
        place=state.path.as_uri(),
        version=f"{state.size}\0{state.time}",
        state=state,
    )


def table_kind(path: Path) -> str:
    """The suffix of a table that can be read, .gz apart; "" if it is no table."""
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    if suffixes[-1:] == [".gz"] and len(suffixes) == 2 and suffixes[0] in TEXT_KINDS:
        return suffixes[0]
    return suffixes[-1] if suffixes and suffixes[-1] in SUFFIXES else ""


def source_of(
    table: ArrowRows, columns: Columns, *, name: str, place: str, version: str, state: FileState | None = None
) -> TableSource:
    """A source of any table.

    Args:
        table: The columns.
        columns: Which of them hold the items and their ids.
        name: What was opened, made absolute.
        place: The same as a URI.
        version: Of the content: another one after any change.
        state: The file, if there is one.

    Raises:
        InputError: If there are no rows, or the columns aren't what is needed.
        UnknownNameError: If a column doesn't exist.
    """
    schema = pa.schema([f for f in table.schema if f.name != BROKEN])
    if len(set(schema.names)) != len(schema.names):
        raise InputError(f"{name} has columns {schema.names}; each needs a name of its own.")
    if not len(table):
        raise InputError(f"{name} is empty: it has the columns {', '.join(schema.names)} and no rows.")
    content = columns.choose(schema, name)
    for text in {content.id, content.name if content.modality == "text" else None} - {None}:
        if isinstance(table, SpooledRows):
            table.read_as_text(str(text))
    try:
        ids, nameless = _ids(table, content.id)
        width = _width(table, content, name) if content.modality == "vector" else 0
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{name} is damaged: {error}") from error
    kept = [n for n in schema.names if n != content.id and (n != content.name or content.modality == "text")]
    kept += [content.name] if content.modality == "text" and content.name not in kept else []
    fields, changes = usable(schema.empty_table().select(kept), [])
    sound = tuple(n for n in kept if usable(schema.empty_table().select([n]), [])[0].column_names)
    return TableSource(
        name=name,
        place=place,
        table=table,
        content=content,
        width=width,
        ids=ids,
        nameless=nameless,
        field_names=sound,
        field_schema=fields.schema,
        version=version,
        state=state,
        notes=(*content.notes, *changes),
    )


def _rows(path: Path, kind: str) -> ArrowRows:
    if kind in (".csv", ".tsv"):
        return spool_delimited(path, kind)
    if kind in (".jsonl", ".ndjson"):
        return spool_json_lines(path)
    if kind == ".parquet":
        return ParquetRows(path)
    schema: list[pa.Schema] = []
    return spool(_arrow_parts(path, schema), lambda: schema[0], str(path))


def _arrow_parts(path: Path, schema: list[pa.Schema]) -> Parts:
    """An Arrow file, a stream or a feather file, batch by batch: they may be compressed, so they can't be mapped."""
    with pa.memory_map(str(path)) as mapped:
        beginning = mapped.read(6)
        mapped.seek(0)
        reader = pa.ipc.open_file(mapped) if beginning == b"ARROW1" else pa.ipc.open_stream(mapped)
        schema.append(pa.schema(reader.schema, metadata=None))
        if beginning != b"ARROW1":
            yield from (pa.Table.from_batches([batch]) for batch in reader)
            return
        for i in range(reader.num_record_batches):
            yield pa.Table.from_batches([reader.get_batch(i)])


def _ids(table: ArrowRows, column: str | None) -> tuple[Sequence[str], Int64[np.ndarray, " k"]]:
    """The ids, and the rows that have none."""
    if column is None:
        return RowNumbers(len(table)), np.empty(0, np.int64)
    pieces, nameless, start = [], [], 0
    for piece in column_in_pieces(table, column):
        texts = _texts(piece)
        empty = pc.fill_null(pc.equal(texts, ""), True)
        missing = np.flatnonzero(empty.to_numpy(zero_copy_only=False))
        if len(missing):
            names = pa.array([f"row {start + i}" for i in missing], pa.large_string())
            texts = pc.replace_with_mask(texts, empty, names)
            nameless.append(missing + start)
        pieces.append(texts)
        start += len(texts)
    return ArrowIds.of(pa.chunked_array(pieces)), np.concatenate(nameless) if nameless else np.empty(0, np.int64)


def _width(table: ArrowRows, content: Content, where: str) -> int:
    column = table.take(table.sample(), [content.name]).column(0)
    width = common_width(_texts(column) if is_text(column.type) else _whole(column))
    if width is None:
        expected = "lists of numbers, or texts such as '0.1 0.2 0.3'"
        found = next((v for v in column.to_pylist() if v), "nothing")
        raise InputError(
            f"The column {content.name!r} of {where} holds no vectors, but {str(found)[:60]!r}; "
            f"--vector takes a column of {expected}."
        )
    return width


def _texts(column: pa.ChunkedArray) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return _whole(column.cast(pa.large_string()))


def _whole(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    return pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole


def _state(file: str | bytes | None) -> str:
    return "{}\0{}".format(*size_and_time(file)) if isinstance(file, str) else ""


