"""The attribute's own reader: ridge regression, its scores made probabilities where the attribute is there or not.

Its penalty is found by leaving out whole groups where there are such: points of twenty people are twenty points.

One idea: scores are calibrated on items that the reader was not fitted to, so a 0.9 is right nine times in ten.

Reference:
    Platt, *Probabilistic Outputs for Support Vector Machines*, 1999, with his smoothed targets.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Float64, Int

from lateen.core.probe import Probe
from lateen.core.threads import one_thread
from lateen.directions.held_equal import left_of
from lateen.directions.labelled import Labelled
from lateen.directions.ridge import ridge

PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 10.0)  # shares of the mean variance
FOLDS, MOST_TRIED = 4, 10_000
PLENTY = 50  # labelled points per number of a point, from which on the least penalty is right without a trial
FEWEST = 4  # held-out items a side that scores are calibrated on
_STEPS, _FLATTEST = 50, 1e-12


def penalty(sample: Labelled, together: Int[np.ndarray, " m"] | None, seed: int = 0) -> float:
    """The ridge with which labels of points that were left out are read best, by cross-validation.

    Args:
        sample: Labelled points.
        together: (m,) number of each one's group: groups are left out as a whole. None for points one by one.
        seed: Of the folds.

    Returns:
        The penalty as a share of the mean variance; the least one where there are plenty of points and no groups.
    """
    m, dim = sample.points.shape
    groups = np.arange(m) if together is None else np.unique(together, return_inverse=True)[1]
    count = int(groups.max(initial=-1)) + 1
    if (together is None and m >= PLENTY * dim) or count < 2 * FOLDS:
        return PENALTIES[0]
    fold = (np.random.default_rng(seed).permutation(count) % FOLDS)[groups]
    some = np.arange(m) if m <= MOST_TRIED else np.sort(np.random.default_rng(seed).permutation(m)[:MOST_TRIED])
    correlation = np.zeros(len(PENALTIES))
    for number in range(FOLDS):
        left, rest = some[fold[some] == number], some[fold[some] != number]
        held = None if sample.held is None else sample.held[rest]
        part = Labelled(sample.points[rest], sample.labels[rest], held)
        if not (part.spread > 0 and np.ptp(sample.labels[left]) > 0):
            continue
        weights = np.concatenate([ridge(part, part.with_labels[:, None], share) for share in PENALTIES], axis=1)
        with one_thread():
            read = sample.points[left].astype(np.float64) @ weights
        wanted = left_of(sample.labels[left], None if sample.held is None else sample.held[left])
        correlation += [_correlation(column, wanted) for column in read.T]
    return PENALTIES[int(np.argmax(correlation))]


def _correlation(a: Float64[np.ndarray, " m"], b: Float64[np.ndarray, " m"]) -> float:
    spread = float(np.std(a) * np.std(b))
    return float(np.mean((a - a.mean()) * (b - b.mean()))) / spread if spread > 0 else 0.0


def reader(sample: Labelled, share: float = PENALTIES[0]) -> Probe:
    """The linear reader of the labels, what is held equal taken out: of a value, or of labels 0 and 1 as they are.

    Args:
        sample: Labelled points.
        share: The penalty, as a share of the mean variance.
    """
    weights = ridge(sample, sample.with_labels[:, None], share)[:, 0]
    bias = float(sample.labels.mean() - weights @ sample.mean)
    return Probe(weights.astype(np.float32), bias, "value")


def calibrated(
    scores: Float[np.ndarray, " m"], positive: Bool[np.ndarray, " m"]
) -> tuple[float, float]:
    """Slope a and offset b for which the logistic function of a * score + b is the probability of a positive.

    Args:
        scores: (m,) readings of items that the reader has not seen.
        positive: (m,) which have the attribute; both sides must be there.
    """
    p, q = int(positive.sum()), int((~positive).sum())
    target = np.where(positive, (p + 1) / (p + 2), 1 / (q + 2))
    center, spread = float(np.mean(scores)), float(np.std(scores))
    if not spread > 0:
        return 0.0, float(np.log(p / q))
    x = np.stack([(np.asarray(scores, np.float64) - center) / spread, np.ones(len(scores))], axis=1)
    slope = np.zeros(2)
    for _ in range(_STEPS):
        likely = 0.5 * (1 + np.tanh((x @ slope) / 2))
        gradient = x.T @ (target - likely)
        curvature = (x.T * np.maximum(likely * (1 - likely), _FLATTEST)) @ x
        step = np.linalg.solve(curvature + 1e-9 * np.trace(curvature) * np.eye(2), gradient)
        step *= min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-300))
        slope += step
        if float(np.abs(step).max()) < 1e-10:
            break
    return float(slope[0] / spread), float(slope[1] - slope[0] * center / spread)


def probability(probe: Probe, slope: float, offset: float) -> Probe:
    """The reader of labels 0 and 1 as one of probabilities."""
    return Probe((probe.weights.astype(np.float64) * slope).astype(np.float32), probe.bias * slope + offset)


def r_squared(read: Float64[np.ndarray, " m"], values: Float64[np.ndarray, " m"]) -> float:
    """Share of the variance of held-out values that readings explain; negative where they are worse than the mean."""
    total = float(((values - values.mean()) ** 2).sum())
    return 1 - float(((values - read) ** 2).sum()) / total if total > 0 else float("nan")
