"""Which fields go along with an axis: a description of it that nobody had to write.

One idea: so many fields are tried that some agree with an axis by chance, so a field is named only where it agrees more
than the best of all fields does with shuffled items.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Float64, Shaped

from lateen.directions.contrast import as_numbers

SHUFFLES = 200
LOOKED_AT = 10_000  # items, drawn at random where there are more
MOST_VALUES = 50  # of a field of categories; one with more names items rather than kinds of them
FEWEST = 5  # items that have a value, or have it not
WEAK = 0.1  # strength below which nothing is said, however sure it is
NAMED = 3


@dataclass(frozen=True)
class Along:
    """A field that goes along with an axis.

    Args:
        field: Its name.
        value: The value that is told from all others; None of a field of numbers.
        strength: Spearman's r of a field of numbers; for a value 2 AUC - 1, which is on the same scale.
    """

    field: str
    value: str | None
    strength: float

    @property
    def auc(self) -> float:
        """Area under the ROC curve, of a value."""
        return (self.strength + 1) / 2

    def __str__(self) -> str:
        if self.value is None:
            return f"{self.field} {self.strength:+.2f}".replace("-", "\u2212")
        sign = "" if self.strength > 0 else "not "
        return f"{sign}{self.field} = {self.value} (AUC {max(self.auc, 1 - self.auc):.2f})"


def goes_along(
    readings: Float[np.ndarray, "m n"], fields: Mapping[str, Shaped[np.ndarray, " m"]], *, seed: int = 0
) -> list[tuple[Along, ...]]:
    """The fields that go along with each axis, strongest first: three at the most, none where none beats chance.

    Chance is the 95th percentile, over 200 shuffles of the items, of the best that any field does with any axis.
    Items are taken as independent: where they come in families, chance reaches higher than this says.

    Args:
        readings: (m, n) how much of each axis is in each item.
        fields: Columns: numbers as they are, up to 50 categories one value at a time. Missing values are left out.
        seed: Of the shuffles, and of the items that are looked at.

    Reference:
        Westfall and Young, *Resampling-Based Multiple Testing*, 1993 (the largest of all, shuffled).
    """
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(len(readings))[:LOOKED_AT])
    columns = _columns({name: column[rows] for name, column in fields.items()})
    n = readings.shape[1]
    if not columns:
        return [()] * n
    ranked = _standard(np.stack([_ranks(readings[rows, axis]) for axis in range(n)], axis=1))
    targets = np.stack([column.values for column in columns], axis=1)
    counts = np.array([column.known for column in columns])
    found = ranked.T @ targets / counts
    best = [float(np.abs(rng.permutation(ranked).T @ targets / counts).max()) for _ in range(SHUFFLES)]
    chance = float(np.quantile(best, 0.95))
    return [_strongest(found[axis], columns, chance) for axis in range(n)]


@dataclass(frozen=True, eq=False)
class _Column:
    """One thing that can go along: (m,) of mean 0 and variance 1 over the items where it is known, 0 elsewhere.

    `factor` turns its correlation with ranks into its strength; `other` is the only other value, if there is only one.
    """

    field: str
    value: str | None
    values: Float64[np.ndarray, " m"]
    known: int
    factor: float
    other: str | None = None


def _columns(fields: Mapping[str, Shaped[np.ndarray, " m"]]) -> list[_Column]:
    made: list[_Column] = []
    for name, column in fields.items():
        numbers = as_numbers(column)
        if numbers is not None and len(np.unique(numbers[~np.isnan(numbers)])) > 2:
            made += _of(name, None, ~np.isnan(numbers), _ranks(numbers))
            continue
        there = ~np.isnan(numbers) if numbers is not None else np.array([v is not None for v in column], bool)
        values = np.unique(column[there].astype(str))
        if len(values) <= MOST_VALUES:
            told = values[1:] if len(values) == 2 else values  # of two, one says all
            for value in told:
                has = np.zeros(len(column))
                has[there] = column[there].astype(str) == value
                other = _short(str(values[0])) if len(values) == 2 else None
                made += [replace(c, other=other) for c in _of(name, _short(str(value)), there, has)]
    return made


def _of(
    name: str, value: str | None, known: Bool[np.ndarray, " m"], numbers: Float64[np.ndarray, " m"]
) -> list[_Column]:
    """The column, if there are enough items on both sides."""
    inside, n = numbers[known], int(known.sum())
    kinds = int(inside.sum()) if value is not None else n
    if n < 2 * FEWEST or np.ptp(inside) == 0 or not FEWEST <= kinds <= n - (0 if value is None else FEWEST):
        return []
    values = np.zeros(len(numbers))
    values[known] = _standard(inside)
    share = kinds / n
    factor = 1.0 if value is None else 1 / np.sqrt(3 * share * (1 - share))
    return [_Column(name, value, values, n, float(factor))]


def _strongest(found: Float64[np.ndarray, " f"], columns: list[_Column], chance: float) -> tuple[Along, ...]:
    """The strongest, one of each field."""
    beats = [
        Along(c.field, c.value, strength)
        if strength > 0 or c.other is None
        else Along(c.field, c.other, -strength)
        for r, c in zip(found, columns, strict=True)
        if abs(r) > chance and abs(strength := float(np.clip(r * c.factor, -1, 1))) >= WEAK
    ]
    first: dict[str, Along] = {}
    for along in sorted(beats, key=lambda a: -abs(a.strength)):
        first.setdefault(along.field, along)
    return tuple(first.values())[:NAMED]


def _ranks(values: Float[np.ndarray, " m"]) -> Float64[np.ndarray, " m"]:
    """Mean ranks; what is missing comes last."""
    from scipy.stats import rankdata

    return np.asarray(rankdata(np.where(np.isnan(values), np.inf, values)), np.float64)


def _standard(values: Float64[np.ndarray, "*m"]) -> Float64[np.ndarray, "*m"]:
    """Columns of mean 0 and variance 1; constant ones become 0."""
    centred = values - values.mean(axis=0)
    spread = centred.std(axis=0)
    return np.asarray(centred / np.where(spread > 0, spread, 1))


def _short(value: str) -> str:
    return value if len(value) <= 24 else f"{value[:23]}…"
