"""Training throughput of lateen's loop against pythae 0.1.2's trainer, on the same network, images and batch size.

    python benchmarks/train_vae.py [--images 1280] [--rounds 5] [--size 64] [--batch 32]

The peer gets an environment of its own, so that it can't change lateen's:

    python -m venv peers && peers/bin/pip install pythae==0.1.2 -e . && peers/bin/python benchmarks/train_vae.py

The two alternate, an epoch each, and the medians are compared. Each works as it does for its users: pythae in float32
with its mean squared error, lateen with what the machine multiplies fastest, its detail term and its moving average.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import torch

from lateen.models.training import Budget, train
from lateen.models.vae import VAEConfig
from lateen.models.vae.network import VAENetwork
from lateen.models.vae.train import VAETraining
from lateen.sources.portraits import portraits

PEER = "pythae==0.1.2"


def lateen_epoch(images: np.ndarray, config: VAEConfig) -> Callable[[], float]:
    """A function that trains one epoch with lateen and returns images per second."""
    steps = len(images) // config.batch_size

    def epoch() -> float:
        model = VAETraining(VAENetwork(config), config, augment=False)
        with tempfile.TemporaryDirectory() as folder:
            return train(model, images, Path(folder) / "state.safetensors", budget=Budget(steps=steps)).items_per_second

    return epoch


def pythae_epoch(images: np.ndarray, config: VAEConfig, folder: str) -> Callable[[], float]:
    """A function that trains one epoch with pythae and returns images per second."""
    from pythae.data.datasets import BaseDataset
    from pythae.models import VAE
    from pythae.models import VAEConfig as PeerConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder
    from pythae.trainers import BaseTrainer, BaseTrainerConfig

    network = VAENetwork(config)

    class Encoder(BaseEncoder):
        def __init__(self) -> None:
            super().__init__()
            self.layers = network.encoder

        def forward(self, x: torch.Tensor) -> ModelOutput:
            mean, log_variance = self.layers(x)
            return ModelOutput(embedding=mean, log_covariance=log_variance)

    class Decoder(BaseDecoder):
        def __init__(self) -> None:
            super().__init__()
            self.layers = network.decoder

        def forward(self, z: torch.Tensor) -> ModelOutput:
            return ModelOutput(reconstruction=self.layers(z))

    size = config.size
    model = VAE(PeerConfig(input_dim=(3, size, size), latent_dim=config.latent_dim), Encoder(), Decoder())
    data = torch.from_numpy(images).permute(0, 3, 1, 2).float().div(255).contiguous()
    settings = BaseTrainerConfig(
        output_dir=folder,
        per_device_train_batch_size=config.batch_size,
        learning_rate=1e-4,
        optimizer_cls="AdamW",
        no_cuda=not torch.cuda.is_available(),
    )
    trainer = BaseTrainer(model, BaseDataset(data, torch.zeros(len(data))), training_config=settings)
    trainer.prepare_training()
    count = iter(range(1, 1_000_000))

    def epoch() -> float:
        start = perf_counter()
        trainer.train_step(next(count))
        return len(images) / (perf_counter() - start)

    return epoch


def main() -> None:
    """Alternate the two and print medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=1280)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--batch", type=int, default=32)
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    images = portraits(given.images, seed=3, size=given.size).images
    config = VAEConfig(size=given.size, batch_size=given.batch, augment="none")
    with tempfile.TemporaryDirectory() as folder:
        try:
            runs = {"pythae": pythae_epoch(images, config, folder), "lateen": lateen_epoch(images, config)}
        except ImportError as error:
            sys.exit(f"The peer is missing ({error}). Install it in an environment of its own: pip install {PEER}")
        for run in runs.values():
            run()  # warm up
        rates: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(given.rounds):
            for name, run in runs.items():
                rates[name].append(run())
    for name, values in rates.items():
        print(f"{name:8s} {median(values):7.0f} images/s  (from {min(values):.0f} to {max(values):.0f})")
    print(f"ratio    {median(rates['lateen']) / median(rates['pythae']):7.2f}")


if __name__ == "__main__":
    main()
