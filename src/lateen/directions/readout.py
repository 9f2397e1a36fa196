"""Readouts: what the fields say of any point of the space, so that an edit's side effects can be predicted.

One idea: one ridge regression reads all fields at once; a field is only spoken of where its readout works on held-out
items.

Reference:
    Hoerl and Kennard, *Ridge Regression*, 1970.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Shaped

from lateen.directions.contrast import as_numbers

READABLE = 0.1  # held-out R^2 from which on a field is spoken of
MOST_CATEGORIES = 12
MOST_ROWS = 50_000


@dataclass(frozen=True, eq=False)
class Readout:
    """Linear readers of the fields of a space.

    Args:
        names: What each reader reads: a field, or "field = value" for one value of a categorical field.
        weights: (dim, f) change of each reading per latent unit.
        r2: (f,) share of variance explained on held-out items.
        skipped: Fields that have no reader: too many values, or one.
    """

    names: tuple[str, ...]
    weights: Float32[np.ndarray, "dim f"]
    r2: Float[np.ndarray, " f"]
    skipped: tuple[str, ...] = ()

    @classmethod
    def fit(
        cls,
        vectors: Float[np.ndarray, "n dim"],
        fields: Mapping[str, Shaped[np.ndarray, " n"]],
        *,
        ridge: float = 1e-3,
        seed: int = 0,
    ) -> Readout:
        """Fit all readers on 3/4 of the items and score them on the rest.

        Args:
            vectors: (n, dim) points.
            fields: Columns; numbers are read as they are, strings of at most 12 values one value at a time. Rows
                with a missing value count as average.
            ridge: Penalty as a share of the mean variance of the vectors.
            seed: Of the split.
        """
        targets = _targets(fields)
        names = tuple(targets)
        read = {name.partition(" = ")[0] for name in names} | set(names)
        skipped = tuple(name for name in fields if name not in read)
        rows = np.random.default_rng(seed).permutation(len(vectors))[:MOST_ROWS]
        if not names or len(rows) < 8:
            return cls((), np.zeros((vectors.shape[1], 0), np.float32), np.zeros(0), tuple(fields))
        y = np.stack([targets[name][rows] for name in names], axis=1)
        x = np.asarray(vectors[rows], np.float64)
        n_fit = (3 * len(rows)) // 4
        x_mean, y_mean = x[:n_fit].mean(0), y[:n_fit].mean(0)
        xc, yc = x[:n_fit] - x_mean, y[:n_fit] - y_mean
        gram = xc.T @ xc
        penalty = ridge * np.trace(gram) / len(gram) + 1e-12
        weights = np.linalg.solve(gram + penalty * np.eye(len(gram)), xc.T @ yc)
        predicted = (x[n_fit:] - x_mean) @ weights + y_mean
        residual = ((y[n_fit:] - predicted) ** 2).sum(0)
        total = ((y[n_fit:] - y[n_fit:].mean(0)) ** 2).sum(0)
        r2 = np.where(total > 0, 1 - residual / np.where(total > 0, total, 1), 0.0)
        return cls(names, weights.astype(np.float32), r2, skipped)

    def changes(self, move: Float[np.ndarray, " dim"]) -> dict[str, float]:
        """Predicted change of every readable field when a point moves by `move`, in the field's own units."""
        change = move.astype(np.float64) @ self.weights.astype(np.float64)
        return {n: float(c) for n, c, r in zip(self.names, change, self.r2, strict=True) if r >= READABLE}

    def unreadable(self) -> list[str]:
        """Fields of which nothing can be said: no reader, or one that fails on held-out items."""
        return [*(n for n, r in zip(self.names, self.r2, strict=True) if r < READABLE), *self.skipped]


def _targets(fields: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    targets: dict[str, np.ndarray] = {}
    for name, column in fields.items():
        numbers = as_numbers(column)
        if numbers is not None:
            known = ~np.isnan(numbers)
            if known.any() and np.ptp(numbers[known]) > 0:
                targets[name] = np.where(known, numbers, numbers[known].mean())
            continue
        words = column.astype(str)
        values = np.unique(words[[v is not None for v in column]])
        if 2 <= len(values) <= MOST_CATEGORIES:
            targets |= {f"{name} = {value}": (words == value).astype(np.float64) for value in values}
    return targets
