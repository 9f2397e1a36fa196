"""The dimension across scales: of all items, of every other one, of every fourth, ...

One idea: with fewer items neighbours are farther, so the same estimator looks at a larger scale. Items are drawn
without replacement; at each scale several parts that share no item are averaged.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lateen.manifold.dimension.estimate import Estimate, bounds
from lateen.manifold.dimension.gride import gride
from lateen.manifold.dimension.subset import Fresh, Part, part

FEWEST = 128  # items of the smallest part
TOGETHER = 8_192  # items of all parts of a scale, about

Estimator = Callable[[Part], Estimate]


@dataclass(frozen=True)
class Scale:
    """The dimension at one scale.

    Args:
        n: Items among which neighbours were looked for.
        near, far: Which neighbours were compared: the first and the k-th, the n1-th and the n2-th.
        distance: Median distance of the farther one, in the geometry's units.
        estimate: The dimension; NaN where distances don't tell.
        low, high: Its 95 % interval; NaN where there are too few items.
    """

    n: int
    near: int
    far: int
    distance: float
    estimate: float
    low: float
    high: float

    def to_dict(self) -> dict[str, object]:
        """Plain data: NaN as None."""
        return {name: _known(value) for name, value in vars(self).items()}


def halves(of: Part, k: int, seed: int, fresh: Fresh) -> list[list[Part]]:
    """Parts of n, n/2, n/4, ... items, several of each size, with k neighbours: what scales are read from."""
    scales: list[list[Part]] = [[of.first(k)]]
    order = np.random.default_rng(seed).permutation(len(of))
    for halvings in range(1, 64):
        m = len(of) >> halvings
        if m < max(FEWEST, 8 * k):
            break
        count = min(1 << halvings, -(-TOGETHER // m))
        parts = [part(of, np.sort(order[i * m : (i + 1) * m]), k, fresh) for i in range(count)]
        scales.append([p for p in parts if p is not None])
    return [parts for parts in scales if parts]


def across(scales: Sequence[Sequence[Part]], estimator: Estimator, far: int) -> tuple[Scale, ...]:
    """An estimator at all scales."""
    return tuple(at(parts, [estimator(p) for p in parts], 1, far) for parts in scales)


def gride_scales(of: Part) -> tuple[Scale, ...]:
    """GRIDE with neighbours 1 and 2, 2 and 4, 4 and 8, ... of all items, as far as there are neighbours."""
    pairs = [(1 << i, 2 << i) for i in range(16) if 2 << i <= of.k]
    return tuple(at([of], [gride(of.distances, n1, n2)], n1, n2) for n1, n2 in pairs)


def at(parts: Sequence[Part], estimates: Sequence[Estimate], near: int, far: int) -> Scale:
    """The mean of parts that share no item.

    Args:
        parts: Whose neighbours were compared.
        estimates: What each said.
        near: Which neighbours were compared,
        far: from the nearer to the farther.
    """
    value = float(np.exp(np.mean([np.log(e.value) for e in estimates])))
    errors = [e.error(p.places[:, :far]) for e, p in zip(estimates, parts, strict=True)]
    error = float(np.sqrt(np.square(errors).sum())) / len(errors)
    distance = float(np.median([np.nanmedian(p.distances[:, far - 1]) for p in parts]))
    return Scale(len(parts[0]), near, far, distance, value, *bounds(value, error))


def _known(value: float | int) -> float | int | None:
    return value if isinstance(value, int) else round(value, 6) if math.isfinite(value) else None
