"""What a map does to classes: does it still tell them apart, and only as far as the space does?

One idea: classes are not clusters. A map is measured against what the space itself knows of the labels, never against
labels alone: what it separates better than the space does is an invention, too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Bool, Float, Float64, Int, Int64

from lateen.core.threads import one_thread

_ROWS = 4096
_DRAWS = 16  # random neighbourhoods of each anchor, for what chance reaches


@dataclass(frozen=True, eq=False)
class Classes:
    """Labels as numbers from 0; -1 where there is none. Made by `Classes.of`.

    Args:
        codes: (n,) the class of each item.
        count: How many classes there are.
    """

    codes: Int64[np.ndarray, " n"]
    count: int

    @classmethod
    def of(cls, labels: Sequence[object] | np.ndarray) -> Classes:
        """Number labels; None and NaN are no label."""
        if isinstance(labels, np.ndarray) and labels.dtype.kind in "biuU":
            values, numbers = np.unique(labels, return_inverse=True)
            return cls(numbers.astype(np.int64), len(values))
        known: dict[object, int] = {}
        codes = np.full(len(labels), -1, np.int64)
        for row, label in enumerate(labels.tolist() if isinstance(labels, np.ndarray) else labels):
            if label is not None and not (isinstance(label, float) and math.isnan(label)):
                codes[row] = known.setdefault(label, len(known))
        return cls(codes, len(known))


def votes_right(
    classes: Classes, chosen: Int64[np.ndarray, " m"], neighbours: Int64[np.ndarray, "m k"]
) -> Bool[np.ndarray, " m"]:
    """Whether the most frequent label among each anchor's neighbours is its own; nearest first decides between equals.

    Args:
        classes: Of all items.
        chosen: (m,) rows of anchors that have a label; they are left out of their own vote.
        neighbours: (m, k) rows, nearest first.

    Reference:
        Cover and Hart, *Nearest neighbor pattern classification*, 1967.
    """
    labels = classes.codes[neighbours]
    m, k = labels.shape
    votes = np.zeros((m, k), np.int64)
    for place in range(k):
        votes += labels == labels[:, place : place + 1]
    votes[labels < 0] = 0
    winner = labels[np.arange(m), votes.argmax(axis=1)]
    return np.asarray(winner == classes.codes[chosen])


def chance_right(classes: Classes, chosen: Int64[np.ndarray, " m"], k: int, rng: np.random.Generator) -> float:
    """How often the vote of k items that are drawn at random is right: what a random map reaches."""
    n = len(classes.codes)
    rights = []
    for _ in range(_DRAWS):
        drawn = rng.integers(n - 1, size=(len(chosen), k))
        drawn += drawn >= chosen[:, None]
        rights.append(votes_right(classes, chosen, drawn).mean())
    return float(np.mean(rights))


def label_trust(
    vectors: Float[np.ndarray, "n d"], positions: Float[np.ndarray, "n dims"], classes: Classes
) -> tuple[float, float]:
    """Label-Trustworthiness and Label-Continuity: by how much pairs of classes fall together, or apart, on the map.

    Of each pair of classes it is measured how far they are apart (by distance consistency: the share of items that are
    nearer to the mean of their own class, from 0 for half of them to 1), in the space and on the map.

    Args:
        vectors: (n, d) the space; distances to means are straight ones.
        positions: (n, dims) the map.
        classes: Two or more.

    Returns:
        1 less the mean loss of separation, and 1 less the mean gain; 1 is perfect.

    Reference:
        Jeon et al., *Classes are not Clusters: Improving Label-Based Evaluation of Dimensionality Reduction*, 2023.
    """
    with one_thread():
        gained = _separations(positions, classes) - _separations(vectors, classes)
    return float(1 - np.maximum(-gained, 0).mean()), float(1 - np.maximum(gained, 0).mean())


def _separations(points: Float[np.ndarray, "n d"], classes: Classes) -> Float64[np.ndarray, " pairs"]:
    """The distance consistency of every pair of classes, from -1 to 1."""
    count, codes = classes.count, classes.codes
    middle = points.mean(axis=0, dtype=np.float64)
    means = np.stack([_mean(points, np.flatnonzero(codes == a), middle) for a in range(count)])
    nearer = np.zeros((count, count))  # [a, b]: items of a that are nearer to a's mean than to b's
    for start in range(0, len(points), _ROWS):
        own = codes[start : start + _ROWS]
        block = (points[start : start + _ROWS] - middle)[own >= 0]
        own = own[own >= 0]
        squares = np.vecdot(means, means) - 2 * (block @ means.T)
        nearer += np.eye(count)[own].T @ (squares[np.arange(len(own)), own][:, None] < squares)
    sizes = np.bincount(codes[codes >= 0], minlength=count)
    pairs = combinations(range(count), 2)
    return np.array([2 * (nearer[a, b] + nearer[b, a]) / (sizes[a] + sizes[b]) - 1 for a, b in pairs])


def _mean(
    points: Float[np.ndarray, "n d"], rows: Int[np.ndarray, " r"], middle: Float64[np.ndarray, " d"]
) -> Float64[np.ndarray, " d"]:
    total = np.zeros(points.shape[1])
    for start in range(0, len(rows), _ROWS):
        total += (points[rows[start : start + _ROWS]] - middle).sum(axis=0, dtype=np.float64)
    return total / len(rows)
