"""Writing a space shard by shard, so that a kill at any moment loses the shard at hand at most.

One idea: data files, then the ledger entry; when all are there one commit per table, then space.json, which says the
versions of both. A restart removes files that no entry knows and commits what the tables lack. A finished space that
grows is read at the old versions until the new space.json is there.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterator, Sequence
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

REJECTED = "rejected.jsonl"
_KINDS = ((POINTS, "points"), (THUMBS, "thumbs"))  # the tables and what a ledger entry calls their files


@dataclass(frozen=True, eq=False)
class Shard:
    """The encoded items of one shard.

    Args:
        ids: n ids.
        uris: n places they came from.
        vectors: (n, dim).
        fields: n rows.
        digests: n times 16 bytes that name the content.
        thumbnails: n pictures as JPEG bytes; none if the items are no pictures.
        rejected: (id, reason) of the items that could not be used.
        numbers: Sum of the numbers before encoding.
        bytes: Sum of the bytes before encoding.
        moved: (old id, new id) of items that the space has already under another name.
    """

    ids: Sequence[str]
    uris: Sequence[str]
    vectors: Float32[np.ndarray, "n dim"]
    fields: pa.Table
    digests: Sequence[bytes]
    thumbnails: Sequence[bytes]
    rejected: Sequence[tuple[str, str]]
    numbers: int
    bytes: int
    moved: Sequence[tuple[str, str]] = ()


@dataclass(eq=False)
class SpaceWriter:
    """The one process that writes to an unfinished space; made by `SpaceWriter.on`.

    Args:
        folder: The space.
        ledger: Its ledger.
        entries: What is finished, by shard.
        base: Shards that belong to the space already, if it is one that grows; the first new shard has this number.
    """

    folder: SpaceFolder
    ledger: Ledger
    entries: dict[int, ShardEntry] = field(default_factory=dict)
    base: int = 0
    _committed: dict[str, set[int]] = field(default_factory=dict)

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
    def new_entries(self) -> dict[int, ShardEntry]:
        """The finished shards of this build: all, or those from `base` on."""
        return {number: entry for number, entry in self.entries.items() if number >= self.base}

    @property
    def items_done(self) -> int:
        """Items encoded or rejected in the finished shards of this build."""
        return sum(e.rows + len(e.rejected) for e in self.new_entries.values())

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
            moved=[list(m) for m in shard.moved],
        )
        self.ledger.put(entry)
        self.entries[number] = entry

    def commit(self) -> None:
        """Make the finished shards rows of the tables."""
        for name, kind in _KINDS:
            new = [number for number in self.entries if number not in self._committed[name]]
            tables.append(self.folder.path / name, [f for n in new for f in getattr(self.entries[n], kind)])
            self._committed[name].update(new)

    def forget_new(self) -> None:
        """Forget the shards of an append that was stopped and can't be gone on with."""
        for name, _ in _KINDS:  # before the ledger: rows that it doesn't know would spoil the space
            tables.go_back(self.folder.path / name, self.folder.meta.versions.get(name))
        for number in sorted(self.new_entries, reverse=True):  # a kill must leave no gap
            self.ledger.remove(number)
            del self.entries[number]
        self._reconcile()

    def finish(self, round_trip: RoundTrip | None = None, retried: Collection[str] = ()) -> SpaceFolder:
        """Commit, check the counts, write rejected.jsonl, and declare the space complete.

        Args:
            round_trip: What encoding and decoding costs, if it was measured.
            retried: Ids that this build dealt with; what an earlier one said of them in rejected.jsonl is replaced.

        Raises:
            SpaceError: If the tables don't hold what the ledger says.
        """
        self.commit()
        path, meta = self.folder.path, self.folder.meta
        for name, _ in _KINDS:
            rows = sum(e.rows for e in self.entries.values()) if name == POINTS or self._has_pictures else 0
            found = tables.open_table(path / name).count_rows()
            if found != rows:
                raise SpaceError(f"{path / name} holds {found:,} rows, the ledger says {rows:,}; build it again.")
            if not meta.complete:  # else somebody may have it open
                tables.forget_old_versions(path / name)
        rejected = self._rejected(retried)
        self._write_rejected(rejected)
        compression = replace(self.compression(), rejected=len(rejected), round_trip=round_trip)
        done = replace(
            meta,
            complete=True,
            items=compression.n + len(rejected),
            compression=compression,
            codec_files=hash_files(path / CODEC),
            versions=self.folder.latest_versions(),
            shards=len(self.entries),
        )
        return self.folder.described(done)

    @property
    def _has_pictures(self) -> bool:
        return self.folder.meta.spec.modality == "image"

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
        digests = pa.array(shard.digests, pa.binary(16))
        own = [pa.array(shard.ids, pa.string()), vectors, pa.array(shard.uris, pa.string()), numbers, digests]
        points = pa.table([*own, *shard.fields.columns], schema=schema)
        if not self._has_pictures:
            return points, tables.thumbs_schema().empty_table()
        images = pa.array(shard.thumbnails, pa.large_binary())
        return points, pa.table([own[0], images, numbers], schema=tables.thumbs_schema())

    def _reconcile(self) -> None:
        """Find out what the tables hold, and remove files that a kill left behind."""
        if list(self.entries) != list(range(len(self.entries))):
            raise SpaceError(f"{self.ledger.folder} lacks an entry; build the space again with --force.")
        for name, kind in _KINDS:
            path = self.folder.path / name
            committed = tables.committed_shards(path)
            if committed - self.entries.keys():
                raise SpaceError(f"{path} holds shards that its ledger lacks; build the space again with --force.")
            empty = {number for number, entry in self.entries.items() if not getattr(entry, kind)}
            self._committed[name] = committed | empty
            tables.remove_unknown_files(path, [f for entry in self.entries.values() for f in getattr(entry, kind)])
        self.base = self.folder.meta.shards

    def _rejected(self, retried: Collection[str]) -> list[tuple[str, str]]:
        """(id, reason) of what could not be used: as it was known of a space that grows, and as this build found."""
        path = self.folder.path / REJECTED
        known: list[tuple[str, str]] = []
        if self.folder.meta.complete and path.is_file():
            lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
            known = [(line["id"], line["reason"]) for line in lines if line["id"] not in retried]
        return known + [(id, reason) for entry in self.new_entries.values() for id, reason in entry.rejected]

    def _write_rejected(self, rejected: Sequence[tuple[str, str]]) -> None:
        lines = [json.dumps({"id": id, "reason": why}, ensure_ascii=False) + "\n" for id, why in rejected]
        write_file(self.folder.path / REJECTED, "".join(lines).encode())


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
