"""Tiny autoencoders of the TAESD family: distilled stand-ins for the autoencoders of large picture models.

One idea: nothing but 3x3 convolutions of one width at four resolutions, so a photograph takes a fraction of a second
on a CPU. The published weights are pickled; converted once, they are a model folder like any other:

    python -m lateen.models.tiny_autoencoder ENCODER.pth DECODER.pth -o FOLDER
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from lateen.core.errors import InputError, LateenError, SpaceError, first_line
from lateen.core.json_file import read_json, write_json
from lateen.models.files import fingerprint, read_tensors, write_tensors

FORMAT, KIND, WEIGHTS = 1, "tiny_autoencoder", "model.safetensors"
FACTOR = 8  # a grid's side is the picture's, divided by this
_LEVELS, _BLOCKS = 3, 3


@dataclass(frozen=True)
class TinyConfig:
    """Sizes of the layers.

    Args:
        latent_channels: Channels of a grid: 4 (TAESD, TAESDXL), 16 (TAESD3, TAEF1) or 32 (TAEF2).
        width: Channels of every layer between.
        pooled: Whether the blocks next to the latent are normalised over the whole picture, as TAEF2's are.
    """

    latent_channels: int
    width: int = 64
    pooled: bool = False

    def to_dict(self) -> dict[str, object]:
        """Plain data for config.json and the fingerprint."""
        return {"latent_channels": self.latent_channels, "width": self.width, "pooled": self.pooled}


class TinyAutoencoder(nn.Module):
    """Pictures (n, 3, h, w) in [0, 1] to grids (n, latent_channels, h / 8, w / 8), and back.

    Args:
        config: Sizes of the layers.

    Reference:
        Boer Bohan, *TAESD: Tiny AutoEncoder for Stable Diffusion*, https://github.com/madebyollin/taesd.
    """

    def __init__(self, config: TinyConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = TinyEncoder(config)
        self.decoder = TinyDecoder(config)

    def encode(self, pictures: Tensor) -> Tensor:
        """Grids of pictures."""
        grids: Tensor = self.encoder(pictures)
        return grids

    def decode(self, grids: Tensor) -> Tensor:
        """Pictures of grids; values may lie a little outside [0, 1]."""
        pictures: Tensor = self.decoder(grids)
        return pictures


class TinyEncoder(nn.Module):
    """Pictures to grids: one block at full resolution, then three times half of it."""

    def __init__(self, config: TinyConfig) -> None:
        super().__init__()
        width = config.width
        self.stem = _conv(3, width)
        self.first = Block(width)
        self.levels = nn.ModuleList(Down(width, config.pooled and i == _LEVELS - 1) for i in range(_LEVELS))
        self.head = _conv(width, config.latent_channels)

    def forward(self, x: Tensor) -> Tensor:
        """(n, 3, h, w) to (n, latent_channels, h / 8, w / 8)."""
        x = self.first(self.stem(x))
        for level in self.levels:
            x = level(x)
        out: Tensor = self.head(x)
        return out


class TinyDecoder(nn.Module):
    """Grids to pictures: three times double the resolution, then one block at the full one."""

    def __init__(self, config: TinyConfig) -> None:
        super().__init__()
        width = config.width
        self.stem = _conv(config.latent_channels, width)
        self.levels = nn.ModuleList(Up(width, config.pooled and i == 0) for i in range(_LEVELS))
        self.last = Block(width)
        self.head = _conv(width, 3)

    def forward(self, x: Tensor) -> Tensor:
        """(n, latent_channels, h, w) to (n, 3, 8 h, 8 w); latents are squashed softly to [-3, 3]."""
        x = self.stem(3 * torch.tanh(x / 3)).relu()
        for level in self.levels:
            x = level(x)
        out: Tensor = self.head(self.last(x))
        return out


class Down(nn.Module):
    """Half the resolution, then blocks."""

    def __init__(self, width: int, pooled: bool) -> None:
        super().__init__()
        self.shrink = _conv(width, width, stride=2, bias=False)
        self.blocks = nn.Sequential(*(Block(width, pooled) for _ in range(_BLOCKS)))

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, h, w) to (n, width, h / 2, w / 2)."""
        out: Tensor = self.blocks(self.shrink(x))
        return out


class Up(nn.Module):
    """Blocks, then double the resolution by repeating pixels."""

    def __init__(self, width: int, pooled: bool) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*(Block(width, pooled) for _ in range(_BLOCKS)))
        self.grow = _conv(width, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, h, w) to (n, width, 2 h, 2 w)."""
        out: Tensor = self.grow(interpolate(self.blocks(x), scale_factor=2.0))
        return out


class Block(nn.Module):
    """relu(x + three convolutions of x), after a normalised detour through four times the width if `pooled`."""

    def __init__(self, width: int, pooled: bool = False) -> None:
        super().__init__()
        self.pool = Pool(width) if pooled else None
        self.first, self.second, self.third = (_conv(width, width) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as x."""
        if self.pool is not None:
            x = x + self.pool(x)
        y = self.third(self.second(self.first(x).relu()).relu())
        out: Tensor = (x + y).relu()
        return out


class Pool(nn.Module):
    """Each place to four times the width, normalised in four groups over the whole picture, and back."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.widen = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.norm = nn.GroupNorm(4, 4 * width)
        self.narrow = nn.Conv2d(4 * width, width, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as x."""
        out: Tensor = self.narrow(self.norm(self.widen(x)).relu())
        return out


def convert_tiny_autoencoder(encoder: Path | str, decoder: Path | str, out: Path | str) -> TinyAutoencoder:
    """Turn the two published files of a tiny autoencoder into a model folder that `diffusers:FOLDER` loads.

    Args:
        encoder: The encoder's .pth: a pickled dict of tensors, from which nothing but tensors is read.
        decoder: The decoder's.
        out: Folder to write, new or empty.

    Returns:
        The autoencoder as it will be loaded.

    Raises:
        InputError: If a file can't be read, its tensors are not those of such a network, the two don't belong
            together, or the folder is not empty.
        StorageError: If the folder can't be written.
    """
    folder = Path(out)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} exists; give the name of a new folder.")
    tensors = {
        **_renamed(Path(encoder), "encoder", _encoder_modules()),
        **_renamed(Path(decoder), "decoder", _decoder_modules()),
    }
    config = _config_of(tensors)
    problem = _problem(config, tensors)
    if problem:
        raise InputError(f"{encoder} and {decoder} are not the halves of one tiny autoencoder: {problem}.")
    write_tensors(folder / WEIGHTS, tensors)
    described = {"format": FORMAT, "kind": KIND, **config.to_dict()}
    write_json(folder / "config.json", {**described, "fingerprint": fingerprint(tensors, config.to_dict())})
    return load_tiny_autoencoder(folder)


def load_tiny_autoencoder(path: Path | str) -> TinyAutoencoder:
    """Open a model folder; the network computes in float32.

    Raises:
        SpaceError: If it is no tiny autoencoder of this format version, or its files don't fit each other.
    """
    folder = Path(path)
    described = read_json(folder / "config.json")
    if (described.get("kind"), described.get("format")) != (KIND, FORMAT):
        found = f"kind {described.get('kind')!r}, format {described.get('format')!r}"
        raise SpaceError(f"{folder} is a model of {found}; expected kind {KIND!r}, format {FORMAT}.")
    tensors, _ = read_tensors(folder / WEIGHTS)
    channels, width = described.get("latent_channels"), described.get("width")
    if not isinstance(channels, int) or not isinstance(width, int) or min(channels, width) < 1:
        raise SpaceError(f"{folder / 'config.json'} says latent_channels {channels!r} and width {width!r}.")
    config = TinyConfig(channels, width, described.get("pooled") is True)
    problem = _problem(config, tensors)
    if problem is None and fingerprint(tensors, config.to_dict()) != described.get("fingerprint"):
        problem = "the fingerprint is another"
    if problem:
        raise SpaceError(f"{folder / WEIGHTS} is not the file that config.json belongs to: {problem}.")
    with torch.device("meta"):
        network = TinyAutoencoder(config)
    network.load_state_dict({name: tensor.float() for name, tensor in tensors.items()}, assign=True)
    return network.eval().requires_grad_(False)


def _conv(inputs: int, outputs: int, *, stride: int = 1, bias: bool = True) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=bias)


# The published files number the layers of a sequence, parameterless ones included.
_IN_BLOCK = {
    "conv.0": "first",
    "conv.2": "second",
    "conv.4": "third",
    "pool.0": "pool.widen",
    "pool.1": "pool.norm",
    "pool.3": "pool.narrow",
}


def _encoder_modules() -> dict[int, str]:
    modules = {0: "stem", 1: "first", 14: "head"}
    for level in range(_LEVELS):
        start = 2 + 4 * level
        modules[start] = f"levels.{level}.shrink"
        modules |= {start + 1 + block: f"levels.{level}.blocks.{block}" for block in range(_BLOCKS)}
    return modules


def _decoder_modules() -> dict[int, str]:
    modules = {1: "stem", 18: "last", 19: "head"}
    for level in range(_LEVELS):
        start = 3 + 5 * level
        modules |= {start + block: f"levels.{level}.blocks.{block}" for block in range(_BLOCKS)}
        modules[start + 4] = f"levels.{level}.grow"
    return modules


def _renamed(file: Path, half: str, modules: Mapping[int, str]) -> dict[str, Tensor]:
    """The tensors of a published file under the names they have here."""
    renamed = {}
    for key, tensor in _read_pickled(file).items():
        index, _, rest = key.partition(".")
        inner, _, parameter = rest.rpartition(".")
        module = modules.get(int(index)) if index.isdecimal() else None
        part = _IN_BLOCK.get(inner) if inner else ""
        if module is None or part is None or not rest:
            raise InputError(
                f"{file} is not the {half} of a tiny autoencoder: it holds {key!r}. "
                "Expected the layout of taesd, taef1 or taef2, encoder first and decoder second."
            )
        renamed[".".join(filter(None, (half, module, part, parameter)))] = tensor
    return renamed


def _read_pickled(file: Path) -> dict[str, Tensor]:
    try:
        tensors = torch.load(file, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, UnpicklingError, EOFError, ValueError, KeyError) as error:
        raise InputError(f"{file} can't be read as a file of plain tensors: {first_line(error)}") from error
    if not isinstance(tensors, dict) or not all(isinstance(t, Tensor) for t in tensors.values()):
        raise InputError(f"{file} holds something else than named tensors.")
    return {str(name): tensor for name, tensor in tensors.items()}


def _config_of(tensors: Mapping[str, Tensor]) -> TinyConfig:
    stem, head = (tensors.get(f"encoder.{part}.weight") for part in ("stem", "head"))
    if stem is None or head is None:
        raise InputError("The encoder's file lacks its first or its last layer (0.weight, 14.weight).")
    return TinyConfig(len(head), len(stem), any(".pool." in name for name in tensors))


def _problem(config: TinyConfig, tensors: Mapping[str, Tensor]) -> str | None:
    """The first tensor that is not what the config means, in words."""
    with torch.device("meta"):
        expected = {name: tuple(t.shape) for name, t in TinyAutoencoder(config).state_dict().items()}
    found = {name: tuple(t.shape) for name, t in tensors.items()}
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            return f"{name} is {found.get(name, 'missing')}, expected {expected.get(name, 'nothing')}"
    return None


def _main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m lateen.models.tiny_autoencoder",
        description="Convert the two .pth files of a tiny autoencoder (taesd, taef1, taef2) into a model folder.",
    )
    parser.add_argument("encoder", metavar="ENCODER.pth")
    parser.add_argument("decoder", metavar="DECODER.pth")
    parser.add_argument("-o", "--out", required=True, metavar="FOLDER")
    given = parser.parse_args(arguments)
    try:
        network = convert_tiny_autoencoder(given.encoder, given.decoder, given.out)
    except LateenError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(f"{given.out}: {network.config.latent_channels} latent channels. Use it as diffusers:{given.out}")
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
