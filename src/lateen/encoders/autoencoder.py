"""Picture autoencoders of diffusers, and the tiny ones of lateen's own: they encode and decode.

One idea: latents are taken as the model's diffusion sees them (the posterior's mode, scaled as config.json says), so
that a point of the space is a point that diffusion models of the family understand.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lateen.core.codec import Codec, LatentSpec
from lateen.core.errors import InputError, MissingExtraError, SpaceError
from lateen.encoders.hub import ModelRef, effective, files_fingerprint, quiet, resolve, silenced
from lateen.sources.picture import View

SIZE = 256  # pixels a side, unless the model was trained on fewer
_TINY = "tiny_autoencoder"
_OURS = "python -m lateen.models.tiny_autoencoder"


@dataclass(frozen=True)
class Kind:
    """What has to be known of a class of diffusers beyond its config.

    Args:
        widths: The entry of the config with one width per resolution, each half the one before.
        signed: Whether its pictures are in [-1, 1]; else [0, 1].
    """

    widths: str
    signed: bool = True


KINDS: Mapping[str, Kind] = {
    "AutoencoderKL": Kind("block_out_channels"),
    "AutoencoderKLFlux2": Kind("block_out_channels"),
    "AsymmetricAutoencoderKL": Kind("down_block_out_channels"),
    "AutoencoderTiny": Kind("encoder_block_out_channels"),
    "AutoencoderDC": Kind("encoder_block_out_channels"),
    "VQModel": Kind("block_out_channels"),
    "AutoencoderRAE": Kind("", signed=False),
}


def load(id: str, revision: str | None = None, *, size: int | None = None) -> Codec:
    """A picture autoencoder of diffusers (KL, Tiny, DC, RAE, VQ), which encodes and decodes.

    Args:
        id: A folder or a name on the hub: of the autoencoder, or of a pipeline with a vae/; or a folder that
            `lateen.models.tiny_autoencoder` wrote.
        revision: Branch, tag or commit on the hub.
        size: Side in pixels that pictures are seen in, a multiple of the model's factor; by default what it was
            trained on, at most 256.

    Raises:
        InputError: If the model isn't there or may not be loaded, is of another kind, or can't take this size.
        SpaceError: If its weights don't fit its config.json.
        MissingExtraError: If diffusers is not installed.
    """
    _refuse_published_halves(id)
    ref = resolve("diffusers", id, revision)
    if ref.config.get("kind") == _TINY:
        return _load_tiny(ref, size)
    kind = ref.config.get("_class_name")
    if not isinstance(kind, str) or kind not in KINDS:
        raise InputError(
            f"The encoder {ref.name} can't be loaded: its config.json names the class {kind!r}. "
            f"Supported are {', '.join(KINDS)}."
        )
    model = _model(ref, kind)
    sizes = _sizes(ref, kind, model)
    network = _Scaled.of(ref.config, model, KINDS[kind].signed)
    described = {"range": [-1, 1] if KINDS[kind].signed else [0, 1], **network.described()}
    return _codec(ref, network, model, sizes, size, kind, described)


def _load_tiny(ref: ModelRef, size: int | None) -> Codec:
    from lateen.models.tiny_autoencoder import FACTOR, load_tiny_autoencoder

    network = load_tiny_autoencoder(ref.folder)
    sizes = _Sizes(SIZE, FACTOR, network.config.latent_channels)
    return _codec(ref, network, network, sizes, size, "TinyAutoencoder", {"range": [0, 1]})


def _codec(
    ref: ModelRef,
    network: Any,
    model: Any,
    sizes: _Sizes,
    size: int | None,
    kind: str,
    described: dict[str, object],
) -> Codec:
    import torch

    from lateen.models.grid_codec import GridCodec

    side = sizes.side(ref, size)
    grid = sizes.grid(side)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if kind in ("AutoencoderTiny", "TinyAutoencoder"):  # nothing but convolutions
        model.to(memory_format=torch.channels_last)
    model.to(device)
    preprocessing = {
        **View(side).to_dict(), "colour": "rgb", "class": kind, "latent": "mode", "grid": list(grid), **described
    }  # fmt: skip
    asked = {"options": {"size": size}} if size is not None else {}
    spec = LatentSpec(
        encoder=ref.name,
        dim=math.prod(grid),
        modality="image",
        geometry="euclidean",
        fingerprint=files_fingerprint(ref.weights, {"config": effective(ref.config), **preprocessing}),
        numbers_per_item=3 * side**2,
        preprocessing={**preprocessing, **asked, **ref.provenance},
    )
    return GridCodec(spec, network, grid, side, device, _notes(grid))


def _notes(grid: tuple[int, ...]) -> tuple[str, ...]:
    shape = " x ".join(map(str, grid))
    return (
        f"A latent is a grid of {shape} numbers; flattened, it is one point.",
        "Each place of a grid describes one patch of the picture, so paths, means and sums of pictures that are not "
        "aligned blend their pixels.",
    )


@dataclass(frozen=True, eq=False)
class _Scaled:
    """A model of diffusers from pictures in [0, 1] to scaled latents, and back.

    Args:
        model: Of diffusers.
        center: What is subtracted from latents: a number, or one for each channel.
        scale: What they are then multiplied by, likewise.
        signed: Whether the model's pictures are in [-1, 1].
    """

    model: Any
    center: tuple[float | int, ...]
    scale: tuple[float | int, ...]
    signed: bool

    @classmethod
    def of(cls, config: Mapping[str, Any], model: Any, signed: bool) -> _Scaled:
        if not signed:
            return cls(model, (0.0,), (1.0,), signed)  # the RAE scales by itself
        scale, shift = config.get("scaling_factor") or 1.0, config.get("shift_factor") or 0.0
        mean, spread = config.get("latents_mean"), config.get("latents_std")
        if mean is not None and spread is not None:
            return cls(model, tuple(mean), tuple(scale / s for s in spread), signed)
        return cls(model, (shift,), (scale,), signed)

    def described(self) -> dict[str, object]:
        """What is done to latents, as plain data: (latent - shift) * scaling."""
        return {"shift": list(self.center), "scaling": list(self.scale)}

    def encode(self, pictures: Any) -> Any:
        output = self.model.encode(pictures * 2 - 1 if self.signed else pictures)
        posterior = getattr(output, "latent_dist", None)
        if posterior is not None:
            latents = posterior.mode()
        else:
            latents = output.latent if hasattr(output, "latent") else output.latents
        center, scale = self._columns(latents)
        return (latents - center) * scale

    def decode(self, grids: Any) -> Any:
        center, scale = self._columns(grids)
        sample = self.model.decode(grids / scale + center).sample
        return sample / 2 + 0.5 if self.signed else sample

    def _columns(self, like: Any) -> tuple[Any, Any]:
        shape = (-1,) + (1,) * (like.dim() - 2)
        return like.new_tensor(self.center).view(shape), like.new_tensor(self.scale).view(shape)


def _model(ref: ModelRef, kind: str) -> Any:
    """The model in float32, for inference; every weight of it must be there."""
    try:
        import diffusers
    except ImportError:
        raise MissingExtraError(f"The encoder {ref.name}", "hf") from None
    import torch

    try:
        with quiet(), _quiet_diffusers():
            model, found = getattr(diffusers, kind).from_pretrained(
                ref.folder,
                use_safetensors=True,
                torch_dtype=torch.float32,
                local_files_only=True,
                low_cpu_mem_usage=False,
                output_loading_info=True,
            )
    except (OSError, ValueError, TypeError, RuntimeError, KeyError) as error:
        raise SpaceError(f"The model {ref.folder} can't be loaded as {kind}: {error}") from error
    missing = [*found["missing_keys"], *(str(key) for key in found["mismatched_keys"])]
    if missing:
        raise SpaceError(
            f"The weights in {ref.folder} lack {len(missing)} tensors that its config.json means, such as "
            f"{missing[0]}. Fetch the model again."
        )
    return model.eval().requires_grad_(False)


@dataclass(frozen=True)
class _Sizes:
    """Which pictures a model can see, and the grids they become.

    Args:
        default: Side in pixels if none is asked for.
        factor: Pixels of a side per place of the grid.
        channels: Numbers per place.
        fixed: Shape of the only grid of a model that sees pictures of the default size alone.
    """

    default: int
    factor: int
    channels: int
    fixed: tuple[int, ...] | None = None

    def grid(self, side: int) -> tuple[int, ...]:
        return self.fixed or (self.channels, side // self.factor, side // self.factor)

    def side(self, ref: ModelRef, size: int | None) -> int:
        """The size that is asked for, if it can be."""
        if size is None or size == self.default:
            return self.default
        asked = f"The encoder {ref.name} can't see pictures of {size} x {size} pixels"
        if self.fixed:
            raise InputError(f"{asked}; it was made for {self.default} x {self.default}. Leave --size out.")
        if size < 1 or size % self.factor:
            near = max(1, round(size / self.factor)) * self.factor
            raise InputError(f"{asked}; give --size a multiple of {self.factor}, such as {near}.")
        return size


def _sizes(ref: ModelRef, kind: str, model: Any) -> _Sizes:
    config = model.config
    if kind == "AutoencoderRAE":  # its transformers know one size
        width, places = config.encoder_hidden_size, model.num_patches
        side = math.isqrt(places)
        fixed = (width, side, side) if config.reshape_to_2d else (places, width)
        return _Sizes(model.decoder_image_size, config.patch_size, width, fixed)
    if config.in_channels != 3:
        raise InputError(f"The encoder {ref.name} takes {config.in_channels} channels; pictures have 3 (RGB).")
    factor = 2 ** (len(config[KINDS[kind].widths]) - 1)
    trained = config.get("sample_size") or SIZE
    trained = min(trained) if isinstance(trained, list | tuple) else trained
    default = max(1, min(trained, SIZE) // factor) * factor
    return _Sizes(default, factor, config.get("vq_embed_dim") or config.latent_channels)


def _refuse_published_halves(id: str) -> None:
    """Say how to convert a folder of TAESD's .pth files."""
    try:
        halves = sorted(Path(id).expanduser().glob("*_encoder.pth"))
    except (OSError, RuntimeError, ValueError):
        return
    for encoder in halves:
        decoder = encoder.with_name(encoder.name.replace("_encoder.pth", "_decoder.pth"))
        if decoder.is_file() and not (encoder.parent / "config.json").is_file():
            out = encoder.name.removesuffix("_encoder.pth") + ".model"
            raise InputError(
                f"The encoder diffusers:{id} has pickled weights only ({encoder.name}, {decoder.name}), and unpickling "
                f"can run anything. Convert them once, tensors alone, and give diffusers:{out}:\n"
                f"  {_OURS} {encoder} {decoder} -o {out}"
            )


@contextmanager
def _quiet_diffusers() -> Iterator[None]:
    from diffusers.utils import logging

    with silenced(logging):
        yield
