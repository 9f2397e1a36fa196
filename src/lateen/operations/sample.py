"""Samples: points drawn like the data, decoded."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from PIL.Image import Image

from lateen.core.errors import InputError
from lateen.core.seed import require_seed
from lateen.core.synthetic import Synthetic
from lateen.manifold import Mixture
from lateen.operations.near import shown
from lateen.operations.opened import Opened
from lateen.operations.result import Pictured, not_decoded, rounded, stands_in
from lateen.plot.grid import grid
from lateen.store import SpaceFolder

MOST = 10_000  # samples, which are held in memory with their pictures


WEAK = 0.05  # support below which a point is farther from the data than 95 % of held-out items


@dataclass(frozen=True, eq=False)
class Samples(Pictured):
    """Generated items.

    Args:
        items: The points and what they decode to.
        seed: Which draws these are.
        source: What they were drawn from.
        modality: What its items are.
    """

    items: tuple[Synthetic, ...]
    seed: int
    source: str
    modality: str = "image"

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of the pictures, a sentence each."""
        return not_decoded(self.items[0], self.modality)

    def __repr__(self) -> str:
        what = f"{len(self.items)} samples of {self.source}, seed {self.seed}"
        if math.isnan(self.items[0].support):
            return what
        near = sum(s.support >= WEAK for s in self.items)
        return f"{what}: {near} lie no farther out than 95 % of the items do (support 0.05 or more)"

    def to_dict(self) -> dict[str, object]:
        """Plain data, as `--json` prints it."""
        return {
            "n": len(self.items),
            "seed": self.seed,
            "source": self.source,
            "support": [rounded(s.support) for s in self.items],
            "nearest": [s.nearest for s in self.items],
            "decoded_by": self.items[0].decoded_by,
        }

    def picture(self) -> Image:
        """A grid of the decoded samples, the support under each."""
        labels = None if math.isnan(self.items[0].support) else [f"{s.support:.2f}" for s in self.items]
        return grid(shown([s.image for s in self.items]), labels=labels, title=stands_in(self.items[0]))


def sample(opened: Opened, n: int = 16, seed: int = 0) -> Samples:
    """Draw points from a mixture of normal distributions fitted to the space's vectors, and decode them.

    The mixture is rougher than the data, so some draws fall where no items are; their `support` says which.
    """
    _require(n, seed)
    points = opened.geometry.project(Mixture.fit(opened.points).sample(n, seed))
    return Samples(tuple(opened.synthesise(points)), seed, opened.name, opened.spec.modality)


def sample_from(path: Path, n: int = 16, seed: int = 0) -> Samples:
    """Samples of a space or of a model folder.

    A model folder keeps only mean and covariance of its training codes, so a model is sampled from one normal
    distribution; a space has its items, and a mixture fitted to them leaves the holes between classes empty.

    Raises:
        SpaceError: If the folder is neither.
    """
    if (path / "config.json").is_file():
        from lateen.models.vae import VAE

        _require(n, seed)
        model = VAE.load(path)
        vectors = model.sample(n, seed)
        made = [
            Synthetic(vector, float("nan"), "decoder", image, "")
            for vector, image in zip(vectors, model.decode(vectors), strict=True)
        ]
        return Samples(tuple(made), seed, f"model {path.name}")
    return sample(Opened(SpaceFolder.open(path)), n, seed)


def _require(n: int, seed: int) -> None:
    if not 1 <= n <= MOST:
        raise InputError(f"Got n = {n}; ask for 1 to {MOST:,} samples.")
    require_seed(seed)
