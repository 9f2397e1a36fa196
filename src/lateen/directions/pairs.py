"""The direction of word pairs: he - she, man - woman, ... have one difference in common, and their mean shows it.

One idea: a pair is left out with both its words, so the figures tell what the direction does to words it hasn't seen.

Reference:
    Bolukbasi et al., *Man is to Computer Programmer as Woman is to Homemaker? Debiasing Word Embeddings*, NeurIPS
    2016. They take the first principal component of the differences; their mean is nearly that, knows its sign, and
    is what linear erasure needs (Belrose et al. 2023).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from lateen.core.direction import Direction
from lateen.directions.areas import auc_of, random_reach
from lateen.directions.left_out import pairs_left_out
from lateen.directions.mean_difference import mean_difference
from lateen.directions.resampled import REPEATS
from lateen.directions.terms import Pairs, listed


def fit_pairs(
    more: Float[np.ndarray, "p dim"],
    less: Float[np.ndarray, "p dim"],
    name: str,
    pairs: Pairs,
    *,
    fingerprint: str = "",
    seed: int = 0,
) -> Direction:
    """The mean difference of pairs, with its figures on pairs left out one at a time.

    Args:
        more: (p, dim) points of the first words.
        less: (p, dim) points of the second words.
        name: What to call the direction.
        pairs: The p pairs of words.
        fingerprint: Of the latent space.
        seed: Of the bootstrap.

    Returns:
        The direction, of scale 1: how far the items of the space spread along it is not known here. `auc` is that of
        all words, each read along the direction of the other pairs, and `ordered` the share of pairs whose words come
        in the right order there; both NaN for a single pair.

    Raises:
        InputError: If the mean difference is zero.
    """
    rng = np.random.default_rng(seed)
    a, b = np.asarray(more, np.float64), np.asarray(less, np.float64)
    vector, p = mean_difference(a, b), len(pairs)
    auc, random_auc, ordered, stability = (float("nan"),) * 4
    if p > 1:
        differences = a - b
        words, is_more = np.vstack([a, b]), np.arange(2 * p) < p
        scores = np.vecdot(words, pairs_left_out(a, b))
        auc, random_auc = float(auc_of(scores, is_more)), random_reach(words, is_more, rng)
        gaps = scores[:p] - scores[p:]
        ordered = float(np.mean((gaps > 0) + 0.5 * (gaps == 0)))
        again = np.stack([differences[rng.integers(0, p, p)].mean(axis=0) for _ in range(REPEATS)])
        lengths = np.linalg.norm(again, axis=1)
        stability = float(np.mean(np.divide(again @ vector, lengths, out=np.zeros(REPEATS), where=lengths > 0)))
    return Direction(
        name=name,
        vector=vector.astype(np.float32),
        scale=1.0,
        method="pairs",
        positive=f"{listed([x for x, _ in pairs])} against {listed([y for _, y in pairs])}",
        auc=auc,
        n_positive=p,
        n_negative=p,
        stability=stability,
        gap=float((a - b).mean(axis=0) @ vector),
        random_auc=random_auc,
        fingerprint=fingerprint,
        more=tuple(x for x, _ in pairs),
        less=tuple(y for _, y in pairs),
        ordered=ordered,
    )
