"""The difference that labels make, with its repeats on resampled items, in one pass over the points.

One idea: a difference of means is a weighted sum of points, and so is the one of every resample; the points are read
once, for all of them. Items are resampled by weights (the Bayesian bootstrap), whole groups at a time where there are
such.

Reference:
    Rubin, *The Bayesian Bootstrap*, Annals of Statistics 1981.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float32, Float64, Int

from lateen.core.threads import in_threads

BLOCK = 8192
REPEATS = 50


def differences(
    points: Float[np.ndarray, "n dim"],
    rows: Int[np.ndarray, " m"],
    labels: Float64[np.ndarray, "m k"],
    *,
    together: Int[np.ndarray, " m"] | None = None,
    seed: int = 0,
) -> tuple[Float64[np.ndarray, "dim k"], Float64[np.ndarray, "dim b"]]:
    """Sums of the points weighted by labels, and 50 repeats of the first on resampled items.

    Args:
        points: (n, dim) all points; only those of `rows` are read.
        rows: (m,) which.
        labels: (m, k) weights, each column of mean 0 (`held_equal.left_of`): the sum is then the difference of means,
            times a number.
        together: (m,) number of the group of each row, resampled as a whole.
        seed: Of the resampling.

    Returns:
        The sums (dim, k), and of each repeat the same for labels[:, 0] (dim, 50).
    """
    m, dim = len(rows), points.shape[1]
    starts = range(0, m, BLOCK)
    groups = 0 if together is None else int(together.max(initial=-1)) + 1
    of_group = np.random.default_rng([seed, 1]).standard_exponential((groups, REPEATS), np.float32)
    center = np.asarray(points[rows[:BLOCK]], np.float64).mean(axis=0).astype(np.float32)
    sums: list[Float32[np.ndarray, "dim c"]] = [np.zeros((0, 0), np.float32)] * len(starts)
    totals = np.zeros((len(starts), 2, REPEATS))

    def work(start: int, stop: int) -> None:
        i = start // BLOCK
        x = np.asarray(points[rows[start:stop]], np.float32) - center
        y = labels[start:stop].astype(np.float32)
        if together is None:
            weight = np.random.default_rng([seed, 0, i]).standard_exponential((stop - start, REPEATS), np.float32)
        else:
            weight = of_group[together[start:stop]]
        first = weight * y[:, :1]
        sums[i] = x.T @ np.concatenate([y, first, weight], axis=1)
        totals[i] = first.sum(axis=0, dtype=np.float64), weight.sum(axis=0, dtype=np.float64)

    in_threads(work, m, BLOCK)
    summed = np.zeros((dim, labels.shape[1] + 2 * REPEATS))
    for part in sums:
        summed += part
    k = labels.shape[1]
    first, weight = totals.sum(axis=0)
    repeats = summed[:, k : k + REPEATS] - summed[:, k + REPEATS :] * (first / np.where(weight > 0, weight, 1.0))
    return summed[:, :k], repeats


def mean_cosine(vector: Float[np.ndarray, " dim"], repeats: Float[np.ndarray, "dim b"]) -> float:
    """Mean cosine between a direction and its repeats: 1 where other items would have given the same."""
    lengths = np.linalg.norm(repeats, axis=0) * np.linalg.norm(vector)
    along = vector.astype(np.float64) @ repeats
    return float(np.mean(np.divide(along, lengths, out=np.zeros(repeats.shape[1]), where=lengths > 0)))


def bootstrap_cosine(
    positive: Float[np.ndarray, "p dim"],
    negative: Float[np.ndarray, "q dim"],
    vector: Float[np.ndarray, " dim"],
    rng: np.random.Generator,
) -> float:
    """Mean cosine between a direction and those fitted to bootstrap samples of its points."""
    p, q = len(positive), len(negative)
    cosines = []
    for _ in range(REPEATS):
        again = positive[rng.choice(p, p)].mean(0) - negative[rng.choice(q, q)].mean(0)
        norm = float(np.linalg.norm(again))
        cosines.append(float(again @ vector) / norm if norm > 0 else 0.0)
    return float(np.mean(cosines))
