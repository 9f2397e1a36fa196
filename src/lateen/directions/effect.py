"""What an erasure does, measured on what it was not fitted to.

One idea: two questions are kept apart. Can a linear reader still tell the sides of new words or items apart? And can
any classifier still tell those apart that were far to one side before? The second often stays possible when the
first no longer is.

Reference:
    Gonen and Goldberg, *Lipstick on a Pig: Debiasing Methods Cover up Systematic Gender Biases in Word Embeddings But
    do not Remove Them*, NAACL 2019.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from lateen.directions.areas import auc_of

FOLDS = 5
NEIGHBOURS = 10
_NOTHING = 1e-4  # of the spread before: what is less is the rounding of numbers that should be equal

Points = Float[np.ndarray, "n dim"]
Eraser: TypeAlias = Callable[[Points], Points]


@dataclass(frozen=True)
class Change:
    """A figure before and after an erasure; NaN where it can't be measured."""

    before: float
    after: float


def held_out(
    points: Points,
    positive: Bool[np.ndarray, " n"],
    together: Shaped[np.ndarray, " n"] | None,
    fit: Callable[[Float[np.ndarray, " dim"]], Eraser],
    *,
    seed: int = 0,
) -> tuple[Change, Change]:
    """AUC on held-out points of the concept's direction, and of a linear probe that is trained anew.

    Args:
        points: (n, dim) labelled points.
        positive: (n,) their labels.
        together: (n,) what is never on both sides of a split: the number of the pair, the person. None for nothing.
        fit: Makes an eraser of a difference of means. It is fitted without the held-out points.
        seed: Of the folds.

    Returns:
        Of the direction, then of the probe; each the mean over the folds.
    """
    figures: list[tuple[float, float, float, float]] = []
    for test in _folds(positive, together, np.random.default_rng(seed)):
        train = ~test
        if not (_both(positive[train]) and _both(positive[test])):
            continue
        x, y = points[train].astype(np.float64), positive[train]
        difference = x[y].mean(axis=0) - x[~y].mean(axis=0)
        if not np.linalg.norm(difference) > 0:
            continue
        erased = fit(difference)(points.astype(np.float64))
        read = points[test] @ difference
        probe = _probe(x, y, points[test])
        areas = (
            _area(read, read, positive[test]),
            _area(erased[test] @ difference, read, positive[test]),
            _area(probe, probe, positive[test]),
            _area(_probe(erased[train], y, erased[test]), probe, positive[test]),
        )
        figures.append(areas)
    if not figures:
        return Change(float("nan"), float("nan")), Change(float("nan"), float("nan"))
    reading_before, reading_after, probe_before, probe_after = np.mean(figures, axis=0).tolist()
    return Change(reading_before, reading_after), Change(probe_before, probe_after)


def read_left_out(
    points: Points,
    positive: Bool[np.ndarray, " n"],
    together: Shaped[np.ndarray, " n"] | None,
    axes: Points,
    fit: Callable[[Float[np.ndarray, " dim"]], Eraser],
    *,
    origin: Float[np.ndarray, " dim"],
) -> Change:
    """AUC of words that are each read along the direction of the others, as where the direction was fitted.

    Args:
        points: (n, dim) words that a direction is fitted on.
        positive: (n,) whether it points to them.
        together: (n,) the number of the pair; None where each word is left out alone.
        axes: (n, dim) for each word the direction of the others, of norm 1 or zero.
        fit: Makes an eraser of a difference of means. It is fitted without the words that are read.
        origin: (dim,) where nothing is read.
    """
    x = points.astype(np.float64)
    before = np.vecdot(x - origin, axes)
    after = np.zeros(len(x))
    left_out = np.arange(len(x)) if together is None else together
    for one in np.unique(left_out):
        rows = np.flatnonzero(left_out == one)
        axis = axes[rows[0]]
        if axis.any():
            after[rows] = (fit(axis)(x[rows]) - origin) @ axis
    return Change(float(auc_of(before, positive)), _area(after, before, positive))


def told_apart(
    before: Points, after: Points, positive: Bool[np.ndarray, " n"], *, seed: int = 0
) -> tuple[Change, Change]:
    """How many of the items that were far to either side a classifier, and their neighbours, put on the right one.

    Args:
        before: (n, dim) items that were far to one side or the other.
        after: (n, dim) the same, erased.
        positive: (n,) which side.
        seed: Of the folds.

    Returns:
        Accuracy of support vector machines with a Gaussian kernel, trained anew and asked about items they have not
        seen; and of the majority of each item's 10 nearest of the others. 0.5 is chance.
    """
    if min(int(positive.sum()), int((~positive).sum())) < FOLDS:
        return Change(float("nan"), float("nan")), Change(float("nan"), float("nan"))
    classified = Change(_classified(before, positive, seed), _classified(after, positive, seed))
    return classified, Change(_by_neighbours(before, positive), _by_neighbours(after, positive))


def _folds(
    positive: Bool[np.ndarray, " n"], together: Shaped[np.ndarray, " n"] | None, rng: np.random.Generator
) -> list[Bool[np.ndarray, " n"]]:
    """Masks of the held-out points: whole groups, or as many of each side in each fold."""
    fold: Int[np.ndarray, " n"] = np.zeros(len(positive), np.int64)
    if together is not None:
        names, group = np.unique(together.astype(str), return_inverse=True)
        count = min(FOLDS, len(names))
        fold = (rng.permutation(len(names)) % max(count, 1))[group]
    else:
        count = min(FOLDS, int(positive.sum()), int((~positive).sum()))
        for rows in (np.flatnonzero(positive), np.flatnonzero(~positive)):
            fold[rng.permutation(rows)] = np.arange(len(rows)) % max(count, 1)
    return [fold == number for number in range(count)] if count > 1 else []


def _probe(x: Points, y: Bool[np.ndarray, " n"], asked: Float[np.ndarray, "m dim"]) -> Float[np.ndarray, " m"]:
    """Scores of a logistic regression."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scale = StandardScaler().fit(x)
    model: Any = LogisticRegression(max_iter=1000, tol=1e-8).fit(scale.transform(x), y)
    return np.asarray(model.decision_function(scale.transform(asked)), np.float64)


def _area(scores: Float[np.ndarray, " m"], before: Float[np.ndarray, " m"], y: Bool[np.ndarray, " m"]) -> float:
    """The AUC, where differences that are mere rounding count as ties."""
    grain = _NOTHING * float(np.ptp(before))
    return float(auc_of(np.round(scores.astype(np.float64) / grain) if grain > 0 else scores, y))


def _classified(points: Points, y: Bool[np.ndarray, " n"], seed: int) -> float:
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.svm import SVC

    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    return float(cross_val_score(SVC(kernel="rbf"), points, y, cv=folds).mean())


def _by_neighbours(points: Points, y: Bool[np.ndarray, " n"]) -> float:
    x = points.astype(np.float64)
    squares = (x * x).sum(axis=1)
    distances = squares[:, None] + squares - 2 * x @ x.T
    np.fill_diagonal(distances, np.inf)
    nearest = np.argsort(distances, axis=1, kind="stable")[:, : min(NEIGHBOURS, len(x) - 1)]
    same = (y[nearest] == y[:, None]).mean(axis=1)
    return float(((same > 0.5) + 0.5 * (same == 0.5)).mean())


def _both(y: Bool[np.ndarray, " n"]) -> bool:
    return bool(y.any() and not y.all())
