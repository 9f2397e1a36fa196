"""The estimators by their names, each with the neighbours that it compares.

One idea: whatever an estimator needs besides distances is bound here, so that scales and groups ask all of them alike.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from lateen.manifold.dimension.estimate import Estimate
from lateen.manifold.dimension.gride import gride
from lateen.manifold.dimension.local_pca import FEWEST as FEWEST_OF_PCA
from lateen.manifold.dimension.local_pca import local_pca
from lateen.manifold.dimension.mle import mle
from lateen.manifold.dimension.scales import Estimator, Scale, across, at, gride_scales, halves
from lateen.manifold.dimension.subset import Fresh, Part
from lateen.manifold.dimension.two_nn import two_nn
from lateen.neighbors import Vectors

Method = Literal["mle", "two_nn", "gride", "pca"]
METHODS: tuple[Method, ...] = ("mle", "two_nn", "gride", "pca")


def compared(method: Method, k: int) -> tuple[int, int]:
    """The nearer and the farther neighbour that a method compares where k are looked at."""
    far = 1 << (k.bit_length() - 1)  # GRIDE's largest power of two
    return {"mle": (1, k), "two_nn": (1, 2), "gride": (far // 2, far), "pca": (1, k)}[method]


def reads(method: Method, k: int) -> str:
    """Which neighbours a method compares, for people: TwoNN two of them, whatever k is."""
    near, far = compared(method, k)
    return f", neighbours {near} and {far}" if method in ("two_nn", "gride") else f", k = {k}"


def least(method: Method) -> int:
    """Neighbours of each item that it needs."""
    return FEWEST_OF_PCA if method == "pca" else 2


def estimator(method: Method, vectors: Vectors, k: int, seed: int) -> Estimator:
    """The method as a function of items and their neighbours."""
    near, far = compared(method, k)

    def estimate(of: Part) -> Estimate:
        if method == "mle":
            return mle(of.distances, k)
        if method == "two_nn":
            return two_nn(of.distances)
        if method == "gride":
            return gride(of.distances, near, far)
        return local_pca(vectors, of.neighbours[:, :k], seed=seed)

    return estimate


def all_scales(
    of: Part, vectors: Vectors, fresh: Fresh, k: int, seed: int, unit: float | int = 1
) -> dict[Method, tuple[Scale, ...]]:
    """Every method that k neighbours are enough for, at every scale.

    Args:
        of: The items.
        vectors: (n, dim) data that the items are rows of.
        fresh: Makes tables of fewer items.
        k: Neighbours that are looked at.
        seed: Of what is drawn.
        unit: What distances are multiplied by.
    """
    parts = halves(of, k, seed, fresh)
    found: dict[Method, tuple[Scale, ...]] = {}
    for method in METHODS:
        if min(k, of.k) < least(method):
            continue
        if method == "gride":
            scales = gride_scales(of)
        else:
            scales = across(parts, estimator(method, vectors, k, seed), compared(method, k)[1])
        found[method] = tuple(replace(scale, distance=scale.distance * unit) for scale in scales)
    return found


def headline(of: Part, method: Method, vectors: Vectors, k: int, seed: int) -> Scale:
    """A method's dimension of all items."""
    near, far = compared(method, k)
    return at([of], [estimator(method, vectors, k, seed)(of)], near, far)
