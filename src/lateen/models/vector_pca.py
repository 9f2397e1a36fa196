"""PCA on vectors: fewer numbers per item, chosen so that as much as possible of the vectors can be had back.

One idea: what is kept is what the space compares by. Vectors are centred, which keeps distances; words are not,
because their angles are taken from the origin.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from lateen.core.codec import LatentSpec
from lateen.core.errors import InputError, SpaceError

FORMAT, AXES = 1, "axes.safetensors"
_GEOMETRIES = {"vector": "euclidean", "word": "sphere"}
_EXACT = 1024  # matrices with a side of at most this are decomposed whole

Vectors = Float32[np.ndarray, "n width"]
Latents = Float32[np.ndarray, "n dim"]


@dataclass(frozen=True, eq=False)
class VectorPCA:
    """The first principal axes of vectors: an encoder, with the way back in `reconstruct`.

    Args:
        mean: (width,) mean vector; zero for words.
        axes: (dim, width) orthonormal rows, widest first.
        modality: "vector" or "word".
        name: The encoder's name in a spec, such as "pca:64".

    Reference:
        Halko, Martinsson, Tropp, *Finding Structure with Randomness*, SIAM Review 2011 (the randomised SVD).
    """

    mean: Float32[np.ndarray, " width"]
    axes: Float32[np.ndarray, "dim width"]
    modality: str = "vector"
    name: str = "pca:unsaved"

    @classmethod
    def fit(
        cls, vectors: Vectors, dim: int, *, modality: str = "vector", seed: int = 0, sample: int = 5_000
    ) -> VectorPCA:
        """Fit to vectors, or to a random sample of them where there are more.

        Args:
            vectors: (n, width), in memory or memory-mapped.
            dim: Axes, at most as many as sampled vectors and numbers of one.
            modality: "vector" (centred) or "word" (not centred).
            seed: Seed of the sample and of the randomised SVD.
            sample: Vectors that are looked at, at most.

        Raises:
            InputError: If dim is not from 1 to the number of vectors and of their numbers, or the modality is another.
        """
        from sklearn.utils.extmath import randomized_svd, svd_flip

        if modality not in _GEOMETRIES:
            raise InputError(f"VectorPCA.fit got {modality!r} items; expected 'vector' or 'word'.")
        rows = np.sort(np.random.default_rng(seed).permutation(len(vectors))[:sample])
        flat = np.asarray(vectors[rows], np.float64)
        most = min(flat.shape)
        if not 1 <= dim <= most:
            raise InputError(
                f"VectorPCA.fit got dim = {dim} for {len(rows):,} vectors of {flat.shape[1]:,} numbers; "
                f"expected from 1 to {most:,}."
            )
        mean = flat.mean(axis=0) if modality == "vector" else np.zeros(flat.shape[1])
        flat -= mean
        if most <= _EXACT or 4 * dim > most:
            left, _, axes = np.linalg.svd(flat, full_matrices=False)
            _, axes = svd_flip(left, axes, u_based_decision=False)
        else:
            _, _, axes = randomized_svd(flat, dim, random_state=seed)
        return cls(mean.astype(np.float32), axes[:dim].astype(np.float32), modality)

    @cached_property
    def spec(self) -> LatentSpec:
        """What the codes are."""
        dim, width = self.axes.shape
        identity = json.dumps({"kind": "vector_pca", "modality": self.modality, "shape": [dim, width]}).encode()
        return LatentSpec(
            encoder=self.name,
            dim=dim,
            modality=self.modality,
            geometry=_GEOMETRIES[self.modality],
            fingerprint=hashlib.sha256(identity + self.mean.tobytes() + self.axes.tobytes()).hexdigest(),
            numbers_per_item=width,
        )

    def encode(self, vectors: Vectors) -> Latents:
        """Coordinates of (n, width) vectors along the axes: (n, dim).

        Raises:
            InputError: If the vectors have another width than those it was fitted to.
        """
        width = len(self.mean)
        if vectors.shape[1] != width:
            raise InputError(f"This PCA was fitted to vectors of {width} numbers; it got {vectors.shape[1]}.")
        return np.asarray((vectors - self.mean) @ self.axes.T)

    def reconstruct(self, codes: Latents) -> Vectors:
        """Vectors of (n, dim) codes: (n, width).

        Raises:
            InputError: If the codes have another dimension.
        """
        if codes.shape[1] != len(self.axes):
            raise InputError(f"This PCA reconstructs from {len(self.axes)} numbers; it got {codes.shape[1]}.")
        return np.asarray(codes @ self.axes + self.mean)

    def save(self, path: Path | str) -> VectorPCA:
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
        described = {"format": FORMAT, "kind": "vector_pca", "modality": self.modality}
        write_json(folder / "config.json", {**described, "fingerprint": self.spec.fingerprint})
        return VectorPCA.load(folder)

    @classmethod
    def load(cls, path: Path | str) -> VectorPCA:
        """Open a model folder.

        Raises:
            SpaceError: If it is no PCA of vectors of this format version, or its files don't fit each other.
        """
        from lateen.core.json_file import read_json
        from lateen.models.files import read_tensors

        folder = Path(path)
        described = read_json(folder / "config.json")
        if (described.get("kind"), described.get("format")) != ("vector_pca", FORMAT):
            found = f"kind {described.get('kind')!r}, format {described.get('format')!r}"
            raise SpaceError(f"{folder} is a model of {found}; expected kind 'vector_pca', format {FORMAT}.")
        modality = described.get("modality")
        stored, _ = read_tensors(folder / AXES)
        shapes = {name: tuple(tensor.shape) for name, tensor in stored.items()}
        mean, axes = shapes.get("mean", ()), shapes.get("axes", ())
        if modality not in _GEOMETRIES or len(axes) != 2 or axes[1:] != mean:
            raise SpaceError(f"{folder / AXES} holds {shapes}, which are not the axes of {modality} items.")
        loaded = cls(stored["mean"].float().numpy(), stored["axes"].float().numpy(), str(modality), f"pca:{path}")
        if loaded.spec.fingerprint != described.get("fingerprint"):
            raise SpaceError(f"{folder / AXES} is not the file that config.json belongs to; restore both, or fit anew.")
        return loaded
