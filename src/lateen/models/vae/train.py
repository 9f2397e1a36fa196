"""Training a VAE on images: the model's side of the training loop, and the front that writes a model folder."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor, nn

from lateen.core.errors import InputError
from lateen.models.files import fingerprint
from lateen.models.run import TrainResult, check_training
from lateen.models.training import Measures, Progress, Trained, train
from lateen.models.vae.codec import VAE, LatentStatistics, preprocessing, to_network
from lateen.models.vae.config import VAEConfig
from lateen.models.vae.loss import gradient_nll, kl_per_dimension, optimal_sigma_nll, with_free_bits
from lateen.models.vae.network import VAENetwork

_STATISTICS_FROM = 20_000  # training images whose codes give mean and covariance


@dataclass(frozen=True, eq=False)
class VAETraining:
    """A VAE as the training loop sees it.

    Args:
        network: The network to train.
        config: Hyper-parameters of the loss and the optimizer.
        augment: Shift and brighten images at random.
    """

    network: VAENetwork
    config: VAEConfig
    augment: bool

    @property
    def settings(self) -> dict[str, object]:
        """The kind and the hyper-parameters."""
        return {"kind": "vae", **self.config.to_dict()}

    @property
    def learning_rate(self) -> float:
        """Peak learning rate."""
        return self.config.learning_rate

    @property
    def batch_size(self) -> int:
        """Images per step."""
        return self.config.batch_size

    def loss(self, batch: Tensor, progress: float, generator: torch.Generator) -> Tensor:
        """Negative evidence lower bound of (n, h, w, 3) grey levels, in nats per number of an image."""
        config = self.config
        target = _shift(batch, generator) if self.augment else to_network(batch)
        noise = torch.randn(len(batch), config.latent_dim, generator=generator, device=batch.device)
        output, mean, log_variance = self.network(target, noise)
        dims = target[0].numel()
        likelihood = optimal_sigma_nll((output - target).square(), dims)
        if config.detail:
            likelihood = (likelihood + config.detail * gradient_nll(output, target)) / (1 + config.detail)
        fade = min(1.0, progress / config.warmup) if config.warmup else 1.0
        kl = with_free_bits(kl_per_dimension(mean, log_variance), config.free_bits)
        return (likelihood + fade * config.beta * kl) / dims

    def validate(self, network: nn.Module, batches: Iterable[Tensor]) -> Measures:
        """PSNR (of the pooled error of decoded posterior means), KL divergence and active dimensions."""
        assert isinstance(network, VAENetwork)
        squared, items, kl = 0.0, 0, torch.zeros(self.config.latent_dim)
        for batch in batches:
            target = to_network(batch)
            mean, log_variance = network.encoder(target)
            output = network.decoder(mean).clamp(0, 1)
            squared += (output - target).square().mean(dim=(1, 2, 3)).sum().item()
            kl += kl_per_dimension(mean, log_variance).cpu() * len(batch)
            items += len(batch)
        psnr = -10 * math.log10(max(squared / items, 1e-10))
        active = int((kl / items > self.config.free_bits).sum())
        return {"psnr": psnr, "kl": (kl / items).sum().item(), "active_dimensions": active, "n": items}


def train_vae(
    images: UInt8[np.ndarray, "n h w 3"],
    out: Path | str,
    *,
    config: VAEConfig | None = None,
    steps: int | None = None,
    minutes: float | int | None = None,
    seed: int = 0,
    resume: bool = False,
    progress: Progress | None = None,
    checkpoint_seconds: float = 30.0,
    dtype: str = "float32",
) -> TrainResult:
    """Train a VAE and write it as a model folder.

    Args:
        images: (n, size, size, 3) grey levels, in memory or memory-mapped; read one batch at a time.
        out: Model folder; until the run is finished it holds `training/` with the last checkpoint.
        config: Hyper-parameters; the defaults at the images' size if not given.
        steps: Steps to train; the same seed then gives the same bytes on the same machine, resumed or not.
        minutes: Minutes to train instead; 10 if neither is given.
        seed: Seed of weights, order and noise.
        resume: Go on where a killed run stopped.
        progress: Told after every step.
        checkpoint_seconds: Seconds between two checkpoints.
        dtype: Type of the stored weights, "float32" or "float16".

    Raises:
        InputError: If the images don't fit the config, or `out` holds something that is not to be resumed.
        SpaceError: If the run to resume had another config, seed or data.
        TrainingError: If the loss is not finite.
        InterruptedWorkError: At ^C, after the state is written.
    """
    folder = Path(out)
    config = config or VAEConfig(size=images.shape[1])
    if images.shape[1:3] != (config.size, config.size):
        height, width = images.shape[1:3]
        raise InputError(
            f"train_vae got images of {width} x {height} pixels and a config for {config.size} x {config.size}: "
            "resize the images, or set the config's size."
        )
    budget = check_training(folder, steps, minutes, resume)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = VAENetwork(config)
    trained = train(
        VAETraining(network, config, config.augments(len(images))),
        images,
        folder / "training" / "state.safetensors",
        budget=budget,
        seed=seed,
        resume=resume,
        progress=progress,
        checkpoint_seconds=checkpoint_seconds,
    )
    _finish(trained, config, images).save(folder, dtype=dtype)
    shutil.rmtree(folder / "training")
    return TrainResult(folder, trained.steps, trained.seconds, trained.items_per_second, trained.validation)


def _finish(trained: Trained, config: VAEConfig, images: UInt8[np.ndarray, "n h w 3"]) -> VAE:
    """The averaged weights as a VAE, with the statistics of codes of the images it was trained on."""
    network = trained.network
    assert isinstance(network, VAENetwork)
    bare = LatentStatistics(np.zeros(config.latent_dim, np.float32), np.eye(config.latent_dim, dtype=np.float32))
    vae = VAE(config, network, bare, fingerprint(network.state_dict(), preprocessing(config)))
    rows = trained.train_rows[:: math.ceil(len(trained.train_rows) / _STATISTICS_FROM)]
    codes = np.concatenate([vae.encode(images[rows[i : i + 256]]) for i in range(0, len(rows), 256)])
    return VAE(config, network, LatentStatistics.of(codes), vae.fingerprint)


def _shift(images: Tensor, generator: torch.Generator) -> Tensor:
    """Grey levels to [0, 1], each image moved by up to a sixteenth (edges repeated) and 10 % in brightness."""
    n, height, width, _ = images.shape
    reach = max(1, height // 16)
    device = images.device
    moves = torch.randint(-reach, reach + 1, (2, n, 1), generator=generator, device=device)
    rows = (torch.arange(height, device=device) + moves[0]).clamp(0, height - 1)
    columns = (torch.arange(width, device=device) + moves[1]).clamp(0, width - 1)
    items = torch.arange(n, device=device)[:, None, None]
    moved = to_network(images[items, rows[:, :, None], columns[:, None, :]])
    gain = 1 + 0.1 * (2 * torch.rand(n, 1, 1, 1, generator=generator, device=device) - 1)
    return (moved * gain).clamp(0, 1)
