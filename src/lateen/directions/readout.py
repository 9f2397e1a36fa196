"""Readouts: what the fields say of any point of the space, so that an edit's side effects can be predicted.

One idea: ridge regressions read all fields; a field is only spoken of where its reader works on held-out items, and
never beyond what it can be: a share lies in 0 ... 1, a number in the range of the data. A change is the reading after
minus the reading before. Its interval comes from what is not known of the reader's weights: readings are drawn from
their sampling distribution, bounded in the same way, and subtracted.

Reference:
    Krinsky and Robb, *On Approximating the Statistical Properties of Elasticities*, 1986 (intervals by draws).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64, Shaped

from lateen.directions.contrast import as_numbers
from lateen.directions.linear_readers import RIDGE, LinearReaders

READABLE = 0.1  # held-out R^2 from which on a field is spoken of
MOST_CATEGORIES = 12
MOST_ROWS, MOST_NUMBERS = 50_000, 2**25
LEVEL = 0.95
FEWEST = 8  # known values, from which on a field is read
_DRAWS = 2000  # and as many mirrored


Places = Int64[np.ndarray, "_"]


class Change(NamedTuple):
    """A predicted change in the field's own units, and its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def is_sure(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


class Target(NamedTuple):
    """What a reader reads: one number per item.

    Args:
        name: "age", or "eyes = open" for a value of a categorical field.
        field: The field.
        numbers: (n,) what is to be read; NaN where it is missing.
        low: The least that it can be.
        high: The most.
    """

    name: str
    field: str
    numbers: Float64[np.ndarray, " n"]
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Readout:
    """Linear readers of the fields of a space.

    Args:
        names: What each reader reads: a field, or "field = value" for one value of a categorical field.
        fields: The field of each reader.
        low: (f,) the least that each can read.
        high: (f,) the most.
        r2: (f,) share of variance explained on held-out items.
        readers: Readers that were fitted together, with their places among the names.
        skipped: Fields that have no reader: too many values, or one.
    """

    names: tuple[str, ...]
    fields: tuple[str, ...]
    low: Float64[np.ndarray, " f"]
    high: Float64[np.ndarray, " f"]
    r2: Float64[np.ndarray, " f"]
    readers: tuple[tuple[Places, LinearReaders], ...]
    skipped: tuple[str, ...] = ()

    @classmethod
    def fit(
        cls,
        vectors: Float[np.ndarray, "n dim"],
        fields: Mapping[str, Shaped[np.ndarray, " n"]],
        *,
        ridge: float = RIDGE,
        most: int = MOST_CATEGORIES,
        seed: int = 0,
    ) -> Readout:
        """Fit all readers on 3/4 of the items and score them on the rest; items without a value are left out.

        Args:
            vectors: (n, dim) points.
            fields: Columns; numbers are read as they are, strings of at most `most` values one value at a time.
            ridge: Penalty as a share of the mean variance of the vectors.
            most: Values of a categorical field.
            seed: Of the split.
        """
        rows = drawn(len(vectors), vectors.shape[1], seed)
        some = {name: column[rows] for name, column in fields.items()}
        targets = [target for name, column in some.items() for target in targets_of(name, column, most)]
        known = ~np.isnan(np.stack([t.numbers for t in targets], axis=1)) if targets else np.zeros((len(rows), 0), bool)
        x = np.asarray(vectors[rows] if targets else vectors[:0], np.float64)
        r2, readers = np.zeros(len(targets)), []
        for together in _alike(known):
            held = known[:, together[0]]
            y = np.stack([targets[i].numbers[held] for i in together], axis=1)
            fitted, r2[together] = _judged(x if held.all() else x[held], y, ridge)
            readers.append((together, fitted))
        read = {target.field for target in targets}
        return cls(
            tuple(target.name for target in targets),
            tuple(target.field for target in targets),
            np.array([target.low for target in targets], np.float64),
            np.array([target.high for target in targets], np.float64),
            r2,
            tuple(readers),
            tuple(name for name in fields if name not in read),
        )

    def __call__(self, points: Float[np.ndarray, "k dim"]) -> Float64[np.ndarray, "k f"]:
        """What each field is at points, within what it can be."""
        read = np.empty((len(points), len(self.names)))
        for places, reader in self.readers:
            read[:, places] = reader(points)
        return np.clip(read, self.low, self.high)

    def changes(self, before: Float[np.ndarray, " dim"], after: Float[np.ndarray, " dim"]) -> dict[str, Change]:
        """Predicted change of every readable field from one point to another, with its 95 % interval."""
        ends = np.stack([before, after]).astype(np.float64)
        draws, changes = _draws(), {}
        for places, reader in self.readers:
            readings, covariances = reader(ends), reader.covariance(ends)
            for place, reading, covariance in zip(places.tolist(), readings.T, covariances, strict=True):
                if self.r2[place] < READABLE:
                    continue
                low, high = self.low[place], self.high[place]
                drawn_readings = np.clip(reading + draws @ _root(covariance).T, low, high)
                bounds = np.quantile(np.diff(drawn_readings)[:, 0], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
                value = float(np.diff(np.clip(reading, low, high))[0])
                changes[self.names[place]] = Change(value, min(float(bounds[0]), value), max(float(bounds[1]), value))
        return {name: changes[name] for name in self.names if name in changes}

    @property
    def weights(self) -> Float64[np.ndarray, "dim f"]:
        """(dim, f) change of each reading per latent unit, where nothing bounds it."""
        dim = self.readers[0][1].weights.shape[0] if self.readers else 0
        weights = np.empty((dim, len(self.names)))
        for places, reader in self.readers:
            weights[:, places] = reader.weights
        return weights

    def reach(self, name: str) -> float:
        """How far apart the least and the most are that a reader can read."""
        place = self.names.index(name)
        return float(self.high[place] - self.low[place])

    def unreadable(self) -> list[str]:
        """Fields of which nothing can be said: no reader, or one that fails on held-out items."""
        return [*(n for n, r in zip(self.names, self.r2, strict=True) if r < READABLE), *self.skipped]


def targets_of(name: str, column: Shaped[np.ndarray, " n"], most: int = MOST_CATEGORIES) -> list[Target]:
    """What there is to read of a field; nothing if it has one value, too many, or too few items that have one."""
    numbers = as_numbers(column)
    if numbers is not None:
        known = numbers[~np.isnan(numbers)]
        if len(known) < FEWEST or not np.ptp(known) > 0:
            return []
        return [Target(name, name, numbers, float(known.min()), float(known.max()))]
    is_known = np.array([value is not None for value in column], bool)
    words = column.astype(str)
    values = np.unique(words[is_known])
    if not 2 <= len(values) <= most or is_known.sum() < FEWEST:
        return []
    return [
        Target(f"{name} = {value}", name, np.where(is_known, (words == value).astype(np.float64), np.nan), 0.0, 1.0)
        for value in values
    ]


def drawn(n: int, dim: int, seed: int = 0) -> Int64[np.ndarray, " m"]:
    """The rows, in no order, that stand for all where there are very many."""
    most = min(MOST_ROWS, max(FEWEST, MOST_NUMBERS // max(dim, 1)))
    return np.random.default_rng(seed).permutation(n)[:most]


def _alike(known: Bool[np.ndarray, "n f"]) -> list[Places]:
    """Places of the columns that are known of the same rows: those are fitted together."""
    groups: dict[bytes, list[int]] = {}
    for place in range(known.shape[1]):
        groups.setdefault(known[:, place].tobytes(), []).append(place)
    return [np.array(places) for places in groups.values()]


def _judged(
    x: Float64[np.ndarray, "n dim"], y: Float64[np.ndarray, "n f"], ridge: float
) -> tuple[LinearReaders, Float64[np.ndarray, " f"]]:
    """Readers fitted on the first 3/4, and their R^2 on the rest."""
    n_fit = (3 * len(x)) // 4
    fitted = LinearReaders.fit(x[:n_fit], y[:n_fit], ridge)
    residual = ((y[n_fit:] - fitted(x[n_fit:])) ** 2).sum(axis=0)
    total = ((y[n_fit:] - y[n_fit:].mean(axis=0)) ** 2).sum(axis=0)
    return fitted, np.where(total > 0, 1 - residual / np.where(total > 0, total, 1), 0.0)


def _draws() -> Float64[np.ndarray, "draws 2"]:
    normal = np.random.default_rng(0).standard_normal((_DRAWS, 2))
    return np.concatenate([normal, -normal])


def _root(covariance: Float64[np.ndarray, "2 2"]) -> Float64[np.ndarray, "2 2"]:
    """A factor of a covariance of two readings, which may be singular."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0)))
