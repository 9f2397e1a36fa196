"""A trained VAE as a codec: images to posterior means and back, and a model folder on disk.

One idea: encoding takes the posterior's mean, so it is deterministic; the training codes' mean and covariance are
stored with the weights, because the plain prior N(0, I) describes the codes badly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32, UInt8
from torch import Tensor

from lateen.core.codec import LatentSpec, Smooth
from lateen.core.errors import InputError, SpaceError
from lateen.core.geometry import Euclidean, Gaussian
from lateen.core.json_file import read_json, write_json
from lateen.models.files import fingerprint, read_tensors, write_tensors
from lateen.models.smooth import smoothly
from lateen.models.vae.config import VAEConfig
from lateen.models.vae.network import VAENetwork

FORMAT = 1
_BATCH = 256
_DTYPES = {"float32": torch.float32, "float16": torch.float16}

Images = UInt8[np.ndarray, "n height width 3"]
Latents = Float32[np.ndarray, "n dim"]


@dataclass(frozen=True, eq=False)
class LatentStatistics:
    """What the codes of the training images look like.

    Args:
        mean: (dim,) mean of the codes.
        covariance: (dim, dim) covariance of the codes.
    """

    mean: Float32[np.ndarray, " dim"]
    covariance: Float32[np.ndarray, "dim dim"]

    @classmethod
    def of(cls, codes: Latents) -> LatentStatistics:
        """The statistics of (n, dim) codes."""
        covariance = np.atleast_2d(np.cov(codes.astype(np.float64), rowvar=False, bias=True))
        return cls(codes.mean(axis=0), covariance.astype(np.float32))


@dataclass(frozen=True, eq=False)
class VAE:
    """A trained VAE: a `Codec` for images of one size.

    Args:
        config: Hyper-parameters.
        network: Encoder and decoder with trained weights.
        statistics: Of the training codes.
        fingerprint: Hash of the stored weights and the preprocessing.
        name: The encoder's name in a spec, such as "vae:faces.model".
        dtype: Type of the weights as they are stored; computing is in float32.

    Example:
        >>> vae = VAE.load("faces.model")  # doctest: +SKIP
        >>> vae.decode(vae.encode(images))  # doctest: +SKIP

    Reference:
        Kingma, Welling, *Auto-Encoding Variational Bayes*, ICLR 2014.
    """

    config: VAEConfig
    network: VAENetwork
    statistics: LatentStatistics
    fingerprint: str
    name: str = "vae:unsaved"
    dtype: str = "float32"

    @property
    def device(self) -> str:
        """Where the network computes, such as "cpu" or "cuda:0"."""
        return str(next(self.network.parameters()).device)

    @property
    def spec(self) -> LatentSpec:
        """What the vectors are."""
        return LatentSpec(
            encoder=self.name,
            dim=self.config.latent_dim,
            modality="image",
            geometry="euclidean",
            fingerprint=self.fingerprint,
            numbers_per_item=3 * self.config.size**2,
            preprocessing=preprocessing(self.config),
        )

    @property
    def geometry(self) -> Euclidean:
        """Flat: a low-dimensional VAE's means are well joined by straight lines."""
        return Euclidean()

    @property
    def latent_gaussian(self) -> Gaussian:
        """The geometry fitted to the training codes, for paths along their shell.

        Axes that the VAE hardly uses have next to no spread; they get 5 % of the widest.
        """
        spread = np.sqrt(np.diag(self.statistics.covariance))
        widest = float(spread.max())
        return Gaussian(self.statistics.mean, np.maximum(spread, 0.05 * widest if widest > 0 else 1).astype(np.float32))

    def encode(self, images: Images) -> Latents:
        """Encode images to the means of their posteriors.

        Args:
            images: (n, size, size, 3); n may be 0.

        Returns:
            (n, latent_dim) float32.

        Raises:
            InputError: If the images have another size than the VAE.
        """
        size = self.config.size
        if images.shape[1:] != (size, size, 3):
            height, width = images.shape[1:3]
            raise InputError(
                f"This VAE encodes images of {size} x {size} pixels; it got {width} x {height} "
                f"(width x height). Resize them to {size} x {size}."
            )
        codes = np.empty((len(images), self.config.latent_dim), np.float32)
        with torch.inference_mode():
            for part in _parts(len(images)):
                codes[part] = self.network.encoder(to_network(self._tensor(images[part])))[0].cpu().numpy()
        return codes

    def decode(self, vectors: Latents) -> Images:
        """Decode vectors to images.

        Args:
            vectors: (n, latent_dim); n may be 0.

        Returns:
            (n, size, size, 3) grey levels from 0 to 255.

        Raises:
            InputError: If the vectors have another dimension than the latent space.
        """
        size, dim = self.config.size, self.config.latent_dim
        if vectors.shape[1] != dim:
            raise InputError(f"This VAE decodes vectors of {dim} numbers; it got {vectors.shape[1]}.")
        images = np.empty((len(vectors), size, size, 3), np.uint8)
        with torch.inference_mode():
            for part in _parts(len(vectors)):
                images[part] = from_network(self.network.decoder(self._tensor(vectors[part]))).cpu().numpy()
        return images

    def decode_smoothly(self, vectors: Latents) -> Smooth:
        """Decode vectors without rounding, and say how the images change with them."""
        return smoothly(self.network.decoder, vectors, self.device)

    def sample(self, n: int, seed: int = 0) -> Latents:
        """Draw n vectors from the Gaussian fitted to the training codes (mean and full covariance).

        It is better than the prior N(0, I), which the codes don't fill; but the codes are not Gaussian either,
        so some draws decode to pictures unlike any item. A mixture would leave the holes between classes empty, but
        takes the codes themselves, which a model folder doesn't keep: sample from a space for that.
        """
        mean, covariance = (x.astype(np.float64) for x in (self.statistics.mean, self.statistics.covariance))
        values, axes = np.linalg.eigh(covariance)
        noise = np.random.default_rng(seed).standard_normal((n, len(mean)))
        return np.asarray(mean + (noise * np.sqrt(values.clip(0))) @ axes.T, np.float32)

    def save(self, path: Path | str, *, dtype: str | None = None) -> VAE:
        """Write the model folder: weights.safetensors, latents.safetensors and, last, config.json.

        Args:
            path: Folder, made if needed.
            dtype: "float32", or "float16" for half the bytes; as they were stored before if not given.

        Returns:
            The VAE as it will be loaded: rounded to the dtype, with its fingerprint.

        Raises:
            StorageError: If the disk is full or the folder can't be written.
        """
        dtype = dtype or self.dtype
        if dtype not in _DTYPES:
            raise InputError(f"VAE.save got dtype {dtype!r}; expected one of {', '.join(_DTYPES)}.")
        folder = Path(path)
        weights = {name: tensor.to(_DTYPES[dtype]) for name, tensor in self.network.state_dict().items()}
        mark = fingerprint(weights, preprocessing(self.config))
        statistics = self.statistics
        write_tensors(folder / "weights.safetensors", weights)
        write_tensors(
            folder / "latents.safetensors",
            {
                "mean": torch.from_numpy(statistics.mean),
                "covariance": torch.from_numpy(statistics.covariance),
            },
        )
        described = {"format": FORMAT, "kind": "vae", "dtype": dtype, "fingerprint": mark}
        files = {"weights": "weights.safetensors", "latents": "latents.safetensors"}
        spec = preprocessing(self.config)
        write_json(
            folder / "config.json",
            {**described, "vae": self.config.to_dict(), "preprocessing": spec, "files": files},
        )
        return VAE.load(folder)

    @classmethod
    def load(cls, path: Path | str) -> VAE:
        """Open a model folder; the network computes on the GPU where there is one.

        Raises:
            InputError: If there is no such folder.
            SpaceError: If it is no finished VAE of this format version, or its files don't fit each other.
        """
        folder = Path(path)
        config, described = _read_config(folder)
        stored, _ = read_tensors(folder / "weights.safetensors")
        mark = fingerprint(stored, preprocessing(config))
        with torch.device("meta"):
            network = VAENetwork(config)  # shapes only: random weights would cost time and draw from a global state
        _fill(network, stored, folder)
        if mark != described.get("fingerprint"):
            raise SpaceError(
                f"The weights of {folder} have the fingerprint {mark[:12]}, but its config.json says "
                f"{str(described.get('fingerprint'))[:12]}: one of them was changed. Restore both, or train again."
            )
        latents, _ = read_tensors(folder / "latents.safetensors")
        dim = config.latent_dim
        shapes = {name: tuple(tensor.shape) for name, tensor in latents.items()}
        if shapes != {"mean": (dim,), "covariance": (dim, dim)}:
            raise SpaceError(f"{folder / 'latents.safetensors'} holds {shapes}, which doesn't fit {dim} dimensions.")
        statistics = LatentStatistics(latents["mean"].float().numpy(), latents["covariance"].float().numpy())
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it
        network.eval().requires_grad_(False)
        half = all(tensor.dtype == torch.float16 for tensor in stored.values())
        dtype = "float16" if half else "float32"
        network.to("cuda" if torch.cuda.is_available() else "cpu")
        return cls(config, network, statistics, mark, name=f"vae:{path}", dtype=dtype)

    def _tensor(self, array: np.ndarray) -> Tensor:
        device = next(self.network.parameters()).device
        return torch.from_numpy(np.require(array, requirements=["C", "W"])).to(device)


def to_network(images: Tensor) -> Tensor:
    """(n, h, w, 3) grey levels to (n, 3, h, w) in [0, 1]: channels last in memory without a copy."""
    return images.permute(0, 3, 1, 2).float().div(255)


def from_network(images: Tensor) -> Tensor:
    """(n, 3, h, w) about in [0, 1] to (n, h, w, 3) grey levels."""
    return images.clamp(0, 1).mul(255).round().byte().permute(0, 2, 3, 1)


def preprocessing(config: VAEConfig) -> dict[str, object]:
    """What happens to an image before the network; part of the fingerprint."""
    return {"size": config.size, "colour": "rgb", "fit": config.fit, "range": [0, 1]}


def _parts(n: int) -> Iterator[slice]:
    return (slice(start, start + _BATCH) for start in range(0, n, _BATCH))


def _read_config(folder: Path) -> tuple[VAEConfig, dict[str, object]]:
    if not folder.is_dir():
        raise InputError(f"There is no model folder {folder}.")
    path = folder / "config.json"
    if not path.exists():
        if (folder / "training").is_dir():
            raise SpaceError(
                f"The training of {folder} is not finished. Go on with: lateen train ... -o {folder} --resume"
            )
        raise SpaceError(f"{folder} is no model: it has no config.json. A model is what `lateen train` makes.")
    described = read_json(path)
    if described.get("kind") != "vae":
        raise SpaceError(f"{folder} is a model of kind {described.get('kind')!r}, not a VAE.")
    if described.get("format") != FORMAT:
        raise SpaceError(f"{folder} has model format {described.get('format')!r}; this lateen reads {FORMAT}.")
    values = described.get("vae")
    if not isinstance(values, dict):
        raise SpaceError(f"{path} has no hyper-parameters under 'vae'.")
    try:
        return VAEConfig.from_dict(values, str(path)), described
    except InputError as error:
        raise SpaceError(str(error)) from error


def _fill(network: VAENetwork, stored: dict[str, Tensor], folder: Path) -> None:
    expected = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    found = {name: tuple(tensor.shape) for name, tensor in stored.items()}
    if found != expected:
        name = next(n for n in sorted(expected.keys() | found.keys()) if expected.get(n) != found.get(n))
        raise SpaceError(
            f"The weights of {folder} don't fit its config.json: {name} is {found.get(name, 'missing')}, "
            f"expected {expected.get(name, 'nothing')}."
        )
    network.load_state_dict({name: tensor.float() for name, tensor in stored.items()}, assign=True)
