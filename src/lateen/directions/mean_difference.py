"""The difference of class means: the direction to steer along.

Of all directions it is the one that linear erasure needs and that suffices for it, so moving along it changes what
every linear reader of the attribute sees.

Reference:
    Belrose et al., *LEACE: Perfect linear concept erasure in closed form*, NeurIPS 2023.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from lateen.core.errors import InputError

ROUNDING = 1e-6  # as a share of the means: less is what single precision makes of equal points


def mean_difference(
    positive: Float[np.ndarray, "p dim"], negative: Float[np.ndarray, "q dim"]
) -> Float[np.ndarray, " dim"]:
    """Mean of the positive points minus mean of the negative ones, of norm 1.

    Args:
        positive: (p, dim) points with the attribute.
        negative: (q, dim) points without.

    Raises:
        InputError: If a set is empty or the two means are the same point.
    """
    if len(positive) == 0 or len(negative) == 0:
        raise InputError(f"mean_difference got {len(positive)} positive and {len(negative)} negative points; "
                         "give at least one of each.")
    means = positive.mean(axis=0, dtype=np.float64), negative.mean(axis=0, dtype=np.float64)
    difference = means[0] - means[1]
    norm = float(np.linalg.norm(difference))
    if norm <= ROUNDING * max(float(np.linalg.norm(mean)) for mean in means):
        raise InputError("Points with and without the attribute have the same mean, so there is no direction.")
    return np.asarray(difference / norm, positive.dtype)
