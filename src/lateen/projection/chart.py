"""A chart of a map: forward, inverse and honesty together, and what they are worth on items that were held out.

One idea: a tenth of the items is hidden from forward and inverse; how well they place and remake these, beside what
simpler ways do, are the figures of the chart, and set its limits of trust. The chart itself then knows all items.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from jaxtyping import Float, Float32, Float64, Int

from lateen.core.geometry import Geometry
from lateen.core.threads import one_thread
from lateen.projection.forward import Forward, require_map
from lateen.projection.honesty import Honesty, Judged, Overlay, overlay
from lateen.projection.inverse import Inverse
from lateen.projection.pca import pca

HELD_OUT = 1_000  # items at the most
NEIGHBOURHOOD = 15
_PLANE_OF = 10_000  # items at the least that the principal components are taken from
NAN = float("nan")
Classes: TypeAlias = Mapping[str, Int[np.ndarray, " n"]]


@dataclass(frozen=True)
class ChartQuality:
    """What forward and inverse are worth on held-out items; NaN where that can't be known.

    Distances on the map are shares of its width, which is the extent of its longer axis. Distances in the space are
    root mean squares, as shares of the held-out items' own distance from the mean: 1 is no better than the mean.

    Args:
        held_out: How many items were held out.
        forward_error: Mean distance on the map of held-out items from their own places.
        forward_median: The median of it.
        neighbour_mean_error: The mean distance if each is put at the mean place of its nearest items.
        class_place_error: The mean distance if each is put at the mean place of its class.
        forward_recall: Share of the 15 items nearest in the space that are among the 15 nearest on the map.
        own_recall: The same around the places that the layout itself gave them.
        inverse_error: Distance in the space of held-out items from the points made at their places.
        nearest_error: The same for the item that is shown nearest.
        pca_error: The same for the principal components' plane (space), which has its own, best places.
        class_error: The same for the mean of their class, of the field where this is least.
        class_field: That field; "" if there is none.
        latent_round_trip: Distance in the space from held-out items to what is made at the place forward gives them.
        map_round_trip: Mean distance on the map from held-out places to where the points made there belong.
        radius_limit: Trusted places have their nearest items within this distance on the map, in its own units;
        spread_limit: and these within this distance of the point made of them, in the space's units;
        round_trip_limit: and a round trip of at most this, in the map's units: 95 % quantiles of held-out items.
    """

    held_out: int
    forward_error: float = NAN
    forward_median: float = NAN
    neighbour_mean_error: float = NAN
    class_place_error: float = NAN
    forward_recall: float = NAN
    own_recall: float = NAN
    inverse_error: float = NAN
    nearest_error: float = NAN
    pca_error: float = NAN
    class_error: float = NAN
    class_field: str = ""
    latent_round_trip: float = NAN
    map_round_trip: float = NAN
    radius_limit: float = NAN
    spread_limit: float = NAN
    round_trip_limit: float = NAN

    def describe(self) -> str:
        """The figures as lines for people."""
        if not self.held_out:
            return "Too few items to hold some out: nobody can say what new places are worth."
        if math.isnan(self.inverse_error):
            return "All items are the same: there is nothing to measure."
        than = [("the nearest item", self.nearest_error), ("principal components", self.pca_error)]
        than += [(f"the mean of its {self.class_field}", self.class_error)] if self.class_field else []
        beside = ", ".join(f"{name} {value:.3f}" for name, value in than)
        return (
            f"On {self.held_out:,} held-out items, as shares of the map's width and of the distance from the mean:\n"
            f"  to the map   {self.forward_error:.4f} from their own places (mean of neighbours "
            f"{self.neighbour_mean_error:.4f}); {self.forward_recall:.0%} of their neighbours around them "
            f"({self.own_recall:.0%} around their own places)\n"
            f"  from the map {self.inverse_error:.3f} ({beside})\n"
            f"  round trips  {self.latent_round_trip:.3f} in the space, {self.map_round_trip:.4f} on the map"
        )

    def to_dict(self) -> dict[str, float | int | str | None]:
        """Plain data; what can't be known is None."""
        figures = asdict(self).items()
        return {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in figures}


@dataclass(frozen=True, eq=False)
class MapChart:
    """The two ways of a map, and which places to believe; made by `MapChart.fit`.

    Args:
        forward: Space to map.
        inverse: Map to space.
        honesty: Judge of places.
        quality: Figures on held-out items.
    """

    forward: Forward
    inverse: Inverse
    honesty: Honesty
    quality: ChartQuality

    @classmethod
    def fit(
        cls,
        vectors: Float[np.ndarray, "n dim"],
        positions: Float[np.ndarray, "n_places axes"],
        geometry: Geometry,
        *,
        classes: Classes | None = None,
        seed: int = 0,
    ) -> MapChart:
        """Fit a map's two ways and measure them on held-out items, of which there are none among fewer than 4.

        Args:
            vectors: (n, dim) the items as points of the space.
            positions: (n, axes) where they are on the map.
            geometry: Of the space.
            classes: By field, (n,) numbers from 0 of the classes that it divides the items into, to compare with.
            seed: Of what is held out.

        Raises:
            InputError: If there are no items, numbers differ, or something is not finite.
        """
        places = require_map("MapChart", vectors, positions)
        points = np.ascontiguousarray(vectors, np.float32)
        n = len(points)
        shuffled = np.random.default_rng(seed).permutation(n)
        m = 0 if n < 4 else min(HELD_OUT, max(1, n // 10, min(10, n // 4)))
        out, kept = np.sort(shuffled[:m]), np.sort(shuffled[m:])
        honesty, quality = Honesty.of(np.zeros((3, 0))), ChartQuality(0)
        if m:
            trial = _Trial(points, places, geometry, kept, out)
            honesty, quality = trial.honesty, trial.quality(classes or {})
        return cls.of(points, places, geometry, honesty, quality)

    @classmethod
    def of(
        cls,
        vectors: Float32[np.ndarray, "n dim"],
        positions: Float[np.ndarray, "n axes"],
        geometry: Geometry,
        honesty: Honesty,
        quality: ChartQuality,
    ) -> MapChart:
        """A chart that was measured before."""
        forward = Forward.fit(vectors, positions, geometry)
        return cls(forward, Inverse(forward.vectors, forward.positions, geometry), honesty, quality)

    def judge(self, positions: Float[np.ndarray, "m axes"]) -> Judged:
        """The points of places, and how far to believe them."""
        return self.honesty.judge(self.forward, self.inverse, positions)

    @cached_property
    def overlay(self) -> Overlay:
        """Which cells of a flat map can be believed."""
        return overlay(self.honesty, self.forward, self.inverse)


class _Trial:
    """Forward and inverse of some items, tried on the others."""

    def __init__(
        self,
        points: Float32[np.ndarray, "n dim"],
        places: Float64[np.ndarray, "n axes"],
        geometry: Geometry,
        kept: Int[np.ndarray, " k"],
        out: Int[np.ndarray, " m"],
    ) -> None:
        self.forward = Forward(points[kept], places[kept], geometry)
        self.inverse = Inverse(points[kept], places[kept], geometry)
        self.points, self.places, self.geometry = points[out], places[out], geometry
        self.kept, self.out = kept, out
        self.width = float((places.max(axis=0) - places.min(axis=0)).max()) or 1.0
        self.judged = Honesty.of(np.zeros((3, 0))).judge(self.forward, self.inverse, self.places)
        self.honesty = Honesty.of(np.stack([self.judged.radius, self.judged.spread, self.judged.round_trip]))

    def quality(self, classes: Classes) -> ChartQuality:
        found = self.forward.neighbours(self.points)
        placed = self.forward.at(found)
        near = found.rows[:, : min(NEIGHBOURHOOD, found.rows.shape[1])]
        apart = _lengths(placed - self.places) / self.width
        nearest = self.inverse.around(self.places).rows[:, 0]
        by_class = self._by_class(classes)
        radius, spread, round_trip = self.honesty.limits
        return ChartQuality(
            held_out=len(self.out),
            forward_error=float(apart.mean()),
            forward_median=float(np.median(apart)),
            neighbour_mean_error=self._off(self.forward.positions[near].mean(axis=1)),
            class_place_error=min((off for _, off, _ in by_class), default=NAN),
            forward_recall=self._recall(near, placed.astype(np.float64)),
            own_recall=self._recall(near, self.places),
            inverse_error=self._error(self.judged.vectors),
            nearest_error=self._error(self.inverse.vectors[nearest]),
            pca_error=self._error(_on_plane(self.inverse.vectors, self.points, self.places.shape[1])),
            class_error=min((error for error, _, _ in by_class), default=NAN),
            class_field=min(by_class, default=(NAN, NAN, ""))[2],
            latent_round_trip=self._error(self.inverse(placed)),
            map_round_trip=float(self.judged.round_trip.mean() / self.width),
            radius_limit=radius,
            spread_limit=spread,
            round_trip_limit=round_trip,
        )

    def _by_class(self, classes: Classes) -> list[tuple[float, float, str]]:
        """Of each field: error of class means in the space and on the map; of none with a class that is all hidden."""
        found = []
        for name, codes in classes.items():
            known, asked = codes[self.kept], codes[self.out]
            if not np.isin(asked, known).all():
                continue
            error = self._error(_means(self.inverse.vectors, known)[asked].astype(np.float32))
            found.append((error, self._off(_means(self.inverse.positions, known)[asked]), name))
        return found

    def _off(self, placed: Float64[np.ndarray, "m axes"]) -> float:
        return float(_lengths(placed - self.places).mean() / self.width)

    def _recall(self, near: Int[np.ndarray, "m k"], placed: Float64[np.ndarray, "m axes"]) -> float:
        shown = self.inverse.nearest(placed, near.shape[1])
        pairs = zip(near.tolist(), shown.tolist(), strict=True)
        return float(np.mean([len(set(a) & set(b)) / len(a) for a, b in pairs]))

    def _error(self, made: Float[np.ndarray, "m dim"]) -> float:
        mean = self.inverse.vectors.mean(axis=0, dtype=np.float64)[None]
        usual = self._apart(np.repeat(mean, len(self.points), axis=0))
        return self._apart(made) / usual if usual > 0 else NAN

    def _apart(self, made: Float[np.ndarray, "m dim"]) -> float:
        if self.geometry.name == "sphere":
            made = np.where(np.any(made, axis=1)[:, None], made, self.points)  # no mean: in the middle of a sphere
        made = self.geometry.project(made.astype(np.float64))
        distances = self.geometry.distance(self.points.astype(np.float64), made)
        return float(np.sqrt((distances**2).mean()))


def _on_plane(
    known: Float32[np.ndarray, "n dim"], asked: Float32[np.ndarray, "m dim"], axes: int
) -> Float64[np.ndarray, "m dim"]:
    """Points put onto the plane of the principal components of others."""
    known = known[:: max(1, len(known) // _PLANE_OF)]
    mean = known.mean(axis=0, dtype=np.float64)
    with one_thread():
        scores = pca(known, dims=axes)
        lengths = (scores.astype(np.float64) ** 2).sum(axis=0)
        there = lengths > 0
        directions = ((known - mean.astype(np.float32)).T @ scores[:, there]) / lengths[there]
        return np.asarray(mean + (asked - mean) @ directions @ directions.T)


def _means(rows: Float[np.ndarray, "n d"], codes: Int[np.ndarray, " n"]) -> Float64[np.ndarray, "c d"]:
    """Mean row of each class."""
    total = np.zeros((int(codes.max()) + 1, rows.shape[1]))
    for code in np.unique(codes):
        total[code] = rows[codes == code].mean(axis=0, dtype=np.float64)
    return total


def _lengths(rows: Float[np.ndarray, "m d"]) -> Float64[np.ndarray, " m"]:
    return np.asarray(np.sqrt((rows.astype(np.float64) ** 2).sum(axis=1)))
