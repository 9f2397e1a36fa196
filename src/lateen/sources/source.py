"""What a source of items is: a sequence with ids and keys, of which any stretch can be read as a batch.

One idea: a source is random access. Item i is the same item every time, so a build can be cut into shards,
stopped anywhere, and gone on with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import pyarrow as pa
from jaxtyping import Int64, UInt8

from lateen.core.errors import InputError


@dataclass(frozen=True)
class Rejected:
    """An item that can't be used, and why in the user's words."""

    id: str
    reason: str


@dataclass(frozen=True, eq=False)
class Batch:
    """A stretch of a source, read: what could be used, and the rest in `rejected`.

    Args:
        ids: n unique strings.
        images: (n, size, size, 3) uint8.
        uris: n strings that say where each item comes from; "" where it comes from nowhere.
        fields: n rows of what is known of the items, in the source's `field_schema`.
        numbers: (n,) numbers per item as it was found (height x width x channels).
        bytes: (n,) bytes per item as it was found (a file's size).
        rejected: The items of the stretch that are missing above.
    """

    ids: list[str]
    images: UInt8[np.ndarray, "n size size 3"]
    uris: list[str]
    fields: pa.Table
    numbers: Int64[np.ndarray, " n"]
    bytes: Int64[np.ndarray, " n"]
    rejected: list[Rejected]

    def __len__(self) -> int:
        return len(self.ids)


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

    def keys(self, start: int, stop: int) -> list[str]:
        """What identifies the content of items start..stop, unread (for a file: id, size, time)."""
        ...

    def read(self, start: int, stop: int, *, size: int, fit: str = "crop") -> Batch:
        """Read items start..stop as size x size pictures; those that can't be read are in `rejected`."""
        ...


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
        return self.source.ids[: self.limit]

    @property
    def field_schema(self) -> pa.Schema:
        """As the whole source."""
        return self.source.field_schema

    def __len__(self) -> int:
        return min(self.limit, len(self.source))

    def keys(self, start: int, stop: int) -> list[str]:
        """As the whole source."""
        return self.source.keys(start, min(stop, len(self)))

    def read(self, start: int, stop: int, *, size: int, fit: str = "crop") -> Batch:
        """As the whole source."""
        return self.source.read(start, min(stop, len(self)), size=size, fit=fit)


def batches(source: Source, *, size: int, fit: str = "crop", rows: int = 256) -> Iterator[Batch]:
    """Read a whole source in order, `rows` items at a time."""
    for start in range(0, len(source), rows):
        yield source.read(start, min(start + rows, len(source)), size=size, fit=fit)


def first_duplicate(ids: Sequence[str]) -> str | None:
    """The first id that occurs a second time, or None."""
    if len(set(ids)) == len(ids):
        return None
    seen: set[str] = set()
    for id in ids:
        if id in seen:
            return id
        seen.add(id)
    return None
