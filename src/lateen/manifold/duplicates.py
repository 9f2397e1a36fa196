"""Near-identical points: copies to the bit, and pairs that are nearer than chance puts any two.

One idea: how near is too near depends on how dense the data is there and on its dimension. Where points lie by chance,
the share of neighbours within a share s of the distance to the kth is s^d, so there is an s at which less than one pair
is expected in the whole of the data. What is nearer than that was not put there by chance.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int64

from lateen.core.errors import InputError
from lateen.core.geometry import Geometry
from lateen.neighbors import Table, neighbour_table

NEIGHBOURS = 30  # the distance to the 30th is the scale: it sees past groups of copies
BY_CHANCE = 0.5  # pairs that are expected by chance in the whole of the data
_WIDEST = 0.5  # of the distance to the kth neighbour, however high the dimension
_FEWEST = 10  # distinct points that a distribution of distances takes
_TIGHTEST, _SPARSEST = 0.1, 2.0  # of the typical scale: within these, places have their own
_MANY = 5  # copies of one point that the table of all points sees past


@dataclass(frozen=True, eq=False)
class Group:
    """Points of which one would do.

    Args:
        rows: (m,) row numbers; the first is the one to keep, the lowest.
        distances: (m,) of each from the first.
    """

    rows: Int64[np.ndarray, " m"]
    distances: Float[np.ndarray, " m"]


@dataclass(frozen=True)
class Rule:
    """What counts as near-identical.

    Args:
        within: A distance, the same everywhere; None where it is a share of the local scale.
        share: Of the distance to the kth neighbour, of both points; 0 where only exact copies count.
        dimension: Of the data near its points, which the share follows from; NaN where it is not known.
        typical: The distance that counts at a typical point.
        k: Which neighbour the scale is taken from.
    """

    within: float | None
    share: float
    dimension: float
    typical: float
    k: int


def near_identical(
    points: Float[np.ndarray, "n dim"],
    table: Callable[[int], Table],
    *,
    geometry: Geometry,
    within: float | None = None,
) -> tuple[list[Group], Rule]:
    """Groups of copies and near copies.

    Every member of a group is near-identical to its first, not only to some other member, so a chain of small steps
    doesn't join what is far apart.

    Args:
        points: (n, dim) finite points of the geometry.
        table: Gives the k nearest others of every point.
        geometry: Whose distance counts.
        within: Distance up to which two points count; by default it is found from the data.

    Returns:
        The groups, largest first, and the rule.

    Raises:
        InputError: If `within` is negative or no number, or there are fewer than 2 points.

    Reference:
        Facco et al., *Estimating the Intrinsic Dimension of Datasets by a Minimal Neighborhood Information*, 2017
        (ratios of neighbours' distances, whose law does not depend on the density).
    """
    if within is not None and not 0 <= within < math.inf:
        raise InputError(f"duplicates got within = {within}; give a distance of zero or more.")
    if len(points) < 2:
        raise InputError(f"Duplicates are looked for among at least 2 items, got {len(points)}.")
    first = first_of_copies(points)
    kept = np.flatnonzero(first == np.arange(len(points)))
    near = _Near.of(points, first, kept, table, geometry, within)
    members = dict(near.groups())
    copies = defaultdict(list)
    for row in np.flatnonzero(first != np.arange(len(points))).tolist():
        copies[int(first[row])].append(row)
    taken = {row for others in members.values() for row, _ in others}
    found = []
    for row in sorted({*members, *(copies.keys() - taken)}):
        every = [(row, 0.0), *members.get(row, [])]
        every += [(copy, distance) for original, distance in every for copy in copies.get(original, [])]
        rest = sorted(every[1:], key=lambda one: (one[1], one[0]))
        rows, distances = zip(every[0], *rest, strict=True)
        found.append(Group(np.array(rows, np.int64), np.array(distances, np.float64)))
    return sorted(found, key=lambda group: (-len(group.rows), group.rows[0])), near.rule


def first_of_copies(points: Float[np.ndarray, "n dim"]) -> Int64[np.ndarray, " n"]:
    """The lowest row that is equal to each row, to the bit but for the sign of zeros."""
    seen: dict[bytes, int] = {}
    first = np.empty(len(points), np.int64)
    for row, point in enumerate(points):
        first[row] = seen.setdefault((point + 0).tobytes(), row)  # -0 + 0 is 0
    return first


@dataclass(frozen=True, eq=False)
class _Near:
    """The distinct points and who is near to whom among them; all numbers are places among the distinct."""

    points: Float[np.ndarray, "n dim"]
    kept: Int64[np.ndarray, " m"]
    near: Int64[np.ndarray, "m k"]
    distances: Float[np.ndarray, "m k"]
    scale: Float[np.ndarray, " m"]
    geometry: Geometry
    rule: Rule

    @classmethod
    def of(
        cls,
        points: Float[np.ndarray, "n dim"],
        first: Int64[np.ndarray, " n"],
        kept: Int64[np.ndarray, " m"],
        table: Callable[[int], Table],
        geometry: Geometry,
        within: float | None,
    ) -> _Near:
        k = min(NEIGHBOURS, len(kept) - 1)
        if k < 1:
            none = np.zeros((len(kept), 0))
            rule = Rule(within, 0.0, math.nan, 0.0 if within is None else within, 0)
            return cls(points, kept, none.astype(np.int64), none, np.zeros(len(kept)), geometry, rule)
        if np.bincount(first).max() <= _MANY:
            whole = table(k)
            place = np.searchsorted(kept, first)
            near, distances = place[whole.rows[kept]], whole.distances[kept].astype(np.float64)
        else:
            among = neighbour_table(points[kept], k, geometry=geometry)
            near, distances = among.rows.astype(np.int64), among.distances.astype(np.float64)
        rule = _rule(distances, within)
        scale = distances[:, -1]
        typical = np.median(scale)
        # more than k near copies would hide one another; fewer than k items far from all others reach across the gap
        scale = np.clip(scale, _TIGHTEST * typical, _SPARSEST * typical)
        return cls(points, kept, near, distances, scale, geometry, rule)

    def counts(
        self, i: Int64[np.ndarray, "*i"] | int, j: Int64[np.ndarray, "*j"], distances: Float[np.ndarray, "*j"]
    ) -> Bool[np.ndarray, "*j"]:
        """Whether pairs at these distances are near-identical."""
        if self.rule.within is not None:
            return np.asarray(distances <= self.rule.within)
        if not self.rule.share:
            return np.zeros(distances.shape, bool)
        return np.asarray(distances <= self.rule.share * np.minimum(self.scale[i], self.scale[j]))

    def groups(self) -> Iterator[tuple[int, list[tuple[int, float]]]]:
        """Each first of a group, and the others with their distances from it, as rows of all points."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        own = np.arange(len(self.kept))[:, None]
        counted = self.counts(own, self.near, self.distances)
        linked = counted & (self.near != own)
        i, at = np.nonzero(linked)
        if not len(i):
            return
        j, far = self.near[i, at], self.distances[i, at]
        graph = coo_array((np.ones(len(i), np.int8), (i, j)), shape=(len(self.kept),) * 2)
        _, label = connected_components(graph, directed=False)
        links = _Links.of(i, j, far)
        full = np.asarray(counted.all(axis=1))  # of these the table may lack some
        order = np.argsort(label, kind="stable")
        for part in np.split(order, np.flatnonzero(np.diff(label[order])) + 1):
            if len(part) > 1:
                yield from self._parted(part, links, full)

    def _parted(
        self, part: Int64[np.ndarray, " p"], links: _Links, full: Bool[np.ndarray, " m"]
    ) -> Iterator[tuple[int, list[tuple[int, float]]]]:
        """The lowest takes all that are near-identical to it; then the lowest of the rest, and so on."""
        free = part
        is_free = np.zeros(len(self.kept), bool)
        is_free[part] = True
        while len(free):
            leader, rest = int(free[0]), free[1:]
            is_free[leader] = False
            if full[leader]:
                to = np.asarray(self.points[self.kept[rest]])
                distances = self.geometry.distance(to, np.asarray(self.points[self.kept[leader]])).astype(np.float64)
                chosen = self.counts(leader, rest, distances)
                rest, distances = rest[chosen], distances[chosen]
            else:
                rest, distances = links.at(leader)
                rest, distances = rest[is_free[rest]], distances[is_free[rest]]
            is_free[rest] = False
            free = free[is_free[free]]
            if len(rest):
                rows = self.kept[rest].tolist()
                yield int(self.kept[leader]), list(zip(rows, distances.tolist(), strict=True))


@dataclass(frozen=True, eq=False)
class _Links:
    """Pairs, found from either end."""

    ends: Int64[np.ndarray, " l"]
    others: Int64[np.ndarray, " l"]
    distances: Float[np.ndarray, " l"]

    @classmethod
    def of(cls, i: Int64[np.ndarray, " l"], j: Int64[np.ndarray, " l"], distances: Float[np.ndarray, " l"]) -> _Links:
        ends, others = np.concatenate([i, j]), np.concatenate([j, i])
        far = np.concatenate([distances, distances])
        order = np.lexsort((far, others, ends))
        ends, others, far = ends[order], others[order], far[order]
        new = np.r_[True, (np.diff(ends) != 0) | (np.diff(others) != 0)]
        return cls(ends[new], others[new], far[new])

    def at(self, end: int) -> tuple[Int64[np.ndarray, " o"], Float[np.ndarray, " o"]]:
        start, stop = np.searchsorted(self.ends, [end, end + 1])
        return self.others[start:stop], self.distances[start:stop]


def _rule(distances: Float[np.ndarray, "m k"], within: float | None) -> Rule:
    """The share at which less than one pair is expected by chance, and what it follows from."""
    m, k = distances.shape
    scale = float(np.median(distances[:, -1]))
    dimension = local_dimension(distances)
    share = 0.0
    if m >= _FEWEST and k > 1 and not math.isnan(dimension):
        share = min(_WIDEST, (BY_CHANCE / ((k - 1) * m)) ** (1 / dimension))
    return Rule(within, share, dimension, share * scale if within is None else within, k)


def local_dimension(distances: Float[np.ndarray, "m k"]) -> float:
    """The median of local maximum-likelihood estimates, which a few groups of copies don't move.

    NaN where it can't be told: fewer than two neighbours, or no distances.

    Reference:
        Levina and Bickel, *Maximum Likelihood Estimation of Intrinsic Dimension*, 2004.
    """
    last = distances[:, -1:]
    known = last[:, 0] > 0
    if distances.shape[1] < 2 or not known.any():
        return math.nan
    ratios = distances[known, :-1] / last[known]
    inverse = float(np.median(-np.log(np.maximum(ratios, 1e-12)).mean(axis=1)))
    return 1 / inverse if inverse > 0 else math.inf
