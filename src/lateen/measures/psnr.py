"""Peak signal-to-noise ratio: how little a round trip changes the pictures."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8

from lateen.core.errors import InputError

PEAK = 255.0
_LEAST = 1e-10  # mean squared error of identical pictures, so that their ratio stays a number


def psnr(images: UInt8[np.ndarray, "n height width 3"], decoded: UInt8[np.ndarray, "n height width 3"]) -> float:
    """10 log10(255^2 / mse) in dB, with the squared error pooled over all pictures.

    Args:
        images: (n, height, width, 3) originals.
        decoded: (n, height, width, 3) what became of them.

    Raises:
        InputError: If there are none.

    Example:
        >>> white = np.full((1, 2, 2, 3), 255, np.uint8)
        >>> round(psnr(white, white - 1), 2)  # one grey level everywhere
        48.13
    """
    if len(images) == 0:
        raise InputError("psnr got no pictures; give at least one.")
    squared = sum(float(((a.astype(np.float64) - b) ** 2).sum()) for a, b in zip(images, decoded, strict=True))
    return float(10 * np.log10(PEAK**2 / max(squared / images.size, _LEAST)))
