"""Maps: the space laid out in two or three dimensions, with figures that say how far to trust the layout."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float, Float32
from PIL.Image import Image

from lateen.core.errors import InputError
from lateen.core.seed import require_seed
from lateen.operations import placed_faces
from lateen.operations.chart import kept_chart
from lateen.operations.clusters import Clusters, clusters
from lateen.operations.map_faces import check_color, page, picture, table
from lateen.operations.opened import Opened
from lateen.operations.place import Placed, place
from lateen.operations.result import Pictured, rounded
from lateen.plot.save import check_target, save_text, write_whole
from lateen.projection.chart import MapChart
from lateen.projection.layout import layout
from lateen.projection.quality import MapQuality, largest_k, map_quality
from lateen.sources.source import Source
from lateen.store.derived import Derived, content_key


@dataclass(frozen=True, eq=False)
class Map(Pictured):
    """A layout of a space.

    Args:
        method: "pca" or "umap".
        positions: (n, 2 or 3) in [-1, 1].
        quality: Trustworthiness and continuity against the space's own neighbours; None for a handful of items.
        seconds: Time of the layout; 0 if it was kept from before.
        color: Field that colours the picture, or None.
        new: Items that are on it without being in the space, or None.
    """

    method: str
    positions: Float32[np.ndarray, "n axes"]
    quality: MapQuality | None
    seconds: float
    color: str | None
    _opened: Opened = field(repr=False)
    new: Placed | None = None

    def __repr__(self) -> str:
        what, q = f"Map of {len(self.positions):,} points by {self.method}", self.quality
        if q is None:
            return f"{what}, too few to have neighbourhoods"
        figures = f"trustworthiness {q.trustworthiness:.3f}, continuity {q.continuity:.3f}"
        return f"{what}: {figures} (k = {q.k}, {q.anchors:,} anchors)"

    def to_dict(self) -> dict[str, object]:
        """Plain data, as `--json` prints it."""
        nothing = {"trustworthiness": None, "continuity": None, "k": 0, "anchors": 0}
        measured = nothing if self.quality is None else self.quality.to_dict()
        shape = {"n": len(self.positions), "dims": self.positions.shape[1]}
        taken = {"seconds": rounded(self.seconds, 2)}
        two_ways = {"chart": self.chart.quality.to_dict()} if "chart" in self.__dict__ else {}
        new = {} if self.new is None else {"new": self.new.to_list()}
        return {"method": self.method, **shape, **measured, **taken, **self.clusters.to_dict(), **two_ways, **new}

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


def make_map(opened: Opened, method: str = "umap", dims: int = 2, color: str | None = None, seed: int = 0) -> Map:
    """Lay the space out; a layout made before with the same settings is read from the space's cache."""
    if color is not None:
        check_color(opened, color)
    if dims not in (2, 3):
        raise InputError(f"A map has 2 or 3 dimensions, got {dims}.")
    require_seed(seed)
    derived = Derived(opened.path / "derived")
    points = np.asarray(opened.points)
    key = content_key(opened.folder.content(), opened.geometry.name, method, dims, seed)
    seconds = 0.0
    kept = derived.path("map", key, ".npy")
    positions = _kept_positions(kept, (len(opened.ids), dims))
    if positions is None:
        start = time.perf_counter()
        made = positions = layout(points, method=method, seed=seed, dims=dims)
        seconds = time.perf_counter() - start
        kept.unlink(missing_ok=True)
        derived.make("map", key, ".npy", lambda file: np.save(file, made))
    k = largest_k(len(positions))
    quality = map_quality(points, positions, k=k, seed=seed) if k else None
    return Map(method, positions, quality, seconds, color, opened)


def _kept_positions(path: Path, shape: tuple[int, int]) -> Float32[np.ndarray, "n axes"] | None:
    """A layout that was kept; None if it isn't there or is damaged."""
    try:
        positions: np.ndarray = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    whole = positions.shape == shape and positions.dtype == np.float32 and np.isfinite(positions).all()
    return positions if whole else None
