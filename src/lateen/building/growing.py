"""A source that grew: what of it is new, what is there already, what has changed, moved or vanished.

One idea: an item is its content. An id that the space lacks, with the content of one that vanished from the source, is
that item under another name.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from lateen.core.errors import InputError, SpaceError
from lateen.core.threads import cores
from lateen.sources.source import Batch, RowNumbers, Rows, Source, contents, ids_of, no_fields
from lateen.store.folder import SpaceFolder
from lateen.store.thumbnails import Prepared

TOGETHER = 1024  # items whose content is compared at a time
NAMED = 20  # ids of a kind that a result names


@dataclass(frozen=True)
class Grown:
    """How a space grew.

    Args:
        added: Items that are new.
        unchanged: Items that were there already, with the same content.
        moved: Items that were there under another id, (old id, new id); they keep the old one. Twenty at the most.
        changed: Ids whose content is another than when they were encoded; they are left as they were.
        vanished: Ids of the space that the source does not have any more; they stay in the space.
        counts: How many of each there are.
    """

    added: int
    unchanged: int
    moved: tuple[tuple[str, str], ...]
    changed: tuple[str, ...]
    vanished: tuple[str, ...]
    counts: dict[str, int]

    def describe(self) -> str:
        """What happened, in a sentence."""
        items = "item" if self.added == 1 else "items"
        parts = [f"{self.added:,} {items} added, {self.unchanged:,} there already"]
        if n := self.counts["moved"]:
            old, new = self.moved[0]
            parts.append(f"{n:,} known under another name ({_such(n)}{old!r}, now {new!r}): the old one is kept")
        if n := self.counts["changed"]:
            parts.append(f"{n:,} changed since encoding ({_such(n)}{self.changed[0]!r}): kept as encoded then")
        if n := self.counts["vanished"]:
            parts.append(f"{n:,} vanished from the source ({_such(n)}{self.vanished[0]!r}): kept in the space")
        return "; ".join(parts) + "."


def _such(n: int) -> str:
    return "" if n == 1 else "such as "


@dataclass(eq=False)
class Growth:
    """The comparison of a source with a space; made by `compare`.

    Args:
        rows: (m,) rows of the source whose id the space lacks.
        retried: Their ids.
        unchanged: How many items are there already.
        changed: Ids with another content.
        vanished: Ids that the source lacks, by their content.
        before: Items of the space before.
        schema: Fields of the space.
        moved: What was found to be there under another id so far, (old id, new id).
        elsewhere: Whether the space was built from another source: then nothing has vanished.
    """

    rows: Rows
    retried: frozenset[str]
    unchanged: int
    changed: list[str]
    vanished: dict[bytes, list[str]]
    before: int
    schema: pa.Schema
    moved: list[tuple[str, str]] = field(default_factory=list)
    elsewhere: bool = False

    @classmethod
    def compare(
        cls,
        source: Source,
        folder: SpaceFolder,
        repeated: Collection[int] = (),
        on_compared: Callable[[int, int], object] = lambda done, total: None,
    ) -> Growth:
        """Read what of the source the space has an id for, and compare its content.

        Args:
            source: The source.
            folder: The space.
            repeated: Rows that are refused because their id is another's: nothing is known of them.
            on_compared: Told (items compared, items to compare).

        Raises:
            SpaceError: If the space is from before contents were kept.
        """
        digests = folder.digests()
        if digests is None:
            raise SpaceError(
                f"{folder.path} was built by an earlier lateen, which kept no digests of contents, so nothing can be "
                "added to it. Build it anew with --force."
            )
        ids, kept = source.ids, folder.ids()
        there = kept.rows_of(ids)
        old = np.setdiff1d(np.flatnonzero(there >= 0), np.fromiter(repeated, np.int64, len(repeated)))
        blocks = [old[start : start + TOGETHER] for start in range(0, len(old), TOGETHER)]
        unchanged, changed = 0, []
        for rows, found in zip(blocks, _contents(source, blocks), strict=True):
            same = [found.get(row) == digests[there[row]].tobytes() for row in rows.tolist()]
            unchanged += sum(same)
            changed += [ids[row] for row, is_same in zip(rows.tolist(), same, strict=True) if not is_same]
            on_compared(unchanged + len(changed), len(old))
        seen = np.zeros(len(folder), bool)
        seen[there[there >= 0]] = True
        vanished: dict[bytes, list[str]] = {}
        for row in np.flatnonzero(~seen).tolist():
            vanished.setdefault(digests[row].tobytes(), []).append(kept[row])
        new = np.flatnonzero(there < 0)
        retried = frozenset(ids_of(ids, new))
        return cls(new, retried, unchanged, changed, vanished, len(folder), folder.field_schema())

    def vanished_is_elsewhere(self, source: Source) -> None:
        """Know that the space was built from another source, which may have what this one lacks.

        Raises:
            InputError: If ids are row numbers, which name other items there.
        """
        if self.changed and isinstance(source.ids, RowNumbers):
            raise InputError(
                f"{len(self.changed):,} items of {source.name} are called by the numbers of their rows, such as "
                f"{self.changed[0]!r}, and so are other items of the space. Give them ids of their own: a column of a "
                "table (--id), or an array 'ids' in an npz."
            )
        self.elsewhere = True

    def without_moved(self, prepared: Prepared) -> tuple[Prepared, list[tuple[str, str]]]:
        """Leave out the items of a batch that are there under an id that vanished, and say which: (old id, new id)."""
        batch, thumbnails = prepared.batch, prepared.thumbnails
        kept, moved = [], []
        for row, (id, digest) in enumerate(zip(batch.ids, batch.digests, strict=True)):
            gone = self.vanished.get(digest)
            if gone:
                moved.append((gone.pop(0), id))
            else:
                kept.append(row)
        self.moved += moved
        if not moved:
            return prepared, []
        return Prepared(_only(batch, kept), [thumbnails[row] for row in kept] if thumbnails else []), moved

    def note_moved(self, moved: Iterable[Sequence[str]]) -> None:
        """What an earlier, unfinished run found to be there under another id."""
        known = [(old, new) for old, new in moved]
        self.moved += known
        gone = {old for old, _ in known}
        self.vanished = {digest: [id for id in ids if id not in gone] for digest, ids in self.vanished.items()}

    def conform(self, fields: pa.Table, n: int) -> pa.Table:
        """The fields of n new items as the space has them: what they lack is null.

        Raises:
            InputError: If they have fields that the space lacks, or of another type.
        """
        spare = [name for name in fields.column_names if name not in self.schema.names]
        if spare:
            raise InputError(
                f"The new items have the field {spare[0]!r}, which the space lacks (it has: "
                f"{', '.join(self.schema.names) or 'none'}). Leave it out, or build the space anew with --force."
            )
        columns = {}
        for wanted in self.schema:
            if wanted.name not in fields.column_names:
                columns[wanted.name] = pa.nulls(n, wanted.type)
                continue
            column = fields.column(wanted.name)
            try:
                columns[wanted.name] = column.cast(wanted.type)
            except pa.ArrowException as error:
                raise InputError(
                    f"The field {wanted.name!r} of the new items holds {column.type}, in the space {wanted.type}: "
                    f"{error}. Make it the same, or build the space anew with --force."
                ) from error
        return pa.table(columns, schema=self.schema) if columns else no_fields(n)

    def counted(self, n: int) -> Grown:
        """The result, when the space has n items."""
        vanished = [] if self.elsewhere else [id for ids in self.vanished.values() for id in ids]
        counts = {"moved": len(self.moved), "changed": len(self.changed), "vanished": len(vanished)}
        return Grown(
            added=n - self.before,
            unchanged=self.unchanged,
            moved=tuple(self.moved[:NAMED]),
            changed=tuple(self.changed[:NAMED]),
            vanished=tuple(vanished[:NAMED]),
            counts=counts,
        )


def _contents(source: Source, blocks: Sequence[Rows]) -> Iterator[dict[int, bytes]]:
    """Contents of each block of rows, a few blocks ahead: reading files and hashing both let other threads run."""
    ahead: deque[Future[dict[int, bytes]]] = deque()
    with ThreadPoolExecutor(cores()) as pool:
        for rows in blocks:
            ahead.append(pool.submit(contents, source.take(rows)))
            if len(ahead) > cores():
                yield ahead.popleft().result()
        yield from (future.result() for future in ahead)


def _only(batch: Batch, rows: list[int]) -> Batch:
    items = batch.items[rows] if isinstance(batch.items, np.ndarray) else [batch.items[row] for row in rows]
    return replace(
        batch,
        rows=batch.rows[rows],
        ids=[batch.ids[row] for row in rows],
        items=items,
        uris=[batch.uris[row] for row in rows],
        fields=batch.fields.take(pa.array(rows, pa.int64())),
        numbers=batch.numbers[rows],
        bytes=batch.bytes[rows],
        digests=[batch.digests[row] for row in rows],
    )
