"""A whole source edited: a folder with a picture of each item, and a table of what was done.

One idea: the table is the ledger. A row is written once its picture is there, so a second run with the same settings
does what has no row yet. Nothing is ever written into a folder that holds something else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from jaxtyping import Float32
from PIL import Image

from lateen.building.edits_table import EditsTable, file_names
from lateen.core.codec import Encoder
from lateen.core.errors import InputError, InterruptedWorkError
from lateen.core.synthetic import Synthetic
from lateen.encoders.calling import encode
from lateen.operations.edit import moves_of, taken
from lateen.operations.keeping import reading
from lateen.operations.moving import Move, move_along
from lateen.operations.opened import Opened
from lateen.operations.result import Written, not_decoded, plain
from lateen.operations.until import check_until, move_until
from lateen.plot.save import save_picture
from lateen.sources.opening import open_source
from lateen.sources.picture import View
from lateen.sources.reading import read_ahead
from lateen.sources.source import Batch, Source, repeated_ids
from lateen.store.derived import content_key

CHUNK = 64  # items that are read, encoded and decoded at a time

Told: TypeAlias = Callable[[int, int], None]
Vectors: TypeAlias = Float32[np.ndarray, "n dim"]


@dataclass(frozen=True, eq=False)
class EditedAll(Written):
    """A source that was edited.

    Args:
        path: The folder.
        n: Items that are edited in it.
        resumed: Those that an earlier run had done.
        rejected: Items that could not be read, and why; rejected.jsonl in the folder has them too.
        stopped: How many moves ended how, where each was to find its own end.
        support: Median support before and after.
        notes: What the user should know.
    """

    path: Path
    n: int
    resumed: int
    rejected: tuple[tuple[str, str], ...]
    stopped: Mapping[str, int]
    support: tuple[float, float]
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        before, after = self.support
        return f"{self.path}: {self.n:,} items edited, median support {before:.2f} before, {after:.2f} after"

    def describe(self) -> str:
        """A few lines for people."""
        lines = [repr(self)]
        if self.resumed:
            lines.append(f"{self.resumed:,} of them were done before")
        if self.stopped:
            lines.append("stopped: " + ", ".join(f"{how} {n:,}" for how, n in self.stopped.items()))
        if self.rejected:
            id, reason = self.rejected[0]
            lines.append(f"{len(self.rejected):,} could not be read, such as {id}: {reason}; rejected.jsonl says which")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, object]:
        """Plain data for `--json`."""
        return {
            "path": str(self.path),
            "n": self.n,
            "resumed": self.resumed,
            "rejected": [{"id": id, "reason": reason} for id, reason in self.rejected],
            "stopped": dict(self.stopped),
            "support_before": plain(self.support[0]),
            "support": plain(self.support[1]),
            "notes": list(self.notes),
        }


def edit_all(
    opened: Opened,
    by: Mapping[str, float | int] | str,
    out: str | Path,
    *,
    source: str | Path | Source | None = None,
    where: str | None = None,
    keep: Sequence[str] | str = (),
    until: float | int | None = None,
    force: bool = False,
    progress: Told | None = None,
) -> EditedAll:
    """Edit every item of a source, or of the space, into a folder.

    Args:
        opened: The space.
        by: Steps by direction; with `until` the name of one, or 1 or -1 for the way.
        out: The folder. It gets a .png of each item, edits.csv and settings.json. If it has a part of the same edits,
            the rest is done.
        source: Items to encode and edit; None for those of the space.
        where: Of the items of the space those that fulfil this, SQL over the fields.
        keep: Fields or directions whose linear readings must not change.
        until: What the direction's own probe is to read: the number of steps is found for each item.
        force: Replace edits with other settings in that folder.
        progress: Told how many items are done, and of how many.

    Raises:
        InputError: If the folder holds something else, or edits with other settings; or as for `edit`.
        InterruptedWorkError: On ^C; what is done is kept.
    """
    move = move_along(opened, moves_of(by, until), keep)
    if until is not None:
        check_until(move, until)
    items = _Own(opened, where) if source is None else _Given(opened, source, where)
    settings = _settings(opened, move, items.name, where, until)
    table = EditsTable.begin(Path(out), settings, tuple(move.by), force)
    resumed = len(table.done)
    names = file_names(items.ids)
    try:
        rejected = _run(opened, move, until, items, table, names, progress)
        table.finish(items.ids, rejected)
    except KeyboardInterrupt:
        raise InterruptedWorkError(
            f"Stopped. {len(table.done):,} of {len(items.ids):,} items are edited and kept in {out}; run the same "
            "command again to go on."
        ) from None
    if not table.done:
        id, reason = rejected[0]
        raise InputError(f"None of the {len(rejected):,} items of {items.name} can be read: {id}: {reason}.")
    return EditedAll(
        path=Path(out),
        n=len(table.done),
        resumed=resumed,
        rejected=tuple(rejected),
        stopped=table.counted(),
        support=table.medians(),
        notes=(*items.notes, *_notes(opened, move)),
    )


class _Own:
    """The items of the space itself."""

    def __init__(self, opened: Opened, where: str | None) -> None:
        if not len(opened):
            raise InputError(f"{opened.name} has no items to edit.")
        among = opened.search.among(where)
        self.opened, self.name = opened, str(opened.path.resolve())
        self.rows = np.arange(len(opened)) if among is None else np.sort(among)
        self.ids = [opened.ids[int(row)] for row in self.rows]
        self.notes: tuple[str, ...] = ()
        self.refused: tuple[tuple[str, str], ...] = ()

    def read(self, places: np.ndarray) -> Iterator[tuple[list[str], Vectors, list[tuple[str, str]]]]:
        """Ids and points of some of them, a chunk at a time, and what could not be read."""
        rows = self.rows[places]
        for start in range(0, len(rows), CHUNK):
            chunk = rows[start : start + CHUNK]
            points = self.opened.geometry.project(np.asarray(self.opened.search.vectors[chunk], np.float32))
            yield [self.ids[int(place)] for place in places[start : start + CHUNK]], points, []


class _Given:
    """The items of a source, to be encoded by the encoder of the space."""

    def __init__(self, opened: Opened, source: str | Path | Source, where: str | None) -> None:
        if where is not None:
            raise InputError("--where chooses among the items of the space; a source is edited whole.")
        self.opened, self.source = opened, open_source(source)
        spec = opened.spec
        if spec.modality != self.source.modality:
            raise InputError(
                f"{opened.name} holds {spec.modality} items; {self.source.name} holds {self.source.modality} items."
            )
        self.view = View.of(spec.preprocessing, opened.folder.meta.fit or None) if spec.modality == "image" else None
        ids, repeated = self.source.ids, repeated_ids(self.source.ids)
        self.name, self.notes = self.source.name, self.source.notes
        self.rows = np.array([row for row in range(len(self.source)) if row not in repeated], np.int64)
        self.ids = [id for row, id in enumerate(ids) if row not in repeated]
        self.refused = tuple((ids[row], f"its id occurs before, in item {i + 1:,}") for row, i in repeated.items())

    def read(self, places: np.ndarray) -> Iterator[tuple[list[str], Vectors, list[tuple[str, str]]]]:
        """Ids and points of some of them, a chunk at a time, and what could not be read."""
        rows, spec = self.rows[places], self.opened.spec
        encoder: Encoder = self.opened.encoder
        chunks = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
        ahead = read_ahead((self.source.take(chunk) for chunk in chunks), self.view, count=len(chunks), finish=_as_read)
        with closing(ahead) as read:
            for batch in read:
                rejected = [(bad.id, bad.reason) for bad in batch.rejected]
                vectors = np.empty((0, spec.dim), np.float32)
                if len(batch):
                    vectors = self.opened.geometry.project(encode(encoder, batch.items, spec.dim))
                good = np.isfinite(vectors).all(axis=1)
                rejected += [(batch.ids[i], "its vector holds NaN or infinity") for i in np.flatnonzero(~good)]
                yield [batch.ids[i] for i in np.flatnonzero(good)], vectors[good], rejected


def _as_read(batch: Batch) -> Batch:
    return batch


def _run(
    opened: Opened,
    move: Move,
    until: float | int | None,
    items: _Own | _Given,
    table: EditsTable,
    names: Mapping[str, str],
    progress: Told | None,
) -> list[tuple[str, str]]:
    """Edit what is not done yet; returns what could not be read."""
    ids = items.ids
    todo = np.array([place for place, id in enumerate(ids) if not table.has(id)], np.int64)
    done, rejected = len(ids) - len(todo), list(items.refused)
    decodes = opened.decoder is not None
    for chunk, points, bad in items.read(todo):
        rejected += bad
        if len(chunk):
            rows = [_edited(opened, move, until, point) for point in points]
            before = opened.support(points)
            made = opened.synthesise(np.stack([row.end for row in rows]))
            for id, row, support, after in zip(chunk, rows, before, made, strict=True):
                file = names[id] if decodes else ""
                if file and after.image is not None:
                    save_picture(Image.fromarray(after.image), table.path / file, force=True)
                table.add(_row(id, file, row, float(support), after))
            table.flush()
        done += len(chunk) + len(bad)
        if progress is not None:
            progress(done, len(ids))
    return rejected


@dataclass(frozen=True, eq=False)
class _One:
    """One item after its move."""

    by: Mapping[str, float]
    stopped: str
    end: Float32[np.ndarray, " dim"]
    readings: Mapping[str, tuple[float, float]]


def _edited(opened: Opened, move: Move, until: float | int | None, start: Float32[np.ndarray, " dim"]) -> _One:
    stopped = ""
    if until is not None:
        stop = move_until(opened, move, start, until)
        move, stopped = taken(move, stop), stop.stopped
    end = move.at(start[None])[0]
    readings = {d.name: (reading(d, start), reading(d, end)) for d in move.directions if d.probe is not None}
    return _One(move.by, stopped, end, readings)


def _row(id: str, file: str, one: _One, support: float, after: Synthetic) -> dict[str, object]:
    row: dict[str, object] = {"id": id, "file": file, "stopped": one.stopped, "nearest": after.nearest}
    row |= {"support_before": support, "support_after": after.support}
    for name, steps in one.by.items():
        before, later = one.readings.get(name, (None, None))
        row |= {f"dose {name}": steps, f"probe_before {name}": before, f"probe_after {name}": later}
    return row


def _settings(
    opened: Opened, move: Move, source: str, where: str | None, until: float | int | None
) -> dict[str, object]:
    """What makes two runs the same: the points, the move to the bit, what is kept and when it stops."""
    directions = [json.dumps(direction.to_dict(), sort_keys=True, default=str) for direction in move.directions]
    decoder = None if opened.decoder is None else opened.decoder.spec.fingerprint
    return {
        "source": source,
        "where": where,
        "by": dict(move.by),
        "keep": [] if move.keeping is None else list(move.keeping.names),
        "until": None if until is None else float(until),
        "space": content_key(opened.folder.content(), opened.spec.fingerprint, decoder),
        "directions": content_key(directions, move.vector.tobytes().hex()),
    }


def _notes(opened: Opened, move: Move) -> tuple[str, ...]:
    notes = move.keeping.doubts if move.keeping is not None else ()
    if opened.decoder is not None:
        return notes
    made = Synthetic(np.zeros(opened.spec.dim, np.float32), 0.0, "nearest item", None, "")
    said = not_decoded(made, opened.spec.modality)[0].partition(":")[0]
    return (*notes, f"{said}: no pictures are written, edits.csv names the real item nearest to each point.")
