"""The faces of a map: the page to explore, the picture to show, the table to use.

One idea: each is made of the positions, the fields and the clusters, and asks for no more pictures than it shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from jaxtyping import Float32, Shaped
from PIL.Image import Image

from lateen.manifold.valleys import log_density
from lateen.operations.clusters import NEIGHBOURS, Clusters
from lateen.operations.near import has_pictures
from lateen.operations.opened import Opened
from lateen.plot.map_html import map_html
from lateen.plot.map_png import map_png
from lateen.plot.regions import Regions

CLUSTER, DENSITY = "cluster", "density"
DENSITY_TOLD = "share of items that lie less densely"
MADE = (CLUSTER, DENSITY)  # columns that a map adds to the fields, unless a field is called so
TABLE_ROWS = 3  # fewer items have no density

Positions = Float32[np.ndarray, "n axes"]
Columns = Mapping[str, Shaped[np.ndarray, " _"]]


def page(
    opened: Opened,
    positions: Positions,
    clusters: Clusters,
    *,
    subtitle: str,
    quality: Mapping[str, float | int | None] | None,
    color: str | None,
    more: Columns | None = None,
) -> str:
    """The map as a self-contained web page.

    Args:
        opened: The space.
        positions: (n, 2 or 3).
        clusters: Of the same space.
        subtitle: A line under the name of the space.
        quality: Figures of the map.
        color: The field to start with, also "cluster" or "density".
        more: Further columns to show and colour by.
    """
    fields = {name: opened.column(name) for name in opened.fields.column_names}
    made = {CLUSTER: _cluster_names(clusters), DENSITY: density(opened)}
    columns = {**fields, **{name: values for name, values in {**(more or {}), **made}.items() if name not in fields}}

    def pictures(rows: Sequence[int]) -> list[bytes | None]:
        found = opened.folder.thumbnails(opened.ids[row] for row in sorted(rows))  # quicker in their order
        return [found.get(opened.ids[row]) for row in rows]

    return map_html(
        positions,
        opened.ids,
        columns,
        pictures if opened.spec.modality == "image" else None,
        title=opened.path.stem,
        subtitle=subtitle,
        quality=None if quality is None else {k: v for k, v in quality.items() if v is not None},
        color_by=color,
        regions=regions(clusters),
        told={} if DENSITY in fields else {DENSITY: DENSITY_TOLD},
        named=opened.spec.modality == "word",
    )


def picture(opened: Opened, positions: Positions, clusters: Clusters, *, what: str, color: str | None) -> Image:
    """The map as a picture; of three dimensions the first two."""
    ids, bare = opened.ids, not has_pictures(opened)
    is_told = bare and ids[0] != "0"  # row numbers tell nobody anything
    return map_png(
        positions[:, :2],
        colors=None if color is None else color_column(opened, clusters, color),
        field=f"{DENSITY} ({DENSITY_TOLD})" if color == DENSITY and color not in opened.fields.column_names else color,
        thumbnails=None if bare else lambda row: opened.pictures([ids[row]])[0],
        names=ids.__getitem__ if is_told else None,
        title=f"{opened.path.stem}: {what}",
        regions=regions(clusters),
    )


def table(opened: Opened, positions: Positions, clusters: Clusters) -> pa.Table:
    """Columns id, x, y (z), cluster (null: in none) and the fields."""
    columns = {"id": pa.array(opened.ids)}
    columns |= {axis: pa.array(positions[:, i]) for i, axis in enumerate("xyz"[: positions.shape[1]])}
    fields = opened.fields
    if CLUSTER not in fields.column_names:
        columns[CLUSTER] = pa.array(clusters.labels.astype(np.int32), mask=clusters.labels < 0)
    return pa.table(columns | {name: fields[name] for name in fields.column_names if name not in columns})


def regions(clusters: Clusters) -> Regions | None:
    """What is written on the map; nothing where one cluster is all there is."""
    if clusters.count < 2:
        return None
    return Regions(clusters.labels, [name.text for name in clusters.names], clusters.exemplars)


def check_color(opened: Opened, color: str) -> None:
    """Raises UnknownNameError if a map can't be coloured by it."""
    if color not in MADE:
        opened.column(color)


def color_column(opened: Opened, clusters: Clusters, color: str) -> Shaped[np.ndarray, " n"]:
    """The values that colour the map."""
    if color in opened.fields.column_names or color not in MADE:
        return opened.column(color)
    return _cluster_names(clusters) if color == CLUSTER else density(opened)


def density(opened: Opened) -> Float32[np.ndarray, " n"]:
    """How dense it is around each item, as the share of items with emptier surroundings."""
    n = len(opened)
    if n < TABLE_ROWS:
        return np.full(n, np.nan, np.float32)
    order = np.argsort(np.argsort(log_density(opened.table(NEIGHBOURS)), kind="stable"), kind="stable")
    return np.asarray((order + 0.5) / n, np.float32)


def _cluster_names(clusters: Clusters) -> Shaped[np.ndarray, " n"]:
    names = np.array([*(name.text for name in clusters.names), None], object)
    return np.asarray(names[clusters.labels])
