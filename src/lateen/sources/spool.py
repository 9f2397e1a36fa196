"""Text tables (csv, tsv, json lines) are streamed once into Arrow files, so that any row is at hand afterwards.

One idea: a file of text can't be entered in the middle, and may be larger than memory. So it is copied, part by part,
to a temporary folder; types are settled when all of it has been seen. A line that is no row becomes a row that says so.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from lateen.core.errors import InputError
from lateen.core.temporary import copied_to_folder, is_full
from lateen.sources.arrow_rows import BROKEN, NULLS, SpooledRows, convert
from lateen.sources.fields import delimiter_of

Parts = Generator[pa.Table, None, None]
BLOCK = 2**24
_TYPES = (pa.int64(), pa.float64(), pa.bool_(), pa.date32(), pa.timestamp("us"), pa.timestamp("us", "UTC"))


def spool(parts: Parts, settle: Callable[[], pa.Schema], where: str) -> SpooledRows:
    """Write tables to a temporary folder, one file each.

    Args:
        parts: The tables.
        settle: Gives the types of the whole when all parts have been taken.
        where: What is read, in the user's words.

    Raises:
        InputError: If it can't be read.
        StorageError: If the temporary folder is full.
    """
    lengths: list[int] = []
    with copied_to_folder(where) as folder, closing(parts), _rows_refused_in_silence():
        try:
            for table in parts:
                with pa.ipc.new_file(str(folder / f"{len(lengths)}.arrow"), table.schema) as writer:
                    writer.write_table(table)
                lengths.append(table.num_rows)
        except OSError as error:
            if is_full(error):
                raise
            raise InputError(f"{where} can't be read: {error}") from error
        return SpooledRows(folder, np.cumsum(lengths, dtype=np.int64), settle())


def spool_delimited(path: Path, kind: str) -> SpooledRows:
    """A csv or tsv file, maybe compressed, as a table; lines with too few or too many columns are broken rows.

    Every column is read as text first: what its type is can be said when its last row has been seen.

    Args:
        path: The file.
        kind: ".csv" or ".tsv".

    Raises:
        InputError: If it isn't UTF-8 or no such table; the message names the line.
    """
    try:
        with _opened(path) as stream:
            beginning = stream.read(2**16)
    except OSError as error:
        raise InputError(f"{path} can't be read: {error}") from error
    if beginning[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise InputError(f"{path} is UTF-16; {_conversion(path, 'utf-16')}")
    header = beginning.decode("utf-8-sig", "replace").split("\n")[0]
    if not header.strip():
        raise InputError(f"{path} begins with an empty line or is empty; its first line must name the columns.")
    reading = _Delimited(path, delimiter_of(header, kind))
    try:
        return spool(reading.parts(), reading.settle, str(path))
    except (pa.ArrowException, UnicodeDecodeError) as error:
        _require_utf8_file(path)
        raise InputError(f"{path} can't be read as {kind[1:]}: {error}") from error


@contextmanager
def _rows_refused_in_silence() -> Iterator[None]:
    """Arrow prints a traceback for a refused row that isn't UTF-8, and goes on; the file is refused for it later."""
    shown = sys.unraisablehook
    sys.unraisablehook = lambda raised: None if raised.exc_type is UnicodeDecodeError else shown(raised)
    try:
        yield
    finally:
        sys.unraisablehook = shown


def _require_utf8_file(path: Path) -> None:
    """Raise InputError, naming the first line that isn't UTF-8 and how to convert the file, if there is one."""
    line, rest = 1, b""
    with _opened(path) as stream:
        while block := stream.read(BLOCK):
            data = rest + block
            end = data.rfind(b"\n") + 1
            _require_utf8(data[:end], path, line)
            line += data.count(b"\n", 0, end)
            rest = data[end:]
    _require_utf8(rest, path, line)


def _require_utf8(data: bytes, path: Path, line: int) -> None:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line += data.count(b"\n", 0, error.start)
        around = data[data.rfind(b"\n", 0, error.start) + 1 :][:60].split(b"\n")[0]
        raise InputError(
            f"Line {line:,} of {path} is not UTF-8: {around.decode('utf-8', 'backslashreplace')!r}. If the file is "
            f"in a Western encoding, {_conversion(path, 'windows-1252')}"
        ) from error


def _conversion(path: Path, encoding: str) -> str:
    return f"convert it: iconv -f {encoding} -t utf-8 {path.name} > utf8-{path.name}"


def _opened(path: Path) -> pa.NativeFile:
    return pa.input_stream(str(path), compression="gzip" if path.suffix.lower() == ".gz" else None)


@dataclass(eq=False)
class _Delimited:
    """One pass over a csv file: its parts, and which types each column could have had so far."""

    path: Path
    delimiter: str
    broken: list[tuple[int, str]] = field(default_factory=list)
    possible: dict[str, list[pa.DataType]] = field(default_factory=dict)
    filled: set[str] = field(default_factory=set)

    def parts(self) -> Parts:
        with _opened(self.path) as stream, self._reader(stream, []) as reader:
            names = reader.schema.names
        if len(set(names)) != len(names):
            raise InputError(f"{self.path} has columns {names}; each needs a name of its own.")
        self.possible = {name: list(_TYPES) for name in names}
        done = 0
        with _opened(self.path) as stream, self._reader(stream, names) as reader:
            for batch in reader:
                if not len(batch):
                    continue
                table = self._with_broken(pa.Table.from_batches([batch]), done)
                done += len(table)
                for name in names:
                    self._narrow(name, table.column(name))
                yield table
        if self.broken:
            yield self._with_broken(pa.schema([(name, pa.string()) for name in names]).empty_table(), done)

    def settle(self) -> pa.Schema:
        kinds = [(name, kinds[0] if name in self.filled else pa.string()) for name, kinds in self.possible.items()]
        return pa.schema([*kinds, (BROKEN, pa.string())])

    def _reader(self, stream: pa.NativeFile, names: list[str]) -> pa_csv.CSVStreamingReader:
        return pa_csv.open_csv(
            stream,
            read_options=pa_csv.ReadOptions(use_threads=False, block_size=BLOCK),  # threads lose the row's number
            parse_options=pa_csv.ParseOptions(
                delimiter=self.delimiter,
                newlines_in_values=True,
                invalid_row_handler=self._refuse if names else lambda _: "skip",
            ),
            convert_options=pa_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
        )

    def _refuse(self, row: pa_csv.InvalidRow) -> str:
        reason = f"row {row.number:,} (the header is 1) has {row.actual_columns} columns, not {row.expected_columns}"
        self.broken.append((row.number - 2, f"{reason}: {row.text[:60]!r}"))  # the header is number 1
        return "skip"

    def _with_broken(self, table: pa.Table, start: int) -> pa.Table:
        """Rows from `start` on, with those that were skipped among them in their places."""
        before = 0
        while before < len(self.broken) and (
            not len(table) or self.broken[before][0] < start + len(table) + before
        ):
            before += 1
        here, self.broken = self.broken[:before], self.broken[before:]
        table = table.append_column(BROKEN, pa.nulls(len(table), pa.string()))
        if not here:
            return table
        rows = pa.table({BROKEN: [reason for _, reason in here]}, pa.schema([(BROKEN, pa.string())]))
        whole = pa.concat_tables([table, rows], promote_options="default")
        total = len(whole)
        order = np.full(total, -1)
        places = np.array([at - start for at, _ in here])
        order[places] = len(table) + np.arange(len(here))
        order[order == -1] = np.arange(len(table))
        return whole.take(pa.array(order))

    def _narrow(self, name: str, column: pa.ChunkedArray) -> None:
        if name not in self.filled and pc.all(pc.is_in(column, value_set=NULLS)).as_py():
            return
        self.filled.add(name)
        self.possible[name] = [kind for kind in self.possible[name] if _spells(column, kind)] or [pa.string()]


def _spells(column: pa.ChunkedArray, kind: pa.DataType) -> bool:
    try:
        convert(column.slice(0, 64), kind)
        convert(column, kind)
    except pa.ArrowInvalid:
        return False
    return True
