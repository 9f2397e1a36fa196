"""What a decoder is made of and how it is trained: the numbers that its `config.json` records."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from lateen.core.errors import InputError
from lateen.models.vae.config import VAEConfig


@dataclass(frozen=True)
class DecoderConfig:
    """Hyper-parameters of a decoder.

    Args:
        dim: Numbers per code.
        size: Height and width of the pictures in pixels: a multiple of 16 from 32 to 128.
        width: Channels of the last layer; those before have two and four times as many.
        blocks: Residual blocks per resolution.
        hidden: Numbers that a code is made into before the layers.
        detail: Weight of the multi-scale gradient likelihood against the pixel likelihood.
        learning_rate: Peak of the one-cycle schedule.
        batch_size: Pictures per step; fewer than this make one batch.

    Raises:
        InputError: If a value is out of its range; the message names it.
    """

    dim: int
    size: int = 64
    width: int = 32
    blocks: int = 1
    hidden: int = 512
    detail: float | int = 0.5
    learning_rate: float | int = 2e-3
    batch_size: int = 32

    def __post_init__(self) -> None:
        if not 1 <= self.dim <= 4096:
            raise InputError(f"A decoder takes codes of 1 to 4,096 numbers; these have {self.dim:,}.")
        self.layers  # noqa: B018  refuses what the layers can't be

    @property
    def layers(self) -> VAEConfig:
        """The same for the VAE's decoder, which does the work."""
        return VAEConfig(
            size=self.size,
            latent_dim=self.hidden,
            width=self.width,
            blocks=self.blocks,
            detail=self.detail,
            learning_rate=self.learning_rate,
            batch_size=self.batch_size,
        )

    def to_dict(self) -> dict[str, int | float]:
        """The config as plain data."""
        return asdict(self)
