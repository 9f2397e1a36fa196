"""Ridge regression of the attribute on the points: the direction that tells a number best.

Reference:
    Hoerl and Kennard, *Ridge Regression*, Technometrics 1970.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64

from lateen.core.threads import one_thread
from lateen.directions.labelled import Labelled, penalised

RIDGE = 1e-3  # of the mean variance


def ridge(
    sample: Labelled, covariances: Float64[np.ndarray, "dim k"], share: float = RIDGE
) -> Float64[np.ndarray, "dim k"]:
    """(S + r)^-1 c for every covariance c of the points with labels, S the covariance of the points.

    Args:
        sample: Labelled points; what they hold equal is taken out of the covariance.
        covariances: (dim, k) covariances with labels, of any length.
        share: r as a share of the mean variance.
    """
    with one_thread():
        return np.asarray(np.linalg.solve(penalised(sample.inner, share), covariances))
