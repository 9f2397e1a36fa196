"""Search: the nearest items of an item, a picture file or an expression."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float32, Int, UInt8
from PIL.Image import Image

from lateen.core.errors import InputError
from lateen.neighbors import nearest
from lateen.operations.opened import Located, Opened
from lateen.operations.result import Pictured, plain, rounded
from lateen.plot.grid import neighbours as draw_neighbours

Picture = UInt8[np.ndarray, "height width 3"]


@dataclass(frozen=True)
class Match:
    """One item that was found.

    Args:
        id: Its id.
        distance: From the query, in the units of the space's geometry.
        fields: What is known of it.
    """

    id: str
    distance: float
    fields: dict[str, object]

    def to_dict(self) -> dict[str, object]:
        """Plain data."""
        known = {name: plain(value) for name, value in self.fields.items()}
        return {"id": self.id, "distance": rounded(self.distance, 6), "fields": known}


@dataclass(frozen=True, eq=False)
class Neighbours(Pictured):
    """The nearest items of a query, nearest first.

    Args:
        query: What was asked for.
        matches: The items.
        support: How near to data the query is (1 deep inside, 0 beyond all held-out items).
    """

    query: str
    matches: tuple[Match, ...]
    support: float
    _opened: Opened = field(repr=False)
    _located: Located = field(repr=False)

    def __repr__(self) -> str:
        found = ", ".join(f"{m.id} ({m.distance:.3g})" for m in self.matches)
        return f"Neighbours of {self.query}: {found}"

    def to_dict(self) -> dict[str, object]:
        """Plain data, as `--json` prints it."""
        return {
            "query": self.query,
            "results": [m.to_dict() for m in self.matches],
            "support": rounded(self.support),
        }

    def picture(self) -> Image:
        """The query beside its neighbours."""
        images = self._opened.pictures(m.id for m in self.matches)
        labels = [f"{m.id}  {m.distance:.3g}" for m in self.matches]
        query = self._opened.picture_of(self._located)
        return draw_neighbours(query, list(zip(images, labels, strict=True)), label=self.query)


def near(opened: Opened, item: str | int, k: int = 10, where: str | None = None) -> Neighbours:
    """The k nearest items of an ITEM; the item itself is left out."""
    located = opened.locate(item)
    matches = matching(opened, located.vector, k, where, () if located.id is None else (located.id,))
    support = float(opened.support(located.vector[None])[0])
    return Neighbours(str(item), matches, support, opened, located)


def matching(
    opened: Opened, vector: Float32[np.ndarray, " dim"], k: int, where: str | None, without: tuple[str, ...] = ()
) -> tuple[Match, ...]:
    """The k items nearest to a point, some left out."""
    if k < 1:
        raise InputError(f"Got k = {k}; ask for at least one item.")
    among: Int[np.ndarray, " a"] | None = opened.among(where)
    found = nearest(opened.vectors, vector[None], k + len(without), geometry=opened.geometry, among=among)
    pairs = [
        (int(row), float(distance))
        for row, distance in zip(found.rows[0], found.distances[0], strict=True)
        if opened.ids[row] not in without
    ][:k]
    fields = opened.row_fields([row for row, _ in pairs])
    return tuple(Match(opened.ids[r], d, f) for (r, d), f in zip(pairs, fields, strict=True))


def shown(images: list[Picture | None]) -> list[Picture]:
    """Pictures with a grey one wherever an item has none."""
    return [np.full((64, 64, 3), 235, np.uint8) if image is None else image for image in images]
