"""Principal components: the directions in which the points differ most.

One idea: exact, from the covariance; each is at right angles to those before it.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32

from lateen.directions.discover.axes import Axes, Told, asked, components, moments_of, units


def pca(
    points: Float32[np.ndarray, "m dim"], n: int | None = None, *, seed: int = 0, progress: Told | None = None
) -> Axes:
    """The first principal components, widest first.

    Args:
        points: (m, dim), m >= 2, in memory or memory-mapped.
        n: How many; 10, or as many as there are, if nothing is said.
        seed: Of nothing: there is only one answer.
        progress: Told how many points are read.

    Raises:
        InputError: If n is below 1 or above the dimension of the points, or they are all at one place.

    Reference:
        Pearson, *On Lines and Planes of Closest Fit to Systems of Points in Space*, 1901.
    """
    asked(n, points.shape[1], "an item has so many numbers")
    moments = moments_of(points, progress)
    variances, rows = components(moments)
    there = len(variances)
    n = asked(n, there, f"these {len(points):,} items of {points.shape[1]} numbers differ in {there} directions")
    share = variances[:n] / np.trace(moments.covariance)
    vectors = units(rows[:n])
    return Axes(vectors, vectors, np.sqrt(variances[:n]), share)
