"""The network of a decoder: codes are standardised, then go through the layers that decode a VAE's latents."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor, nn

from lateen.models.decoder.config import DecoderConfig
from lateen.models.vae.network import Decoder

FLOOR = 0.01  # of the widest axis: a narrower one is taken for that wide, or noise along it would be blown up


class DecoderNetwork(nn.Module):
    """Codes (n, dim) to pictures (n, 3, size, size) that are about in [0, 1].

    Args:
        config: Sizes of the layers.
        mean: (dim,) mean of the training codes; zero if not given.
        spread: (dim,) standard deviation of the training codes; one if not given.
    """

    mean: Tensor
    spread: Tensor

    def __init__(
        self,
        config: DecoderConfig,
        mean: Float32[np.ndarray, " dim"] | None = None,
        spread: Float32[np.ndarray, " dim"] | None = None,
    ) -> None:
        super().__init__()
        self.decoder = Decoder(config.layers)
        self.register_buffer("mean", torch.zeros(config.dim) if mean is None else torch.from_numpy(mean))
        self.register_buffer("spread", torch.ones(config.dim) if spread is None else torch.from_numpy(spread))

    def forward(self, codes: Tensor) -> Tensor:
        """The pictures; values may lie a little outside [0, 1]."""
        pictures: Tensor = self.decoder((codes.float() - self.mean) / self.spread)
        return pictures


def statistics(codes: Float32[np.ndarray, "n dim"]) -> tuple[Float32[np.ndarray, " dim"], Float32[np.ndarray, " dim"]]:
    """Mean and spread of codes along each axis, as the network wants them."""
    mean, spread = codes.mean(axis=0, dtype=np.float64), codes.std(axis=0, dtype=np.float64)
    widest = float(spread.max())
    spread = np.maximum(spread, FLOOR * widest) if widest > 0 else np.ones_like(spread)
    return mean.astype(np.float32), spread.astype(np.float32)
