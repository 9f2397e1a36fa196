"""The VAE's encoder and decoder as torch modules.

One idea: seconds are spent where the pixels are, so the first layer already works at half resolution, resolution
changes by non-overlapping 2x2 patches, and residual gains stand in for normalisation, which is slow on a CPU.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lateen.models.vae.config import SIDE, VAEConfig

_CENTER, _CONTRAST = 0.5, 4.0  # grey levels in [0, 1] reach the network with about unit variance


class VAENetwork(nn.Module):
    """Images in [0, 1] to the mean and log-variance of a Gaussian over the latent, and latents to images.

    Args:
        config: Sizes of the layers.
    """

    def __init__(self, config: VAEConfig) -> None:
        super().__init__()
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)

    def forward(self, images: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Reconstruct images through a latent drawn by standard normal `noise` (n, latent_dim).

        Returns:
            The reconstruction (n, 3, size, size), the latent's mean and log-variance (n, latent_dim).
        """
        mean, log_variance = self.encoder(images)
        return self.decoder(mean + (0.5 * log_variance).exp() * noise), mean, log_variance


class Encoder(nn.Module):
    """(n, 3, size, size) images to mean and log-variance, (n, latent_dim) each."""

    def __init__(self, config: VAEConfig) -> None:
        super().__init__()
        channels = config.channels
        layers: list[nn.Module] = [nn.Conv2d(3, channels[0], 4, stride=2, padding=1)]
        for level, width in enumerate(channels):
            if level:
                layers.append(nn.Conv2d(channels[level - 1], width, 2, stride=2))
            layers += [Residual(width) for _ in range(config.blocks)]
        self.layers = nn.Sequential(*layers, nn.ReLU(), nn.Flatten())
        self.head = nn.Linear(channels[-1] * (config.size // SIDE) ** 2, 2 * config.latent_dim)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of the posterior; the last layer works in float32 even under autocast."""
        features = self.layers((images - _CENTER) * _CONTRAST)
        with torch.autocast(features.device.type, enabled=False):
            mean, log_variance = self.head(features.float()).chunk(2, dim=1)
        return mean, log_variance.clamp(-14, 6)


class Decoder(nn.Module):
    """(n, latent_dim) latents to images (n, 3, size, size) that are about in [0, 1]."""

    def __init__(self, config: VAEConfig) -> None:
        super().__init__()
        channels, side = config.channels, config.size // SIDE
        self.head = nn.Linear(config.latent_dim, channels[-1] * side**2)
        layers: list[nn.Module] = [nn.Unflatten(1, (channels[-1], side, side))]
        for level in reversed(range(len(channels))):
            layers += [Residual(channels[level]) for _ in range(config.blocks)]
            if level:
                layers.append(nn.ConvTranspose2d(channels[level], channels[level - 1], 2, stride=2))
        self.layers = nn.Sequential(*layers, nn.ReLU(), nn.Conv2d(channels[0], 12, 3, padding=1), nn.PixelShuffle(2))

    def forward(self, latents: Tensor) -> Tensor:
        """The image; values may lie a little outside [0, 1]."""
        with torch.autocast(latents.device.type, enabled=False):
            features = self.head(latents.float())
        pixels: Tensor = self.layers(features)
        return pixels.float() / _CONTRAST + _CENTER


class Residual(nn.Module):
    """x + gain * conv(relu(conv(relu(x)))) with one learnt gain per channel.

    Small gains at the start do what normalisation would (Zhang et al., *Fixup Initialization*, ICLR 2019).
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        self.gain = nn.Parameter(torch.full((1, width, 1, 1), 0.1))

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as x."""
        y: Tensor = self.second(self.first(x.relu()).relu())
        return x + self.gain.to(y.dtype) * y
