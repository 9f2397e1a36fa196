"""Points: items as vectors, with ids and fields. Plain data, in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float32, Int, Shaped

from lateen.core.errors import InputError, UnknownNameError
from lateen.core.geometry import Euclidean, Geometry


@dataclass(frozen=True, eq=False)
class Points:
    """Items of one latent space.

    Args:
        ids: One unique string per item.
        vectors: (n, dim) float32, one row per item.
        fields: Columns of what is known of the items; each has length n.
        geometry: How distances, means and paths are taken.

    Raises:
        InputError: If lengths differ, an id occurs twice or a vector is not finite.
    """

    ids: Sequence[str]
    vectors: Float32[np.ndarray, "n dim"]
    fields: Mapping[str, Shaped[np.ndarray, " rows"]] = field(default_factory=dict)
    geometry: Geometry = field(default_factory=Euclidean)

    def __post_init__(self) -> None:
        n = len(self.vectors)
        if len(self.ids) != n:
            raise InputError(f"Points got {len(self.ids)} ids for {n} vectors; give one id per vector.")
        for name, column in self.fields.items():
            if len(column) != n:
                raise InputError(f"Points got field {name!r} of length {len(column)} for {n} vectors.")
        if len(set(self.ids)) != n:
            twice = next(id for id, count in Counter(self.ids).items() if count > 1)
            raise InputError(f"Points got the id {twice!r} more than once; ids are unique.")
        if not np.isfinite(self.vectors).all():
            row = int(np.flatnonzero(~np.isfinite(self.vectors).all(axis=1))[0])
            raise InputError(f"The vector of {self.ids[row]!r} holds NaN or infinity.")

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        names = ", ".join(self.fields) or "no fields"
        return f"Points({len(self):,} x {self.vectors.shape[1]}, {self.geometry}, {names})"

    def __getitem__(self, id: str) -> Float32[np.ndarray, " dim"]:
        """The vector of one item."""
        return np.asarray(self.vectors[self.row(id)])

    def row(self, id: str) -> int:
        """The row number of an id; raises UnknownNameError with near spellings."""
        rows = self._rows()
        if id not in rows:
            raise UnknownNameError("id", id, self.ids, f"these {len(self):,} points")
        return rows[id]

    def take(self, rows: Int[np.ndarray, " m"]) -> Points:
        """The points of the given rows, in that order."""
        return Points(
            [self.ids[r] for r in rows],
            self.vectors[rows],
            {name: column[rows] for name, column in self.fields.items()},
            self.geometry,
        )

    def column(self, name: str) -> Shaped[np.ndarray, " rows"]:
        """One field; raises UnknownNameError with the fields that exist."""
        if name not in self.fields:
            raise UnknownNameError("field", name, self.fields, "these points")
        return self.fields[name]

    def _rows(self) -> dict[str, int]:
        cached: dict[str, int] | None = self.__dict__.get("_row_of")
        if cached is None:
            cached = {id: row for row, id in enumerate(self.ids)}
            self.__dict__["_row_of"] = cached
        return cached
