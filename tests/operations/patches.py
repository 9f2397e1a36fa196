"""A real space of pictures whose codes are known: patches of light, seen through principal components."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

import lateen as lt
from lateen.space import Space

N, SIZE = 360, 32


def patches(folder: Path) -> Space:
    """The left patch is lit or not (`lit`); the right one shines by `shine`, and goes along with it; `tint` doesn't."""
    rng = np.random.default_rng(0)
    lit = rng.random(N) < 0.5
    shine = np.clip(0.5 + 0.17 * (2 * lit - 1) + rng.normal(0, 0.17, N), 0, 1)
    tint = rng.random(N)
    pictures = folder / "pictures"
    pictures.mkdir()
    lines = ["name,lit,shine,tint,one"]
    for i in range(N):
        image = np.zeros((SIZE, SIZE, 3), np.uint8)
        image[4:18, 2:14] = 70 + 110 * lit[i] + rng.normal(0, 12)
        image[4:18, 18:30] = 20 + 200 * shine[i]
        image[22:30, 4:28] = 30, 40 + int(180 * tint[i]), 120
        Image.fromarray(image).save(pictures / f"{i:03d}.png")
        lines.append(f"{i:03d}.png,{int(lit[i])},{shine[i]:.4f},{tint[i]:.4f},1")
    (folder / "fields.csv").write_text("\n".join(lines) + "\n", "utf-8")
    lt.build(pictures, encoder="pca:6", out=folder / "patches.space", fields=folder / "fields.csv")
    space = lt.open(folder / "patches.space")
    space.direction("lit", field="lit")
    space.direction("shine", field="shine")
    return space
