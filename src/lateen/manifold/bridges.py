"""Bridges: the shortest joins between parts of the data that no neighbours join.

One idea: every part looks for the nearest item outside itself; what is found joins parts, and the joined ones look on.

Reference:
    Borůvka, *O jistém problému minimálním*, 1926 (the least tree that joins all).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from lateen.core.geometry import Geometry
from lateen.neighbors import nearest

MOST_PRODUCTS = 3e10  # of numbers, in one round of search; beyond, parts look from some of their items only
_TOGETHER = 2_000  # items that look out before it is told how many did
_SMALL = 32  # items of a part whose neighbours are looked for together with those of other small ones


@dataclass(frozen=True)
class Bridge:
    """A step over a gap in the data, from one item to another.

    Args:
        start: Row of the item where it begins.
        end: Row of the item where it ends.
        length: In the geometry's units.
        exact: Whether no other pair of the two parts is certainly nearer; in large spaces a short one has to do.
    """

    start: int
    end: int
    length: float
    exact: bool = True

    def towards(self, row: int) -> Bridge:
        """The same, walked to one of its ends."""
        return self if row == self.end else replace(self, start=self.end, end=self.start)


def shortest_bridges(
    points: Float[np.ndarray, "n dim"],
    geometry: Geometry,
    parts: Int[np.ndarray, " n"],
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Bridge, ...]:
    """What joins all parts into one, as short as can be.

    Args:
        points: (n, dim).
        geometry: Whose distance counts.
        parts: (n,) which part each is in: 0, 1, ...
        progress: Told how many items have looked for the nearest outside their part, and of how many; in each round.

    Returns:
        One bridge fewer than there are parts.
    """
    bridges: list[Bridge] = []
    labels = parts.copy()
    while (count := int(labels.max(initial=0)) + 1) > 1:
        found = sorted(_candidates(points, geometry, labels, progress), key=lambda b: (b.length, b.start, b.end))
        joined = np.arange(count)
        for bridge in found:
            a, b = joined[labels[bridge.start]], joined[labels[bridge.end]]
            if a != b:
                joined[joined == b] = a
                bridges.append(bridge)
        labels = np.unique(joined[labels], return_inverse=True)[1].reshape(-1)
    return tuple(bridges)


def _candidates(
    points: Float[np.ndarray, "n dim"],
    geometry: Geometry,
    labels: Int[np.ndarray, " n"],
    progress: Callable[[int, int], None] | None,
) -> list[Bridge]:
    """Of every part but the largest the shortest way out."""
    sizes = np.bincount(labels)
    order = np.argsort(labels, kind="stable")
    members = np.split(order, np.cumsum(sizes)[:-1])
    looking = [part for part in range(len(sizes)) if part != int(sizes.argmax())]
    affordable = MOST_PRODUCTS / points.size
    share = min(1.0, affordable / sum(len(members[part]) for part in looking))
    small = [part for part in looking if sizes[part] <= _SMALL]
    found = _of_small(points, geometry, labels, np.concatenate([members[part] for part in small])) if small else []
    large = [part for part in looking if sizes[part] > _SMALL]
    step = max(1, int(np.ceil(1 / share)))
    asked = [members[part][::step] for part in large]
    done, total = 0, sum(map(len, asked))

    def told(more: int) -> None:
        nonlocal done
        done += more
        if progress is not None:
            progress(done, total)

    for part, some in zip(large, asked, strict=True):
        outside = np.flatnonzero(labels != part)
        found.append(_of_large(points, geometry, members[part], some, outside, told))
    return found


def _of_small(
    points: Float[np.ndarray, "n dim"], geometry: Geometry, labels: Int[np.ndarray, " n"], rows: Int[np.ndarray, " m"]
) -> list[Bridge]:
    near = nearest(points, points[rows], int(np.bincount(labels[rows]).max()) + 1, geometry=geometry)
    outside = labels[near.rows] != labels[rows][:, None]
    first = outside.argmax(axis=1)  # one is: a part has fewer items than were found
    ends, lengths = (a[np.arange(len(rows)), first] for a in (near.rows, near.distances))
    best: dict[int, Bridge] = {}
    for row, end, length in zip(rows.tolist(), ends.tolist(), lengths.tolist(), strict=True):
        part = int(labels[row])
        if part not in best or length < best[part].length:
            best[part] = Bridge(min(row, end), max(row, end), length)
    return list(best.values())


def _of_large(
    points: Float[np.ndarray, "n dim"],
    geometry: Geometry,
    inside: Int[np.ndarray, " m"],
    asked: Int[np.ndarray, " a"],
    outside: Int[np.ndarray, " o"],
    told: Callable[[int], None],
) -> Bridge:
    """The shortest way out of a part: of all its items, or of those that are asked and then to and fro."""
    start, end, length = -1, -1, float("inf")
    for first in range(0, len(asked), _TOGETHER):
        some = asked[first : first + _TOGETHER]
        near = nearest(points, points[some], 1, geometry=geometry, among=outside)
        best = int(near.distances[:, 0].argmin())
        if float(near.distances[best, 0]) < length:
            start, end, length = int(some[best]), int(near.rows[best, 0]), float(near.distances[best, 0])
        told(len(some))
    while len(asked) < len(inside):
        back = int(nearest(points, points[end][None], 1, geometry=geometry, among=inside).rows[0, 0])
        on = nearest(points, points[back][None], 1, geometry=geometry, among=outside)
        if not float(on.distances[0, 0]) < length:
            break
        start, end, length = back, int(on.rows[0, 0]), float(on.distances[0, 0])
    return Bridge(min(start, end), max(start, end), length, len(asked) == len(inside))
