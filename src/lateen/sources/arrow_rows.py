"""Tables with random access to their rows and memory that stays flat: parquet as it is, other kinds as Arrow files.

One idea: only what a stretch needs is ever in memory. Parquet is streamed within its row groups, which may be of any
size; other files were brought into small Arrow files by `spool`, which are mapped for as long as a stretch is taken.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from jaxtyping import Int64

from lateen.core.temporary import remove_with
from lateen.sources.source import Rows

BROKEN = "\0broken"  # the column that says why a line of a file is no row; null for rows
_BATCH_BYTES = 2**25
_SAMPLE, _PLACES = 256, 8


@runtime_checkable
class ArrowRows(Protocol):
    """A table of which any rows can be taken."""

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the columns."""
        ...

    def __len__(self) -> int: ...

    def take(self, rows: Rows, columns: Sequence[str]) -> pa.Table:
        """Some columns of some rows, ascending, in memory of their own."""
        ...

    def sample(self) -> Rows:
        """Some rows from all over the table that are quick to take."""
        ...


def column_in_pieces(table: ArrowRows, column: str, rows: int = 65_536) -> Iterator[pa.ChunkedArray]:
    """One column from the first row to the last."""
    for start in range(0, len(table), rows):
        yield table.take(np.arange(start, min(start + rows, len(table))), [column]).column(0)


@dataclass(eq=False)
class ParquetRows:
    """A parquet file; taking rows in order reads it once.

    Args:
        path: The file.
    """

    path: Path
    file: Any = field(init=False)
    ends: Int64[np.ndarray, " groups"] = field(init=False)
    _columns: tuple[str, ...] = field(init=False, default=())
    _ahead: Iterator[pa.RecordBatch] | None = field(init=False, default=None)
    _batch: Any = field(init=False, default=None)
    _start: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        # a row group is often the whole file: it is streamed by the page, not read ahead by the column
        self.file = pq.ParquetFile(self.path, pre_buffer=False, buffer_size=2**20)
        metadata = self.file.metadata
        groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
        self.ends = np.cumsum([group.num_rows for group in groups], dtype=np.int64)
        size = sum(group.total_byte_size for group in groups) // max(1, metadata.num_rows)
        self._batch_rows = int(min(65_536, max(16, _BATCH_BYTES // max(1, size))))

    @property
    def schema(self) -> pa.Schema:
        """Of the file."""
        return self.file.schema_arrow

    def __len__(self) -> int:
        return int(self.file.metadata.num_rows)

    def take(self, rows: Rows, columns: Sequence[str]) -> pa.Table:
        """Some columns of some rows, ascending."""
        pieces, at = [], 0
        while at < len(rows):
            self._move_to(int(rows[at]), tuple(columns))
            end = int(np.searchsorted(rows, self._start + len(self._batch)))
            here = rows[at:end] - self._start
            run = int(here[-1]) - int(here[0]) + 1 == len(here)
            alone = at == 0 and end == len(rows)
            # a slice would keep the whole batch in memory, and be pickled with it, but joining slices copies them
            part = self._batch.slice(int(here[0]), len(here)) if run and not alone else self._batch.take(pa.array(here))
            pieces.append(part.select(columns))
            at = end
        schema = pa.schema([self.schema.field(name) for name in columns])
        return pa.Table.from_batches(pieces, schema).combine_chunks()

    def sample(self) -> Rows:
        """The first rows of some row groups."""
        starts = [0, *self.ends[:-1].tolist()]
        return _firsts(starts, self.ends.tolist())

    def _move_to(self, row: int, columns: tuple[str, ...]) -> None:
        """Make the current batch the one with the row: by going on from where it is, if that is in the group."""
        group = int(np.searchsorted(self.ends, row, side="right"))
        first = 0 if group == 0 else int(self.ends[group - 1])
        if self._ahead is None or columns != self._columns or row < self._start or self._start < first:
            names = columns or (self.schema.names[0],)
            self._ahead = self.file.iter_batches(self._batch_rows, row_groups=[group], columns=list(names))
            self._columns, self._start, self._batch = columns, first, next(self._ahead)
        while row >= self._start + len(self._batch):
            self._start += len(self._batch)
            self._batch = next(self._ahead)


@dataclass(eq=False)
class SpooledRows:
    """Arrow files in a temporary folder that is removed with this object, or when Python ends.

    Args:
        folder: The folder, which holds 0.arrow, 1.arrow, ...
        ends: (parts,) rows up to the end of each file.
        schema: Types that the columns are given; those of a file may be narrower, or texts that spell them.
    """

    folder: Path
    ends: Int64[np.ndarray, " parts"]
    schema: pa.Schema

    def __post_init__(self) -> None:
        remove_with(self, self.folder)

    def __len__(self) -> int:
        return int(self.ends[-1]) if len(self.ends) else 0

    def take(self, rows: Rows, columns: Sequence[str]) -> pa.Table:
        """Some columns of some rows, ascending."""
        schema = pa.schema([self.schema.field(name) for name in columns])
        pieces, at = [], 0
        while at < len(rows):
            part = int(np.searchsorted(self.ends, rows[at], side="right"))
            start = 0 if part == 0 else int(self.ends[part - 1])
            end = int(np.searchsorted(rows, self.ends[part]))
            pieces.append(self._take_from(part, rows[at:end] - start, schema))
            at = end
        return pa.concat_tables(pieces) if pieces else schema.empty_table()

    def read_as_text(self, column: str) -> None:
        """From now on, give a column as it is spelled: 000001 is not 1."""
        at = self.schema.get_field_index(column)
        self.schema = self.schema.set(at, pa.field(column, pa.string()))

    def sample(self) -> Rows:
        """The first rows of some files."""
        return _firsts([0, *self.ends[:-1].tolist()], self.ends.tolist())

    def _take_from(self, part: int, rows: Rows, schema: pa.Schema) -> pa.Table:
        # mapped anew each time: pages that stay mapped would count as memory of this process
        with pa.memory_map(str(self.folder / f"{part}.arrow")) as mapped:
            table = pa.ipc.open_file(mapped).read_all()
            names = [name for name in schema.names if name in table.column_names]
            taken = table.select(names).take(pa.array(rows))
            del table
        missing = pa.nulls(len(rows))
        columns = [convert(taken.column(f.name), f.type) if f.name in names else missing.cast(f.type) for f in schema]
        return pa.table(columns, schema)


NULLS = pa.array(["", "NA", "N/A", "#N/A", "n/a", "null", "NULL", "nan", "NaN", "-nan", "-NaN", "<NA>", "None"])


def convert(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """Texts as what they spell, values of several kinds as texts, numbers as wider numbers.

    Raises:
        pyarrow.ArrowInvalid: If a text doesn't spell such a value.
    """
    if column.type == kind:
        return column
    if pa.types.is_string(kind):
        if pa.types.is_nested(column.type) or pa.types.is_floating(column.type):
            return pa.chunked_array([[as_text(value) for value in column.to_pylist()]], kind)
        return column.cast(kind)
    if pa.types.is_string(column.type):
        null = pa.scalar(None, pa.string())
        column = pc.if_else(pc.is_in(column, value_set=NULLS), null, column)
    return column.cast(kind)


def as_text(value: object) -> str | None:
    """A value of a json file as a text."""
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _firsts(starts: list[int], ends: list[int]) -> Rows:
    """A few rows from the beginning of some stretches; more, if there is only one."""
    if not starts or not ends:
        return np.empty(0, np.int64)
    chosen = np.unique(np.linspace(0, len(ends) - 1, _PLACES).astype(np.int64))
    each = _SAMPLE * _PLACES // len(chosen)
    return np.concatenate([np.arange(starts[i], min(starts[i] + each, ends[i])) for i in chosen])
