"""Areas under ROC curves: of readings, among items that are alike, and what random directions reach by chance."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int

from lateen.core.errors import InputError
from lateen.core.threads import one_thread

RANDOM_DIRECTIONS = 200
FEWEST_PAIRS = 25


def auc_of(
    scores: Float[np.ndarray, "*batch n"], positive: Bool[np.ndarray, " n"]
) -> Float[np.ndarray, "*batch"]:
    """Area under the ROC curve: the chance that a positive item scores above a negative one (ties count half).

    Raises:
        InputError: If all items are of one class.
    """
    from scipy.stats import rankdata

    p = int(positive.sum())
    q = len(positive) - p
    if p == 0 or q == 0:
        raise InputError(f"An AUC needs both classes, got {p} positive and {q} negative items.")
    ranks = rankdata(scores, axis=-1)
    return np.asarray((ranks[..., positive].sum(axis=-1) - p * (p + 1) / 2) / (p * q), np.float64)


def matched_auc(
    scores: Float[np.ndarray, " n"], positive: Bool[np.ndarray, " n"], alike: Int[np.ndarray, " n"]
) -> float:
    """The AUC among items that are alike: the chance that of two such items the positive one scores higher.

    Args:
        scores: (n,) readings.
        positive: (n,) which have the attribute.
        alike: (n,) number of the set of items that each belongs to.

    Returns:
        The mean over all pairs of a positive and a negative item of one set; NaN for fewer than 25 pairs.
    """
    order = np.argsort(alike, kind="stable")
    right = pairs = 0.0
    for rows in np.split(order, np.flatnonzero(np.diff(alike[order])) + 1):
        p = int(positive[rows].sum())
        if 0 < p < len(rows):
            right += float(auc_of(scores[rows], positive[rows])) * p * (len(rows) - p)
            pairs += p * (len(rows) - p)
    return right / pairs if pairs >= FEWEST_PAIRS else float("nan")


def random_reach(
    points: Float[np.ndarray, "n dim"], positive: Bool[np.ndarray, " n"], rng: np.random.Generator
) -> float:
    """The AUC that chance alone reaches on some points: the 95 % quantile of random directions, either way round."""
    random = rng.standard_normal((RANDOM_DIRECTIONS, points.shape[1])).astype(points.dtype)
    with one_thread():
        along = (points @ random.T).T
    areas = auc_of(along, positive)
    return float(np.quantile(np.maximum(areas, 1 - areas), 0.95))
