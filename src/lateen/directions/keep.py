"""Keeping attributes: the part of a move that leaves what some linear readers read as it is.

One idea: of all moves that don't change the readers, take the one that differs least from what was asked for, measured
as the data is spread. That makes use of what goes along with what: W'SW, the covariance of the readings, undoes the
part of the move that the data's own correlations would bring. It is the map of LEACE, applied to a move instead of to
the data. The plain orthogonal projection (InterFaceGAN's conditional manipulation) is the same with S = 1, and differs
with the basis that the codes happen to be in.

Reference:
    Belrose et al., *LEACE: Perfect linear concept erasure in closed form*, NeurIPS 2023; Shen et al., *InterFaceGAN*,
    2020, section 3.3; Ravfogel et al., *Null It Out*, ACL 2020.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float64

from lateen.core.threads import one_thread

_SINGULAR = 1e-9  # of the largest: readers that say the same, such as the last value of a field whose shares sum to 1


def kept(
    move: Float[np.ndarray, " dim"], readers: Float[np.ndarray, "dim k"], covariance: Float[np.ndarray, "dim dim"]
) -> Float64[np.ndarray, " dim"]:
    """The nearest move that changes none of the readings: v - S W (W'SW)^+ W'v.

    Args:
        move: (dim,) v.
        readers: (dim, k) W, the weights of the readers, a column each; they may say the same.
        covariance: (dim, dim) S of the data.
    """
    v = move.astype(np.float64)
    with one_thread():
        return np.asarray(v - undoing(readers, covariance) @ (readers.astype(np.float64).T @ v))


def undoing(
    readers: Float[np.ndarray, "dim k"], covariance: Float[np.ndarray, "dim dim"]
) -> Float64[np.ndarray, "dim k"]:
    """S W (W'SW)^+: the least move, as the data is spread, that changes each reading by one and the others not.

    Args:
        readers: (dim, k) weights of the readers, a column each.
        covariance: (dim, dim) of the data.
    """
    w = readers.astype(np.float64)
    with one_thread():
        spread = covariance.astype(np.float64) @ w
        between = w.T @ spread
        scale = np.sqrt(np.maximum(np.diag(between), 0))
        scale = np.where(scale > 0, 1 / np.where(scale > 0, scale, 1), 0.0)  # a field in other units weighs the same
        inverse = np.linalg.pinv(between * np.outer(scale, scale), rcond=_SINGULAR, hermitian=True)
        return np.asarray(spread @ (inverse * np.outer(scale, scale)))
