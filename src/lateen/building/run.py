"""One run of a build: the loop over shards, its stopwatch, and what stops it.

One idea: the model never waits if it can be helped. Workers read ahead of it, one thread writes behind it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
from jaxtyping import Float32

from lateen.building.growing import Growth
from lateen.building.plan import Plan
from lateen.building.result import BuildProgress, BuildResult, Progress
from lateen.building.round_trip import measure_round_trip
from lateen.core.errors import EncoderError, InputError
from lateen.encoders.calling import encode
from lateen.sources.reading import read_ahead
from lateen.sources.source import Batch, Stretch
from lateen.store.folder import SpaceFolder
from lateen.store.thumbnails import Prepared, with_thumbnails
from lateen.store.writer import Shard, SpaceWriter

_VANISHES = 2.0**-25  # what is no larger is zero in float16

@dataclass(frozen=True, eq=False)
class Encoded:
    """A chunk after the encoder.

    Args:
        batch: What was read, without its items: a shard of pictures would be gigabytes.
        vectors: (n, dim) as they will be stored.
        thumbnails: n pictures as JPEG bytes; none if the items are no pictures.
        usable: Rows of the batch whose vector can be stored.
        rejected: (id, reason) of what could not be used.
        moved: (old id, new id) of what the space has already under another name.
    """

    batch: Batch
    vectors: Float32[np.ndarray, "n dim"]
    thumbnails: Sequence[bytes]
    usable: Sequence[int]
    rejected: Sequence[tuple[str, str]]
    moved: Sequence[tuple[str, str]]


@dataclass(eq=False)
class Run:
    """One run of a plan.

    Args:
        plan: What to do.
        strict: Whether the first item that can't be used stops it.
        workers: Processes that decode pictures; by default one per core, none for a handful of items.
        progress: Called after each chunk.
        started: `time.perf_counter()` at the beginning.
    """

    plan: Plan
    strict: bool
    workers: int | None
    progress: Progress | None
    started: float
    rejected: int = 0
    _begun: float = field(default_factory=time.perf_counter)
    _seconds: dict[str, float] = field(
        default_factory=lambda: dict.fromkeys(("read", "encode", "write", "measure"), 0.0)
    )

    def all(self, writer: SpaceWriter, growth: Growth | None = None) -> BuildResult:
        """Do what the ledger lacks, and finish the space.

        Args:
            writer: Of the space.
            growth: What is known of the source if the space is one that grows.
        """
        self._begun = time.perf_counter()
        resumed = done = self._check_finished(writer, growth)
        todo = [number for number in self.plan.shards if number not in writer.entries]
        chunks = [rows for number in todo for rows in self.plan.chunks(number)]
        ahead = read_ahead(
            self._stretches(chunks),
            self.plan.view,
            count=len(chunks),
            workers=self.workers,
            finish=with_thumbnails,
        )
        with closing(ahead) as batches, ThreadPoolExecutor(1) as behind:
            written: Future[None] | None = None
            for number in todo:
                parts = []
                for rows in self.plan.chunks(number):
                    with self._timed("read"):
                        prepared = next(batches)
                    parts.append(self._encode(prepared, rows, growth))
                    done += len(rows)
                    self._report(done, resumed)
                self._wait_for(written)
                shard = _joined(parts) if growth is None else _conforming(_joined(parts), growth)
                written = behind.submit(writer.write, number, self.plan.key(number), shard)
            self._wait_for(written)
        if growth is None and not any(entry.rows for entry in writer.entries.values()):
            raise self._nothing_left(writer)
        round_trip = writer.folder.meta.compression.round_trip
        if growth is None:
            with self._timed("measure"):
                round_trip = measure_round_trip(self.plan)
        with self._timed("write"):
            folder = writer.finish(round_trip, retried=growth.retried if growth is not None else ())
        return self.result(folder, resumed, growth)

    def result(self, folder: SpaceFolder, resumed: int, growth: Growth | None = None) -> BuildResult:
        """The result for a finished space."""
        compression = folder.meta.compression
        notes = (*self.plan.source.notes, *getattr(self.plan.encoder, "notes", ()), *self.plan.notes)
        return BuildResult(
            path=folder.path,
            n=compression.n,
            rejected=compression.rejected,
            resumed=resumed,
            seconds=time.perf_counter() - self.started,
            read_seconds=self._seconds["read"],
            encode_seconds=self._seconds["encode"],
            write_seconds=self._seconds["write"],
            modality=folder.meta.spec.modality,
            compression=compression,
            notes=notes,
            growth=None if growth is None else growth.counted(compression.n),
        )

    def _stretches(self, chunks: list[np.ndarray]) -> Iterator[Stretch]:
        return (self.plan.source.take(self.plan.usable(rows)) for rows in chunks)

    def _check_finished(self, writer: SpaceWriter, growth: Growth | None) -> int:
        """How many items an earlier run has done; raises InputError if they have changed since."""
        for number, entry in writer.new_entries.items():
            if number not in self.plan.shards or entry.key != self.plan.key(number):
                rows, ids = self.plan.shard(number), self.plan.source.ids
                which = f"of {ids[rows[0]]!r} to {ids[rows[-1]]!r}, some items" if len(rows) else "some items"
                raise InputError(
                    f"{writer.folder.path} can't be resumed: {which} have changed since they were encoded. "
                    "Use --force to start anew."
                )
            self._note_rejected([(id, reason) for id, reason in entry.rejected])
            if growth is not None:
                growth.note_moved(entry.moved)
        return sum(len(self.plan.shard(number)) for number in writer.new_entries)

    def _encode(self, prepared: Prepared, rows: np.ndarray, growth: Growth | None) -> Encoded:
        rejected = [(r.id, r.reason) for r in (*prepared.batch.rejected, *self.plan.refused(rows))]
        moved: list[tuple[str, str]] = []
        if growth is not None:
            prepared, moved = growth.without_moved(prepared)
        batch, thumbnails = prepared.batch, prepared.thumbnails
        spec = self.plan.wishes.spec(self.plan.encoder.spec)
        vectors = np.empty((0, spec.dim), np.float32)
        if len(batch):
            try:
                with self._timed("encode"):
                    vectors = encode(self.plan.encoder, batch.items, spec.dim)
            except EncoderError as error:
                raise EncoderError(
                    f"{error} They are {batch.ids[0]!r} to {batch.ids[-1]!r}. What was finished is kept: when it is "
                    "mended, go on with --resume."
                ) from error
        spoiled = _spoiled(vectors, spec.dtype, spec.geometry)
        rejected += [(batch.ids[row], reason) for row, reason in spoiled.items()]
        self._note_rejected(rejected)
        usable = [row for row in range(len(batch)) if row not in spoiled]
        kept = [thumbnails[row] for row in usable] if thumbnails else []
        return Encoded(replace(batch, items=[]), vectors, kept, usable, rejected, moved)

    def _wait_for(self, written: Future[None] | None) -> None:
        if written is not None:
            with self._timed("write"):
                written.result()

    def _note_rejected(self, rejected: Sequence[tuple[str, str]]) -> None:
        self.rejected += len(rejected)
        if rejected and self.strict:
            id, reason = rejected[0]
            raise InputError(
                f"{id!r} can't be used: {reason}. --strict stops here; what was finished is kept. Repair or "
                "remove it, or go on without --strict and with --resume."
            )

    def _report(self, done: int, resumed: int) -> None:
        if self.progress is not None:
            seconds = time.perf_counter() - self._begun
            total, rate = len(self.plan.rows), (done - resumed) / seconds
            busy = self._seconds["encode"] / seconds
            self.progress(BuildProgress(done, total, rate, (total - done) / rate, self.rejected, busy))

    def on_compared(self, done: int, total: int) -> None:
        """Say how far the comparison of a source with the space is."""
        if self.progress is not None:
            rate = done / (time.perf_counter() - self._begun)
            self.progress(BuildProgress(done, total, rate, (total - done) / rate, 0, doing="comparing"))

    def _nothing_left(self, writer: SpaceWriter) -> InputError:
        """The error of a source in which every item is bad; an empty space is of no use and is removed."""
        rejected = [r for entry in writer.entries.values() for r in entry.rejected]
        reasons = Counter(reason for _, reason in rejected).most_common(3)
        writer.discard()
        listed = "; ".join(f"{reason} ({n:,} times, such as {_with(rejected, reason)!r})" for reason, n in reasons)
        return InputError(f"None of the {len(rejected):,} items of {self.plan.source.name} can be used: {listed}.")

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        begun = time.perf_counter()
        try:
            yield
        finally:
            self._seconds[stage] += time.perf_counter() - begun


def _spoiled(vectors: Float32[np.ndarray, "n dim"], dtype: str, geometry: str) -> dict[int, str]:
    """Why some of the vectors can't be stored, by row."""
    # One sum per row finds NaN and infinity, and overflows only where numbers are beyond any use
    with np.errstate(over="ignore", invalid="ignore"):
        squares = np.einsum("ij,ij->i", vectors, vectors)
    bad = {
        int(row): "its vector holds numbers too large to be squared"
        if np.isfinite(vectors[row]).all()
        else "its vector holds NaN or infinity"
        for row in np.flatnonzero(~np.isfinite(squares))
    }
    largest = np.abs(vectors).max(axis=1, initial=0) if dtype == "float16" else None
    if geometry == "sphere":
        zero = squares == 0 if largest is None else (squares == 0) | (largest <= _VANISHES)
        bad |= {int(r): "its vector is zero, which is no direction on a sphere" for r in np.flatnonzero(zero)}
    if largest is not None:
        over = np.flatnonzero(largest > np.finfo(np.float16).max)
        bad |= {int(r): "its vector holds numbers beyond float16" for r in over if int(r) not in bad}
    return dict(sorted(bad.items()))


def _joined(parts: Sequence[Encoded]) -> Shard:
    return Shard(
        ids=[p.batch.ids[row] for p in parts for row in p.usable],
        uris=[p.batch.uris[row] for p in parts for row in p.usable],
        vectors=_stacked([p.vectors if len(p.usable) == len(p.vectors) else p.vectors[p.usable] for p in parts]),
        fields=pa.concat_tables([p.batch.fields.take(pa.array(p.usable, pa.int64())) for p in parts]),
        digests=[p.batch.digests[row] for p in parts for row in p.usable],
        thumbnails=[thumbnail for p in parts for thumbnail in p.thumbnails],
        rejected=[r for p in parts for r in p.rejected],
        moved=[m for p in parts for m in p.moved],
        numbers=sum(int(p.batch.numbers[p.usable].sum()) for p in parts),
        bytes=sum(int(p.batch.bytes[p.usable].sum()) for p in parts),
    )


def _conforming(shard: Shard, growth: Growth) -> Shard:
    return replace(shard, fields=growth.conform(shard.fields, len(shard.ids)))


def _stacked(parts: Sequence[Float32[np.ndarray, "_ dim"]]) -> Float32[np.ndarray, "n dim"]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _with(rejected: Sequence[Sequence[str]], reason: str) -> str:
    return next(id for id, why in rejected if why == reason)
