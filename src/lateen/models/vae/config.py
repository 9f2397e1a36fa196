"""What a VAE is made of and how it is trained: the numbers a model's `config.json` records.

One idea: a config that exists is valid; a wrong value is refused where it is given, with what was expected.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from lateen.core.errors import InputError

SIDE = 16
"""The encoder divides height and width by this much."""


@dataclass(frozen=True)
class VAEConfig:
    """Hyper-parameters of the VAE; the defaults are those of the weights that lateen ships.

    Args:
        size: Height and width of an image in pixels: a multiple of 16 from 32 to 128.
        latent_dim: Numbers per image in the latent space.
        width: Channels of the first layer; deeper ones have two and four times as many.
        blocks: Residual blocks per resolution, in the encoder and in the decoder.
        beta: Weight of the KL divergence.
        warmup: Share of the run over which the KL divergence fades in.
        free_bits: Nats per latent dimension that cost nothing.
        detail: Weight of the multi-scale gradient likelihood against the pixel likelihood.
        learning_rate: Peak of the one-cycle schedule.
        batch_size: Images per step; fewer images than this make one batch.
        fit: How pictures become square before training and encoding: "crop", "pad" or "stretch".
        augment: "none", "shift" (random shifts and brightness), or "auto": "shift" below 200 images. (On 624
            photographs of faces shifts cost 0.7 dB on held-out ones: they blur what is aligned.)

    Raises:
        InputError: If a value is out of its range; the message names it.
    """

    size: int = 64
    latent_dim: int = 64
    width: int = 32
    blocks: int = 1
    beta: float = 1.0
    warmup: float = 0.1
    free_bits: float = 0.1
    detail: float = 0.5
    learning_rate: float = 2e-3
    batch_size: int = 32
    fit: str = "crop"
    augment: str = "auto"

    def __post_init__(self) -> None:
        self._require("size", 32 <= self.size <= 128 and self.size % SIDE == 0, "a multiple of 16 from 32 to 128")
        self._require("latent_dim", 1 <= self.latent_dim <= 4096, "from 1 to 4096")
        self._require("width", 4 <= self.width <= 512, "from 4 to 512")
        self._require("blocks", 0 <= self.blocks <= 16, "from 0 to 16")
        self._require("beta", 0 <= self.beta < float("inf"), "0 or more")
        self._require("warmup", 0 <= self.warmup <= 1, "from 0 to 1")
        self._require("free_bits", 0 <= self.free_bits < float("inf"), "0 or more")
        self._require("detail", 0 <= self.detail < float("inf"), "0 or more")
        self._require("learning_rate", 0 < self.learning_rate < 1, "between 0 and 1")
        self._require("batch_size", 1 <= self.batch_size <= 65_536, "from 1 to 65536")
        self._require("fit", self.fit in ("crop", "pad", "stretch"), "'crop', 'pad' or 'stretch'")
        self._require("augment", self.augment in ("none", "shift", "auto"), "'none', 'shift' or 'auto'")

    @property
    def channels(self) -> tuple[int, int, int, int]:
        """Channels at a half, a quarter, an eighth and a sixteenth of the size."""
        return self.width, 2 * self.width, 4 * self.width, 4 * self.width

    def augments(self, n: int) -> bool:
        """Whether training on n images shifts them at random."""
        return self.augment == "shift" or (self.augment == "auto" and n < 200)

    def to_dict(self) -> dict[str, int | float | str]:
        """The config as plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, object], where: str = "the config") -> VAEConfig:
        """The config of plain data.

        Args:
            values: One value per hyper-parameter; missing ones take their default.
            where: What the values were read from, for the message.

        Raises:
            InputError: If a name is unknown, a value has another type or is out of range.
        """
        kinds = {f.name: type(f.default) for f in fields(cls)}
        for name, value in values.items():
            if name not in kinds:
                raise InputError(f"{where} has the hyper-parameter {name!r}; a VAE has {', '.join(kinds)}.")
            accepted = (int, float) if kinds[name] is float else (kinds[name],)
            if not isinstance(value, accepted) or isinstance(value, bool):
                raise InputError(f"{where} has {name} = {value!r}; expected {kinds[name].__name__}.")
        checked: dict[str, Any] = dict(values)
        return cls(**checked)

    def _require(self, name: str, holds: bool, expected: str) -> None:
        if not holds:
            raise InputError(f"VAEConfig got {name} = {getattr(self, name)!r}; expected {expected}.")
