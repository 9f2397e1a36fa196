"""The ids of a space without a Python string for each: a column of text, and the order that sorts it.

One idea: an id is looked up by its row in the column, a row by bisection of the order. Of a large space both are files
in `derived/`, mapped into memory, so that opening ten million ids costs what opening ten does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Int64, UInt64

from lateen.store.derived import Derived

BLOCK = 65_536  # ids of each part of the column but the last
IN_MEMORY = 100_000  # up to so many are quicker read anew than kept
_SPELLINGS = 20_000  # names that are worth comparing letter by letter

Column = Callable[[], Iterable[pa.Array]]
"""Gives the ids in row order, in parts of any size; may be asked more than once."""


class Identifiers(Sequence[str]):
    """The ids of a space in row order.

    Args:
        parts: The column, cut into parts of `BLOCK` ids each but the last.
        order: (n,) the rows, sorted by their ids.
    """

    def __init__(self, parts: Sequence[pa.Array], order: UInt64[np.ndarray, " n"]) -> None:
        self._parts, self._order = parts, order

    @classmethod
    def of(cls, column: Iterable[pa.Array]) -> Identifiers:
        """The ids of a column that is read into memory."""
        parts = list(_in_blocks(column))
        return cls(parts, _sorting(parts))

    @classmethod
    def kept(cls, n: int, column: Column, derived: Derived, key: str) -> Identifiers:
        """The ids of a column, from files in `derived/` that are made when they are not there.

        Args:
            n: How many ids there are; a few are read into memory instead.
            column: Gives the ids.
            derived: Where the files are.
            key: Names the content of the column.
        """
        if n <= IN_MEMORY:
            return cls.of(column())
        text, order = derived.path("ids", key, ".arrow"), derived.path("ids", key, ".order.npy")
        try:
            return _mapped(text, order, n)
        except (OSError, ValueError, EOFError):  # not there, or cut short (Arrow's errors are of these kinds)
            pass
        try:
            text.unlink(missing_ok=True)
            order.unlink(missing_ok=True)
            derived.make("ids", key, ".arrow", lambda file: _write_text(file, column()))
            parts = _parts(text)
            derived.make("ids", key, ".order.npy", lambda file: np.save(file, _sorting(parts), allow_pickle=False))
            derived.keep_only("ids", key)
            return _mapped(text, order, n)
        except OSError:  # a space that may only be read is no worse for it, but slower to open
            return cls.of(column())

    def __len__(self) -> int:
        return len(self._order)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            rows = range(len(self))[index]
            if rows.step == 1:
                return self._stretch(rows.start, rows.stop)
            return [self[row] for row in rows]
        block, place = divmod(range(len(self))[index], BLOCK)
        return str(self._parts[block][place].as_py())

    def __iter__(self) -> Iterator[str]:
        for part in self._parts:
            yield from part.to_pylist()

    def __contains__(self, id: object) -> bool:
        return isinstance(id, str) and self.row(id) is not None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # as a list's

    def __repr__(self) -> str:
        shown = ", ".join(map(repr, self[:3])) + (", ..." if len(self) > 3 else "")
        return f"Identifiers({len(self):,}: {shown})"

    def row(self, id: str) -> int | None:
        """The row of an id, or None if there is no such id."""
        wanted = _encoded(id)
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._bytes(int(self._order[middle])) < wanted:
                low = middle + 1
            else:
                high = middle
        if low == len(self):
            return None
        row = int(self._order[low])
        return row if self._bytes(row) == wanted else None

    def rows_of(self, ids: Iterable[str]) -> Int64[np.ndarray, " m"]:
        """The row of each id, -1 where there is no such id; all at once, in a fraction of what `row` takes for each."""
        wanted = pa.array([_encoded(id) for id in ids], pa.binary())
        known = self.column().cast(pa.binary())
        rows = pc.index_in(wanted, value_set=known).fill_null(-1)
        return np.asarray(rows.to_numpy(zero_copy_only=False), np.int64)

    def column(self) -> pa.ChunkedArray:
        """The ids as a column of a table."""
        return pa.chunked_array(list(self._parts), pa.string())

    def like(self, name: str) -> Sequence[str]:
        """The ids that a name may have been meant to be; all of them where that is little work.

        One wrong letter leaves one half of a name as it was: of very many ids, those that hold the name, or begin
        with its first half, or end with its second, are worth a closer look.
        """
        if len(self) <= IN_MEMORY:
            return self
        name = name.encode("utf-8", "replace").decode()  # a lone half of a letter has no bytes
        half = len(name) // 2
        found: list[str] = []
        for part in self._parts:
            hit = pc.match_substring(part, name, ignore_case=True) if name else pa.array([False] * len(part))
            if half:
                hit = pc.or_(hit, pc.starts_with(part, name[:half], ignore_case=True))
                hit = pc.or_(hit, pc.ends_with(part, name[half:], ignore_case=True))
            found += part.filter(hit).to_pylist()
            if len(found) >= _SPELLINGS:
                break
        return found[:_SPELLINGS] or self[:13]

    def _bytes(self, row: int) -> bytes:
        block, place = divmod(row, BLOCK)
        return bytes(self._parts[block][place].as_buffer())

    def _stretch(self, start: int, stop: int) -> list[str]:
        found: list[str] = []
        for block in range(start // BLOCK, -(-stop // BLOCK)):
            first = block * BLOCK
            part = self._parts[block]
            found += part[max(start - first, 0) : max(min(stop - first, BLOCK), 0)].to_pylist()
        return found


def _encoded(id: str) -> bytes:
    return id.encode("utf-8", "surrogatepass")  # what is no text is no id, but may be asked for


def _in_blocks(column: Iterable[pa.Array]) -> Iterator[pa.Array]:
    """The same ids in parts of `BLOCK`."""
    waiting: list[pa.Array] = []
    for part in column:
        waiting.append(part)
        while sum(map(len, waiting)) >= BLOCK:
            whole = pa.concat_arrays(waiting)
            yield pa.concat_arrays([whole[:BLOCK]])  # a copy: what it was cut from can go
            waiting = [whole[BLOCK:]]
    if sum(map(len, waiting)):
        yield pa.concat_arrays(waiting)


def _sorting(parts: Sequence[pa.Array]) -> UInt64[np.ndarray, " n"]:
    """By bytes, which is by code point: as Python sorts strings."""
    order = pc.sort_indices(pa.chunked_array(list(parts), pa.string()))
    return np.asarray(order.to_numpy())


def _write_text(file: BinaryIO, column: Iterable[pa.Array]) -> None:
    with pa.ipc.new_file(file, pa.schema([("id", pa.string())])) as writer:
        for part in _in_blocks(column):
            writer.write_batch(pa.record_batch([part], names=["id"]))


def _parts(path: Path) -> list[pa.Array]:
    with pa.memory_map(str(path)) as mapped:
        reader = pa.ipc.open_file(mapped)
        return [reader.get_batch(i).column(0) for i in range(reader.num_record_batches)]


def _mapped(text: Path, order: Path, n: int) -> Identifiers:
    parts, rows = _parts(text), np.load(order, mmap_mode="r", allow_pickle=False)
    if rows.shape != (n,) or rows.dtype != np.uint64 or sum(map(len, parts)) != n:
        raise ValueError(f"{order} is of another space")
    return Identifiers(parts, rows)
