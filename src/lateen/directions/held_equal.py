"""Fields that are held equal while a direction is fitted, and whether the data can tell them from the attribute.

One idea: what the fields explain of the labels is taken out of the labels. The difference of means that is left is that
between items which have the same values in all of these fields (Frisch and Waugh 1933, Lovell 1963: the coefficient of
a regression is that of the residuals).

Reference:
    Frisch and Waugh, *Partial Time Regressions as Compared with Individual Trends*, Econometrica 1933.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from jaxtyping import Bool, Float, Float64, Int, Shaped

from lateen.core.errors import InputError
from lateen.directions.contrast import as_numbers

MOST_VALUES = 200  # of a field of words
PARTS = 8  # a number is held equal within so many parts of its range, and by its value within each
INSEPARABLE, HARDLY = 0.98, 0.85  # share of the labels that the fields explain
ASSOCIATED = 0.1  # |r| or eta from which on a field goes along with an attribute


@dataclass(frozen=True, eq=False)
class HeldEqual:
    """Columns that say all that matters of some fields.

    Args:
        names: The fields.
        columns: (n, c) numbers; NaN in the rows where a field has no value.
        owner: (c,) which field each column is of.
        parts: (n, f) which value, or which eighth, each item has in each field; -1 where it has none.
        plain: (n, l) the fields with one column for a number: what a linear reader reads.
    """

    names: tuple[str, ...]
    columns: Float64[np.ndarray, "n c"]
    owner: tuple[int, ...]
    parts: Int[np.ndarray, "n f"]
    plain: Float64[np.ndarray, "n l"]

    @property
    def known(self) -> Bool[np.ndarray, " n"]:
        """Rows that have a value in every field."""
        return np.asarray(~np.isnan(self.columns).any(axis=1))

    def of(self, name: str) -> HeldEqual:
        """One of the fields alone, without its plain columns."""
        i = self.names.index(name)
        mine = [j for j, owner in enumerate(self.owner) if owner == i]
        return HeldEqual((name,), self.columns[:, mine], (0,) * len(mine), self.parts[:, [i]], self.plain[:, :0])


def held_equal(fields: Mapping[str, Shaped[np.ndarray, " n"]]) -> HeldEqual:
    """What is to be held equal, as numbers.

    A number is cut into eighths of the items; within each it counts by its value. Few values, and words, count one by
    one.

    Args:
        fields: The columns of the fields.

    Raises:
        InputError: If a field has one value only, or too many words.
    """
    blocks: list[np.ndarray] = []
    parts: list[np.ndarray] = []
    plain: list[np.ndarray] = []
    owner: list[int] = []
    for i, (name, column) in enumerate(fields.items()):
        numbers = as_numbers(column)
        block, part = _words(column, name) if numbers is None else _numbers(numbers, name)
        blocks.append(block)
        parts.append(part)
        plain.append(block if numbers is None or block.shape[1] < PARTS else _scaled(numbers)[:, None])
        owner += [i] * block.shape[1]
    if not blocks:
        return HeldEqual((), np.zeros((0, 0)), (), np.zeros((0, 0), np.int64), np.zeros((0, 0)))
    columns, single = np.concatenate(blocks, axis=1), np.concatenate(plain, axis=1)
    return HeldEqual(tuple(fields), columns, tuple(owner), np.stack(parts, axis=1), single)


def left_of(
    labels: Float64[np.ndarray, " m"], held: Float64[np.ndarray, "m c"] | None
) -> Float64[np.ndarray, " m"]:
    """What the fields held equal don't explain of the labels: residuals of least squares, of mean 0."""
    y = labels - labels.mean()
    if held is None or held.shape[1] == 0:
        return np.asarray(y)
    d = held - held.mean(axis=0)
    spread = d.std(axis=0)
    d = d[:, spread > 0] / spread[spread > 0]
    weights, *_ = np.linalg.lstsq(d.T @ d, d.T @ y, rcond=1e-10)
    return np.asarray(y - d @ weights)


def explained(labels: Float64[np.ndarray, " m"], held: Float64[np.ndarray, "m c"]) -> float:
    """Share of the variance of the labels that some columns explain, corrected for their number (Theil 1961)."""
    y = labels - labels.mean()
    total = float(y @ y)
    m, c = held.shape
    if not total > 0 or m - c - 1 <= 0:
        return 1.0 if total > 0 else 0.0
    left = left_of(labels, held)
    return float(max(0.0, 1 - (float(left @ left) / (m - c - 1)) / (total / (m - 1))))


def check_separable(
    attribute: str, labels: Float64[np.ndarray, " m"], held: HeldEqual, rows: Shaped[np.ndarray, " m"]
) -> str | None:
    """Whether the attribute differs between items that are alike in the fields held equal.

    Returns:
        A warning where it hardly does, else None.

    Raises:
        InputError: If it doesn't, naming the field, or the fields together.
    """
    columns = held.columns[rows]
    share = explained(labels, columns)
    if share < HARDLY:
        return None
    single = {name: explained(labels, held.of(name).columns[rows]) for name in held.names}
    worst = max(single, key=lambda name: single[name])
    which = worst if single[worst] > 0.95 * share or len(held.names) == 1 else f"{', '.join(held.names)} together"
    told = f"{which} already tell{'s' if which == worst else ''} {share:.0%} of {attribute}"
    if share > INSEPARABLE:
        raise InputError(
            f"The data can't separate {attribute} from {which}: {told}, so no items are left that differ in the one "
            "and not in the other. Leave it out of --without, or add items that differ."
        )
    return f"{told}: what is left to separate them is little, and the direction may still carry it along"


def associations(
    labels: Float64[np.ndarray, " m"], fields: Mapping[str, Shaped[np.ndarray, " m"]]
) -> dict[str, float]:
    """Fields that go along with an attribute beyond chance: correlation, or eta for words (never negative).

    Args:
        labels: (m,) the attribute.
        fields: Columns of the same rows; those of one value, or of more than 200 words, are passed over.
    """
    found = {}
    for name, column in fields.items():
        numbers = as_numbers(column)
        known = np.array([v is not None for v in column]) if numbers is None else ~np.isnan(numbers)
        y = labels[known]
        if known.sum() < 4 or not np.ptp(y) > 0:
            continue
        if numbers is not None:
            x = numbers[known]
            if np.ptp(x) > 0:
                r = float(np.corrcoef(x, y)[0, 1])
                if abs(r) >= max(ASSOCIATED, 3 / np.sqrt(len(y))):
                    found[name] = r
            continue
        values, code = np.unique(column[known].astype(str), return_inverse=True)
        if 2 <= len(values) <= min(MOST_VALUES, len(y) // 4):
            share = explained(y, np.eye(len(values))[code][:, 1:])
            chance = (9 + 3 * np.sqrt(2 * (len(values) - 1))) / len(y)  # many values explain more of nothing
            if share >= max(ASSOCIATED**2, chance):
                found[name] = float(np.sqrt(share))
    return dict(sorted(found.items(), key=lambda pair: -abs(pair[1])))


_Coded: TypeAlias = tuple[Float64[np.ndarray, "n c"], Int[np.ndarray, " n"]]


def _numbers(numbers: Float[np.ndarray, " n"], name: str) -> _Coded:
    known = ~np.isnan(numbers)
    values = np.unique(numbers[known])
    _check_values(name, len(values))
    if len(values) <= PARTS:
        return _one_by_one(numbers, values, known)
    edges, times = np.unique(np.quantile(numbers[known], np.arange(1, PARTS) / PARTS), return_counts=True)
    full = edges[(times > 1) & (edges > values[0])]  # a value that fills a part, such as 0, has one of its own
    edges = np.unique(np.concatenate([edges, np.nextafter(full, -np.inf)]))
    part = np.where(known, np.searchsorted(edges, numbers), -1)
    scaled = _scaled(numbers)
    in_parts = (part[:, None] == np.arange(len(edges) + 1)).astype(np.float64)
    columns = np.concatenate([in_parts[:, 1:], in_parts * np.where(known, scaled, 0.0)[:, None]], axis=1)
    columns = columns[:, columns[known].std(axis=0) > 0]
    columns[~known] = np.nan
    return columns, part


def _scaled(numbers: Float[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """Of mean 0 and standard deviation 1, whatever the units: a date is some 10^18 nanoseconds."""
    known = numbers[~np.isnan(numbers)]
    return np.asarray((numbers - known.mean()) / known.std(), np.float64)


def _words(column: Shaped[np.ndarray, " n"], name: str) -> _Coded:
    known = np.array([v is not None for v in column])
    words = column.astype(str)
    values = np.unique(words[known])
    _check_values(name, len(values))
    if len(values) > MOST_VALUES:
        raise InputError(
            f"{name} has {len(values):,} values; at most {MOST_VALUES} can be held equal. If it is the identity of a "
            f"person, keep the sides of the test apart with --group {name} instead."
        )
    return _one_by_one(words, values, known)


def _check_values(name: str, values: int) -> None:
    if values < 2:
        raise InputError(f"{name} can't be held equal: it has {'one value only' if values else 'no values'}.")


def _one_by_one(
    column: Shaped[np.ndarray, " n"], values: Shaped[np.ndarray, " v"], known: Bool[np.ndarray, " n"]
) -> _Coded:
    same = column[:, None] == values
    columns = same[:, 1:].astype(np.float64)
    columns[~known] = np.nan
    return columns, np.where(known, same.argmax(axis=1), -1)
