"""Encoders without a model: vectors as they come (`none`), and pixels as they are (`pixels`).

One idea: a space of what the user already has, and the baseline that every model has to beat, come in by the same
door as the models.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, UInt8

from lateen.core.codec import LatentSpec
from lateen.core.errors import InputError, SpaceError
from lateen.core.geometry import Euclidean
from lateen.sources.picture import View

FORMAT = 1
PIXELS = 32  # the default side of `pixels`: 3,072 numbers

_INSTEAD = {
    "image": "Use an encoder of pictures, such as pixels, pca:64, vae:PATH, hf:ORG/NAME or diffusers:ORG/NAME.",
    "text": "Use an encoder of texts, such as st:ORG/NAME.",
}
_GEOMETRIES = {"vector": "euclidean", "word": "sphere"}

Images = UInt8[np.ndarray, "n height width 3"]
Latents = Float32[np.ndarray, "n dim"]


@dataclass(frozen=True)
class AsTheyCome:
    """The encoder of items that are vectors already: it changes nothing, and refuses vectors of another width.

    Args:
        dim: Numbers per vector.
        modality: "vector", compared by straight lines; or "word", compared by angle as the field does, though the
            vectors keep their lengths.
    """

    dim: int
    modality: str

    @property
    def spec(self) -> LatentSpec:
        """What the vectors are."""
        identity = {"kind": "none", "dim": self.dim, "modality": self.modality}
        return LatentSpec(
            encoder="none",
            dim=self.dim,
            modality=self.modality,
            geometry=_GEOMETRIES[self.modality],
            fingerprint=hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest(),
            numbers_per_item=self.dim,
        )

    def encode(self, items: Float32[np.ndarray, "n width"]) -> Latents:
        """The vectors themselves: (n, dim).

        Raises:
            InputError: If they have another width.
        """
        if items.shape[1] != self.dim:
            raise InputError(
                f"The encoder none takes {self.modality} items of {self.dim} numbers; it got {items.shape[1]}."
            )
        return items

    def save(self, path: Path | str) -> AsTheyCome:
        """Write config.json into a folder; returns the encoder as it will be loaded, which is this one.

        Raises:
            StorageError: If the disk is full or the folder can't be written.
        """
        from lateen.core.json_file import write_json

        described = {"format": FORMAT, "kind": "none", "dim": self.dim, "modality": self.modality}
        write_json(Path(path) / "config.json", {**described, "geometry": self.spec.geometry})
        return self

    @classmethod
    def load(cls, path: Path | str) -> AsTheyCome:
        """Open a folder.

        Raises:
            SpaceError: If it holds something else.
        """
        from lateen.core.json_file import read_json

        file = Path(path) / "config.json"
        described = read_json(file)
        if (described.get("kind"), described.get("format")) != ("none", FORMAT):
            found = f"kind {described.get('kind')!r}, format {described.get('format')!r}"
            raise SpaceError(f"{path} is a model of {found}; expected kind 'none', format {FORMAT}.")
        dim, modality = described.get("dim"), described.get("modality")
        if type(dim) is not int or dim < 1 or modality not in _GEOMETRIES:
            raise SpaceError(f"{file} says dim {dim!r} and modality {modality!r}; one of them was changed.")
        return cls(dim, str(modality))


@dataclass(frozen=True)
class Unseen:
    """`none` before it has seen the source, which says how wide its vectors are.

    Args:
        size: Of pictures, which it refuses.
    """

    size: int = PIXELS

    def fit(self, items: Any, modality: str, seed: int) -> AsTheyCome:
        """The encoder of such items.

        Args:
            items: (n, width) float32.
            modality: "vector" or "word".
            seed: Nothing here is random.

        Raises:
            InputError: If the items are pictures or texts, which are no vectors yet.
        """
        if modality not in _GEOMETRIES:
            raise InputError(
                f"The encoder none takes vectors as they come; it got {modality} items. {_instead(modality)}"
            )
        return AsTheyCome(items.shape[1], modality)


@dataclass(frozen=True)
class Pixels:
    """Flattened pictures in [0, 1] as a codec: exact, and as good or bad as raw pixels are.

    Args:
        size: Pixels of the sides of the square.
    """

    size: int = PIXELS

    @property
    def spec(self) -> LatentSpec:
        """What the vectors are."""
        preprocessing = {**View(self.size).to_dict(), "colour": "rgb", "range": [0, 1]}
        identity = {"kind": "pixels", **preprocessing}
        return LatentSpec(
            encoder=f"pixels:{self.size}",
            dim=3 * self.size**2,
            modality="image",
            geometry="euclidean",
            fingerprint=hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest(),
            numbers_per_item=3 * self.size**2,
            preprocessing=preprocessing,
        )

    @property
    def geometry(self) -> Euclidean:
        """Flat."""
        return Euclidean()

    def encode(self, images: Images) -> Latents:
        """Pixels of (n, size, size, 3) pictures, row by row, red before green before blue: (n, 3 * size**2).

        Raises:
            InputError: If the pictures have another size.
        """
        height, width = images.shape[1:3]
        if (height, width) != (self.size, self.size):
            raise InputError(
                f"The encoder pixels:{self.size} takes pictures of {self.size} x {self.size} pixels; it got "
                f"{width} x {height} (width x height). Resize them, or use pixels:SIZE."
            )
        return np.asarray(images.reshape(len(images), 3 * self.size**2) / np.float32(255), np.float32)

    def decode(self, vectors: Latents) -> Images:
        """Pictures of (n, 3 * size**2) vectors; what lies outside [0, 1] is clipped.

        Raises:
            InputError: If the vectors have another dimension.
        """
        dim = 3 * self.size**2
        if vectors.shape[1] != dim:
            raise InputError(f"pixels:{self.size} decodes vectors of {dim} numbers; it got {vectors.shape[1]}.")
        levels = (vectors * np.float32(255)).round().clip(0, 255).astype(np.uint8)
        return np.asarray(levels.reshape(len(vectors), self.size, self.size, 3))


def load_none(id: str = "", revision: str | None = None) -> Unseen | AsTheyCome:
    """Vectors as they come: embeddings of your own, word vectors.

    Args:
        id: Nothing, or a folder that `AsTheyCome.save` wrote.
        revision: There is none.

    Raises:
        InputError: If a revision is given, or there is no such folder.
        SpaceError: If the folder holds something else.
    """
    _no_revision("none", id, revision)
    if not id:
        return Unseen()
    if not Path(id).is_dir():
        raise InputError(f"The encoder none:{id} can't be loaded: there is no folder {id}. For vectors, write none.")
    return AsTheyCome.load(id)


def load_pixels(id: str = "", revision: str | None = None, *, size: int | None = None) -> Pixels:
    """Pixels as they are, 32 x 32 or `pixels:SIZE`: the baseline of every picture model.

    Args:
        id: The side of the square in pixels, or nothing.
        revision: There is none.
        size: The same as the id.

    Raises:
        InputError: If a revision is given, the id is no size of at least 1, or the two sizes differ.
    """
    _no_revision("pixels", id, revision)
    if id and not (id.isascii() and id.isdigit()):
        raise InputError(f"The encoder pixels:{id} can't be read; write pixels:SIZE, such as pixels:{PIXELS}.")
    if id and size not in (None, int(id)):
        raise InputError(f"The encoder pixels:{id} got --size {size}; give one size.")
    side = int(id or PIXELS) if size is None else size
    View(side)
    return Pixels(side)


def _instead(modality: str) -> str:
    return _INSTEAD.get(modality, "It takes items of the modalities vector and word.")


def _no_revision(scheme: str, id: str, revision: str | None) -> None:
    if revision is not None:
        name = f"{scheme}:{id}" if id else scheme
        raise InputError(f"The encoder {name}@{revision} asks for a revision; {scheme} has none.")
