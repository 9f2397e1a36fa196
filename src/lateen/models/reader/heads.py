"""What a reader reads: a number or a class for each field, and who it is.

One idea: a field is turned into targets once, with NaN (numbers) and -1 (classes) where a value is missing, so that
training and judging mask alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float32, Int64, Shaped

from lateen.directions.contrast import as_numbers

MOST_CLASSES = 12  # of a field of words
MOST_NUMBERS = 10  # values up to which numbers are classes too, as in `directions.contrast`
FEWEST = 8  # known values without which nothing is learnt of a field


@dataclass(frozen=True)
class NumberHead:
    """A field of numbers, read by regression.

    Args:
        field: Its name.
        mean: Of the known values.
        spread: Their standard deviation.
    """

    field: str
    mean: float
    spread: float

    @property
    def width(self) -> int:
        """Outputs of the network that it takes."""
        return 1

    def targets(self, column: Shaped[np.ndarray, " n"]) -> Float32[np.ndarray, " n"]:
        """(n,) standard deviations from the mean; NaN where a value is missing."""
        numbers = as_numbers(column)
        assert numbers is not None
        return ((numbers - self.mean) / self.spread).astype(np.float32)


@dataclass(frozen=True)
class ClassHead:
    """A field of few values, read by classification.

    Args:
        field: Its name.
        values: The values: words, or numbers in ascending order.
    """

    field: str
    values: tuple[str, ...] | tuple[float, ...]

    @property
    def width(self) -> int:
        """Outputs of the network that it takes."""
        return len(self.values)

    def targets(self, column: Shaped[np.ndarray, " n"]) -> Int64[np.ndarray, " n"]:
        """(n,) which value; -1 where it is missing, or none of them."""
        numbers = as_numbers(column)
        place = {value: at for at, value in enumerate(self.values)}
        if numbers is not None and isinstance(self.values[0], float):
            return np.array([place.get(float(v), -1) for v in numbers], np.int64)
        return np.array([-1 if v is None else place.get(str(v), -1) for v in column], np.int64)


Head = NumberHead | ClassHead


def head_of(column: Shaped[np.ndarray, " n"], field: str, most: int = MOST_CLASSES) -> Head | None:
    """How a field is read; None where it can't be: too many values, one only, or too few known.

    Args:
        column: (n,) values: numbers, booleans or strings; None and NaN are missing.
        field: Its name.
        most: Classes at the most, of words.
    """
    numbers = as_numbers(column)
    if numbers is not None:
        known = numbers[np.isfinite(numbers)]
        values = np.unique(known)
        if len(known) < FEWEST or len(values) < 2:
            return None
        if len(values) <= MOST_NUMBERS:
            return ClassHead(field, tuple(float(v) for v in values))
        return NumberHead(field, float(known.mean()), float(known.std()))
    words = [str(v) for v in column if v is not None]
    kinds = sorted(set(words))
    return ClassHead(field, tuple(kinds)) if len(words) >= FEWEST and 2 <= len(kinds) <= most else None


def person_head(column: Shaped[np.ndarray, " n"], field: str) -> ClassHead | None:
    """The head of a field of identity, whatever the number of its values; None with one value or none."""
    numbers = as_numbers(column)
    if numbers is not None:
        values = np.unique(numbers[np.isfinite(numbers)])
        return ClassHead(field, tuple(float(v) for v in values)) if len(values) > 1 else None
    kinds = sorted({str(v) for v in column if v is not None})
    return ClassHead(field, tuple(kinds)) if len(kinds) > 1 else None


def heads_of(columns: Mapping[str, Shaped[np.ndarray, " n"]], person: str | None = None) -> tuple[Head, ...]:
    """The heads of all fields that can be read, in their order; the field of identity is read as such."""
    found = (person_head(c, name) if name == person else head_of(c, name) for name, c in columns.items())
    return tuple(head for head in found if head is not None)


def places(heads: Sequence[Head]) -> list[slice]:
    """Which outputs of the network are whose."""
    ends = np.cumsum([0, *(head.width for head in heads)])
    return [slice(int(start), int(end)) for start, end in pairwise(ends)]
