"""A trained decoder: codes of one encoder to pictures, and a model folder on disk.

One idea: it carries the spec of the encoder whose codes it reads, so it can only be put to a space of that encoder.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from lateen.core.codec import Images, Latents, LatentSpec, Smooth
from lateen.core.errors import InputError, SpaceError
from lateen.core.geometry import Sphere
from lateen.core.json_file import read_json, write_json
from lateen.core.typed import from_plain
from lateen.models.decoder.config import DecoderConfig
from lateen.models.decoder.network import DecoderNetwork
from lateen.models.files import fingerprint, read_tensors, write_tensors
from lateen.models.smooth import smoothly
from lateen.models.vae.codec import from_network

FORMAT, WEIGHTS = 1, "weights.safetensors"
_BATCH = 256
_HALVED = ("layers.", "axes", "mean")
_DTYPES = {"float32": torch.float32, "float16": torch.float16}


@dataclass(frozen=True, eq=False)
class LatentDecoder:
    """A `Decoder` for the codes of an encoder that has none.

    Args:
        config: Hyper-parameters.
        network: The trained network.
        spec: Of the encoder whose codes it reads.
        view: How pictures became the squares that it learnt to make: size, fit, resample, keep.
        validation: Measures on held-out pictures.
        fingerprint: Hash of the stored weights, the encoder's spec and the view.

    Example:
        >>> decoder = LatentDecoder.load("faces.decoder")  # doctest: +SKIP
        >>> decoder.decode(encoder.encode(images))         # doctest: +SKIP
    """

    config: DecoderConfig
    network: DecoderNetwork
    spec: LatentSpec
    view: dict[str, object] = field(default_factory=dict)
    validation: dict[str, float | int] = field(default_factory=dict)
    fingerprint: str = ""

    @property
    def device(self) -> str:
        """Where the network computes, such as "cpu" or "cuda:0"."""
        return str(self.network.center.device)

    def decode(self, vectors: Latents) -> Images:
        """Decode vectors to pictures.

        Args:
            vectors: (n, dim); n may be 0.

        Returns:
            (n, size, size, 3) grey levels from 0 to 255.

        Raises:
            InputError: If the vectors have another dimension than the encoder's codes.
        """
        size, dim = self.config.size, self.config.dim
        if vectors.shape[1] != dim:
            raise InputError(f"This decoder reads the {dim} numbers of {self.spec.encoder}; it got {vectors.shape[1]}.")
        codes = as_trained(vectors, self.spec)
        images = np.empty((len(codes), size, size, 3), np.uint8)
        with torch.inference_mode():
            for start in range(0, len(codes), _BATCH):
                part = np.require(codes[start : start + _BATCH], requirements=["C", "W"])
                decoded = self.network(torch.from_numpy(part).to(self.network.center.device))
                images[start : start + _BATCH] = from_network(decoded).cpu().numpy()
        return images

    def decode_smoothly(self, vectors: Latents) -> Smooth:
        """Decode vectors without rounding, and say how the pictures change with them."""
        unit = self.spec.geometry == "sphere"
        return smoothly(lambda x: self.network(normalize(x) if unit else x), vectors, self.device)

    def save(self, path: Path | str, *, dtype: str = "float32") -> LatentDecoder:
        """Write the model folder: weights.safetensors and, last, config.json.

        Args:
            path: Folder, made if needed.
            dtype: "float32", or "float16" for half the bytes.

        Returns:
            The decoder as it will be loaded.

        Raises:
            StorageError: If the disk is full or the folder can't be written.
        """
        if dtype not in _DTYPES:
            raise InputError(f"LatentDecoder.save got dtype {dtype!r}; expected one of {', '.join(_DTYPES)}.")
        folder = Path(path)
        weights = {
            name: tensor.to(_DTYPES[dtype]) if name.startswith(_HALVED) else tensor  # what meets codes stays exact
            for name, tensor in self.network.state_dict().items()
        }
        known = {"encoder": self.spec.to_dict(), "view": self.view}
        write_tensors(folder / WEIGHTS, weights)
        write_json(
            folder / "config.json",
            {
                "format": FORMAT,
                "kind": "decoder",
                "dtype": dtype,
                "fingerprint": fingerprint(weights, known),
                "decoder": self.config.to_dict(),
                **known,
                "validation": self.validation,
                "files": {"weights": WEIGHTS},
            },
        )
        return LatentDecoder.load(folder)

    @classmethod
    def load(cls, path: Path | str) -> LatentDecoder:
        """Open a model folder; the network computes on the GPU where there is one.

        Raises:
            InputError: If there is no such folder.
            SpaceError: If it is no finished decoder of this format version, or its files don't fit each other.
        """
        folder = Path(path)
        described = _described(folder)
        try:
            config = from_plain(DecoderConfig, described.get("decoder"))
            spec = from_plain(LatentSpec, described.get("encoder"))
            view, validation = (_object(described.get(name), name) for name in ("view", "validation"))
        except (TypeError, InputError) as error:
            raise SpaceError(f"{folder / 'config.json'} doesn't say what it should: {error}") from error
        if spec.dim != config.dim:
            raise SpaceError(f"{folder / 'config.json'} has a decoder of {config.dim} numbers for codes of {spec.dim}.")
        stored, _ = read_tensors(folder / WEIGHTS)
        mark = fingerprint(stored, {"encoder": described["encoder"], "view": view})
        if mark != described.get("fingerprint"):
            raise SpaceError(
                f"The weights of {folder} have the fingerprint {mark[:12]}, but its config.json says "
                f"{str(described.get('fingerprint'))[:12]}: one of them was changed. Restore both, or train again."
            )
        network = _filled(config, stored, folder)
        figures = {name: value for name, value in validation.items() if isinstance(value, int | float)}
        return cls(config, network, spec, view, figures, mark)


def as_trained(vectors: Latents, spec: LatentSpec) -> Latents:
    """Codes as the network sees them: on a sphere the length means nothing, so it is taken away."""
    codes = np.asarray(vectors, np.float32)
    return np.asarray(Sphere().project(codes), np.float32) if spec.geometry == "sphere" else codes


def _described(folder: Path) -> dict[str, object]:
    if not folder.is_dir():
        raise InputError(f"There is no model folder {folder}.")
    if not (folder / "config.json").exists():
        if (folder / "training").is_dir():
            raise SpaceError(
                f"The training of {folder} is not finished. Go on with: lateen train ... -o {folder} --resume"
            )
        raise SpaceError(f"{folder} is no model: it has no config.json. A model is what `lateen train` makes.")
    described = read_json(folder / "config.json")
    if described.get("kind") != "decoder":
        raise SpaceError(
            f"{folder} is a model of kind {described.get('kind')!r}, not a decoder; "
            "make one with: lateen train SOURCE --model decoder --encoder E"
        )
    if described.get("format") != FORMAT:
        raise SpaceError(f"{folder} has model format {described.get('format')!r}; this lateen reads {FORMAT}.")
    return described


def _object(value: object, name: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError(f"{name} is a {type(value).__name__}, expected an object")
    return value


def _filled(config: DecoderConfig, stored: dict[str, Tensor], folder: Path) -> DecoderNetwork:
    axes = stored["axes"].shape[:1] if "axes" in stored else ()
    with torch.device("meta"):
        network = DecoderNetwork(
            config, *axes or (0,)
        )  # shapes only: random weights would cost time and draw from a global state
    expected = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    found = {name: tuple(tensor.shape) for name, tensor in stored.items()}
    if found != expected:
        name = next(n for n in sorted(expected.keys() | found.keys()) if expected.get(n) != found.get(n))
        raise SpaceError(
            f"The weights of {folder} don't fit its config.json: {name} is {found.get(name, 'missing')}, "
            f"expected {expected.get(name, 'nothing')}."
        )
    network.load_state_dict({name: tensor.float() for name, tensor in stored.items()}, assign=True)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it
    network.eval().requires_grad_(False)
    return network.to("cuda" if torch.cuda.is_available() else "cpu")
