"""`portraits:N[:SEED]`: the built-in drawn faces as a source, with their exact factors as fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lateen.core.errors import InputError
from lateen.sources.portraits import portraits, sample_factors
from lateen.sources.source import Batch

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
        return [str(i) for i in range(self.n)]

    @property
    def field_schema(self) -> pa.Schema:
        """One field per factor."""
        return pa.table(dict(sample_factors(1, self.seed))).schema

    def __len__(self) -> int:
        return self.n

    def keys(self, start: int, stop: int) -> list[str]:
        """Seed and number say everything."""
        return [f"portraits\0{self.seed}\0{i}" for i in range(start, min(stop, self.n))]

    def read(self, start: int, stop: int, *, size: int, fit: str = "crop") -> Batch:
        """Draw portraits start..stop at this size; they are square, so every fit is the same."""
        stop = min(stop, self.n)
        images, factors = portraits(stop - start, self.seed, size=size, start=start)
        numbers = np.full(stop - start, size * size * 3, np.int64)
        return Batch(
            ids=[str(i) for i in range(start, stop)],
            images=images,
            uris=[f"portraits:{self.seed}#{i}" for i in range(start, stop)],
            fields=pa.table(dict(factors)),
            numbers=numbers,
            bytes=numbers,  # they were never files: one byte per number
            rejected=[],
        )
