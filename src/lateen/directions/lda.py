"""Linear discriminant analysis: the direction along which the two sides overlap least; it reads better than it steers.

Reference:
    Fisher, *The Use of Multiple Measurements in Taxonomic Problems*, Annals of Eugenics 1936.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64

from lateen.core.threads import one_thread
from lateen.directions.labelled import Labelled, penalised

RIDGE = 1e-3  # of the mean variance


def lda(
    sample: Labelled, differences: Float64[np.ndarray, "dim k"], share: float = RIDGE
) -> Float64[np.ndarray, "dim k"]:
    """S_w^-1 d for every difference d of means, with S_w the covariance within the sides.

    Args:
        sample: Labelled points; what they hold equal is taken out of the covariance.
        differences: (dim, k) differences of means, of any length.
        share: What is added to the diagonal, as a share of the mean variance.
    """
    between = np.outer(sample.with_labels, sample.with_labels) / sample.spread
    with one_thread():
        return np.asarray(np.linalg.solve(penalised(sample.inner - between, share), differences))
