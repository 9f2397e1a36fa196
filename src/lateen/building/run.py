"""One run of a build: the loop over shards, its stopwatch, and what stops it.

One idea: on a CPU the model and the decoding share the cores, so they take turns and the model runs at full
speed; for a model on an accelerator the next chunk is read meanwhile.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from jaxtyping import Float32

from lateen.building.plan import Plan
from lateen.building.result import BuildProgress, BuildResult, Progress
from lateen.building.round_trip import measure_round_trip
from lateen.core.codec import Encoder
from lateen.core.errors import InputError
from lateen.sources.source import Batch
from lateen.store.folder import SpaceFolder
from lateen.store.thumbnails import encode_thumbnails
from lateen.store.writer import Shard, SpaceWriter


@dataclass(frozen=True, eq=False)
class Encoded:
    """A chunk after the encoder: rows whose vector is not finite are `unusable`."""

    batch: Batch
    vectors: Float32[np.ndarray, "n dim"]
    thumbnails: Sequence[bytes]
    usable: Sequence[int]

    @property
    def rejected(self) -> list[tuple[str, str]]:
        """Of reading and of encoding."""
        usable = set(self.usable)
        spoiled = [id for row, id in enumerate(self.batch.ids) if row not in usable]
        return [(r.id, r.reason) for r in self.batch.rejected] + [
            (id, "its vector holds NaN or infinity") for id in spoiled
        ]


@dataclass(eq=False)
class Run:
    """One run of a plan.

    Args:
        plan: What to do.
        strict: Whether the first item that can't be used stops it.
        progress: Called after each chunk.
        started: `time.perf_counter()` at the beginning.
    """

    plan: Plan
    strict: bool
    progress: Progress | None
    started: float
    rejected: int = 0
    _seconds: dict[str, float] = field(
        default_factory=lambda: dict.fromkeys(("read", "encode", "write", "measure"), 0.0)
    )

    def all(self, writer: SpaceWriter) -> BuildResult:
        """Do what the ledger lacks, and finish the space."""
        resumed = done = self._check_finished(writer)
        todo = range(len(writer.entries), self.plan.shards)
        batches = self._read([chunk for shard in todo for chunk in self.plan.chunks(shard)])
        for shard in todo:
            parts = []
            for start, stop in self.plan.chunks(shard):
                parts.append(self._encode(next(batches)))
                done += stop - start
                self._report(done, resumed)
            with self._timed("write"):
                writer.write(shard, self.plan.key(shard), _joined(parts))
        if not any(entry.rows for entry in writer.entries.values()):
            raise self._nothing_left(writer)
        with self._timed("measure"):
            round_trip = measure_round_trip(self.plan)
        with self._timed("write"):
            folder = writer.finish(round_trip)
        return self.result(folder, resumed)

    def result(self, folder: SpaceFolder, resumed: int) -> BuildResult:
        """The result for a finished space."""
        compression = folder.meta.compression
        return BuildResult(
            path=folder.path,
            n=compression.n,
            rejected=compression.rejected,
            resumed=resumed,
            seconds=time.perf_counter() - self.started,
            read_seconds=self._seconds["read"],
            encode_seconds=self._seconds["encode"],
            write_seconds=self._seconds["write"],
            compression=compression,
            notes=self.plan.source.notes,
        )

    def _check_finished(self, writer: SpaceWriter) -> int:
        """How many items an earlier run has done; raises InputError if they have changed since."""
        for number, entry in writer.entries.items():
            if entry.key != self.plan.key(number):
                first, end = self.plan.rows(number)
                ids = self.plan.source.ids
                raise InputError(
                    f"{writer.folder.path} can't be resumed: of {ids[first]!r} to {ids[end - 1]!r}, some items "
                    "have changed since they were encoded. Use --force to start anew."
                )
            self._note_rejected([(id, reason) for id, reason in entry.rejected])
        return writer.items_done

    def _read(self, chunks: list[tuple[int, int]]) -> Iterator[Batch]:
        if not _on_accelerator(self.plan.encoder):
            yield from (self._read_one(*chunk) for chunk in chunks)
            return
        with ThreadPoolExecutor(1) as pool:
            ahead = [pool.submit(self._read_one, *chunk) for chunk in chunks[:1]]
            for chunk in [*chunks[1:], None]:
                batch = ahead.pop().result()
                if chunk is not None:
                    ahead.append(pool.submit(self._read_one, *chunk))
                yield batch

    def _read_one(self, start: int, stop: int) -> Batch:
        with self._timed("read"):
            return self.plan.source.read(start, stop, size=self.plan.size, fit=self.plan.fit)

    def _encode(self, batch: Batch) -> Encoded:
        self._note_rejected([(r.id, r.reason) for r in batch.rejected])
        spec = self.plan.encoder.spec
        vectors = np.empty((0, spec.dim), np.float32)
        if len(batch):
            with self._timed("encode"):
                vectors = self.plan.encoder.encode(batch.images)
            if vectors.shape != (len(batch), spec.dim):
                raise InputError(
                    f"{spec.encoder} gave vectors of shape {vectors.shape} for {len(batch)} pictures; "
                    f"its spec says {spec.dim} numbers each."
                )
        with self._timed("write"):
            usable = np.flatnonzero(np.isfinite(vectors).all(axis=1)).tolist()
            thumbnails = encode_thumbnails(batch.images[usable]) if usable else []
        encoded = Encoded(batch, vectors, thumbnails, usable)
        self._note_rejected(encoded.rejected[len(batch.rejected) :])
        return encoded

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
            total, rate = len(self.plan.source), (done - resumed) / (time.perf_counter() - self.started)
            self.progress(BuildProgress(done, total, rate, (total - done) / rate, self.rejected))

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


def _joined(parts: Sequence[Encoded]) -> Shard:
    return Shard(
        ids=[p.batch.ids[row] for p in parts for row in p.usable],
        uris=[p.batch.uris[row] for p in parts for row in p.usable],
        vectors=np.concatenate([p.vectors[p.usable] for p in parts]),
        fields=pa.concat_tables([p.batch.fields.take(pa.array(p.usable, pa.int64())) for p in parts]),
        thumbnails=[thumbnail for p in parts for thumbnail in p.thumbnails],
        rejected=[r for p in parts for r in p.rejected],
        numbers=sum(int(p.batch.numbers[p.usable].sum()) for p in parts),
        bytes=sum(int(p.batch.bytes[p.usable].sum()) for p in parts),
    )


def _on_accelerator(encoder: Encoder) -> bool:
    """Whether the encoder says, by a `device`, that it doesn't compute on the processor."""
    return not str(getattr(encoder, "device", "cpu")).startswith("cpu")


def _with(rejected: Sequence[Sequence[str]], reason: str) -> str:
    return next(id for id, why in rejected if why == reason)
