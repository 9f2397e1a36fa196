"""Directions from two small sets of examples: the difference of means, with what is noise in it shrunk away.

One idea: how far a mean of five items lies from that of all such items is known from the spread of the space's items,
most of which nobody has labelled; so is how sure one may be of the direction.

The model. Along the principal axes of the items the difference of the two means is d_i = delta_i + noise of variance
v_i. Attributes sit in a few runs of neighbouring axes, mostly wide ones (on portraits glasses have 90 % of their
difference in axes 9 to 16, the hair's colour 99 % in the first 8), so delta is zero in a run of 4 axes, or normal there
with variances t * l_i^a, where l_i is the items' variance. The posterior averages over t, over a of 1, 1.5 and 2, and
over how many runs matter, as the 64 numbers of d say.

Cosine with the direction fitted on all 2,000 portraits, AUC of projections of the others, AUC of the probe (mean of 9
attributes, 10 to 40 draws each, with 5 + 5 and with 20 + 20 items; the probe of every row has the same covariance):

    difference of means           .50 .75 .71    .71 .82 .84
    prior of variances 1          .17 .74 .53    .44 .87 .60
    prior of variances l^1.5      .49 .73 .77    .68 .80 .88
    axes apart, zero or normal    .52 .75 .77    .75 .87 .89
    independent components, same  .48 .74 .70    .72 .84 .84
    runs of 4, zero or normal     .52 .76 .78    .76 .88 .90

Of CMU's faces (sunglasses and heads turned left; five people held out) they are .44 .72 .65 and .68 .80 .74 for the
difference of means, .46 .72 .72 and .70 .79 .81 for runs of 4: a better probe, and hardly a better direction.

The interval of the cosine holds the true one in 92 % of 480 draws of 5 + 5 and of 20 + 20 portraits, in 92 and 94 % of
200 draws of faces. The expected cosine is too low with 5 + 5 (.50 where it is .59, .38 where it is .46) and right with
20 + 20 (.85 and .84, .68 and .70).

Reference:
    Johnstone and Silverman, *Needles and Straw in Haystacks: Empirical Bayes Estimates of Possibly Sparse Sequences*,
    2004; in runs, as Cai, *Adaptive Wavelet Estimation: A Block Thresholding and Oracle Inequality Approach*, 1999.
    Pairs are left out as in Airola et al., *An experimental comparison of cross-validation techniques for estimating
    the area under the ROC curve*, 2011.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64

from lateen.core.direction import Direction
from lateen.core.probe import Probe
from lateen.core.threads import one_thread
from lateen.directions.areas import auc_of, random_reach
from lateen.directions.background import Background
from lateen.directions.difference_posterior import Posterior, posterior
from lateen.directions.mean_difference import mean_difference
from lateen.directions.resampled import REPEATS
from lateen.directions.terms import listed

MOST_NAMES = 200  # of a side, that a direction keeps
FOLDS = 10  # from that many items a side on; fewer are left out in pairs, each with each
MOST_PAIRS = 100
SURE = 5  # by its square root of the axes, how many items a group's own variances weigh against
DRAWS = 400
MOST_RANDOM = 1000  # items a side on which chance is tried
SEPARATED = 0.95  # share of the variance along the probe that the two sides may explain


@dataclass(frozen=True, eq=False)
class ExampleFit:
    """A direction and how far it may be from that of all such items.

    Args:
        direction: Of scale 1: how far the items of the space spread along it is not known here.
        cosine: Expected cosine with the true direction; NaN where nothing tells how items scatter.
        low: Lower end of the interval that holds it with 95 %.
        high: Upper end.
    """

    direction: Direction
    cosine: float
    low: float
    high: float


def fit_examples(
    positive: Float[np.ndarray, "p dim"],
    negative: Float[np.ndarray, "q dim"],
    name: str,
    names: tuple[Sequence[str], Sequence[str]],
    *,
    background: Background | None = None,
    fingerprint: str = "",
    seed: int = 0,
) -> ExampleFit:
    """The direction from some examples to others, as the space's items let one estimate it.

    Args:
        positive: (p, dim) points that it points to.
        negative: (q, dim) points that it points away from.
        name: What to call it.
        names: What the p and the q points are called.
        background: How the items of the space scatter; None where the examples are no such items (texts among
            pictures): then all axes are alike, nothing is shrunk, and the examples alone say how they scatter.
        fingerprint: Of the latent space.
        seed: Of the bootstrap and of the interval.

    Returns:
        The direction, of method "examples". `auc` is that of pairs of examples left out, NaN where a side has one;
        `gap` and `dose` are the expected difference of the two sides along it; `probe` is the linear discriminant.

    Raises:
        InputError: If a side is empty, or both have the same mean.
    """
    rng = np.random.default_rng(seed)
    a, b = np.asarray(positive, np.float64), np.asarray(negative, np.float64)
    mean_difference(a, b)  # refuses what has no difference
    middle = (a.mean(axis=0) + b.mean(axis=0)) / 2
    with one_thread():
        if background is None:
            background = Background.alike(a, b)
        sides = background.along(a - middle), background.along(b - middle)
        found = _estimate(background, *map(_Sums.of, sides))
        vector = background.back(_unit(found.mean))
        auc, slope = _held_out(background, *sides, rng)
        random_auc, stability = _repeated(background, *sides, found, rng)
        cosine, low, high = found.cosine(rng, DRAWS)
        probe = _probe(background, found.mean, middle, slope)
    gap = float(np.linalg.norm(found.mean))
    more, less = (_kept(of_side) for of_side in names)
    direction = Direction(
        name=name,
        vector=vector.astype(np.float32),
        scale=1.0,
        method="examples",
        positive=f"{_told(names[0])} against {_told(names[1])}",
        auc=auc,
        n_positive=len(a),
        n_negative=len(b),
        stability=stability,
        gap=gap,
        random_auc=random_auc,
        fingerprint=fingerprint,
        more=more,
        less=less,
        dose=gap,
        probe=probe,
    )
    return ExampleFit(direction, cosine, low, high)


@dataclass(frozen=True, eq=False)
class _Sums:
    """Number, sum and sum of squares of points along the axes: those of some are taken away without a second look."""

    n: int
    first: Float64[np.ndarray, " dim"]
    second: Float64[np.ndarray, " dim"]

    @classmethod
    def of(cls, points: Float64[np.ndarray, "n dim"]) -> _Sums:
        return cls(len(points), points.sum(axis=0), (points**2).sum(axis=0))

    def without(self, other: _Sums) -> _Sums:
        return _Sums(self.n - other.n, self.first - other.first, self.second - other.second)

    @property
    def mean(self) -> Float64[np.ndarray, " dim"]:
        return np.asarray(self.first / self.n)

    @property
    def scatter(self) -> Float64[np.ndarray, " dim"]:
        """Sum of squares around the mean."""
        return np.maximum(self.second - self.first**2 / self.n, 0)


def _estimate(background: Background, more: _Sums, less: _Sums) -> Posterior:
    """What is known of the difference, along the axes."""
    return posterior(more.mean - less.mean, _noise(background, more, less), background)


def _noise(background: Background, more: _Sums, less: _Sums) -> Float64[np.ndarray, " dim"]:
    """Variance of the difference of means: that of the items, as much wider or narrower as the examples scatter, and
    for large groups that of the groups."""
    v, free = background.variances, more.n + less.n - 2
    if not v.any():
        return v
    own = float(((more.scatter + less.scatter) / v).mean())
    width = (1 + own) / (1 + free)
    if background.is_alike:
        return np.asarray(width * v * (1 / more.n + 1 / less.n))
    prior = SURE * len(v) ** 0.5  # the variance of one axis is known far worse than the width of all
    sides = [(prior * width * v + side.scatter) / (prior + side.n - 1) / side.n for side in (more, less)]
    return np.asarray(sides[0] + sides[1])


def _held_out(
    background: Background,
    a: Float64[np.ndarray, "p dim"],
    b: Float64[np.ndarray, "q dim"],
    rng: np.random.Generator,
) -> tuple[float, float]:
    """AUC of examples that were left out, and by how much the probe's logit of them is to be multiplied."""
    if min(len(a), len(b)) < 2:
        return float("nan"), 1.0
    whole, areas, margins = (_Sums.of(a), _Sums.of(b)), [], []
    for rows in _left_out(len(a), len(b), rng):
        held = a[rows[0]], b[rows[1]]
        more, less = (of.without(_Sums.of(gone)) for of, gone in zip(whole, held, strict=True))
        mean, middle = _estimate(background, more, less).mean, (more.mean + less.mean) / 2
        is_more = np.arange(len(held[0]) + len(held[1])) < len(held[0])
        areas.append(float(auc_of(np.concatenate(held) @ mean, is_more)))
        weights = _discriminant(background, mean)
        margins += [(held[0] - middle) @ weights, -((held[1] - middle) @ weights)]
    return float(np.mean(areas)), _slope(margins)


def _slope(margins: list[np.ndarray]) -> float:
    """What makes logits of held-out examples as sure as they may be, both sides counting the same (Platt, 1999)."""
    slopes = np.geomspace(0.05, 2, 40)[:, None]
    losses = np.mean([np.logaddexp(0, -slopes * margin).mean(axis=1) for margin in margins], axis=0)
    return float(slopes[int(losses.argmin()), 0])


def _repeated(
    background: Background,
    a: Float64[np.ndarray, "p dim"],
    b: Float64[np.ndarray, "q dim"],
    found: Posterior,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """The AUC that chance reaches, and the mean cosine with bootstrap repeats."""
    if min(len(a), len(b)) < 2:
        return float("nan"), float("nan")
    few = a[:: -(-len(a) // MOST_RANDOM)], b[:: -(-len(b) // MOST_RANDOM)]
    is_more = np.arange(len(few[0]) + len(few[1])) < len(few[0])
    reach = random_reach(np.concatenate(few), is_more, rng)
    noise, main = _noise(background, _Sums.of(a), _Sums.of(b)), _unit(found.mean)
    drawn = [rng.multinomial(len(x), np.full(len(x), 1 / len(x)), REPEATS) / len(x) for x in (a, b)]
    again = drawn[0] @ a - drawn[1] @ b
    return reach, float(np.mean([_unit(posterior(d, noise, background).mean) @ main for d in again]))


def _left_out(p: int, q: int, rng: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
    """Rows of both sides to be left out together: each with each where they are few, else in folds."""
    if p * q <= MOST_PAIRS:
        return [(np.array([i]), np.array([j])) for i in range(p) for j in range(q)]
    folds = min(FOLDS, p, q)
    return list(zip(*(np.array_split(rng.permutation(n), folds) for n in (p, q)), strict=True))


def _probe(
    background: Background,
    mean: Float64[np.ndarray, " dim"],
    middle: Float64[np.ndarray, " dim"],
    slope: float,
) -> Probe | None:
    if not background.variances.any():
        return None
    weights = slope * background.back(_discriminant(background, mean))
    return Probe(weights.astype(np.float32), -float(weights @ middle), "probability")


def _discriminant(background: Background, mean: Float64[np.ndarray, " dim"]) -> Float64[np.ndarray, " dim"]:
    """The linear discriminant of two sides whose difference is part of the items' covariance; zero if nothing is known.
    """
    if not background.variances.any():
        return np.zeros_like(mean)
    weights = mean / background.variances
    return np.asarray(weights / (1 - min(float(weights @ mean) / 4, SEPARATED)))


def _unit(vector: Float64[np.ndarray, " dim"]) -> Float64[np.ndarray, " dim"]:
    norm = float(np.linalg.norm(vector))
    return vector / norm if norm > 0 else vector


def _kept(names: Sequence[str]) -> tuple[str, ...]:
    """All names, or of too many some from everywhere."""
    return tuple(names[:: -(-len(names) // MOST_NAMES)])


def _told(names: Sequence[str]) -> str:
    kept = _kept(names)
    return listed(names) if len(kept) == len(names) else f"{len(names):,} examples (of which {len(kept)} are kept)"
