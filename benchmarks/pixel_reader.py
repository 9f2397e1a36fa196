"""An independent judge of edits: a small network that reads attributes from pixels, trained on drawn portraits only.

It never sees a latent vector or a decoded picture in training. Continuous factors are read as low or high third.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

ATTRIBUTES = (
    "glasses", "hair_colour", "hair_length", "beard", "skin_tone", "smile", "mouth_open", "head_turn", "face_width",
    "background", "light", "shirt",
)  # fmt: skip


def low_or_high(factors: dict[str, np.ndarray]) -> np.ndarray:
    """(n, attributes): 1 for the upper third (glasses: any), 0 for the lower, -1 for the middle."""
    columns = []
    for name in ATTRIBUTES:
        values = np.asarray(factors[name], np.float64)
        if name == "glasses":
            columns.append((values > 0).astype(np.int64))
            continue
        low, high = np.quantile(values, [1 / 3, 2 / 3])
        columns.append(np.where(values > high, 1, np.where(values < low, 0, -1)))
    return np.stack(columns, axis=1)


class PixelReader:
    """Reads ATTRIBUTES from pictures of 64 pixels."""

    def __init__(self, seed: int = 0) -> None:
        torch.manual_seed(seed)
        layers: list[nn.Module] = []
        for before, after in ((3, 24), (24, 48), (48, 96), (96, 128)):
            layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.BatchNorm2d(after), nn.ReLU()]
        self.network = nn.Sequential(
            *layers, nn.Flatten(), nn.Linear(128 * 16, 128), nn.ReLU(), nn.Linear(128, len(ATTRIBUTES))
        ).to(memory_format=torch.channels_last)

    def fit(self, images: np.ndarray, labels: np.ndarray, epochs: int = 6, seed: int = 0) -> None:
        """Train with a masked cross-entropy: a middle third teaches nothing."""
        rng, batch = np.random.default_rng(seed), 128
        steps = epochs * (len(images) // batch)
        optimizer = torch.optim.AdamW(self.network.parameters(), 2e-3)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
        self.network.train()
        for _ in range(epochs):
            order = rng.permutation(len(images))
            for i in range(len(images) // batch):
                rows = np.sort(order[i * batch : (i + 1) * batch])
                target = torch.from_numpy(labels[rows])
                loss = nn.functional.binary_cross_entropy_with_logits(
                    self.network(_tensor(images[rows])), target.clamp(min=0).float(), reduction="none"
                )
                known = target >= 0
                optimizer.zero_grad()
                loss[known].mean().backward()
                optimizer.step()
                schedule.step()
        self.network.eval()

    def read(self, images: np.ndarray) -> np.ndarray:
        """(n, attributes) of booleans."""
        with torch.inference_mode():
            parts = [self.network(_tensor(images[i : i + 256])) > 0 for i in range(0, len(images), 256)]
        return torch.cat(parts).numpy()


def _tensor(images: np.ndarray) -> Tensor:
    return torch.from_numpy(images).permute(0, 3, 1, 2).float().div(127.5).sub(1)
