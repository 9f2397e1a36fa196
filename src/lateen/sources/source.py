"""What a source of items is: a sequence with ids and keys, of which any rows can be taken and read.

One idea: a source is random access, and reading has two halves. `take` is quick and stays here; what it gives can be
sent to another process, where `read` does the work. So a build can be cut into shards, spread over workers, stopped
anywhere, and gone on with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, overload, runtime_checkable

import numpy as np
import pyarrow as pa
from jaxtyping import Int64

from lateen.core.codec import Items
from lateen.core.errors import InputError
from lateen.sources.picture import Digest, View

Rows = Int64[np.ndarray, "_"]


@dataclass(frozen=True)
class Rejected:
    """An item that can't be used, and why in the user's words."""

    id: str
    reason: str


@dataclass(frozen=True, eq=False)
class Batch:
    """Rows of a source, read: what could be used, and the rest in `rejected`.

    Args:
        rows: (n,) row of each item in its source, ascending.
        ids: n strings.
        items: By modality: (n, size, size, 3) uint8 pictures, n texts, or (n, width) float32 vectors.
        uris: n strings that say where each item comes from; "" where it comes from nowhere.
        fields: n rows of what is known of the items, in the source's `field_schema`.
        numbers: (n,) numbers per item as it was found (height x width x channels; characters; width).
        bytes: (n,) bytes per item as it was found (a file's size).
        digests: n times 16 bytes that name the content of each item.
        rejected: The items among the rows that are missing above.
    """

    rows: Rows
    ids: list[str]
    items: Items
    uris: list[str]
    fields: pa.Table
    numbers: Int64[np.ndarray, " n"]
    bytes: Int64[np.ndarray, " n"]
    digests: list[Digest]
    rejected: list[Rejected] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.ids)


@runtime_checkable
class Stretch(Protocol):
    """Rows of a source, taken but not read. It can be pickled, and knows all that reading needs."""

    def read(self, view: View | None) -> Batch:
        """Read the items, pictures as `view` says; those that can't be read are in `rejected`."""
        ...


@runtime_checkable
class Source(Protocol):
    """Where items come from."""

    @property
    def name(self) -> str:
        """The source as one would type it, made absolute: "/home/me/faces", "portraits:1000:0"."""
        ...

    @property
    def modality(self) -> str:
        """What an item is: "image", "text", "word" or "vector"."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of how the source was understood, a sentence each."""
        ...

    @property
    def ids(self) -> Sequence[str]:
        """One string per item, in order."""
        ...

    @property
    def field_schema(self) -> pa.Schema:
        """Names and types of the fields that every batch carries."""
        ...

    def __len__(self) -> int: ...

    def keys(self, rows: Rows) -> list[str]:
        """What identifies the content of some items, unread (for a file: id, size, time)."""
        ...

    def take(self, rows: Rows) -> Stretch:
        """Get hold of some items, rows ascending; quick, and without decoding pictures.

        Raises:
            InputError: If the source has changed since it was opened in a way that spoils all of it.
        """
        ...


@dataclass(frozen=True)
class RowNumbers(Sequence[str]):
    """The ids of items that have no names: "0", "1", ...

    Args:
        n: How many.
    """

    n: int

    def __len__(self) -> int:
        return self.n

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        numbers = range(self.n)[index]
        return str(numbers) if isinstance(numbers, int) else [str(i) for i in numbers]


    def first(self, n: int) -> RowNumbers:
        """The first n of them."""
        return RowNumbers(min(n, self.n))


@dataclass(frozen=True, eq=False)
class ArrowIds(Sequence[str]):
    """The ids of very many items, without an object for each.

    Args:
        array: One large_string per item, none of them null.
    """

    array: pa.LargeStringArray

    @classmethod
    def of(cls, texts: pa.Array | pa.ChunkedArray) -> ArrowIds:
        """From strings of any Arrow type."""
        array = texts.cast(pa.large_string())
        return cls(array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array)

    def __len__(self) -> int:
        return len(self.array)

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self.array), 65_536):
            yield from self.array.slice(start, 65_536).to_pylist()

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            listed: list[str] = self.array[index].to_pylist()
            return listed
        return str(self.array[int(index)].as_py())

    def first(self, n: int) -> ArrowIds:
        """The first n of them."""
        return ArrowIds(self.array.slice(0, n))

    def take(self, rows: Rows) -> list[str]:
        """The ids of some rows."""
        listed: list[str] = self.array.take(pa.array(rows)).to_pylist()
        return listed


@dataclass(frozen=True, eq=False)
class Limited:
    """The first `limit` items of a source."""

    source: Source
    limit: int

    def __post_init__(self) -> None:
        if self.limit < 1:
            raise InputError(f"--limit got {self.limit}; give at least 1 item.")

    @property
    def name(self) -> str:
        """The name of the whole source; a build compares the number of items apart."""
        return self.source.name

    @property
    def modality(self) -> str:
        """As the whole source."""
        return self.source.modality

    @property
    def notes(self) -> tuple[str, ...]:
        """Those of the whole source, and that it was cut."""
        if self.limit >= len(self.source):
            return self.source.notes
        return (*self.source.notes, f"The first {self.limit:,} of {len(self.source):,} items are used.")

    @property
    def ids(self) -> Sequence[str]:
        """The first ids."""
        ids = self.source.ids
        return ids.first(len(self)) if isinstance(ids, RowNumbers | ArrowIds) else ids[: self.limit]

    @property
    def field_schema(self) -> pa.Schema:
        """As the whole source."""
        return self.source.field_schema

    def __len__(self) -> int:
        return min(self.limit, len(self.source))

    def keys(self, rows: Rows) -> list[str]:
        """As the whole source."""
        return self.source.keys(rows)

    def take(self, rows: Rows) -> Stretch:
        """As the whole source."""
        return self.source.take(rows)


@runtime_checkable
class Digesting(Protocol):
    """A stretch that can name the content of its items without reading them in full: pictures, undecoded."""

    def digests(self) -> dict[int, bytes]:
        """The digest of each item by its row; those that can't be got at are missing."""
        ...


def contents(stretch: Stretch) -> dict[int, bytes]:
    """What names the content of a stretch's items, by row; items that can't be read are missing."""
    if isinstance(stretch, Digesting):
        return stretch.digests()
    batch = stretch.read(None)
    return dict(zip(batch.rows.tolist(), batch.digests, strict=True))


def shown_field(source: Source) -> str:
    """The field that says what an item is, where neither its picture nor its id does: the text of texts; else ""."""
    while isinstance(inner := getattr(source, "source", None), Source):
        source = inner
    return str(getattr(source, "shown_field", ""))


def batches(source: Source, view: View | None = None, *, rows: int = 256) -> Iterator[Batch]:
    """Read a whole source in order, `rows` items at a time."""
    for start in range(0, len(source), rows):
        yield source.take(np.arange(start, min(start + rows, len(source)))).read(view)


def no_fields(n: int) -> pa.Table:
    """A table of n rows and no columns."""
    return pa.table({"_": pa.nulls(n)}).select([])


def ids_of(ids: Sequence[str], rows: Rows) -> list[str]:
    """The ids of some rows."""
    if isinstance(ids, RowNumbers):
        return [str(row) for row in rows.tolist()]
    return ids.take(rows) if isinstance(ids, ArrowIds) else [ids[row] for row in rows.tolist()]


def rows_of(fields: pa.Table, rows: Sequence[int] | np.ndarray) -> pa.Table:
    """Some rows of fields; as many of them if there are no fields."""
    return fields.take(pa.array(rows, pa.int64())) if fields.num_columns else no_fields(len(rows))


def repeated_ids(ids: Sequence[str]) -> dict[int, int]:
    """The rows whose id has occurred before, each with the row where it did."""
    if isinstance(ids, ArrowIds):
        return _repeated_in_arrow(ids.array)
    if isinstance(ids, RowNumbers) or len(set(ids)) == len(ids):
        return {}
    first: dict[str, int] = {}
    return {row: first[id] for row, id in enumerate(ids) if first.setdefault(id, row) != row}


def first_duplicate(ids: Sequence[str]) -> str | None:
    """The first id that occurs a second time, or None."""
    row = next(iter(repeated_ids(ids)), None)
    return None if row is None else ids[row]


def _repeated_in_arrow(array: pa.LargeStringArray) -> dict[int, int]:
    codes = array.dictionary_encode().indices.to_numpy()
    distinct = int(codes.max()) + 1 if len(codes) else 0
    if distinct == len(codes):
        return {}
    first = np.full(distinct, len(codes))
    np.minimum.at(first, codes, np.arange(len(codes)))
    repeated = np.flatnonzero(first[codes] != np.arange(len(codes)))
    return {int(row): int(first[codes[row]]) for row in repeated}
