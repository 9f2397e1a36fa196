"""The difference of means after the fields held equal are erased from the points, as far as linear readers see them.

One idea: LEACE maps the points so that no linear reader can tell the fields, by the least change; a direction between
such points changes none of these readers.

Reference:
    Belrose et al., *LEACE: Perfect linear concept erasure in closed form*, NeurIPS 2023.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64

from lateen.core.errors import InputError
from lateen.core.threads import one_thread
from lateen.directions.keep import undoing
from lateen.directions.labelled import Labelled, penalised

RIDGE = 1e-6  # of the mean variance: points may lie in a plane
NOTHING = 1e-3  # of the difference: less of it is rounding


def erased_difference(
    sample: Labelled, differences: Float64[np.ndarray, "dim k"]
) -> Float64[np.ndarray, "dim k"]:
    """What is left of differences of means when the fields are erased; all of it where none is held equal.

    Args:
        sample: Labelled points with the columns of the fields.
        differences: (dim, k) differences of means, of any length.

    Raises:
        InputError: If nothing is left of the first.
    """
    if not sample.with_held.shape[1]:
        return differences
    covariance = penalised(sample.covariance, RIDGE)
    with one_thread():
        readers = np.linalg.solve(covariance, sample.with_held)
        left = np.asarray(differences - undoing(readers, covariance) @ (readers.T @ differences))
    if not np.linalg.norm(left[:, 0]) > NOTHING * np.linalg.norm(differences[:, 0]):
        c, dim = sample.with_held.shape[1], len(left)
        raise InputError(
            f"Nothing is left of the direction when the fields are erased: they are {c} numbers, words counted one by "
            f"one, and the points have {dim}. Leave one out of --without, or take another --method."
        )
    return left
