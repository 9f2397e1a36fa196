"""The network of a decoder: a regression that is solved beforehand, plus what layers like a VAE's decoder add to it.

One idea: the regression is never trained and the layers' last weights start at zero, so training begins at what
regression can do and only goes on from there.
"""

from __future__ import annotations

from dataclasses import asdict

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lateen.models.decoder.config import DecoderConfig
from lateen.models.decoder.regression import FEATURES, Regression
from lateen.models.vae.network import CENTER, Decoder

_SLOPE = 0.2  # a correction that starts at zero could end there for good, at a ReLU that lets nothing through


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

    def __init__(self, config: DecoderConfig, axes: int) -> None:
        super().__init__()
        self.bend = nn.Sequential(nn.Linear(config.dim, config.hidden), nn.SiLU())
        self.layers = Decoder(config.layers, slope=_SLOPE)
        last = self.layers.layers[-2]
        assert isinstance(last, nn.Conv2d)
        assert last.bias is not None
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        dim, size = config.dim, config.size
        shapes = {"center": (dim,), "spread": (dim,), "projection": (dim, FEATURES), "phase": (FEATURES,)}
        shapes |= {"weights": (dim + FEATURES, axes), "offset": (axes,)}
        shapes |= {"axes": (axes, 3 * size**2), "mean": (3, size, size)}
        for name, shape in shapes.items():
            self.register_buffer(name, torch.zeros(shape))

    @classmethod
    def begun(cls, config: DecoderConfig, regression: Regression) -> DecoderNetwork:
        """An untrained network, which decodes as the regression does."""
        network = cls(config, len(regression.axes))
        for name, array in asdict(regression).items():
            network.get_buffer(name).copy_(torch.from_numpy(array))
        return network

    def forward(self, codes: Tensor) -> Tensor:
        """The pictures; values may lie a little outside [0, 1]."""
        z = (codes.float() - self.center) / self.spread
        with torch.autocast(codes.device.type, enabled=False):
            features = torch.cat([z, F.silu(z @ self.projection + self.phase)], dim=1)
            solved = (features @ self.weights + self.offset) @ self.axes
        added: Tensor = self.layers(self.bend(z))
        return solved.view(-1, *self.mean.shape) + self.mean + (added - CENTER)
