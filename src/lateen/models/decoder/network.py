"""The network of a decoder: a blend of regression, which is solved, and layers like a VAE's decoder, which are trained.

One idea: regression is hard to beat with few pictures or steps, layers are far better with many, and the mean of two
readers is better than either; so the share of each is measured on held-out pictures.
"""

from __future__ import annotations

from dataclasses import asdict

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lateen.models.decoder.config import DecoderConfig
from lateen.models.decoder.regression import FEATURES, Regression
from lateen.models.vae.network import Decoder


class DecoderNetwork(nn.Module):
    """Codes (n, dim) to pictures (n, 3, size, size) that are about in [0, 1].

    Args:
        config: Sizes of the layers.
        axes: Axes of the regression.
    """

    center: Tensor
    spread: Tensor
    projection: Tensor
    phase: Tensor
    weights: Tensor
    offset: Tensor
    axes: Tensor
    mean: Tensor
    share: Tensor

    def __init__(self, config: DecoderConfig, axes: int) -> None:
        super().__init__()
        self.bend = nn.Sequential(nn.Linear(config.dim, config.hidden), nn.SiLU())
        self.layers = Decoder(config.layers)
        dim, size = config.dim, config.size
        shapes = {"center": (dim,), "spread": (dim,), "projection": (dim, FEATURES), "phase": (FEATURES,)}
        shapes |= {"weights": (dim + FEATURES, axes), "offset": (axes,)}
        shapes |= {"axes": (axes, 3 * size**2), "mean": (3, size, size)}
        for name, shape in shapes.items():
            self.register_buffer(name, torch.zeros(shape))
        self.register_buffer("share", torch.zeros(1))

    @classmethod
    def begun(cls, config: DecoderConfig, regression: Regression) -> DecoderNetwork:
        """An untrained network; the share of its layers is zero until it is measured."""
        network = cls(config, len(regression.axes))
        for name, array in asdict(regression).items():
            network.get_buffer(name).copy_(torch.from_numpy(array))
        return network

    def forward(self, codes: Tensor) -> Tensor:
        """The pictures; values may lie a little outside [0, 1]."""
        solved = self.solved(codes)
        return solved + self.share * (self.trained(codes) - solved)

    def solved(self, codes: Tensor) -> Tensor:
        """What the regression makes of codes."""
        with torch.autocast(codes.device.type, enabled=False):
            z = self._standard(codes)
            features = torch.cat([z, F.silu(z @ self.projection + self.phase)], dim=1)
            flat = (features @ self.weights + self.offset) @ self.axes
        return flat.view(-1, *self.mean.shape) + self.mean

    def trained(self, codes: Tensor) -> Tensor:
        """What the layers make of codes."""
        pictures: Tensor = self.layers(self.bend(self._standard(codes)))
        return pictures

    def _standard(self, codes: Tensor) -> Tensor:
        return (codes.float() - self.center) / self.spread
