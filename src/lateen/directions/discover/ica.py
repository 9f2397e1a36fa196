"""Independent components: the directions along which the points are least like a bell curve.

One idea: a mixture of independent causes is nearer to a bell curve than each of them is, so the causes are looked for
where the data is farthest from one.
"""

from __future__ import annotations

import warnings

import numpy as np
from jaxtyping import Float32, Float64

from lateen.core.errors import InputError
from lateen.core.threads import one_thread
from lateen.directions.discover.axes import Axes, Told, asked, components, moments_of, spread, units

LOOKED_AT = 50_000  # points, drawn at random where there are more
ROUNDS = 400
PER_AXIS = 5  # points that an axis takes at least


def ica(
    points: Float32[np.ndarray, "m dim"], n: int | None = None, *, seed: int = 0, progress: Told | None = None
) -> Axes:
    """Independent components of the first n principal ones, by share of variance.

    A source is unmixed by its reader; the vector that a point is moved along is its column of the mixing matrix, which
    changes that source and no other. Each points to its longer tail. `share` is the variance that the source explains.

    Args:
        points: (m, dim), m >= 5 n.
        n: How many; 10, or as many as there are, if nothing is said.
        seed: Of the start, and of the points that are looked at.
        progress: Told what is done.

    Raises:
        InputError: If n is below 1 or above the dimension of the points, there are too few of them, or they are all
            at one place.

    Reference:
        Hyvärinen, *Fast and Robust Fixed-Point Algorithms for Independent Component Analysis*, 1999 (log cosh).
    """
    asked(n, points.shape[1], "an item has so many numbers")
    moments = moments_of(points, progress)
    variances, rows = components(moments)
    there = len(variances)
    n = asked(n, there, f"these {len(points):,} items of {points.shape[1]} numbers differ in {there} directions")
    if len(points) < PER_AXIS * n:
        raise InputError(f"ICA takes {PER_AXIS} items for each axis, {PER_AXIS * n:,} for {n}; there are "
                         f"{len(points):,}. Ask for fewer axes, or take --method pca.")  # fmt: skip
    drawn = np.sort(np.random.default_rng(seed).permutation(len(points))[:LOOKED_AT])
    with one_thread():
        whitening = rows[:n] / np.sqrt(variances[:n, None])
        white = (points[drawn] - moments.mean) @ whitening.T
        if progress is not None:
            progress("unmixing", 0, 1)
        turned, settled = _unmixed(white, seed)
        if progress is not None:
            progress("unmixing", 1, 1)
        turned *= np.where(_skewness(white @ turned.T) < 0, -1, 1)[:, None]
        mixing = turned @ (rows[:n] * np.sqrt(variances[:n, None]))  # the inverse: `turned` is a rotation
    share = (mixing**2).sum(axis=1) / np.trace(moments.covariance)
    order = np.argsort(-share, kind="stable")
    vectors = units(mixing[order])
    readers = np.asarray(turned @ whitening, np.float32)[order]
    return Axes(vectors, readers, spread(points, vectors), share[order], settled=settled)


def _unmixed(white: Float64[np.ndarray, "m n"], seed: int) -> tuple[Float64[np.ndarray, "n n"], bool]:
    """The rotation of white points to independent sources, and whether it came to rest."""
    from sklearn.decomposition import FastICA
    from sklearn.exceptions import ConvergenceWarning

    model = FastICA(whiten=False, fun="logcosh", max_iter=ROUNDS, tol=1e-4, random_state=seed)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", ConvergenceWarning)
        model.fit(white)
    left, _, right = np.linalg.svd(model.components_)  # the nearest rotation: rounding and few points tilt it
    return left @ right, not any(issubclass(w.category, ConvergenceWarning) for w in said)


def _skewness(sources: Float64[np.ndarray, "m n"]) -> Float64[np.ndarray, " n"]:
    """Third moments: positive where the longer tail is above."""
    return np.asarray(((sources - sources.mean(axis=0)) ** 3).mean(axis=0))
