"""Fit a direction and judge it on items that it was not fitted on."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Shaped

from lateen.core.direction import Direction
from lateen.core.errors import InputError
from lateen.core.threads import one_thread
from lateen.directions.contrast import Contrast
from lateen.directions.mean_difference import mean_difference

HELD_OUT = 0.25
BOOTSTRAPS = 50
RANDOM_DIRECTIONS = 200


def fit_direction(
    vectors: Float[np.ndarray, "n dim"],
    name: str,
    split: Contrast,
    *,
    group: Shaped[np.ndarray, " n"] | None = None,
    fingerprint: str = "",
    seed: int = 0,
) -> Direction:
    """The difference of class means, with its held-out figures.

    Attributes that go along with this one in the data (confounders) go along with the direction too: nothing is
    balanced or erased here, and `Readout` says what else a step is predicted to change.

    A quarter of each class is held out (whole groups where `group` is given, so that a person seen in the fit can't
    help in the test). The AUC is that of the held-out projections on the direction fitted to the rest; the direction
    that is returned is fitted to all items.

    Args:
        vectors: (n, dim) points.
        name: What to call the direction.
        split: Which rows have the attribute and which don't.
        group: (n,) identity of each row; rows of one group are never on both sides of the split.
        fingerprint: Of the latent space.
        seed: Of the split and of the bootstrap.

    Returns:
        The direction; its `stability` is the mean cosine to 50 bootstrap repeats and its `random_auc` the 95 %
        quantile of the AUC of 200 random directions (an AUC below that is chance).

    Raises:
        InputError: If the classes' means coincide.
    """
    rng = np.random.default_rng(seed)
    x = np.asarray(vectors, np.float32)
    vector = mean_difference(x[split.positive], x[split.negative])
    with one_thread():
        projections = x @ vector
    auc, random_auc = _held_out(x, split, group, rng)
    gap = float(projections[split.positive].mean() - projections[split.negative].mean())
    scale = float(projections.std())
    return Direction(
        name=name,
        vector=vector,
        scale=scale if scale > 0 else 1.0,
        method="mean_difference",
        field=split.field,
        positive=split.rule,
        auc=auc,
        n_positive=int(split.positive.sum()),
        n_negative=int(split.negative.sum()),
        stability=_stability(x, split, vector, rng),
        gap=gap / scale if scale > 0 else 0.0,
        random_auc=random_auc,
        fingerprint=fingerprint,
    )


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


def random_reach(
    points: Float[np.ndarray, "n dim"], positive: Bool[np.ndarray, " n"], rng: np.random.Generator
) -> float:
    """The AUC that chance alone reaches on some points: the 95 % quantile of random directions, either way round."""
    random = rng.standard_normal((RANDOM_DIRECTIONS, points.shape[1])).astype(points.dtype)
    with one_thread():
        along = (points @ random.T).T
    areas = auc_of(along, positive)
    return float(np.quantile(np.maximum(areas, 1 - areas), 0.95))


def bootstrap_cosine(
    positive: Float[np.ndarray, "p dim"],
    negative: Float[np.ndarray, "q dim"],
    vector: Float[np.ndarray, " dim"],
    rng: np.random.Generator,
) -> float:
    """Mean cosine between a direction and those fitted to bootstrap samples of its points."""
    p, q = len(positive), len(negative)
    cosines = []
    for _ in range(BOOTSTRAPS):
        again = positive[rng.choice(p, p)].mean(0) - negative[rng.choice(q, q)].mean(0)
        norm = float(np.linalg.norm(again))
        cosines.append(float(again @ vector) / norm if norm > 0 else 0.0)
    return float(np.mean(cosines))


def _held_out(
    x: np.ndarray, split: Contrast, group: np.ndarray | None, rng: np.random.Generator
) -> tuple[float, float]:
    """AUC on the held-out quarter, and the 95 % quantile that random directions reach there."""
    test = _test_rows(split, group, rng)
    fit_positive, fit_negative = split.positive & ~test, split.negative & ~test
    test_rows = np.flatnonzero(test & (split.positive | split.negative))
    is_positive = split.positive[test_rows]
    if not fit_positive.any() or not fit_negative.any() or is_positive.all() or not is_positive.any():
        return float("nan"), float("nan")  # too few items to hold any out
    vector = mean_difference(x[fit_positive], x[fit_negative])
    with one_thread():
        held_out = x[test_rows] @ vector
    return float(auc_of(held_out, is_positive)), random_reach(x[test_rows], is_positive, rng)


def _test_rows(split: Contrast, group: np.ndarray | None, rng: np.random.Generator) -> Bool[np.ndarray, " n"]:
    test = np.zeros(len(split.positive), bool)
    if group is not None:
        names = np.unique(group.astype(str))
        held = rng.permutation(names)[: max(1, round(HELD_OUT * len(names)))]
        return np.isin(group.astype(str), held)
    for rows in (np.flatnonzero(split.positive), np.flatnonzero(split.negative)):
        test[rng.permutation(rows)[: round(HELD_OUT * len(rows))]] = True
    return test


def _stability(x: np.ndarray, split: Contrast, vector: np.ndarray, rng: np.random.Generator) -> float:
    """How far the direction would be another with other items; NaN with a single one on a side."""
    if min(int(split.positive.sum()), int(split.negative.sum())) < 2:
        return float("nan")
    return bootstrap_cosine(x[split.positive], x[split.negative], vector, rng)
