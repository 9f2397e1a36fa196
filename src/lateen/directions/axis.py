"""A semantic axis: from the words of one pole to those of the other, warm and hot against cold and icy.

One idea: the axis is the difference of the poles' means; a word is left out to see whether the others place it right.

Reference:
    An, Kwak and Ahn, *SemAxis: A Lightweight Framework to Characterize Domain-Specific Word Semantics Beyond
    Sentiment*, ACL 2018. They add the words nearest to each pole; here the poles are the words that were given.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from lateen.core.direction import Direction
from lateen.directions.areas import auc_of, random_reach
from lateen.directions.left_out import words_left_out
from lateen.directions.mean_difference import mean_difference
from lateen.directions.resampled import bootstrap_cosine
from lateen.directions.terms import Poles, listed


def fit_axis(
    more: Float[np.ndarray, "p dim"],
    less: Float[np.ndarray, "q dim"],
    name: str,
    poles: Poles,
    *,
    fingerprint: str = "",
    seed: int = 0,
) -> Direction:
    """The axis between two poles, with its figures on words left out one at a time.

    Args:
        more: (p, dim) points of the words it points to.
        less: (q, dim) points of those it points away from.
        name: What to call it.
        poles: The p and q words.
        fingerprint: Of the latent space.
        seed: Of the bootstrap.

    Returns:
        The direction, of scale 1: how far the items of the space spread along it is not known here. `auc` is that of
        the words, each read along the axis of the others; NaN where a pole has a single word.

    Raises:
        InputError: If the poles have the same mean.
    """
    rng = np.random.default_rng(seed)
    a, b = np.asarray(more, np.float64), np.asarray(less, np.float64)
    vector, p, q = mean_difference(a, b), len(a), len(b)
    auc, random_auc, stability = (float("nan"),) * 3
    if min(p, q) > 1:
        words, is_more = np.vstack([a, b]), np.arange(p + q) < p
        scores = np.vecdot(words, words_left_out(a, b))
        auc, random_auc = float(auc_of(scores, is_more)), random_reach(words, is_more, rng)
        stability = bootstrap_cosine(a, b, vector, rng)
    return Direction(
        name=name,
        vector=vector.astype(np.float32),
        scale=1.0,
        method="axis",
        positive=f"{listed(poles[0])} against {listed(poles[1])}",
        auc=auc,
        n_positive=p,
        n_negative=q,
        stability=stability,
        gap=float((a.mean(axis=0) - b.mean(axis=0)) @ vector),
        random_auc=random_auc,
        fingerprint=fingerprint,
        more=poles[0],
        less=poles[1],
    )
