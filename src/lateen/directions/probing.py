"""The attribute's own reader: ridge regression, its scores made probabilities where the attribute is there or not.

One idea: scores are calibrated on items that the reader was not fitted to, so a 0.9 is right nine times in ten.

Reference:
    Platt, *Probabilistic Outputs for Support Vector Machines*, 1999, with his smoothed targets.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Float64

from lateen.core.probe import Probe
from lateen.directions.labelled import Labelled
from lateen.directions.ridge import ridge

FEWEST = 4  # held-out items a side that scores are calibrated on
_STEPS, _FLATTEST = 50, 1e-12


def reader(sample: Labelled) -> Probe:
    """The linear reader of the labels, what is held equal taken out: of a value, or of labels 0 and 1 as they are.

    Args:
        sample: Labelled points.
    """
    weights = ridge(sample, sample.with_labels[:, None])[:, 0]
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
