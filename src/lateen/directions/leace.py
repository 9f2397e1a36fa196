"""LEACE: the least change of the points after which no linear reader can tell the two sides of a concept apart.

One idea: the sides' means are made equal, for that is what every linear reader of two classes goes by; and of all maps
that do it, this one moves the points least, in whatever inner product one measures.

That holds for the points that it is fitted on. Those of a few pairs have a difference that is not quite that of all
words, so new words can still be read. Another S doesn't mend that: of 14 pairs, erased by 7 and read along the other 7
in vectors of 27,925 words, each pair left out, AUC is 0.819 with S and 0.815 with S drawn half or wholly to a multiple
of the identity, and 0.89 of neighbours are kept each time.

Reference:
    Belrose et al., *LEACE: Perfect linear concept erasure in closed form*, NeurIPS 2023, theorem 4.3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64

from lateen.core.errors import InputError
from lateen.core.threads import one_thread
from lateen.directions.moments import Moments

RIDGE = 1e-7  # of the mean variance, added to every axis: points may lie in a plane
MOST_DIM = 8192  # whose covariance is half a gigabyte


@dataclass(frozen=True, eq=False)
class Leace:
    """The eraser r(x) = x - d w'(x - m), with w = S^-1 d / (d' S^-1 d); made by `Leace.fit`.

    Args:
        difference: (dim,) d, the difference of the two sides' means.
        reader: (dim,) w, for which w'd = 1.
        center: (dim,) m, the mean of all points, which stays where it is.
    """

    difference: Float64[np.ndarray, " dim"]
    reader: Float64[np.ndarray, " dim"]
    center: Float64[np.ndarray, " dim"]

    @classmethod
    def fit(cls, moments: Moments, difference: Float[np.ndarray, " dim"]) -> Leace:
        """The eraser of a concept.

        Args:
            moments: Mean and covariance S of all points, labelled or not.
            difference: (dim,) mean of the points with the attribute minus mean of those without, of any length but 0.

        Raises:
            InputError: If the difference is zero.
        """
        return cls.fitter(moments)(difference)

    @classmethod
    def fitter(cls, moments: Moments) -> Callable[[Float[np.ndarray, " dim"]], Leace]:
        """What makes the eraser of any difference: the covariance, which all have in common, is factorised once."""
        from scipy.linalg import cho_factor, cho_solve

        covariance = moments.covariance
        ridge = RIDGE * float(np.trace(covariance)) / len(covariance)
        covariance[np.diag_indices_from(covariance)] += ridge if ridge > 0 else 1.0
        with one_thread():
            factor = cho_factor(covariance, lower=True, overwrite_a=True)

        def of(difference: Float[np.ndarray, " dim"]) -> Leace:
            d = difference.astype(np.float64)
            norm = float(np.linalg.norm(d))
            if not norm > 0:
                raise InputError(
                    "Both sides have the same mean, so there is nothing to erase that a linear reader sees."
                )
            d /= norm
            with one_thread():
                w = cho_solve(factor, d)
            return cls(d, w / float(w @ d), moments.mean)

        return of

    @staticmethod
    def check(dim: int) -> None:
        """Raise InputError where points have too many numbers for a covariance."""
        if dim > MOST_DIM:
            raise InputError(
                f"LEACE needs the covariance of all {dim:,} numbers of a point; it is made for {MOST_DIM:,} at most. "
                "Erase with --method hard."
            )

    def __call__(self, points: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch dim"]:
        """Points without the concept: (..., dim) -> (..., dim)."""
        x = points.astype(np.float64)
        x -= ((x - self.center) @ self.reader)[..., None] * self.difference
        return np.asarray(x, points.dtype)

    def to_bytes(self) -> bytes:
        """What it is, for a fingerprint."""
        return b"leace" + self.difference.tobytes() + self.reader.tobytes() + self.center.tobytes()
