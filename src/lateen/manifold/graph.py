"""Ways along the data: the shortest ones on the graph that joins every item to its neighbours.

One idea: between neighbours the straight way can be trusted, so a way made of such steps stays where data is.

Reference:
    Tenenbaum et al., *A Global Geometric Framework for Nonlinear Dimensionality Reduction*, Science 2000 (lengths);
    Groisman et al., *Nonhomogeneous Euclidean First-Passage Percolation and Distance Learning*, Bernoulli 2022
    (powers of them: the Fermat distance).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Bool, Float, Int

from lateen.core.errors import InputError
from lateen.core.geometry import Geometry
from lateen.core.path import Polyline
from lateen.manifold.bridges import Bridge, shortest_bridges
from lateen.manifold.straighten import straightened
from lateen.neighbors import Prepared, Table, nearest

NEIGHBOURS = 10  # more join the turns of a roll of 1,000 points; fewer zigzag
LARGEST_POWER = 16.0
GAP = 20.0  # times as long as it is usual around both its ends: such an edge is no step, but a bridge
_THIRD = 2  # the neighbour that says what is usual: nearer ones may be near by chance
_HOP = 1e-9  # of a usual edge: of ways of one length the one over fewest items is taken
Vector = Float[np.ndarray, " dim"]
Measure: TypeAlias = Callable[[Float[np.ndarray, "e dim"], Float[np.ndarray, "e dim"]], Float[np.ndarray, " e"]]
"""Weights of edges: (e, dim) and (e, dim) points -> (e,) non-negative numbers."""


@dataclass(frozen=True, eq=False)
class Way(Polyline):
    """A way over a neighbour graph: straight steps at constant speed.

    Args:
        geometry: Whose lengths count.
        points: (m, dim) what it goes through, ends included.
        rows: The real items on the way, in order; an end that is no item is not among them.
        bridges: Gaps in the data that it had to cross, in order.
        bridge_legs: Of each bridge, which leg of the way it is: leg i goes from point i to point i + 1.
        cost: The sum of the weights that was least.
    """

    rows: tuple[int, ...]
    bridges: tuple[Bridge, ...]
    bridge_legs: tuple[int, ...] = field(repr=False)
    cost: float

    def __repr__(self) -> str:
        gaps = f", over {len(self.bridges)} gaps" if self.bridges else ""
        ratio = f"{self.ratio_to_straight:.3g} x straight"
        return f"Way over {len(self.rows)} items{gaps}: length {self.length:.4g} ({ratio})"

    @property
    def ratio_to_straight(self) -> float:
        """Length over the distance of the ends; 1 where they are one point."""
        straight = float(self.geometry.distance(self.start, self.end))
        return self.length / straight if straight > 0 else 1.0

    @property
    def bridge_times(self) -> tuple[tuple[float, float], ...]:
        """When each bridge begins and ends, in 0 ... 1."""
        far = self.bounds / (self.length or 1.0)
        return tuple((float(far[leg]), float(far[leg + 1])) for leg in self.bridge_legs)


@dataclass(frozen=True, eq=False)
class Graph:
    """Items joined to their neighbours, and parts that are not joined by the shortest bridges. See `neighbour_graph`.

    Args:
        points: (n, dim) the items.
        geometry: Whose distance the edges have.
        k: Neighbours of each item; an item may have more, since edges go both ways.
        components: (n,) which part of the graph each item is in, without the bridges.
        bridges: What joins the parts: one fewer than there are.
        plain: Whether edges weigh what they are long.
    """

    points: Float[np.ndarray, "n dim"] = field(repr=False)
    geometry: Geometry
    k: int
    components: Int[np.ndarray, " n"] = field(repr=False)
    bridges: tuple[Bridge, ...]
    plain: bool
    _matrix: Any = field(repr=False)
    _measure: Measure = field(repr=False)

    def way(self, start: int | Vector, end: int | Vector, taut: bool | None = None) -> Way:
        """The shortest way.

        Args:
            start: A row, or (dim,) a new point, which is joined to its k nearest items.
            end: The same.
            taut: Pull it taut along the data (see `straightened`); by default where the weights are lengths.

        Raises:
            InputError: If there is no such row, or a point has another dimension.
        """
        n = len(self.points)
        new: list[Vector] = []
        asked = []
        for given in (start, end):
            vector = self._vector(given)
            asked.append(int(given) if isinstance(given, int | np.integer) else n + len(new))
            if asked[-1] >= n:
                new.append(vector)
        nodes = self._shortest(self._joined(new), asked[0], asked[1])
        points = np.stack([self._point(node, new) for node in nodes])
        known = {frozenset((b.start, b.end)): b for b in self.bridges}
        legs = [i for i, pair in enumerate(pairwise(nodes)) if frozenset(pair) in known]
        bridges = tuple(known[frozenset(nodes[i : i + 2])].towards(nodes[i + 1]) for i in legs)
        rows = tuple(dict.fromkeys(node for node in nodes if node < n))
        cost = float(self._measure(points[:-1], points[1:]).sum())
        if self.plain if taut is None else taut:
            points, legs = self._pulled(points, legs)
        return Way(self.geometry, points, rows, bridges, tuple(legs), cost)

    def _pulled(
        self, points: Float[np.ndarray, "m dim"], bridges: list[int]
    ) -> tuple[Float[np.ndarray, "s dim"], list[int]]:
        """Taut between bridges, and the legs that these are now."""
        pulled: list[Float[np.ndarray, "_ dim"]] = []
        legs: list[int] = []
        for first, last in zip([0, *(leg + 1 for leg in bridges)], [*bridges, len(points) - 1], strict=True):
            pulled.append(straightened(points[first : last + 1], self._prepared, self.k))
            legs.append(sum(map(len, pulled)) - 1)
        return np.concatenate(pulled), legs[:-1]

    @cached_property
    def _prepared(self) -> Prepared:
        return Prepared.of(self.points, self.geometry)

    def _vector(self, end: int | Vector) -> Vector:
        n, dim = self.points.shape
        if isinstance(end, int | np.integer):
            if not 0 <= end < n:
                raise InputError(f"way got row {end}; there are {n:,} items, so rows are 0 ... {n - 1}.")
            return np.asarray(self.points[end])
        if end.shape != (dim,) or not np.isfinite(end).all():
            raise InputError(f"way got a point of shape {end.shape}; give a row, or {dim} finite numbers.")
        return np.asarray(self.geometry.project(end.astype(self.points.dtype)))

    def _point(self, node: int, new: list[Vector]) -> Vector:
        return np.asarray(self.points[node]) if node < len(self.points) else new[node - len(self.points)]

    def _joined(self, new: list[Vector]) -> Any:
        """The graph with new points in it: joined to their nearest items, and to each other where that is nearer."""
        from scipy.sparse import coo_matrix

        if not new:
            return self._matrix
        n, total = len(self.points), len(self.points) + len(new)
        found = nearest(self.points, np.stack(new), self.k, geometry=self.geometry)
        starts = np.repeat(np.arange(n, total), found.rows.shape[1])
        ends = found.rows.ravel()
        if len(new) == 2 and self.geometry.distance(*new) <= found.distances.max():
            starts, ends = np.append(starts, n), np.append(ends, n + 1)
        weights = self._measure(*(np.stack([self._point(int(i), new) for i in side]) for side in (starts, ends)))
        old = self._matrix.tocoo()
        weights = weights + _HOP * _usual(old.data)
        return coo_matrix(
            (
                np.concatenate([old.data, weights, weights]),
                (np.concatenate([old.row, starts, ends]), np.concatenate([old.col, ends, starts])),
            ),
            shape=(total, total),
        ).tocsr()

    def _shortest(self, matrix: Any, start: int, end: int) -> list[int]:
        from scipy.sparse.csgraph import dijkstra

        if start == end:
            return [start, end]
        _, before = dijkstra(matrix, indices=start, return_predecessors=True)
        nodes = [end]
        while nodes[-1] != start:
            nodes.append(int(before[nodes[-1]]))
        return nodes[::-1]


def neighbour_graph(
    points: Float[np.ndarray, "n dim"],
    table: Table,
    *,
    geometry: Geometry,
    power: float | int = 1,
    measure: Measure | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Graph:
    """Join every item to its neighbours.

    Args:
        points: (n, dim) points of the space.
        table: Their neighbours.
        geometry: Whose distance the table has.
        power: Edges weigh their distance to this power, 1 ... 16: beyond 1, ways keep to where data is dense.
        measure: What edges weigh instead, such as `decoded_length` of a decoder.
        progress: Told how many items of parts that no neighbours join have looked for a bridge, and of how many.

    Raises:
        InputError: If the power is out of range, or the table is of another number of points.
    """
    n = len(points)
    if len(table) != n:
        raise InputError(f"neighbour_graph got {n:,} points and a table of {len(table):,}.")
    if not 1 <= power <= LARGEST_POWER:  # NaN included
        raise InputError(f"neighbour_graph got the power {power}; use 1 ... {LARGEST_POWER:.0f}.")
    weigh: Measure = measure or (lambda p, q: np.asarray(geometry.distance(p, q), np.float64) ** power)
    low, high = _edges(points, table, geometry)
    from scipy.sparse.csgraph import connected_components

    labels = connected_components(_matrix(low, high, np.ones(len(low)), n), directed=False)[1]
    bridges = shortest_bridges(points, geometry, np.asarray(labels, np.int64), progress)
    low = np.concatenate([low, np.array([b.start for b in bridges], np.int64)])
    high = np.concatenate([high, np.array([b.end for b in bridges], np.int64)])
    weights = np.concatenate([weigh(points[low[i : i + 65_536]], points[high[i : i + 65_536]]) for i in _blocks(low)])
    return Graph(
        points,
        geometry,
        table.k,
        np.asarray(labels, np.int64),
        bridges,
        measure is None and power == 1,
        _matrix(low, high, weights + _HOP * _usual(weights), n),
        weigh,
    )


def decoded_length(decode: Callable[[Any], Any], steps: int = 2) -> Measure:
    """Edges weigh how far the picture changes along them: root mean squares over numbers, in grey levels.

    Args:
        decode: (m, dim) vectors to (m, ...) pictures.
        steps: Straight steps that each edge is measured in.
    """
    if steps < 1:
        raise InputError(f"decoded_length got steps = {steps}; an edge is measured in at least one.")

    def measure(p: Float[np.ndarray, "e dim"], q: Float[np.ndarray, "e dim"]) -> Float[np.ndarray, " e"]:
        lengths = np.zeros(len(p))
        for start in range(0, len(p), 256):
            part = slice(start, start + 256)
            before: Any = None
            for share in np.linspace(0, 1, steps + 1):
                points = np.asarray((1 - share) * p[part] + share * q[part], np.float32)
                pictures = np.asarray(decode(points), np.float32).reshape(len(points), -1)
                if before is not None:
                    lengths[part] += np.sqrt(np.square(pictures - before).mean(axis=1))
                before = pictures
        return lengths

    return measure


def _edges(
    points: Float[np.ndarray, "n dim"], table: Table, geometry: Geometry
) -> tuple[Int[np.ndarray, " e"], Int[np.ndarray, " e"]]:
    """Every edge once, lower row first. Copies of one item, more than k, are joined to others through one of them."""
    n = len(points)
    starts, ends = np.repeat(np.arange(n), table.k), table.rows.ravel().astype(np.int64)
    kept = ~_over_gaps(table).ravel()
    starts, ends = starts[kept], ends[kept]
    crowded = np.flatnonzero(table.distances[:, -1] == 0)
    if len(crowded) and table.k < n - 1:
        distinct = np.sort(np.unique(points, axis=0, return_index=True)[1])
        chosen = np.intersect1d(crowded, distinct)
        found = nearest(points, points[chosen], table.k + 1, geometry=geometry, among=distinct)
        starts = np.concatenate([starts, np.repeat(chosen, found.rows.shape[1])])
        ends = np.concatenate([ends, found.rows.ravel()])
    low, high = np.minimum(starts, ends), np.maximum(starts, ends)
    keys = np.unique((low * n + high)[low != high])
    return keys // n, keys % n


def _over_gaps(table: Table) -> Bool[np.ndarray, "n k"]:
    """Edges that are far longer than usual at both ends: a few items far from all others have neighbours too."""
    third = min(_THIRD, table.k - 1)
    later = table.distances[:, third:]
    first = (later > 0).argmax(axis=1)  # beyond copies
    usual = later[np.arange(len(table)), first]
    usual = np.where(usual > 0, usual, np.inf)
    return np.asarray(table.distances > GAP * np.maximum(usual[:, None], usual[table.rows]))


def _matrix(
    low: Int[np.ndarray, " e"], high: Int[np.ndarray, " e"], weights: Float[np.ndarray, " e"], n: int
) -> Any:
    from scipy.sparse import coo_matrix

    both = (np.concatenate([low, high]), np.concatenate([high, low]))
    return coo_matrix((np.concatenate([weights, weights]), both), shape=(n, n)).tocsr()


def _usual(weights: Float[np.ndarray, " e"]) -> float:
    """A usual weight; 1 where all are zero."""
    return (float(weights.mean()) if len(weights) else 0.0) or 1.0


def _blocks(rows: Int[np.ndarray, " e"]) -> range:
    return range(0, max(1, len(rows)), 65_536)
