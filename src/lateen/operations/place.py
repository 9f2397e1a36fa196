"""New items on a map that is there: a source encoded as the space was, each item placed, nothing moved."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Float, Float32

from lateen.core.codec import Items
from lateen.core.errors import InputError
from lateen.operations.locating import FARTHEST
from lateen.operations.opened import Opened
from lateen.operations.result import rounded
from lateen.projection.forward import Forward
from lateen.sources.opening import open_source
from lateen.sources.picture import View
from lateen.sources.reading import read_ahead
from lateen.sources.source import Source, no_fields
from lateen.store.thumbnails import with_thumbnails

LINES = 12  # of new items that are printed
UNLIKE = 0.05  # support below which the place of an item means little
CHUNK = 64  # items that are read and encoded at a time


@dataclass(frozen=True, eq=False)
class Placed:
    """Items of a source on the map of a space.

    Args:
        source: Where they come from.
        ids: m strings.
        vectors: (m, dim) their points.
        positions: (m, 2 or 3) their places.
        support: (m,) how near to the space's items they are, as a share of held-out items; NaN where nobody can say.
        nearest: Ids of the items of the space that are nearest to each.
        fields: m rows: what the source says of them in the fields of the space; null where it says nothing.
        thumbnails: m small pictures as JPEG; none if the items are no pictures.
        rejected: (id, reason) of the source's items that could not be used.
    """

    source: str
    ids: Sequence[str]
    vectors: Float32[np.ndarray, "m dim"]
    positions: Float32[np.ndarray, "m axes"]
    support: Float[np.ndarray, " m"]
    nearest: Sequence[str]
    fields: pa.Table
    thumbnails: Sequence[bytes]
    rejected: Sequence[tuple[str, str]]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def unlike(self) -> Bool[np.ndarray, " m"]:
        """Which of them are farther from the data than nearly all of the space's own items."""
        return np.asarray(self.support < UNLIKE)

    def describe(self) -> str:
        """The new items as lines for people."""
        axes = self.positions.shape[1]
        lines = [
            f"  {id}: ({', '.join(f'{value:.3f}' for value in position)}), nearest to {nearest}"
            + ("" if math.isnan(support) else f", support {support:.2f}")
            + (" (unlike the data)" if unlike else "")
            for id, position, support, nearest, unlike in zip(
                self.ids[:LINES], self.positions.tolist(), self.support, self.nearest, self.unlike, strict=False
            )
        ]
        more = len(self) - LINES
        head = f"{len(self):,} new {'item' if len(self) == 1 else 'items'} at ({', '.join('xyz'[:axes])}):"
        return "\n".join([head, *lines, *([f"  and {more:,} more"] if more > 0 else [])])

    def to_list(self) -> list[dict[str, object]]:
        """The new items as plain data."""
        axes = "xyz"[: self.positions.shape[1]]
        return [
            {
                "id": id,
                **{axis: rounded(value, 6) for axis, value in zip(axes, position, strict=True)},
                "support": rounded(support),
                "nearest": nearest,
            }
            for id, position, support, nearest in zip(
                self.ids, self.positions.tolist(), self.support, self.nearest, strict=True
            )
        ]

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of them, a sentence each."""
        lost = [f"{id!r} is not on the map: {reason}." for id, reason in self.rejected[:5]]
        more = len(self.rejected) - len(lost)
        far = int(self.unlike.sum())
        verb = "is" if far == 1 else "are"
        unlike = (
            f"{far:,} of {len(self):,} new items {verb} farther from the data than nearly any item of the space "
            f"(support below {UNLIKE:g}): {'its place means' if far == 1 else 'their places mean'} little."
        )
        return (
            *lost,
            *((f"{more} more are not on the map.",) if more > 0 else ()),
            *((unlike,) if far else ()),
        )


def place(opened: Opened, forward: Forward, source: object) -> Placed:
    """Encode the items of a source and place them on a map.

    Args:
        opened: The space.
        forward: Of its map.
        source: Whatever a space can be built from: a str, a Path or an open source.

    Raises:
        InputError: If the source can't be opened, holds other items than the space, or nothing of it can be used.
        SpaceError: If new items can't be encoded into the space.
    """
    if not isinstance(source, (str, Path, Source)):
        raise InputError(
            f"place got a {type(source).__name__}; give a source, as `lateen build` takes it: a folder of pictures, a "
            "table, arrays or word vectors. Items of the space are on its map already."
        )
    items = open_source(source)
    spec = opened.spec
    if items.modality != spec.modality:
        raise InputError(
            f"{items.name} holds {items.modality} items; {opened.name} holds {spec.modality} items, and only such can "
            "be placed on its map."
        )
    ids, parts, fields, thumbnails, rejected = _encoded(opened, items)
    vectors = np.concatenate(parts) if parts else np.zeros((0, spec.dim), np.float32)
    squares = (vectors.astype(np.float64) ** 2).sum(axis=1)
    usable = (squares < FARTHEST**2) & ((squares > 0) | (opened.geometry.name != "sphere"))
    rejected += [(ids[row], "its vector has no place in the space") for row in np.flatnonzero(~usable)]
    if not usable.any():
        reason = f": {rejected[0][0]!r}, {rejected[0][1]}" if rejected else ""
        raise InputError(f"No item of {items.name} can be placed on the map{reason}.")
    points = opened.geometry.project(vectors[usable])
    found = forward.neighbours(points)
    return Placed(
        source=items.name,
        ids=[ids[row] for row in np.flatnonzero(usable)],
        vectors=points,
        positions=forward.at(found),
        support=opened.support(points),
        nearest=[opened.ids[int(row)] for row in found.rows[:, 0]],
        fields=_known(opened, fields).take(pa.array(np.flatnonzero(usable))),
        thumbnails=[thumbnails[row] for row in np.flatnonzero(usable)] if thumbnails else [],
        rejected=rejected,
    )


def _encoded(
    opened: Opened, source: Source
) -> tuple[list[str], list[Float32[np.ndarray, "b dim"]], list[pa.Table], list[bytes], list[tuple[str, str]]]:
    """Ids, vectors, fields, small pictures, and what could not be read."""
    spec = opened.spec
    view = View.of(spec.preprocessing, opened.folder.meta.fit or None) if spec.modality == "image" else None
    starts = range(0, len(source), CHUNK)
    stretches = (source.take(np.arange(start, min(start + CHUNK, len(source)))) for start in starts)
    ids: list[str] = []
    parts: list[Float32[np.ndarray, "b dim"]] = []
    fields: list[pa.Table] = []
    thumbnails: list[bytes] = []
    rejected: list[tuple[str, str]] = []
    with closing(read_ahead(stretches, view, count=len(starts), finish=with_thumbnails)) as read:
        for prepared in read:
            rejected += [(item.id, item.reason) for item in prepared.batch.rejected]
            if len(prepared.batch):
                parts.append(_vectors(opened, prepared.batch.items, source.name))
                ids += prepared.batch.ids
                fields.append(prepared.batch.fields)
                thumbnails += prepared.thumbnails
    return ids, parts, fields, thumbnails, rejected


def _known(opened: Opened, parts: list[pa.Table]) -> pa.Table:
    """The fields of the space as the source has them; null where it has none, or other values than the space."""
    n = sum(len(part) for part in parts)
    columns = {}
    for field in opened.fields.schema:
        columns[field.name] = pa.nulls(n, field.type)
        if parts and all(field.name in part.column_names for part in parts):
            chunks = [chunk for part in parts for chunk in part.column(field.name).chunks]
            try:
                columns[field.name] = pa.chunked_array(chunks, parts[0].schema.field(field.name).type).cast(field.type)
            except pa.ArrowException:
                continue
    return pa.table(columns) if columns else no_fields(n)


def _vectors(opened: Opened, items: Items, source: str) -> Float32[np.ndarray, "b dim"]:
    """Points of some items: by the encoder, or as they come where the space took them so."""
    if opened.spec.encoder.partition(":")[0] != "none":
        return opened.encode(items)
    given = np.asarray(items, np.float32)
    if given.shape[1:] != (opened.spec.dim,):
        width = given.shape[-1]
        raise InputError(f"{source} holds vectors of {width} numbers; those of {opened.name} have {opened.spec.dim}.")
    return given
