"""GRIDE: the ratio of the distances to the n2-th and to the n1-th neighbour.

One idea: TwoNN's law holds for any two neighbours, so farther ones look at a larger scale without leaving out data.
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float

from lateen.core.errors import InputError
from lateen.manifold.dimension.estimate import Estimate, unknown
from lateen.manifold.dimension.two_nn import TIED

STEPS = 100
TIES = 0.2  # of the items that may have one and the same ratio: more are a grid's, of which the law knows nothing
CLOSE = 1e-10


def gride(distances: Float[np.ndarray, "n k"], n1: int = 1, n2: int | None = None) -> Estimate:
    """The dimension by ratios of the n2-th to the n1-th distance.

    Args:
        distances: (n, m) to the nearest others, nearest first. Items with a distance of zero or NaN, and items whose
            two distances are equal, don't count; where more than a fifth have one and the same ratio (equal distances
            have the ratio 1), as on a grid, nothing is known: NaN.
        n1: The nearer neighbour, from 1.
        n2: The farther one; 2 n1 by default. With 1 and 2 it is TwoNN's likelihood of all ratios.

    Raises:
        InputError: Unless 1 <= n1 < n2 <= m.

    Reference:
        Denti, Doimo, Laio & Mira, The generalized ratios intrinsic dimension estimator, 2022.
    """
    n2 = 2 * n1 if n2 is None else n2
    if not 1 <= n1 < n2 <= distances.shape[1]:
        raise InputError(f"gride got neighbours {n1} and {n2} of {distances.shape[1]}; give 1 <= n1 < n2 <= that many.")
    near, far = distances[:, n1 - 1].astype(np.float64), distances[:, n2 - 1].astype(np.float64)
    counts = (near > 0) & (far > near) & np.isfinite(far)
    n = int(counts.sum())
    if n < 2 or _tied(near, far) > TIES:
        return unknown(len(distances))
    logs = np.log(far[counts] / near[counts])
    value = _root(logs, n1, n2)
    score, slope = _score(value, logs, n1, n2)
    influence = np.zeros(len(distances))
    influence[counts] = (score - score.mean()) / (-slope.mean() * value)
    return Estimate(value, influence, counts)


def _tied(near: Float[np.ndarray, " n"], far: Float[np.ndarray, " n"]) -> float:
    """Share of the items that have the ratio which most have, as near as rounding lets equal ratios be."""
    known = (near > 0) & np.isfinite(far)
    if not known.any():
        return 0.0
    logs = np.sort(np.log(far[known] / near[known]))
    return float((np.searchsorted(logs, logs + TIED, side="right") - np.arange(len(logs))).max()) / len(logs)


def _root(logs: Float[np.ndarray, " n"], n1: int, n2: int) -> float:
    """Where the score of the likelihood is zero: the likelihood is concave, so there is one place.

    (n - 1) instead of n in its first term makes it unbiased for n1 = 1, as in the authors' DADApy.
    """
    low, high = 0.0, math.inf
    d = sum(1 / j for j in range(n1, n2)) / float(logs.mean())  # the mean of the law
    for _ in range(STEPS):
        score, slope = _score(d, logs, n1, n2)
        total = float(score.sum()) - 1 / d
        low, high = (d, high) if total > 0 else (low, d)
        step = d - total / float(slope.sum())
        if abs(step - d) <= CLOSE * d:
            return step
        d = step if low < step < high else 2 * d if math.isinf(high) else (low + high) / 2
    return d


def _score(
    d: float, logs: Float[np.ndarray, " n"], n1: int, n2: int
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Each ratio's derivative of the log-likelihood in d, and the derivative of that."""
    between = n2 - n1 - 1
    first = 1 / d - (n2 - 1) * logs
    second = np.full_like(logs, -1 / d**2)
    if between:
        lost = -np.expm1(-d * logs)
        first += between * logs / lost
        second -= between * logs**2 * (1 - lost) / lost**2
    return first, second
