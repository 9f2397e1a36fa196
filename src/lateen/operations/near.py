"""Search: the nearest items of an item, a file, an expression or a text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float32, UInt8
from PIL.Image import Image

from lateen.core.errors import InputError
from lateen.core.geometry import Sphere
from lateen.neighbors import Found
from lateen.operations.opened import Located, Opened
from lateen.operations.result import Pictured, known, plain, rounded
from lateen.plot.grid import neighbours as draw_neighbours
from lateen.plot.ranking import Ranked, ranking

Picture = UInt8[np.ndarray, "height width 3"]


@dataclass(frozen=True)
class Match:
    """One item that was found.

    Args:
        id: Its id.
        distance: From the query, in the units of the space's geometry.
        fields: What is known of it.
        cosine: Of the angle to the query, where the distance is that angle; else None.
    """

    id: str
    distance: float
    fields: dict[str, object]
    cosine: float | None = None

    def to_dict(self) -> dict[str, object]:
        """Plain data."""
        fields = {name: plain(value) for name, value in self.fields.items()}
        found: dict[str, object] = {"id": self.id, "distance": rounded(self.distance, 6), "fields": fields}
        return found if self.cosine is None else {**found, "cosine": rounded(self.cosine, 6)}


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
            "search": self._opened.search.how,
        }

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of the search, a sentence each."""
        note = self._opened.search.note
        return () if note is None else (note,)

    def picture(self) -> Image:
        """The query beside its neighbours; where items have no pictures, these as a list."""
        if not has_pictures(self._opened):
            measure, values = measured(self.matches)
            answers = [Ranked(m.id, value) for m, value in zip(self.matches, values, strict=True)]
            said = None if self._opened.spec.modality == "word" else known(self.support)  # of a word: how rare it is
            return ranking(answers, title=self.query, measure=measure, heading="nearest to it", support=said)
        images = self._opened.pictures(m.id for m in self.matches)
        labels = [f"{m.id}  {brief(m.distance)}" for m in self.matches]
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
    checked_k(k)
    return matches_of(opened, opened.search.nearest(vector[None], k + len(without), where), without)[:k]


def matches_of(opened: Opened, found: Found, without: tuple[str, ...] = ()) -> tuple[Match, ...]:
    """What was found for one query, with ids and fields, some left out."""
    taken = opened.items_at([int(row) for row in found.rows[0]])
    pairs = zip(taken, (float(d) for d in found.distances[0]), strict=True)
    angles = isinstance(opened.geometry, Sphere)
    return tuple(
        Match(id, distance, fields, math.cos(distance) if angles else None)
        for (id, fields), distance in pairs
        if id not in without
    )


def measured(matches: Sequence[Match]) -> tuple[str, list[float]]:
    """By what people compare matches, and the figures: the cosine where only angles count, else the distance."""
    cosines = [m.cosine for m in matches if m.cosine is not None]
    return ("cosine", cosines) if cosines else ("distance", [m.distance for m in matches])


def has_pictures(opened: Opened) -> bool:
    """Whether items are drawn as pictures, or texts as cards; words and bare vectors are only named."""
    return opened.spec.modality not in ("word", "vector")


def checked_k(k: int) -> None:
    """Raise InputError unless at least one item is asked for."""
    if k < 1:
        raise InputError(f"Got k = {k}; ask for at least one item.")


def shown(images: list[Picture | None]) -> list[Picture]:
    """Pictures with a grey one wherever an item has none."""
    return [np.full((64, 64, 3), 235, np.uint8) if image is None else image for image in images]


def brief(distance: float) -> str:
    """A distance under a picture: 0.125, 12.5, 1,250."""
    return f"{distance:,.0f}" if abs(distance) >= 100 else f"{distance:.3g}"
