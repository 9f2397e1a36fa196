"""Honesty: which places of a map can be believed when a point is made there.

One idea: three things go wrong at a place: no item is near, the items shown there are unlike each other, and the point
made there belongs elsewhere. Items that were held out say how wrong is usual for places where real items are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64

from lateen.projection.forward import Forward
from lateen.projection.inverse import Inverse

TRUSTED = 0.05  # share of held-out items' places that are more doubtful than the most doubtful trusted one
GRID = 64  # cells along the longest axis of an overlay


@dataclass(frozen=True, eq=False)
class Judged:
    """What is known of m places of a map.

    Args:
        vectors: (m, dim) the points made there.
        radius: (m,) distance on the map to the farthest of the nearest items: large where the map is empty.
        spread: (m,) distance in the space of these items from the point made of them, as root mean square.
        round_trip: (m,) distance on the map from the place to where the point made there belongs; NaN where it
            was not asked for, since the place is not trusted without it.
        trust: (m,) share of held-out items whose places are at least as doubtful: 1 is beyond doubt, 0 more doubtful
            than all of them; NaN where nothing could be held out.
    """

    vectors: Float32[np.ndarray, "m dim"]
    radius: Float64[np.ndarray, " m"]
    spread: Float64[np.ndarray, " m"]
    round_trip: Float64[np.ndarray, " m"]
    trust: Float64[np.ndarray, " m"]

    @property
    def trusted(self) -> Bool[np.ndarray, " m"]:
        """(m,) whether each place is less doubtful than the 5 % most doubtful held-out ones."""
        return np.asarray(self.trust > TRUSTED)


@dataclass(frozen=True, eq=False)
class Honesty:
    """A judge of places on a map; made by `Honesty.of`.

    Args:
        signs: (3, h) radius, spread and round trip of the places of h held-out items, each sorted.
        doubts: (h,) sorted: the worst rank of each held-out item in the three.
    """

    signs: Float64[np.ndarray, "3 h"]
    doubts: Float64[np.ndarray, " h"]

    @classmethod
    def of(cls, signs: Float64[np.ndarray, "3 h"]) -> Honesty:
        """From what was measured at held-out items' places, by items that don't know them.

        Args:
            signs: (3, h) radius, spread and round trip, item by item.
        """
        ordered = np.sort(signs, axis=1)
        worst = np.max([_rank(row, values) for row, values in zip(ordered, signs, strict=True)], axis=0)
        return cls(ordered, np.sort(worst) if signs.shape[1] else np.zeros(0))

    @property
    def limits(self) -> tuple[float, float, float]:
        """The 95 % quantiles of radius, spread and round trip; NaN where nothing could be held out."""
        if self.signs.shape[1] == 0:
            return (float("nan"),) * 3
        radius, spread, round_trip = np.quantile(self.signs, 1 - TRUSTED, axis=1)
        return float(radius), float(spread), float(round_trip)

    def judge(
        self,
        forward: Forward,
        inverse: Inverse,
        positions: Float[np.ndarray, "m axes"],
        *,
        all_round_trips: bool = True,
    ) -> Judged:
        """Points made at places, and how far to believe them.

        Args:
            forward: Of the map.
            inverse: Of the map.
            positions: (m, axes) places.
            all_round_trips: Measure the round trip also of places that are not trusted without it.
        """
        places = inverse.within_reach(positions)
        around = inverse.around(places)
        vectors = inverse.point(around)
        spread = inverse.spread(around, vectors)
        doubt = np.maximum(_rank(self.signs[0], around.radius), _rank(self.signs[1], spread))
        ask = np.ones(len(doubt), bool) if all_round_trips else self._trust(doubt) > TRUSTED
        round_trip = np.full(len(doubt), np.nan)
        back = forward(vectors[ask]).astype(np.float64)
        round_trip[ask] = np.sqrt(((back - places[ask]) ** 2).sum(axis=1))
        doubt[ask] = np.maximum(doubt[ask], _rank(self.signs[2], round_trip[ask]))
        return Judged(vectors, around.radius, spread, round_trip, self._trust(doubt))

    def _trust(self, doubt: Float64[np.ndarray, " m"]) -> Float64[np.ndarray, " m"]:
        if len(self.doubts) == 0:
            return np.full(len(doubt), np.nan)
        return 1 - np.searchsorted(self.doubts, doubt, side="left") / len(self.doubts)


@dataclass(frozen=True, eq=False)
class Overlay:
    """Which cells of a map can be believed, for pictures.

    Args:
        trust: (rows, columns) as in `Judged`; the first row is at the bottom.
        low: Least x and y of the cells' middles.
        high: Greatest x and y of the cells' middles.
    """

    trust: Float64[np.ndarray, "rows columns"]
    low: tuple[float, float]
    high: tuple[float, float]

    @property
    def trusted(self) -> Bool[np.ndarray, "rows columns"]:
        """(rows, columns) whether a point made in the middle of the cell can be believed."""
        return np.asarray(self.trust > TRUSTED)


def overlay(honesty: Honesty, forward: Forward, inverse: Inverse, cells: int = GRID) -> Overlay:
    """Judge the cells of a grid over a flat map.

    Args:
        honesty: The judge.
        forward: Of a map of two axes.
        inverse: Of the same.
        cells: Along the longer axis.
    """
    low, high = inverse.positions.min(axis=0), inverse.positions.max(axis=0)
    spans = high - low
    counts = np.maximum(1, np.ceil(cells * spans / (float(spans.max()) or 1.0))).astype(int)
    x, y = (np.linspace(a, b, n) for a, b, n in zip(low, high, counts, strict=True))
    places = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    judged = honesty.judge(forward, inverse, places, all_round_trips=False)
    return Overlay(
        judged.trust.reshape(len(y), len(x)), (float(x[0]), float(y[0])), (float(x[-1]), float(y[-1]))
    )


def _rank(ordered: Float64[np.ndarray, " h"], values: Float64[np.ndarray, " m"]) -> Float64[np.ndarray, " m"]:
    """Share of the held-out values that are less."""
    if len(ordered) == 0:
        return np.zeros(len(values))
    return np.asarray(np.searchsorted(ordered, values, side="left") / len(ordered))
