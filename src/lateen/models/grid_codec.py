"""An autoencoder whose latents are grids (channels x height x width), as a codec of points.

One idea: a grid is a point after flattening. That makes every operation possible, and says nothing about alignment:
the numbers of one place describe one patch of the picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float32, UInt8
from torch import Tensor

from lateen.core.codec import LatentSpec
from lateen.core.errors import InputError, SpaceError
from lateen.core.geometry import Euclidean

PIXELS_CPU, PIXELS_GPU = 2**18, 2**21  # in one batch: four pictures of 256 px, or a quarter of one of 1024 px: one

Images = UInt8[np.ndarray, "n height width 3"]
Latents = Float32[np.ndarray, "n dim"]


@runtime_checkable
class GridNetwork(Protocol):
    """Pictures to grids and back; pictures are (n, 3, h, w) in [0, 1], decoded ones may lie a little outside."""

    def encode(self, pictures: Tensor, /) -> Tensor:
        """(n, 3, h, w) pictures to (n, ...) grids."""
        ...

    def decode(self, grids: Tensor, /) -> Tensor:
        """(n, ...) grids to (n, 3, h, w) pictures."""
        ...


@dataclass(frozen=True, eq=False)
class GridCodec:
    """A `Codec` of flattened grids, in C order: channel by channel, row by row.

    Args:
        spec: What the vectors are.
        network: Pictures to grids and back.
        grid: Shape of one grid.
        size: Height and width of a picture.
        device: Where the network computes, such as "cpu" or "cuda".
        notes: What a user should know, a sentence each.
    """

    spec: LatentSpec
    network: GridNetwork
    grid: tuple[int, ...]
    size: int
    device: str = "cpu"
    notes: tuple[str, ...] = ()

    @property
    def geometry(self) -> Euclidean:
        """Flat: nothing makes the grids of real pictures keep to a sphere or a shell, as noise would."""
        return Euclidean()

    def encode(self, images: Images) -> Latents:
        """Encode pictures to flattened grids.

        Args:
            images: (n, size, size, 3); n may be 0.

        Returns:
            (n, dim) float32.

        Raises:
            InputError: If the pictures have another size.
            SpaceError: If the network's grids have another shape than its description says.
        """
        if images.shape[1:] != (self.size, self.size, 3):
            height, width = images.shape[1:3]
            raise InputError(
                f"{self.spec.encoder} encodes pictures of {self.size} x {self.size} pixels here; it got "
                f"{width} x {height} (width x height). Resize them, or load it with another size."
            )
        codes = np.empty((len(images), self.spec.dim), np.float32)
        with torch.inference_mode():
            for part in self._parts(len(images)):
                pictures = self._tensor(images[part]).permute(0, 3, 1, 2).float().div(255)
                grids = self.network.encode(pictures)
                self._require("encoded to a grid", tuple(grids.shape[1:]), self.grid)
                codes[part] = grids.flatten(1).float().cpu().numpy()
        return codes

    def decode(self, vectors: Latents) -> Images:
        """Decode flattened grids to pictures.

        Args:
            vectors: (n, dim); n may be 0.

        Returns:
            (n, size, size, 3) grey levels from 0 to 255.

        Raises:
            InputError: If the vectors have another dimension.
            SpaceError: If the network's pictures have another size than was encoded.
        """
        if vectors.shape[1] != self.spec.dim:
            shape = " x ".join(map(str, self.grid))
            raise InputError(
                f"{self.spec.encoder} decodes vectors of {self.spec.dim} numbers ({shape}); it got {vectors.shape[1]}."
            )
        images = np.empty((len(vectors), self.size, self.size, 3), np.uint8)
        with torch.inference_mode():
            for part in self._parts(len(vectors)):
                pictures = self.network.decode(self._tensor(vectors[part]).reshape(-1, *self.grid))
                self._require("decoded to a picture", tuple(pictures.shape[1:]), (3, self.size, self.size))
                levels = pictures.float().clamp(0, 1).mul(255).round().byte()
                images[part] = levels.permute(0, 2, 3, 1).cpu().numpy()
        return images

    def _require(self, what: str, found: tuple[int, ...], expected: tuple[int, ...]) -> None:
        if found != expected:
            raise SpaceError(f"{self.spec.encoder} {what} of shape {found}; its config.json means {expected}.")

    def _parts(self, n: int) -> Iterator[slice]:
        pixels = PIXELS_CPU if self.device == "cpu" else PIXELS_GPU
        rows = max(1, pixels // self.size**2)
        return (slice(start, start + rows) for start in range(0, n, rows))

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(np.require(array, requirements=["C", "W"])).to(self.device)
