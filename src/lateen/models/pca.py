"""PCA on pixels as a codec: the linear baseline that a VAE of the same dimension has to beat.

One idea: the best linear code of d numbers, so the difference in PSNR is what the network's non-linearity buys.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt8

from lateen.core.codec import LatentSpec
from lateen.core.errors import InputError
from lateen.core.geometry import Euclidean

Images = UInt8[np.ndarray, "n height width 3"]
Latents = Float32[np.ndarray, "n dim"]

_PART = 1024  # images decoded at a time, so that a large set needs no float copy of itself


@dataclass(frozen=True, eq=False)
class PCA:
    """The first principal components of flattened images.

    Args:
        mean: (pixels,) mean image in grey levels.
        axes: (dim, pixels) orthonormal rows, widest first.
        size: Height and width of an image.

    Reference:
        Halko, Martinsson, Tropp, *Finding Structure with Randomness*, SIAM Review 2011 (the randomised SVD).
    """

    mean: Float32[np.ndarray, " pixels"]
    axes: Float32[np.ndarray, "dim pixels"]
    size: tuple[int, int]

    @classmethod
    def fit(cls, images: Images, dim: int, seed: int = 0, sample: int = 5_000) -> PCA:
        """Fit to images, or to a random sample of them where there are more.

        Args:
            images: (n, h, w, 3), in memory or memory-mapped.
            dim: Components, at most as many as sampled images.
            seed: Seed of the sample and of the randomised SVD.
            sample: Images that are looked at, at most.

        Raises:
            InputError: If dim is not from 1 to the number of images and of pixels.
        """
        from sklearn.decomposition import PCA as Decomposition

        rows = np.sort(np.random.default_rng(seed).permutation(len(images))[:sample])
        flat = images[rows].reshape(len(rows), -1).astype(np.float32)
        if not 1 <= dim <= min(flat.shape):
            raise InputError(
                f"PCA.fit got dim = {dim} for {len(rows):,} images of {flat.shape[1]:,} numbers; "
                f"expected from 1 to {min(flat.shape):,}."
            )
        solver = "full" if 4 * dim > min(flat.shape) else "randomized"
        fitted = Decomposition(dim, svd_solver=solver, random_state=seed).fit(flat)
        height, width = images.shape[1:3]
        return cls(fitted.mean_.astype(np.float32), fitted.components_.astype(np.float32), (height, width))

    @property
    def spec(self) -> LatentSpec:
        """What the vectors are."""
        digest = hashlib.sha256(self.mean.tobytes() + self.axes.tobytes()).hexdigest()
        dim, pixels = self.axes.shape
        return LatentSpec(
            encoder=f"pca:{dim}",
            dim=dim,
            modality="image",
            geometry="euclidean",
            fingerprint=digest,
            numbers_per_item=pixels,
            preprocessing={"size": list(self.size), "colour": "rgb", "range": [0, 255]},
        )

    @property
    def geometry(self) -> Euclidean:
        """Flat."""
        return Euclidean()

    def encode(self, images: Images) -> Latents:
        """Coordinates of (n, h, w, 3) images along the axes: (n, dim).

        Raises:
            InputError: If the images have another size than those it was fitted to.
        """
        if images.shape[1:3] != self.size:
            height, width = images.shape[1:3]
            raise InputError(
                f"This PCA was fitted to images of {self.size[1]} x {self.size[0]} pixels; it got {width} x {height} "
                f"(width x height). Resize them to {self.size[1]} x {self.size[0]}."
            )
        codes = np.empty((len(images), len(self.axes)), np.float32)
        for part in _parts(len(images)):
            flat = images[part].reshape(-1, len(self.mean)).astype(np.float32)
            codes[part] = (flat - self.mean) @ self.axes.T
        return codes

    def decode(self, vectors: Latents) -> Images:
        """Images of (n, dim) coordinates: (n, h, w, 3).

        Raises:
            InputError: If the vectors have another dimension.
        """
        if vectors.shape[1] != len(self.axes):
            raise InputError(f"This PCA decodes vectors of {len(self.axes)} numbers; it got {vectors.shape[1]}.")
        images = np.empty((len(vectors), *self.size, 3), np.uint8)
        for part in _parts(len(vectors)):
            flat = vectors[part] @ self.axes + self.mean
            images[part] = flat.round().clip(0, 255).astype(np.uint8).reshape(-1, *self.size, 3)
        return images

    def psnr(self, images: Images) -> float:
        """PSNR in dB of the round trip of images, of their pooled squared error."""
        total = 0.0
        for part in _parts(len(images)):
            error = self.decode(self.encode(images[part])).astype(np.float32) - images[part]
            total += float((error.astype(np.float64) ** 2).sum())
        return float(10 * np.log10(255**2 / max(total / images.size, 1e-10)))


def _parts(n: int) -> list[slice]:
    return [slice(start, start + _PART) for start in range(0, n, _PART)]
