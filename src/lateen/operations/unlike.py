"""Outliers: the items that are least like all others.

One idea: every item is judged as if it had been left out, by its distance to the others, and placed among them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float32, Float64
from PIL.Image import Image

from lateen.core.errors import InputError
from lateen.operations.near import brief, checked_k, has_pictures, shown
from lateen.operations.opened import Opened
from lateen.operations.result import Pictured, plain, rounded
from lateen.plot.grid import grid
from lateen.plot.ranking import Ranked, ranking

NEIGHBOURS = 5  # whose mean distance is taken, as for the support of made-up points
_FEWEST = 4  # items that support takes, here as everywhere


@dataclass(frozen=True)
class Outlier:
    """One item and how far it is from the others.

    Args:
        id: Its id.
        distance: Mean distance to its 5 nearest others.
        support: Share of the other items that lie at least as far from their own; 0: none does.
        nearest: Id of the item nearest to it.
        nearest_distance: How far that is.
        fields: What is known of it.
    """

    id: str
    distance: float
    support: float
    nearest: str
    nearest_distance: float
    fields: dict[str, object]

    def to_dict(self) -> dict[str, object]:
        """Plain data."""
        return {
            "id": self.id,
            "distance": rounded(self.distance, 6),
            "support": rounded(self.support),
            "nearest": self.nearest,
            "nearest_distance": rounded(self.nearest_distance, 6),
            "fields": {name: plain(value) for name, value in self.fields.items()},
        }


@dataclass(frozen=True, eq=False)
class Unlike(Pictured):
    """The items that are least like the others, the farthest first.

    Args:
        outliers: The items.
        total: Items of the space.
        typical: Median distance of all items to their nearest others.
    """

    outliers: tuple[Outlier, ...]
    total: int
    typical: float
    _opened: Opened = field(repr=False)

    def __len__(self) -> int:
        return len(self.outliers)

    def __repr__(self) -> str:
        found = ", ".join(f"{o.id} ({o.distance:.3g})" for o in self.outliers)
        return f"Unlike the others: {found}; {self.typical:.3g} is typical"

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know, a sentence each."""
        if self.outliers and self.outliers[0].distance == 0:
            return ("Each of these has copies of itself beside it: none is unlike the others.",)
        return ()

    def to_dict(self) -> dict[str, object]:
        """Plain data, as `--json` prints it."""
        results = [outlier.to_dict() for outlier in self.outliers]
        return {"results": results, "neighbours": min(NEIGHBOURS, self.total - 1), "typical": rounded(self.typical, 6)}

    def picture(self) -> Image:
        """The items in a grid, the distance under each; where items have no pictures, these as a list."""
        title = f"Least like the other {self.total - 1:,} items"
        if not has_pictures(self._opened):
            answers = [Ranked(outlier.id, outlier.distance) for outlier in self.outliers]
            return ranking(answers, title=title, measure="distance", heading=f"mean to the {NEIGHBOURS} nearest")
        images = shown(self._opened.pictures(outlier.id for outlier in self.outliers))
        labels = [f"{brief(outlier.distance)}  {outlier.id}" for outlier in self.outliers]
        return grid(images, labels=labels, title=title)


def unlike(
    opened: Opened, k: int = 10, where: str | None = None, progress: Callable[[int, int], None] | None = None
) -> Unlike:
    """The k items that are farthest from their nearest others.

    Args:
        opened: A space.
        k: How many items.
        where: Which items are asked about; they are compared with all.
        progress: Told how far the table of neighbours is.

    Raises:
        InputError: If k < 1, there are fewer than 2 items, or `where` admits none.

    Reference:
        Angiulli and Pizzuti, *Fast Outlier Detection in High Dimensional Spaces*, 2002 (the sum of the distances to
        the k nearest).
    """
    checked_k(k)
    if len(opened) < 2:
        many = "one item" if len(opened) else "no items"
        raise InputError(f"near --unlike compares items, and {opened.name} has {many}; it needs at least 2 items.")
    table = opened.table(NEIGHBOURS, progress)
    distances = table.distances.mean(axis=1, dtype=np.float64)
    among = opened.search.among(where)
    rows = np.arange(len(table)) if among is None else among
    chosen = rows[np.argsort(-distances[rows], kind="stable")][:k]
    support = _left_out(distances)[chosen]
    items = opened.items_at(chosen.tolist())
    nearest = [opened.ids[int(row)] for row in table.rows[chosen, 0]]
    found = tuple(
        Outlier(id, float(distances[row]), float(support[i]), nearest[i], float(table.distances[row, 0]), fields)
        for i, (row, (id, fields)) in enumerate(zip(chosen, items, strict=True))
    )
    return Unlike(found, len(table), float(np.median(distances)), opened)


def _left_out(distances: Float32[np.ndarray, " n"] | Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """Of each item the share of the others that lie at least as far out."""
    n = len(distances)
    if n < _FEWEST:
        return np.full(n, math.nan)
    at_least = n - np.searchsorted(np.sort(distances), distances, side="left")
    return (at_least - 1) / (n - 1)
