"""PCA on pixels as a codec: the linear baseline that a VAE of the same dimension has to beat.

One idea: the best linear code of d numbers, so the difference in PSNR is what the network's non-linearity buys.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8

from lateen.core.codec import LatentSpec, Smooth
from lateen.core.errors import InputError, SpaceError
from lateen.core.geometry import Euclidean

Images = UInt8[np.ndarray, "n height width 3"]
Latents = Float32[np.ndarray, "n dim"]

FORMAT, AXES = 1, "axes.safetensors"
_PART = 1024  # images decoded at a time, so that a large set needs no float copy of itself


@dataclass(frozen=True, eq=False)
class PCA:
    """The first principal components of flattened images.

    Args:
        mean: (pixels,) mean image in grey levels.
        axes: (dim, pixels) orthonormal rows, widest first.
        size: Height and width of an image, which is square.
        name: The encoder's name in a spec, such as "pca:faces.model".

    Reference:
        Halko, Martinsson, Tropp, *Finding Structure with Randomness*, SIAM Review 2011 (the randomised SVD).
    """

    mean: Float32[np.ndarray, " pixels"]
    axes: Float32[np.ndarray, "dim pixels"]
    size: int
    name: str = "pca:unsaved"

    @classmethod
    def fit(cls, images: Images, dim: int, seed: int = 0, sample: int = 5_000) -> PCA:
        """Fit to images, or to a random sample of them where there are more.

        Args:
            images: (n, size, size, 3), in memory or memory-mapped.
            dim: Components, at most as many as sampled images.
            seed: Seed of the sample and of the randomised SVD.
            sample: Images that are looked at, at most.

        Raises:
            InputError: If dim is not from 1 to the number of images and of pixels, or the images aren't square.
        """
        from sklearn.decomposition import PCA as Decomposition

        height, width = images.shape[1:3]
        if height != width:
            raise InputError(f"PCA.fit got images of {width} x {height} pixels (width x height); expected square ones.")
        rows = np.sort(np.random.default_rng(seed).permutation(len(images))[:sample])
        flat = images[rows].reshape(len(rows), -1).astype(np.float32)
        if not 1 <= dim <= min(flat.shape):
            raise InputError(
                f"PCA.fit got dim = {dim} for {len(rows):,} images of {flat.shape[1]:,} numbers; "
                f"expected from 1 to {min(flat.shape):,}."
            )
        solver = "full" if 4 * dim > min(flat.shape) else "randomized"
        with np.errstate(divide="ignore", invalid="ignore"):  # shares of a variance of 0, where all images are equal
            fitted = Decomposition(dim, svd_solver=solver, random_state=seed).fit(flat)
        mean, axes = fitted.mean_.astype(np.float32), fitted.components_.astype(np.float32)
        if not (np.isfinite(mean).all() and np.isfinite(axes).all()):
            raise InputError(f"PCA.fit found no {dim:,} axes of {len(rows):,} images; give images that differ.")
        return cls(mean, axes, height)

    @cached_property
    def spec(self) -> LatentSpec:
        """What the vectors are."""
        digest = hashlib.sha256(self.mean.tobytes() + self.axes.tobytes()).hexdigest()
        dim, pixels = self.axes.shape
        return LatentSpec(
            encoder=self.name,
            dim=dim,
            modality="image",
            geometry="euclidean",
            fingerprint=digest,
            numbers_per_item=pixels,
            preprocessing={"size": self.size, "colour": "rgb", "range": [0, 255]},
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
        height, width = images.shape[1:3]
        if (height, width) != (self.size, self.size):
            raise InputError(
                f"This PCA was fitted to images of {self.size} x {self.size} pixels; it got {width} x {height} "
                f"(width x height). Resize them to {self.size} x {self.size}."
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
        images = np.empty((len(vectors), self.size, self.size, 3), np.uint8)
        for part in _parts(len(vectors)):
            flat = vectors[part] @ self.axes + self.mean
            images[part] = flat.round().clip(0, 255).astype(np.uint8).reshape(-1, self.size, self.size, 3)
        return images

    def decode_smoothly(self, vectors: Latents) -> Smooth:
        """Decode vectors without rounding, and say how the images change with them."""
        return Smooth(vectors @ self.axes + self.mean, lambda changes: changes @ self.axes.T)

    def save(self, path: Path | str) -> PCA:
        """Write the model folder: axes.safetensors and, last, config.json; returns it as it will be loaded.

        Raises:
            StorageError: If the disk is full or the folder can't be written.
        """
        import torch

        from lateen.core.json_file import write_json
        from lateen.models.files import write_tensors

        folder = Path(path)
        arrays = {"mean": self.mean, "axes": self.axes}
        write_tensors(folder / AXES, {name: torch.from_numpy(array) for name, array in arrays.items()})
        described = {"format": FORMAT, "kind": "pca", "fingerprint": self.spec.fingerprint}
        write_json(folder / "config.json", {**described, "preprocessing": self.spec.preprocessing})
        return PCA.load(folder)

    @classmethod
    def load(cls, path: Path | str) -> PCA:
        """Open a model folder.

        Raises:
            SpaceError: If it is no PCA of this format version, or its files don't fit each other.
        """
        from lateen.core.json_file import read_json
        from lateen.models.files import read_tensors

        folder = Path(path)
        described = read_json(folder / "config.json")
        if (described.get("kind"), described.get("format")) != ("pca", FORMAT):
            found = f"kind {described.get('kind')!r}, format {described.get('format')!r}"
            raise SpaceError(f"{folder} is a model of {found}; expected kind 'pca', format {FORMAT}.")
        stored, _ = read_tensors(folder / AXES)
        shapes = {name: tuple(tensor.shape) for name, tensor in stored.items()}
        mean, axes = shapes.get("mean", ()), shapes.get("axes", ())
        size = math.isqrt(mean[0] // 3) if mean else 0
        if len(axes) != 2 or mean != (3 * size**2,) or axes[1:] != mean:
            raise SpaceError(f"{folder / AXES} holds {shapes}, which are not the axes of square pictures.")
        loaded = cls(stored["mean"].float().numpy(), stored["axes"].float().numpy(), size, f"pca:{path}")
        if loaded.spec.fingerprint != described.get("fingerprint"):
            raise SpaceError(f"{folder / AXES} is not the file that config.json belongs to; restore both, or fit anew.")
        return loaded


def _parts(n: int) -> list[slice]:
    return [slice(start, start + _PART) for start in range(0, n, _PART)]
