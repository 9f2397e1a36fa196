"""TwoNN: the ratio of the distances to the second and to the first neighbour.

One idea: the ratios follow a Pareto law whose exponent is the dimension, so the smallest neighbourhood there is, where
the data is most nearly flat and even, is enough.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from jaxtyping import Float

from lateen.core.errors import InputError
from lateen.manifold.dimension.estimate import Estimate, unknown

Form = Literal["fit", "likelihood"]
TIED = 1e-5  # of a logarithm: as near to zero as rounding lets equal distances be


def two_nn(distances: Float[np.ndarray, "n k"], *, discard: float | int = 0.1, form: Form = "fit") -> Estimate:
    """The dimension by ratios mu of the second to the first distance.

    The form is the paper's by default, a line through the origin fitted to -log(1 - F(mu)) over log(mu), so that
    figures compare with published ones: the least squares give large ratios much weight, which is why the largest are
    left out. The likelihood is more certain where the law holds, and takes what is left out as "larger than the rest".

    Args:
        distances: (n, m >= 2) to the nearest others, nearest first. Items with a distance of zero or NaN don't count.
        discard: Share of the ratios, the largest, that is left out: uneven density makes them larger than the law.
        form: "fit" or "likelihood".

    Raises:
        InputError: If there are fewer than 2 columns, or the share is not in 0 ... 1.

    Reference:
        Facco, d'Errico, Rodriguez & Laio, Estimating the intrinsic dimension of datasets by a minimal neighborhood
        information, 2017.
    """
    if distances.shape[1] < 2:
        raise InputError("two_nn got one neighbour of each item; it needs two.")
    if not 0 <= discard < 1:
        raise InputError(f"two_nn got discard = {discard}; give a share from 0 to below 1.")
    near = distances[:, :2].astype(np.float64)
    counts = (near[:, 0] > 0) & np.isfinite(near[:, 1])
    n = int(counts.sum())
    kept = int(n * (1 - discard))
    if kept < 2:
        return unknown(len(distances))
    logs = np.log(near[counts, 1] / near[counts, 0])
    order = np.argsort(logs, kind="stable")
    by_rank = logs[order]
    if by_rank[kept - 1] <= TIED:  # every item's two nearest are equally far
        return unknown(len(distances))
    value, of_rank = _fitted(by_rank, min(kept, n - 1)) if form == "fit" else _likeliest(by_rank, kept)
    own = np.empty(n)
    own[order] = of_rank
    influence = np.zeros(len(distances))
    influence[counts] = own
    return Estimate(value, influence, counts)


def _fitted(x: Float[np.ndarray, " n"], kept: int) -> tuple[float, Float[np.ndarray, " n"]]:
    """Slope of the line through the origin, and each rank's influence on its logarithm."""
    n = len(x)
    share = np.arange(kept + 1) / n  # of ratios below, from the zeroth to the last that is kept
    y = -np.log1p(-share)
    inner = x[:kept]
    above, below = float(inner @ y[1:]), float(inner @ inner)
    steps = np.diff(inner, prepend=0.0), np.diff(inner**2, prepend=0.0)
    with_y, with_x = (_of_ordered(weight, share[:-1], n) for weight in (y[:-1] * steps[0], steps[1]))
    return above / below, n * (with_y / above - with_x / below)


def _of_ordered(weights: Float[np.ndarray, " kept"], share: Float[np.ndarray, " kept"], n: int) -> np.ndarray:
    """Influence on a weighted sum over ordered values: what each rank adds where it is, less what all do."""
    tail = np.append(np.cumsum(weights[::-1])[::-1], 0.0)  # of the steps from a rank on
    return np.asarray(share @ weights - tail[np.minimum(np.arange(1, n + 1), len(weights))])


def _likeliest(x: Float[np.ndarray, " n"], kept: int) -> tuple[float, Float[np.ndarray, " n"]]:
    """The likelihood's dimension, unbiased, where all but the smallest `kept` are known to be larger only."""
    n = len(x)
    seen = np.minimum(x, x[kept - 1])
    value = (kept - 1) / float(seen.sum())
    return value, ((np.arange(n) < kept) - seen * kept / seen.sum()) * (n / kept)
