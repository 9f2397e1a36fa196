"""A trained reader: pictures to what each field is in them.

It never leaves memory: it is made for one space, to judge edits there, and made again the next time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, UInt8
from PIL import Image
from torch import Tensor

from lateen.measures.readings import Classes, Numbers, Readings
from lateen.models.reader.heads import ClassHead, Head, places
from lateen.models.reader.network import ReaderNetwork

_BATCH = 256


@dataclass(frozen=True, eq=False)
class Reader:
    """Reads fields from pictures.

    Args:
        heads: What it reads.
        network: The trained network.
        size: Pixels of the sides of the pictures that it sees.
        person: The field of identity among the heads, or None.
    """

    heads: tuple[Head, ...]
    network: ReaderNetwork
    size: int
    person: str | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """What it reads."""
        return tuple(head.field for head in self.heads)

    def head(self, field: str) -> Head | None:
        """How it reads a field; None if it doesn't."""
        return next((head for head in self.heads if head.field == field), None)

    def read(self, pictures: UInt8[np.ndarray, "n size size 3"]) -> Readings:
        """What the fields are in pictures of its size; see `fitted`."""
        features, outputs = self._computed(pictures)
        fields: dict[str, Numbers | Classes] = {}
        for head, place in zip(self.heads, places(self.heads), strict=True):
            output = outputs[:, place]
            if isinstance(head, ClassHead):
                fields[head.field] = Classes(head.values, _softmax(output))
            else:
                fields[head.field] = Numbers(output[:, 0].astype(np.float64) * head.spread + head.mean)
        return Readings(fields, features)

    def _computed(
        self, pictures: UInt8[np.ndarray, "n size size 3"]
    ) -> tuple[Float32[np.ndarray, "n f"], Float32[np.ndarray, "n o"]]:
        parts = [(np.zeros((0, 1), np.float32), np.zeros((0, sum(h.width for h in self.heads)), np.float32))]
        with torch.inference_mode():
            computed = [self.network(to_network(pictures[i : i + _BATCH])) for i in range(0, len(pictures), _BATCH)]
            parts = [(features.numpy(), outputs.numpy()) for features, outputs in computed] or parts
        return np.concatenate([f for f, _ in parts]), np.concatenate([o for _, o in parts])


def fitted(picture: UInt8[np.ndarray, "height width 3"], size: int) -> UInt8[np.ndarray, "size size 3"]:
    """A picture at a reader's size; real and decoded ones go the same way."""
    if picture.shape[:2] == (size, size):
        return picture
    larger = max(picture.shape[:2]) > size
    how = Image.Resampling.BOX if larger else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(np.ascontiguousarray(picture)).resize((size, size), how))


def to_network(pictures: UInt8[np.ndarray, "n h w 3"]) -> Tensor:
    """(n, 3, h, w) in [-1, 1]."""
    return torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float().div(127.5).sub(1)


def _softmax(outputs: Float32[np.ndarray, "n k"]) -> Float32[np.ndarray, "n k"]:
    shifted = np.exp(outputs - outputs.max(axis=1, keepdims=True)) if len(outputs) else outputs
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True) if len(outputs) else outputs, np.float32)
