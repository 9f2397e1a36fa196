"""Maps: the space laid out in two or three dimensions, with figures that say how far to trust the layout."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float, Float32
from PIL.Image import Image

from lateen.core.seed import require_seed
from lateen.operations import placed_faces
from lateen.operations.chart import kept_chart
from lateen.operations.clusters import Clusters, clusters
from lateen.operations.map_faces import check_color, page, picture, table
from lateen.operations.opened import Opened
from lateen.operations.place import Placed, place
from lateen.operations.result import Pictured, rounded
from lateen.plot.coloring import Categories, read_field
from lateen.plot.save import check_target, save_text, write_whole
from lateen.projection.chart import MapChart
from lateen.projection.layout import DEFAULT, NEIGHBOURS, LaidOut, check_layout, lay_out
from lateen.projection.quality import MapQuality, largest_k, map_quality
from lateen.sources.source import Source
from lateen.store.derived import Derived, content_key

LABEL = "label"  # the field of classes, where none is named
VERSION = 2  # of the layouts: a kept one of another version is made anew


@dataclass(frozen=True, eq=False)
class Map(Pictured):
    """A layout of a space.

    Args:
        method: "lateen", "umap", "tsne" or "pca".
        positions: (n, 2 or 3) in [-1, 1].
        quality: Trustworthiness and continuity against the space's own neighbours; None for a handful of items.
        seconds: Time of the layout; 0 if it was kept from before.
        color: Field that colours the picture, or None.
        new: Items that are on it without being in the space, or None.
        attraction: How strongly neighbours pulled each other, where it is lateen's own layout.
        wanted: What was asked for instead, where that would have pulled all points into one.
    """

    method: str
    positions: Float32[np.ndarray, "n axes"]
    quality: MapQuality | None
    seconds: float
    color: str | None
    _opened: Opened = field(repr=False)
    new: Placed | None = None
    attraction: float | None = None
    wanted: float | int | None = None

    def __repr__(self) -> str:
        strength = "" if self.attraction is None else f" (attraction {self.attraction:.2g})"
        what, q = f"Map of {len(self.positions):,} points by {self.method}{strength}", self.quality
        if q is None:
            return f"{what}, too few to have neighbourhoods"
        figures = f"trustworthiness {q.trustworthiness:.3f}, continuity {q.continuity:.3f}"
        recall = f"{q.neighbour_recall:.0%} of the {q.k} neighbours kept"
        told = f"{what}: {figures}, {recall} ({q.anchors:,} anchors)"
        if q.labels is None:
            return told
        right = f"{q.labels.label_accuracy:.0%} of {self.classes} by their neighbours on the map"
        return f"{told}\nIt tells {right}, {q.labels.space_accuracy:.0%} by those in the space"

    @property
    def classes(self) -> str:
        """The field whose classes the quality is about."""
        return LABEL if self.color is None else self.color

    def to_dict(self) -> dict[str, object]:
        """Plain data, as `--json` prints it."""
        nothing = {"trustworthiness": None, "continuity": None, "neighbour_recall": None, "k": 0, "anchors": 0}
        measured = nothing if self.quality is None else self.quality.to_dict()
        shape = {"n": len(self.positions), "dims": self.positions.shape[1]}
        strength = {} if self.attraction is None else {"attraction": rounded(self.attraction)}
        taken = {"seconds": rounded(self.seconds, 2)}
        two_ways = {"chart": self.chart.quality.to_dict()} if "chart" in self.__dict__ else {}
        new = {} if self.new is None else {"new": self.new.to_list()}
        settings = {"method": self.method, **strength, **shape}
        return {**settings, **measured, **taken, **self.clusters.to_dict(), **two_ways, **new}

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of the layout, a sentence each."""
        if self.wanted is None:
            return ()
        used = f"{self.attraction:.2g}"
        return (f"The attraction is {used}: {self.wanted:g} would pull all of this data to one point.",)

    @cached_property
    def clusters(self) -> Clusters:
        """The clusters of the space, whose names stand on the map."""
        return clusters(self._opened)

    @cached_property
    def chart(self) -> MapChart:
        """The ways to the map and back, measured on held-out items; kept with the space."""
        return kept_chart(self._opened, self.positions)

    def forward(self, vectors: Float[np.ndarray, "m dim"]) -> Float32[np.ndarray, "m axes"]:
        """The places of new vectors, (m, dim) -> (m, axes); nothing on the map moves, items keep their places."""
        return self.chart.forward(vectors)

    def inverse(self, positions: Float[np.ndarray, "m axes"]) -> Float32[np.ndarray, "m dim"]:
        """The vectors of any places of the map, (m, axes) -> (m, dim); `chart.judge` says how far to believe them."""
        return self.chart.inverse(positions)

    def place(self, source: str | Path | Source) -> Map:
        """The same map with the items of a source on it, encoded as the space was; nothing on it moves.

        Raises:
            InputError: If the source can't be opened, holds other items, or nothing of it can be used.
            SpaceError: If new items can't be encoded into the space.
        """
        placed = replace(self, new=place(self._opened, self.chart.forward, source))
        placed.__dict__["chart"] = self.chart
        return placed

    def picture(self) -> Image:
        """The map with thumbnails, or the words themselves, coloured by a field; with new items, these alone."""
        axes = ", first two of three axes" if self.positions.shape[1] == 3 else ""
        if self.new is not None:
            trusted = None if axes else self.chart.overlay.trusted
            return placed_faces.picture(
                self._opened, self.positions, self.new, what=self._what() + axes, trusted=trusted
            )
        return picture(self._opened, self.positions, self.clusters, what=self._what() + axes, color=self.color)

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Save as .html (to explore, self-contained), .png (to show) or .parquet (id, x, y, z and the fields).

        Raises:
            InputError: If the file exists and `force` is not set, or the suffix is not known.
        """
        path = Path(path)
        if path.suffix == ".html":
            return save_text(self._html(), path, force=force)
        if path.suffix == ".parquet":
            target = check_target(path, (".parquet",), force=force)
            write_whole(target, lambda part: pq.write_table(self.to_arrow(), part))
            return target
        return super().save(path, force=force)

    def to_arrow(self) -> pa.Table:
        """Columns id, x, y (z), cluster and the fields."""
        if self.new is not None:
            return placed_faces.rows(self._opened, self.positions, self.clusters, self.new)
        return table(self._opened, self.positions, self.clusters)

    def _what(self) -> str:
        return f"{len(self.positions):,} items, {self._opened.spec.dim} dimensions laid out by {self.method}"

    def _html(self) -> str:
        quality = None if self.quality is None else self.quality.to_dict()
        shown = self._opened, self.positions, self.clusters
        if self.new is not None:
            return placed_faces.page(*shown, self.new, subtitle=self._what(), quality=quality, color=self.color)
        return page(*shown, subtitle=self._what(), quality=quality, color=self.color)


def make_map(
    opened: Opened,
    method: str = DEFAULT,
    dims: int = 2,
    color: str | None = None,
    seed: int = 0,
    attraction: float | int | None = None,
    device: str | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Map:
    """Lay the space out; a layout made before with the same settings is read from the space's cache."""
    if color is not None:
        check_color(opened, color)
    check_layout(method, dims, attraction, device)
    require_seed(seed)
    derived = Derived(opened.path / "derived")
    points = np.asarray(opened.points)
    strength = None if attraction is None else float(attraction)
    where = _where(device)
    items = content_key(opened.folder.content(), opened.geometry.name)
    key = f"{items}-{content_key(method, dims, seed, strength, where, VERSION)}"
    seconds = 0.0
    kept = derived.path("map", key, ".npz")
    made = _kept(kept, (len(opened.ids), dims))
    if made is None:
        start = time.perf_counter()
        made = _laid_out(opened, points, method, dims, seed, attraction, where, progress)
        seconds = time.perf_counter() - start
        kept.unlink(missing_ok=True)
        derived.make("map", key, ".npz", lambda file: file.write(_packed(made)))
        derived.keep_only("map", items)
    quality = _quality(opened, points, made.positions, color, seed, progress)
    lowered = attraction if made.attraction is not None and made.attraction < (strength or 0) else None
    return Map(method, made.positions, quality, seconds, color, opened, attraction=made.attraction, wanted=lowered)


def _where(device: str | None) -> str | None:
    """The kind of device that makes the bytes of a layout."""
    if device is None:
        return None
    from lateen.projection.spectrum.on_torch import found

    return found(device)


def _laid_out(
    opened: Opened,
    points: Float32[np.ndarray, "n dim"],
    method: str,
    dims: int,
    seed: int,
    attraction: float | int | None,
    device: str | None,
    progress: Callable[[str, int, int], None] | None,
) -> LaidOut:
    """A layout on the space's own table of neighbours."""
    told = None if progress is None else lambda done, total: progress("neighbours", done, total)
    wanted = NEIGHBOURS[method] if len(points) > 1 else 0
    table = opened.table(wanted, told) if wanted else None
    return lay_out(
        points,
        method=method,
        seed=seed,
        dims=dims,
        table=table,
        attraction=attraction,
        progress=progress,
        device=device,
    )


def _quality(
    opened: Opened,
    points: Float32[np.ndarray, "n dim"],
    positions: Float32[np.ndarray, "n axes"],
    color: str | None,
    seed: int,
    progress: Callable[[str, int, int], None] | None,
) -> MapQuality | None:
    """How far to trust a layout; with what it does to the classes that it is coloured by, or to those of `label`."""
    k = largest_k(len(positions))
    if not k:
        return None
    told = None if progress is None else lambda done, total: progress("quality", done, total)
    name = LABEL if color is None else color
    labels = opened.column(name) if name in opened.fields.column_names else None
    if labels is not None and not isinstance(read_field(labels), Categories):
        labels = None
    return map_quality(points, positions, k=k, seed=seed, geometry=opened.geometry, labels=labels, progress=told)


def _packed(made: LaidOut) -> bytes:
    file = io.BytesIO()
    np.savez(file, positions=made.positions, attraction=np.nan if made.attraction is None else made.attraction)
    return file.getvalue()


def _kept(path: Path, shape: tuple[int, int]) -> LaidOut | None:
    """A layout that was kept; None if it isn't there or is damaged."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            positions, attraction = kept["positions"], float(kept["attraction"])
    except (OSError, ValueError, TypeError, KeyError, EOFError, BadZipFile):
        return None
    whole = positions.shape == shape and positions.dtype == np.float32 and np.isfinite(positions).all()
    return LaidOut(positions, None if np.isnan(attraction) else attraction) if whole else None
