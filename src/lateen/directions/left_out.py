"""The directions that words are judged by: each word's is that of the others, its pair left out with it.

One idea: fitting and erasing judge by the same directions, so the figures of both can be compared.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float64


def pairs_left_out(more: Float[np.ndarray, "p dim"], less: Float[np.ndarray, "p dim"]) -> Float64[np.ndarray, "m dim"]:
    """For each of two or more pairs the direction of the others: (2p, dim), unit vectors, zero where there is none."""
    differences = more.astype(np.float64) - less
    others = _units(differences.sum(axis=0) - differences)
    return np.concatenate([others, others])


def words_left_out(more: Float[np.ndarray, "p dim"], less: Float[np.ndarray, "q dim"]) -> Float64[np.ndarray, "m dim"]:
    """For each word of two poles of two or more the axis of the others: (p + q, dim), unit vectors or zero."""
    a, b = more.astype(np.float64), less.astype(np.float64)
    p, q = len(a), len(b)
    return _units(np.vstack([(a.sum(0) - a) / (p - 1) - b.mean(0), a.mean(0) - (b.sum(0) - b) / (q - 1)]))


def _units(axes: Float64[np.ndarray, "m dim"]) -> Float64[np.ndarray, "m dim"]:
    norms = np.linalg.norm(axes, axis=1, keepdims=True)
    return np.asarray(np.divide(axes, norms, out=np.zeros_like(axes), where=norms > 0))
