"""The network of a decoder: a fixed linear map to pictures, plus what layers like a VAE's decoder add to it.

One idea: the linear map is solved beforehand and never trained, and the layers' last weights start at zero, so training
begins at linear regression and can only go on from there.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor, nn

from lateen.models.decoder.config import DecoderConfig
from lateen.models.decoder.linear import LinearMap
from lateen.models.vae.network import CENTER, Decoder

FLOOR = 0.01  # of the widest axis: a narrower one is taken for that wide, or noise along it would be blown up

_SLOPE = 0.2  # a correction that starts at zero could end there for good, at a ReLU that lets nothing through


class DecoderNetwork(nn.Module):
    """Codes (n, dim) to pictures (n, 3, size, size) that are about in [0, 1].

    Args:
        config: Sizes of the layers.
        axes: Axes of the linear map.
    """

    mean: Tensor
    spread: Tensor
    linear_weights: Tensor
    linear_offset: Tensor
    linear_axes: Tensor
    linear_mean: Tensor

    def __init__(self, config: DecoderConfig, axes: int) -> None:
        super().__init__()
        self.bend = nn.Sequential(nn.Linear(config.dim, config.hidden), nn.SiLU())
        self.layers = Decoder(config.layers, slope=_SLOPE)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)  # type: ignore[arg-type]
        dim, size = config.dim, config.size
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("spread", torch.ones(dim))
        self.register_buffer("linear_weights", torch.zeros(dim, axes))
        self.register_buffer("linear_offset", torch.zeros(axes))
        self.register_buffer("linear_axes", torch.zeros(axes, 3 * size * size))
        self.register_buffer("linear_mean", torch.zeros(3, size, size))

    @classmethod
    def begun(cls, config: DecoderConfig, codes: Float32[np.ndarray, "n dim"], linear: LinearMap) -> DecoderNetwork:
        """An untrained network that decodes as the linear map does; `codes` are those it will be trained on."""
        network = cls(config, len(linear.axes))
        mean, spread = _statistics(codes)
        given = {
            "mean": mean,
            "spread": spread,
            "linear_weights": linear.weights,
            "linear_offset": linear.offset,
            "linear_axes": linear.axes.reshape(len(linear.axes), -1),
            "linear_mean": linear.mean,
        }
        for name, array in given.items():
            network.get_buffer(name).copy_(torch.from_numpy(array))
        return network

    @property
    def last(self) -> nn.Conv2d:
        """The layer that makes pixels; its output is a correction around zero."""
        layer = self.layers.layers[-2]
        assert isinstance(layer, nn.Conv2d)
        return layer

    def forward(self, codes: Tensor) -> Tensor:
        """The pictures; values may lie a little outside [0, 1]."""
        codes = codes.float()
        with torch.autocast(codes.device.type, enabled=False):
            on_axes = codes @ self.linear_weights + self.linear_offset
            linear = (on_axes @ self.linear_axes).view(-1, *self.linear_mean.shape) + self.linear_mean
        added: Tensor = self.layers(self.bend((codes - self.mean) / self.spread))
        return linear + (added - CENTER)


def _statistics(codes: Float32[np.ndarray, "n dim"]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and spread of codes along each axis."""
    mean, spread = codes.mean(axis=0, dtype=np.float64), codes.std(axis=0, dtype=np.float64)
    widest = float(spread.max())
    spread = np.maximum(spread, FLOOR * widest) if widest > 0 else np.ones_like(spread)
    return mean.astype(np.float32), spread.astype(np.float32)
