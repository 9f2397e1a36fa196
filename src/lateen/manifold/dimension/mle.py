"""MLE: how fast distances to the first k neighbours grow.

One idea: of k - 1 neighbours within the distance T_k, the logarithms of T_k / T_j are exponential with rate d. The
likelihood of all items together averages them before it takes the inverse.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from lateen.core.errors import InputError
from lateen.manifold.dimension.estimate import Estimate, unknown

Distances = Float[np.ndarray, "n k"]


def mle(distances: Distances, k: int | None = None) -> Estimate:
    """The maximum-likelihood dimension: d = 1 / mean over items of sum_{j<k} log(T_k / T_j) / (k - 1).

    Dividing by k - 2 makes an average of the items' own dimensions unbiased, averaging inverses makes a division by
    k - 1 unbiased; code that does both reads (k - 2) / (k - 1) of the dimension: 6.5 of 13 at k = 3.

    Args:
        distances: (n, m) to the nearest others, nearest first. Items with a distance of zero or NaN don't count.
        k: How many of them; all by default.

    Raises:
        InputError: If k < 2 or there are fewer columns.

    Reference:
        Levina & Bickel, Maximum likelihood estimation of intrinsic dimension, 2004; averaged as in MacKay & Ghahramani,
        Comments on "Maximum likelihood estimation of intrinsic dimension", 2005.
    """
    inverse = inverse_dimensions(distances, distances.shape[1] if k is None else k)
    counts = np.isfinite(inverse)
    known = inverse[counts]
    if not len(known) or known.mean() <= 0:
        return unknown(len(inverse))
    mean = float(known.mean())
    return Estimate(1 / mean, np.where(counts, 1 - inverse / mean, 0.0), counts)


def inverse_dimensions(distances: Distances, k: int) -> Float[np.ndarray, " n"]:
    """What each item says: (n,) inverses of local dimensions; NaN for items that don't count.

    Raises:
        InputError: If k < 2 or there are fewer columns.
    """
    if not 2 <= k <= distances.shape[1]:
        raise InputError(f"mle got k = {k} for {distances.shape[1]} neighbours of each item; give 2 to that many.")
    near = distances[:, :k].astype(np.float64)
    counts = (near[:, 0] > 0) & np.isfinite(near[:, k - 1])
    near[~counts] = 1
    logs = np.log(near)
    inverse = logs[:, k - 1] - logs[:, : k - 1].mean(axis=1)
    return np.where(counts, np.maximum(inverse, 0.0), np.nan)
