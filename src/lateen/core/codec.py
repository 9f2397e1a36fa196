"""What turns items into points and back: encoders, decoders, and the spec of the latent space between them.

One idea: a codec is known by its `LatentSpec`. A space records the spec; a query made with another is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from jaxtyping import Float32, UInt8

from lateen.core.geometry import Geometry

Images = UInt8[np.ndarray, "n height width 3"]
Latents = Float32[np.ndarray, "n dim"]
Items: TypeAlias = np.ndarray | Sequence[str]
"""What an encoder takes, by its modality: Images for "image", strings for "text", (n, width) float32 for "vector" and
"word"."""


@dataclass(frozen=True)
class LatentSpec:
    """Everything that must agree for two vectors to live in the same latent space.

    Args:
        encoder: `scheme:id[@revision]`, as the user named it.
        dim: Numbers per item after encoding.
        modality: What an item is: "image", "text", "word" or "vector".
        geometry: Name of the geometry: "euclidean", "sphere" or "gaussian".
        dtype: Type of the stored numbers: "float32" or "float16".
        fingerprint: Hash of the encoder's weights and preprocessing.
        numbers_per_item: Numbers per item before encoding (height x width x 3 for an image); 0 if not known.
        preprocessing: What happens to an item before the network, as plain data. For pictures: size, fit, resample and
            keep, as `sources.picture.View` has them. Under "options": what the user asked of the loader besides.
    """

    encoder: str
    dim: int
    modality: str
    geometry: str
    dtype: str = "float32"
    fingerprint: str = ""
    numbers_per_item: int = 0
    preprocessing: dict[str, object] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """The spec as plain data for space.json."""
        return asdict(self)


@runtime_checkable
class Encoder(Protocol):
    """Items to points. Encoding is deterministic: the same item gives the same vector."""

    @property
    def spec(self) -> LatentSpec:
        """What the vectors are."""
        ...

    def encode(self, items: Any, /) -> Latents:
        """Encode a batch of `Items` of the spec's modality, pictures in the size that `spec.preprocessing` says."""
        ...


@runtime_checkable
class QueryEncoder(Protocol):
    """An encoder that takes texts as queries, whatever its items are: sentences for texts, captions for pictures."""

    def encode_query(self, texts: Sequence[str], /) -> Latents:
        """Encode texts to points of the same space, to be searched with."""
        ...


@runtime_checkable
class Unfitted(Protocol):
    """What becomes an encoder once it has seen items of the source, such as "pca:64"."""

    @property
    def size(self) -> int:
        """Side in pixels of the pictures that it wants to see."""
        ...

    def fit(self, items: Any, modality: str, seed: int) -> Encoder:
        """The encoder.

        Args:
            items: `Items` from all over the source, a few thousand at most.
            modality: What they are.
            seed: Of whatever is random.

        Raises:
            InputError: If it can't be fitted to such items.
        """
        ...


@runtime_checkable
class Decoder(Protocol):
    """Points back to items."""

    @property
    def spec(self) -> LatentSpec:
        """What the vectors are."""
        ...

    def decode(self, vectors: Latents) -> Images:
        """Decode a batch of vectors to images."""
        ...


@dataclass(frozen=True, eq=False)
class Smooth:
    """Decoded vectors before rounding.

    Args:
        pictures: (n, numbers) in grey levels.
        back: Carries changes (n, numbers) of the pictures back to the vectors, (n, dim): their product with the
            decoder's Jacobian.
    """

    pictures: Float32[np.ndarray, "n numbers"]
    back: Callable[[Float32[np.ndarray, "n numbers"]], Latents]


@runtime_checkable
class SmoothDecoder(Decoder, Protocol):
    """A decoder that says how its pictures change with the vectors."""

    def decode_smoothly(self, vectors: Latents) -> Smooth:
        """Decode a batch of vectors, small enough to be computed at once."""
        ...


@runtime_checkable
class Codec(Encoder, Decoder, Protocol):
    """Both ways: `decode(encode(x))` is like x."""

    @property
    def geometry(self) -> Geometry:
        """The geometry of the latents, with the training statistics it needs."""
        ...
