"""`--fields FILE`: what is known of the items, read from a csv, tsv or parquet file and joined on ids.

One idea: the join is checked, never guessed. Each row names at most one item, each item has at most one row,
and what did not match is counted and said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from jaxtyping import Int64

from lateen.core.errors import InputError, nearest_spellings
from lateen.sources.picture import View
from lateen.sources.source import Batch, Rows, Source, Stretch, contents, first_duplicate

RESERVED = ("id", "vector", "uri", "shard_id", "digest")
_LANCE = ("_distance", "_score", "_fragid")  # what Lance adds to rows that it finds, besides its _row...
_KINDS = (".csv", ".tsv", ".parquet")
_NOWHERE = -1
_AMBIGUOUS = -2


@dataclass(frozen=True, eq=False)
class WithFields:
    """A source whose items carry the columns of a file as well; made by `with_fields`.

    Args:
        source: The items.
        columns: One column per field, one row per item; null where the file has no row for the item.
        notes: Those of the source and how the join went.
    """

    source: Source
    columns: pa.Table
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """As the source."""
        return self.source.name

    @property
    def modality(self) -> str:
        """As the source."""
        return self.source.modality

    @property
    def ids(self) -> Sequence[str]:
        """As the source."""
        return self.source.ids

    @property
    def field_schema(self) -> pa.Schema:
        """The source's own fields that the file doesn't name, then the file's."""
        own = [f for f in self.source.field_schema if f.name not in self.columns.column_names]
        return pa.schema([*own, *self.columns.schema])

    def __len__(self) -> int:
        return len(self.source)

    def keys(self, rows: Rows) -> list[str]:
        """The source's keys and the values of the fields, so that a build notices a changed file."""
        values = self.columns.take(pa.array(rows)).to_pylist()
        return [f"{key}\0{row}" for key, row in zip(self.source.keys(rows), values, strict=True)]

    def take(self, rows: Rows) -> Joined:
        """The source's items and their rows of the file."""
        return Joined(self.source.take(rows), rows, self.columns.take(pa.array(rows)))


@dataclass(frozen=True, eq=False)
class Joined:
    """Items that are not read yet, with the file's columns.

    Args:
        stretch: The items.
        rows: (m,) their rows in the source.
        columns: m rows of the file.
    """

    stretch: Stretch
    rows: Rows
    columns: pa.Table

    def read(self, view: View | None) -> Batch:
        """The source's batch with the file's columns for the items that could be read."""
        batch = self.stretch.read(view)
        here = self.columns.take(pa.array(np.searchsorted(self.rows, batch.rows)))
        own = {name: batch.fields.column(name) for name in batch.fields.column_names if name not in here.column_names}
        fields = pa.table(own | {name: here.column(name) for name in here.column_names})
        return replace(batch, fields=fields)

    def digests(self) -> dict[int, bytes]:
        """The items' own; fields are no part of an item's content."""
        return contents(self.stretch)


def with_fields(source: Source, path: str | Path, *, paths: bool = False) -> WithFields:
    """Join a file of fields to a source.

    Args:
        source: The items.
        path: A csv, tsv or parquet file. Its `id` column, else its first, says which item a row is about.
        paths: Whether ids are paths; then a row may also leave out the suffix, the folders or both.

    Raises:
        InputError: If the file can't be read, a row or an item is named twice, a short name fits several
            items, or nothing matches.
    """
    table, key = _read(Path(path))
    names = [str(value) for value in table.column(key).to_pylist()]
    twice = first_duplicate(names)
    if twice is not None:
        raise InputError(f"{path} has more than one row with {key} {twice!r}; give one row per item.")
    row_of_item = _match(names, source.ids, paths, f"{path}")
    matched = int((row_of_item != _NOWHERE).sum())
    if matched == 0:
        raise InputError(
            f"No row of {path} matches an item of {source.name}. Its {key} column holds {_examples(names)}; "
            f"the items are called {_examples(source.ids)}."
        )
    columns, changes = usable(table.drop_columns([key]), source.field_schema.names)
    if not columns.column_names:
        raise InputError(" ".join([f"{path} has no field to join besides {key}; give a table with one.", *changes]))
    indices = pa.array(row_of_item, mask=row_of_item == _NOWHERE)
    notes = (*source.notes, _report(path, names, matched, len(source)), *changes)
    return WithFields(source, columns.take(indices).combine_chunks(), notes)


def _read(path: Path) -> tuple[pa.Table, str]:
    """The table and the name of its id column, which is read as text: 000001 is not 1."""
    kind = path.suffix.lower()
    if not path.is_file():
        parent = path.parent
        near = nearest_spellings(path.name, [p.name for p in parent.iterdir()]) if parent.is_dir() else []
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise InputError(f"There is no fields file {path}.{hint}")
    if kind not in _KINDS:
        raise InputError(f"--fields got {path}; give a file that ends in {', '.join(_KINDS)}.")
    try:
        table = pq.read_table(path) if kind == ".parquet" else _read_text(path, kind)
    except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
        raise InputError(f"{path} can't be read as {kind[1:]}: {error}") from error
    if not table.column_names or len(set(table.column_names)) != len(table.column_names):
        raise InputError(f"{path} has columns {table.column_names}; each needs a name of its own.")
    key = _key(table.column_names)
    if table.column(key).null_count:
        raise InputError(f"{path} has {table.column(key).null_count:,} rows without {key}; each row names an item.")
    return table, key


def _read_text(path: Path, kind: str) -> pa.Table:
    with path.open(encoding="utf-8-sig") as file:
        delimiter = delimiter_of(file.readline(), kind)
    parsing = pa_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True)
    with pa_csv.open_csv(path, parse_options=parsing) as reader:
        key = _key(reader.schema.names)
    return pa_csv.read_csv(
        path, parse_options=parsing, convert_options=pa_csv.ConvertOptions(column_types={key: pa.string()})
    )


def delimiter_of(header: str, kind: str) -> str:
    """What separates the columns of a csv or tsv file with such a first line."""
    return "\t" if kind == ".tsv" else ";" if header.count(";") > header.count(",") else ","


def _key(columns: Sequence[str]) -> str:
    return "id" if "id" in columns else columns[0]


def _match(names: list[str], ids: Sequence[str], paths: bool, where: str) -> Int64[np.ndarray, " n"]:
    """For each item the row that names it, or _NOWHERE."""
    ladder = [_items_by(ids, spell) for spell in (_SPELLINGS if paths else _SPELLINGS[:1])]
    row_of_item = np.full(len(ids), _NOWHERE, np.int64)
    for row, name in enumerate(names):
        item = next((by[name] for by in ladder if name in by), _NOWHERE)
        if item == _AMBIGUOUS:
            fitting = [id for id in ids if any(spell(id) == name for spell in _SPELLINGS)]
            raise InputError(f"{name!r} in {where} fits several items: {_examples(fitting)}; write the whole path.")
        if item == _NOWHERE:
            continue
        if row_of_item[item] != _NOWHERE:
            other = names[row_of_item[item]]
            raise InputError(f"{other!r} and {name!r} in {where} both name the item {ids[item]!r}; give one row.")
        row_of_item[item] = row
    return row_of_item


def _items_by(ids: Sequence[str], spell: Callable[[str], str]) -> dict[str, int]:
    items: dict[str, int] = {}
    for item, id in enumerate(ids):
        name = spell(id)
        items[name] = _AMBIGUOUS if name in items else item
    return items


_SPELLINGS: tuple[Callable[[str], str], ...] = (
    lambda id: id,
    lambda id: str(PurePosixPath(id).with_suffix("")),
    lambda id: PurePosixPath(id).name,
    lambda id: PurePosixPath(id).stem,
)


def usable(table: pa.Table, own: list[str]) -> tuple[pa.Table, list[str]]:
    """Columns as a space can hold them, and what had to be changed; both depend on the table's schema alone.

    Args:
        table: What was found.
        own: Names of the fields that the items have already.

    Returns:
        The columns under names that a space can hold, and a sentence for each that was renamed or left out.
    """
    notes: list[str] = []
    columns: dict[str, pa.ChunkedArray] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if isinstance(column.type, pa.BaseExtensionType):
            column = column.cast(column.type.storage_type)  # noqa: PLW2901  (a json is its text)
        if pa.types.is_nested(column.type) or pa.types.is_interval(column.type) or _is_bytes(column.type):
            notes.append(f"The field {name!r} is left out: it holds {column.type}, not numbers, texts or times.")
            continue
        free = name.replace(".", "_").replace("`", "_") or "unnamed"  # Lance's quotes are no part of a name
        if free.startswith("_row") or free in _LANCE:
            free = free.lstrip("_")
        while (
            free in columns
            or free in RESERVED
            or (free != name and free in table.column_names)
        ):
            free += "_"
        if free != name:
            notes.append(f"The field {name!r} is called {free!r} in the space.")
        if free in own:
            notes.append(f"The field {free!r} is the file's, not the one found in the source.")
        columns[free] = _plain(column)
    return pa.table(columns), notes


def _is_bytes(kind: pa.DataType) -> bool:
    tests = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary, pa.types.is_binary_view)
    return any(test(kind) for test in tests)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        return column.cast(column.type.value_type)
    if pa.types.is_null(column.type) or pa.types.is_string_view(column.type):
        return column.cast(pa.string())
    return column


def _report(path: str | Path, names: list[str], matched: int, items: int) -> str:
    text = f"{matched:,} of {items:,} items have a row in {Path(path).name}"
    spare = len(names) - matched
    return f"{text}; {spare:,} of its rows match no item." if spare else f"{text}."


def _examples(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(repr(n) for n in listed[:3]) + (", ..." if len(listed) > 3 else "")
