"""Writing a space shard by shard, so that a kill at any moment loses the shard at hand at most.

One idea: data files, then the ledger entry, then the commit. A restart removes files that no entry knows and
commits entries that the tables don't hold, each of the two tables by itself.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Float32

from lateen.core.atomic import remove_leftovers, write_file
from lateen.core.errors import LateenError, SpaceError, StorageError
from lateen.store import lance_tables as tables
from lateen.store.folder import CODEC, POINTS, THUMBS, SpaceFolder
from lateen.store.ledger import Ledger, ShardEntry
from lateen.store.meta import Compression, RoundTrip, hash_files

COMMIT_EVERY = 16  # shards; a commit is cheap but each leaves a version behind until the end


@dataclass(frozen=True, eq=False)
class Shard:
    """The encoded items of one shard.

    Args:
        ids: n ids.
        uris: n places they came from.
        vectors: (n, dim).
        fields: n rows.
        thumbnails: n pictures as JPEG bytes.
        rejected: (id, reason) of the items that could not be used.
        numbers: Sum of the numbers before encoding.
        bytes: Sum of the bytes before encoding.
    """

    ids: Sequence[str]
    uris: Sequence[str]
    vectors: Float32[np.ndarray, "n dim"]
    fields: pa.Table
    thumbnails: Sequence[bytes]
    rejected: Sequence[tuple[str, str]]
    numbers: int
    bytes: int


@dataclass(eq=False)
class SpaceWriter:
    """The one process that writes to an unfinished space; made by `SpaceWriter.on`.

    Args:
        folder: The space.
        ledger: Its ledger.
        entries: What is finished, by shard.
    """

    folder: SpaceFolder
    ledger: Ledger
    entries: dict[int, ShardEntry] = field(default_factory=dict)
    _pending: list[ShardEntry] = field(default_factory=list)

    @classmethod
    @contextmanager
    def on(cls, folder: SpaceFolder) -> Iterator[SpaceWriter]:
        """Lock a space, set right what a kill left behind, and write to it.

        Raises:
            SpaceError: If another build is writing to it, or tables and ledger contradict each other.
            StorageError: If a write fails; the message says why, what is kept stays readable.
        """
        ledger = Ledger(folder.path / "ledger")
        with ledger.lock(), storage_errors(folder.path):
            remove_leftovers(folder.path)
            writer = cls(folder, ledger, ledger.entries())
            writer._reconcile()
            yield writer

    @property
    def items_done(self) -> int:
        """Items encoded or rejected in finished shards."""
        return sum(e.rows + len(e.rejected) for e in self.entries.values())

    def write(self, number: int, key: str, shard: Shard) -> None:
        """Store one shard; it counts from the moment its ledger entry is there."""
        points, thumbs = self._tables(number, shard)
        entry = ShardEntry(
            shard=number,
            key=key,
            rows=len(shard.ids),
            rejected=[list(r) for r in shard.rejected],
            numbers=shard.numbers,
            bytes=shard.bytes,
            points=tables.write_fragments(self.folder.path / POINTS, points),
            thumbs=tables.write_fragments(self.folder.path / THUMBS, thumbs),
        )
        self.ledger.put(entry)
        self.entries[number] = entry
        self._pending.append(entry)
        if len(self._pending) >= COMMIT_EVERY:
            self.commit()

    def commit(self) -> None:
        """Make the shards written so far rows of the tables."""
        tables.append(self.folder.path / POINTS, [f for e in self._pending for f in e.points])
        tables.append(self.folder.path / THUMBS, [f for e in self._pending for f in e.thumbs])
        self._pending.clear()

    def finish(self, round_trip: RoundTrip | None = None) -> SpaceFolder:
        """Commit the rest, check the counts, write rejected.jsonl, and declare the space complete.

        Args:
            round_trip: What encoding and decoding costs, if it was measured.

        Raises:
            SpaceError: If the tables don't hold what the ledger says.
        """
        self.commit()
        path, rows = self.folder.path, sum(e.rows for e in self.entries.values())
        for name in (POINTS, THUMBS):
            found = tables.open_table(path / name).count_rows()
            if found != rows:
                raise SpaceError(f"{path / name} holds {found:,} rows, the ledger says {rows:,}; build it again.")
            tables.forget_old_versions(path / name)
        self._write_rejected()
        compression = replace(self.compression(), round_trip=round_trip)
        return self.folder.described(self.folder.meta.finished(compression, hash_files(path / CODEC)))

    def compression(self) -> Compression:
        """What the finished shards have become."""
        entries = self.entries.values()
        rows = sum(e.rows for e in entries)
        spec = self.folder.meta.spec
        return Compression(
            n=rows,
            rejected=sum(len(e.rejected) for e in entries),
            numbers_before=sum(e.numbers for e in entries) / max(rows, 1),
            bytes_before=sum(e.bytes for e in entries) / max(rows, 1),
            numbers_after=spec.dim,
            bytes_after=spec.dim * np.dtype(spec.dtype).itemsize,
        )

    def discard(self) -> None:
        """Remove the whole folder: nothing in it is worth keeping."""
        shutil.rmtree(self.folder.path)

    def _tables(self, number: int, shard: Shard) -> tuple[pa.Table, pa.Table]:
        spec, n = self.folder.meta.spec, len(shard.ids)
        schema = tables.points_schema(spec.dim, spec.dtype, shard.fields.schema)
        numbers = pa.array(np.full(n, number, np.int64))
        flat = pa.array(np.ascontiguousarray(shard.vectors, np.dtype(spec.dtype)).reshape(-1))
        vectors = pa.FixedSizeListArray.from_arrays(flat, spec.dim)
        own = [pa.array(shard.ids, pa.string()), vectors, pa.array(shard.uris, pa.string()), numbers]
        points = pa.table([*own, *shard.fields.columns], schema=schema)
        images = pa.array(shard.thumbnails, pa.large_binary())
        return points, pa.table([own[0], images, numbers], schema=tables.thumbs_schema())

    def _reconcile(self) -> None:
        """Tables and ledger agree afterwards, whichever of the two a kill left behind."""
        if list(self.entries) != list(range(len(self.entries))):
            raise SpaceError(f"{self.ledger.folder} lacks an entry; build the space again with --force.")
        for name, kind in ((POINTS, "points"), (THUMBS, "thumbs")):
            path = self.folder.path / name
            committed = tables.committed_shards(path)
            if committed - self.entries.keys():
                raise SpaceError(f"{path} holds shards that its ledger lacks; build the space again with --force.")
            fragments = {number: getattr(entry, kind) for number, entry in self.entries.items()}
            tables.remove_unknown_files(path, [f for parts in fragments.values() for f in parts])
            tables.append(path, [f for n, parts in fragments.items() if n not in committed for f in parts])

    def _write_rejected(self) -> None:
        lines = [
            json.dumps({"id": id, "reason": reason}, ensure_ascii=False) + "\n"
            for entry in self.entries.values()
            for id, reason in entry.rejected
        ]
        write_file(self.folder.path / "rejected.jsonl", "".join(lines).encode())


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Say the system's and the storage library's failures to write as a StorageError."""
    try:
        yield
    except LateenError:
        raise
    except OSError as error:
        raise StorageError(f"Writing to {path} failed: {_cause(error)}.") from error


def _cause(error: OSError) -> str:
    text = error.strerror or str(error)
    known = ("No space left on device", "File too large", "Disk quota exceeded", "Read-only file system")
    return next((cause for cause in known if cause in text), text)
