"""`portraits:N[:SEED]`: the built-in drawn faces as a source, with their exact factors as fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lateen.core.errors import InputError
from lateen.sources.picture import View, content_digest
from lateen.sources.portraits import portraits, sample_factors
from lateen.sources.source import Batch, RowNumbers, Rows

MOST, LARGEST_SEED = 100_000_000, 2**64 - 1
_USAGE = (
    f"write portraits:N or portraits:N:SEED with N from 1 to {MOST:,} and SEED from 0 to 2^64 - 1, "
    "such as portraits:1000 or portraits:1000:7"
)


@dataclass(frozen=True)
class PortraitSource:
    """The first n portraits of a seed's endless stream; the id of an item is its number in it.

    Args:
        n: How many.
        seed: Names the stream.
    """

    n: int
    seed: int = 0
    modality: str = "image"
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.n <= MOST or not 0 <= self.seed <= LARGEST_SEED:
            raise InputError(f"portraits:{self.n}:{self.seed} can't be drawn; {_USAGE}.")

    @classmethod
    def parse(cls, text: str) -> PortraitSource:
        """The source of `portraits:N[:SEED]`; raises InputError if it is written otherwise."""
        parts = text.split(":")
        numbers = [int(p) for p in parts[1:] if p.isascii() and p.isdecimal()]
        if len(parts) not in (2, 3) or len(numbers) != len(parts) - 1:
            raise InputError(f"The source {text!r} can't be read; {_USAGE}.")
        return cls(numbers[0], seed=numbers[1] if len(numbers) == 2 else 0)

    @property
    def name(self) -> str:
        """As it is typed, seed included."""
        return f"portraits:{self.n}:{self.seed}"

    @property
    def ids(self) -> Sequence[str]:
        """ "0", "1", ..."""
        return RowNumbers(self.n)

    @property
    def field_schema(self) -> pa.Schema:
        """One field per factor."""
        return pa.table(dict(sample_factors(1, self.seed))).schema

    def __len__(self) -> int:
        return self.n

    def keys(self, rows: Rows) -> list[str]:
        """Seed and number say everything."""
        return [f"portraits\0{self.seed}\0{i}" for i in rows]

    def take(self, rows: Rows) -> Undrawn:
        """Portraits that are to be drawn."""
        return Undrawn(self.seed, rows)


@dataclass(frozen=True, eq=False)
class Undrawn:
    """Portraits that are to be drawn; they are square, so every fit is the same.

    Args:
        seed: Names the stream.
        rows: (m,) numbers in it.
    """

    seed: int
    rows: Rows

    def read(self, view: View | None) -> Batch:
        """Draw them."""
        if view is None:
            raise InputError("Portraits are pictures; they are drawn for a view only.")
        runs = np.split(self.rows, np.flatnonzero(np.diff(self.rows) != 1) + 1)
        drawn = [portraits(len(run), self.seed, size=view.size, start=int(run[0])) for run in runs if len(run)]
        factors = [pa.table(dict(factors)) for _, factors in drawn]
        numbers = np.full(len(self.rows), view.size**2 * 3, np.int64)
        return Batch(
            rows=self.rows,
            ids=[str(i) for i in self.rows],
            items=np.concatenate([images for images, _ in drawn]),
            uris=[f"portraits:{self.seed}#{i}" for i in self.rows],
            fields=pa.concat_tables(factors),
            numbers=numbers,
            bytes=numbers,  # they were never files: one byte per number
            digests=list(self.digests().values()),
        )

    def digests(self) -> dict[int, bytes]:
        """Of seed and number, which say everything."""
        return {i: content_digest(b"portraits %d %d" % (self.seed, i)) for i in self.rows.tolist()}
