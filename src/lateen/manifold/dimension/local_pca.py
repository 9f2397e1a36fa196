"""Local PCA: along how many axes a neighbourhood spreads.

One idea: near a point the manifold is nearly flat, so its neighbours vary along as many axes as it has dimensions.
It is the only one of these estimators that needs the vectors.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from lateen.core.errors import InputError
from lateen.core.threads import one_thread
from lateen.manifold.dimension.estimate import Estimate, unknown
from lateen.neighbors import Vectors

Criterion = Literal["participation", "fukunaga_olsen", "fan"]
ANCHORS = 1_000
FEWEST = 4  # neighbours
BLOCK = 4_000_000  # numbers of vectors that are read at a time
LARGE = 0.05  # of the largest variance: what Fukunaga and Olsen count
SIGNAL, ENOUGH, GAP = 0.95, 0.8, 10.0  # P, beta and alpha of Fan et al.


def local_pca(
    vectors: Vectors,
    neighbours: Int[np.ndarray, "m k"],
    *,
    criterion: Criterion = "participation",
    anchors: int | None = ANCHORS,
    seed: int = 0,
) -> Estimate:
    """The number of local components.

    Participation is the default. Beside the others at 2,500 items and 10, 20 and 30 neighbours it reads a swiss roll as
    2.1, 2.0, 2.0 (Fukunaga and Olsen: 2, 2, 2; Fan: 1, 1, 1), a 10-dimensional normal as 10.0, 9.9, 9.9 (7.0, 9.5, 10;
    3.5, 4.4, 4.9) and a 20-dimensional cube as 19.8, 19.5, 19.5 (8.8, 14, 17; 4.2, 6.8, 7.9): counts can't reach the
    number of neighbours, and so few of them make even variances look uneven, for which participation is corrected.

    Args:
        vectors: (n, dim) data.
        neighbours: (m, k) rows of the nearest others of the items in question, k >= 4; those of an item that has -1
            are not known.
        criterion: "participation" is (sum of variances)^2 / sum of their squares, averaged as inverses;
            "fukunaga_olsen" counts variances above 5 % of the largest; "fan" the axes that, noise taken off, hold 80 %
            of the variance or stand before a tenfold gap.
        anchors: How many neighbourhoods are looked at, drawn without replacement; None for all.
        seed: Of the draw.

    Raises:
        InputError: If there are fewer than 4 neighbours.

    Reference:
        Fukunaga & Olsen, An algorithm for finding intrinsic dimensionality of data, 1971; participation as in Gao et
        al., A theory of multineuronal dimensionality, 2017, with the unbiased traces of Bai & Saranadasa, 1996; Fan,
        Gu, Qiao & Zhang, Intrinsic dimension estimation of data by principal component analysis, 2010.
    """
    n = len(neighbours)
    if neighbours.shape[1] < FEWEST:
        raise InputError(f"local_pca got {neighbours.shape[1]} neighbours of each item; it needs {FEWEST} or more.")
    rows = np.flatnonzero(neighbours[:, 0] >= 0)
    if anchors is not None and anchors < len(rows):
        rows = np.sort(np.random.default_rng(seed).choice(rows, anchors, replace=False))
    found = spectra(vectors, neighbours[rows])
    local = np.full(n, np.nan)
    if criterion == "participation":
        local[rows] = inverse_participation(found, neighbours.shape[1])
    else:
        local[rows] = counted(found, criterion)
    counts = np.isfinite(local)
    mean = float(local[counts].mean()) if counts.any() else 0.0
    if mean <= 0:
        return unknown(n)
    away = np.where(counts, local / mean - 1, 0.0)
    return Estimate(1 / mean, -away, counts) if criterion == "participation" else Estimate(mean, away, counts)


def spectra(vectors: Vectors, neighbours: Int[np.ndarray, "m k"]) -> Float[np.ndarray, "m axes"]:
    """Variances along the axes of each neighbourhood, largest first, as many as there are axes or neighbours - 1."""
    m, k = neighbours.shape
    dim = vectors.shape[1]
    axes = min(dim, k - 1)
    found = np.empty((m, axes))
    step = max(1, BLOCK // (k * dim))
    with one_thread():
        for start in range(0, m, step):
            chosen = neighbours[start : start + step]
            patch = np.asarray(vectors[chosen.ravel()], np.float64).reshape(len(chosen), k, dim)
            patch -= patch.mean(axis=1, keepdims=True)
            products = patch.transpose(0, 2, 1) @ patch if dim < k else patch @ patch.transpose(0, 2, 1)
            found[start : start + step] = np.linalg.eigvalsh(products)[:, ::-1][:, :axes]
    return np.asarray(np.maximum(found, 0.0) / max(1, k - 1))


def inverse_participation(spectra: Float[np.ndarray, "m axes"], k: int) -> Float[np.ndarray, " m"]:
    """Sum of squared variances / (sum of variances)^2 of what k neighbours are drawn from; NaN without variance."""
    free = k - 1
    trace, squares = spectra.sum(axis=1), (spectra**2).sum(axis=1)
    squares = (squares - trace**2 / free) * free**2 / ((free - 1) * (free + 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(trace > 0, squares / (trace**2 - 2 * squares / free), np.nan))


def counted(spectra: Float[np.ndarray, "m axes"], criterion: Criterion) -> Float[np.ndarray, " m"]:
    """The number of components of each spectrum; NaN for one without variance."""
    total = spectra.sum(axis=1)
    known = total > 0
    count = np.full(len(spectra), np.nan)
    shares = spectra[known] / total[known, None]
    count[known] = _fan(shares) if criterion == "fan" else (shares > LARGE * shares[:, :1]).sum(axis=1)
    return count


def _fan(shares: Float[np.ndarray, "m axes"]) -> Float[np.ndarray, " m"]:
    """Components before the first gap, or that hold enough of the variance, where noise is taken off all."""
    axes = shares.shape[1]
    sums = shares.cumsum(axis=1)
    beyond = np.argmax(sums > SIGNAL, axis=1)  # the first axis with which the signal is complete
    tail = np.where(np.arange(axes) >= beyond[:, None], shares, 0.0).sum(axis=1) / (axes - beyond)
    clean = shares - tail[:, None]
    held = clean.cumsum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        gaps = clean[:, :-1] / clean[:, 1:]
        enough = held / held[:, -1:] > ENOUGH
    first = np.where(enough.any(axis=1), enough.argmax(axis=1), axes - 1)
    gapped = gaps > GAP
    if axes > 1:
        first = np.where(gapped.any(axis=1), np.minimum(first, gapped.argmax(axis=1)), first)
    return np.asarray(first + 1, np.float64)
