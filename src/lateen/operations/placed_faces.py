"""The faces of a map with new items on it: the page, the picture and the table, each with the new ones marked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Float32, Shaped
from PIL.Image import Image

from lateen.operations.clusters import Clusters
from lateen.operations.map_faces import regions, table
from lateen.operations.opened import Opened
from lateen.operations.place import Placed
from lateen.plot.map_html import map_html
from lateen.plot.palette import CATEGORIES
from lateen.plot.placed_png import placed_png
from lateen.plot.regions import Regions

NEW, UNLIKE, OLD = "new", "new, unlike the data", "on the map"  # as the page says it
SUPPORT, NEAREST = "support", "nearest"

Positions = Float32[np.ndarray, "n axes"]


def page(
    opened: Opened,
    positions: Positions,
    clusters: Clusters,
    placed: Placed,
    *,
    subtitle: str,
    quality: Mapping[str, float | int | None] | None,
    color: str | None,
) -> str:
    """The map as a self-contained web page: the old items grey, the new ones over them with their pictures."""
    n, m = len(positions), len(placed)
    fields = {name: opened.column(name).tolist() for name in opened.fields.column_names}
    marked = _mark(opened)
    kinds = [UNLIKE if unlike else NEW for unlike in placed.unlike.tolist()]
    columns = {marked: _objects([OLD] * n + kinds)}
    columns |= {name: _objects([None] * n + values) for name, values in _said(opened, placed).items()}
    columns |= {name: _objects(values + placed.fields[name].to_pylist()) for name, values in fields.items()}
    known, none = regions(clusters), np.full(m, -1)

    def pictures(rows: Sequence[int]) -> list[bytes | None]:
        ids = [opened.ids[row] for row in rows if row < n]
        found = opened.folder.thumbnails(ids)
        return [found.get(opened.ids[row]) if row < n else placed.thumbnails[row - n] for row in rows]

    return map_html(
        np.concatenate([positions, placed.positions]),
        [*opened.ids, *placed.ids],
        columns,
        pictures if opened.spec.modality == "image" else None,
        title=opened.path.stem,
        subtitle=f"{subtitle}, {m:,} new",
        quality=None if quality is None else {k: v for k, v in quality.items() if v is not None},
        color_by=color if color in columns else marked,
        regions=None if known is None else Regions(np.append(known.labels, none), known.names, known.exemplars),
        front=np.arange(n, n + m),
        inks={marked: {OLD: None, NEW: CATEGORIES[0], UNLIKE: CATEGORIES[2]}},
    )


def picture(
    opened: Opened,
    positions: Positions,
    placed: Placed,
    *,
    what: str,
    trusted: Bool[np.ndarray, "rows columns"] | None,
) -> Image:
    """The map in grey, and the new items on it; of three dimensions the first two."""
    return placed_png(
        positions[:, :2],
        placed.positions[:, :2],
        thumbnails=placed.thumbnails.__getitem__ if placed.thumbnails else None,
        names=None if placed.thumbnails else placed.ids.__getitem__,
        trusted=trusted,
        unlike=placed.unlike,
        title=f"{opened.path.stem}: {what}, {len(placed):,} new",
    )


def rows(opened: Opened, positions: Positions, clusters: Clusters, placed: Placed) -> pa.Table:
    """The map's table and, for the new items, their support and the nearest item; a column says which are new.

    Ids may repeat: those of the new items are their source's.
    """
    old, marked = table(opened, positions, clusters), _mark(opened)
    columns = {"id": pa.array(list(placed.ids), old.schema.field("id").type)}
    columns |= {axis: pa.array(placed.positions[:, i]) for i, axis in enumerate("xyz"[: positions.shape[1]])}
    columns |= {name: pa.array(values) for name, values in _said(opened, placed).items()}
    columns |= {name: placed.fields[name] for name in placed.fields.column_names if name not in columns}
    new = pa.table(columns)
    both = pa.concat_tables([old, new], promote_options="default")
    return both.append_column(marked, pa.array([False] * len(old) + [True] * len(new)))


def _said(opened: Opened, placed: Placed) -> dict[str, list[object]]:
    """What is known of the new items alone; a field of the user's keeps its name."""
    said: dict[str, list[object]] = {
        SUPPORT: [None if math.isnan(value) else value for value in placed.support.tolist()],
        NEAREST: list(placed.nearest),
    }
    taken = opened.fields.column_names
    return {f"{name} of new" if name in taken else name: values for name, values in said.items()}


def _mark(opened: Opened) -> str:
    """The column that tells new items; a field of the user's keeps its name."""
    return "new" if "new" not in opened.fields.column_names else "new item"


def _objects(values: Sequence[object]) -> Shaped[np.ndarray, " n"]:
    column = np.empty(len(values), object)
    column[:] = values
    return column
