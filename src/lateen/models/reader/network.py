"""The network that reads pictures: four halvings, one layer of features, one output for all heads."""

from __future__ import annotations

from torch import Tensor, nn

CHANNELS = (32, 64, 128, 160)
FEATURES = 192


def _stage(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(inplace=True),
        nn.Conv2d(after, after, 3, padding=1, groups=after, bias=False),
        nn.Conv2d(after, after, 1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(inplace=True),
    )


class ReaderNetwork(nn.Module):
    """Pictures (n, 3, size, size) in [-1, 1] to features and outputs.

    The features see the last grid place by place, not its mean: where something is, such as a glance or the turn of a
    head, is an attribute too.

    Args:
        size: Pixels of the sides; a multiple of 16.
        outputs: Of all heads together.
        dropout: Share of the features that is left out in a step of training.
    """

    def __init__(self, size: int, outputs: int, dropout: float) -> None:
        super().__init__()
        self.stages = nn.Sequential(*(_stage(a, b) for a, b in zip((3, *CHANNELS), CHANNELS, strict=False)))
        self.features = nn.Sequential(
            nn.Flatten(), nn.Linear(CHANNELS[-1] * (size // 16) ** 2, FEATURES), nn.BatchNorm1d(FEATURES), nn.ReLU()
        )
        self.heads = nn.Sequential(nn.Dropout(dropout), nn.Linear(FEATURES, outputs))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """(n, FEATURES) and (n, outputs)."""
        features: Tensor = self.features(self.stages(pictures))
        return features, self.heads(features)
