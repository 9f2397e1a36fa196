"""Pictures that a small network learns in seconds."""

from __future__ import annotations

import numpy as np


def blobs(n: int, seed: int = 0, size: int = 32) -> np.ndarray:
    """A soft bright disc of random colour, place and radius on a dark gradient: (n, size, size, 3)."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) / size
    cx, cy, radius = rng.uniform((0.3, 0.3, 0.12), (0.7, 0.7, 0.3), (n, 3)).astype(np.float32).T[..., None, None]
    disc = 1 / (1 + np.exp((np.hypot(x - cx, y - cy) - radius) * size / 2))
    colour = rng.uniform(0.4, 1, (n, 1, 1, 3)).astype(np.float32)
    images = 0.2 * y[None, :, :, None] * (1 - disc[..., None]) + colour * disc[..., None]
    return (255 * images).astype(np.uint8)
