"""Readings: what a reader says of pictures, field by field, and how good it is at that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Int64


@dataclass(frozen=True, eq=False)
class Numbers:
    """A field of numbers, as it was read.

    Args:
        values: (n,) in the field's own units.
    """

    values: Float[np.ndarray, " n"]

    def at(self, rows: Int[np.ndarray, " k"]) -> Numbers:
        """Those of some rows."""
        return Numbers(self.values[rows])


@dataclass(frozen=True, eq=False)
class Classes:
    """A field of few values, as it was read.

    Args:
        names: The values.
        shares: (n, k) how probable each value is.
    """

    names: tuple[str, ...] | tuple[float, ...]
    shares: Float[np.ndarray, "n k"]

    @property
    def values(self) -> Int64[np.ndarray, " n"]:
        """(n,) which value is the most probable."""
        return self.shares.argmax(axis=1) if len(self.shares) else np.zeros(0, np.int64)

    def at(self, rows: Int[np.ndarray, " k"]) -> Classes:
        """Those of some rows."""
        return Classes(self.names, self.shares[rows])


@dataclass(frozen=True, eq=False)
class Readings:
    """What a reader says of n pictures.

    Args:
        fields: By field.
        features: (n, f) the reader's last layer before it says anything: what it sees at all.
    """

    fields: Mapping[str, Numbers | Classes]
    features: Float[np.ndarray, "n f"]

    def __len__(self) -> int:
        return len(self.features)

    def at(self, rows: Int[np.ndarray, " k"]) -> Readings:
        """Those of some rows."""
        return Readings({name: field.at(rows) for name, field in self.fields.items()}, self.features[rows])
