"""Pictures to points by models of Hugging Face: `hf:` for vision models, and for CLIP-like ones that take text too.

One idea: a model becomes one function from pixels to features. For models of pictures and text that is their image
features; for the others the pooled output where it was trained as one, else the class token or the mean of patches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from lateen.core.codec import Images, Latents, LatentSpec
from lateen.core.errors import InputError, LateenError, MissingExtraError, first_line
from lateen.encoders.hub import ModelRef, effective, files_fingerprint, has_tokenizer, quiet, resolve, tokenizer_files
from lateen.encoders.processor import Preprocessing, read_preprocessing

BATCH = 16  # pictures at a time on a processor: what a ViT makes of them stays near its caches
BATCH_CUDA = 256  # fills a card, and leaves room on a small one
TEXTS = 64
_UNUSED = ("mask_token", "logit_scale", "logit_bias")  # parameters of training alone


@dataclass(frozen=True, eq=False)
class PictureEncoder:
    """Pictures to unit vectors.

    Args:
        spec: What the vectors are.
        prepared: How pictures are prepared.
        features: A float tensor (n, 3, size, size) to (n, dim).
        device: Where the model is: "cpu" or "cuda".
    """

    spec: LatentSpec
    prepared: Preprocessing
    features: Callable[[Any], Any]
    device: str

    def encode(self, images: Images) -> Latents:
        """Encode pictures.

        Args:
            images: (n, size, size, 3); n may be 0.

        Returns:
            (n, dim) float32 of length 1.

        Raises:
            InputError: If the pictures have another size than the model sees.
        """
        self.prepared.require_size(images, self.spec.encoder)
        vectors = np.empty((len(images), self.spec.dim), np.float32)
        step = BATCH if self.device == "cpu" else BATCH_CUDA
        for start in range(0, len(images), step):
            vectors[start : start + step] = self._unit_features(images[start : start + step])
        return vectors

    def _unit_features(self, images: Images) -> Latents:
        import torch

        writeable = images if images.flags.writeable else images.copy()  # torch warns of what it might change
        with torch.inference_mode():
            pixels = torch.from_numpy(writeable).to(self.device).permute(0, 3, 1, 2).float()
            scale, shift = (torch.from_numpy(v).to(self.device)[:, None, None] for v in self._affine())
            return _unit(self.features(torch.addcmul(shift, pixels, scale).contiguous()))

    def _affine(self) -> tuple[np.ndarray, np.ndarray]:
        return self.prepared.scale, self.prepared.shift


@dataclass(frozen=True, eq=False)
class PictureTextEncoder:
    """Pictures to unit vectors, and texts to vectors of the same space to search them with.

    Args:
        pictures: The half that encodes pictures.
        network: The whole model.
        ref: Where its tokenizer is.
    """

    pictures: PictureEncoder
    network: Any
    ref: ModelRef

    @property
    def spec(self) -> LatentSpec:
        """What the vectors are."""
        return self.pictures.spec

    @property
    def device(self) -> str:
        """Where the model is: "cpu" or "cuda"."""
        return self.pictures.device

    def encode(self, images: Images) -> Latents:
        """Encode pictures, as `PictureEncoder` does."""
        return self.pictures.encode(images)

    def encode_query(self, texts: Sequence[str]) -> Latents:
        """Encode texts; what is longer than the model's longest text is cut off at its end.

        Args:
            texts: n texts; n may be 0.

        Returns:
            (n, dim) float32 of length 1.

        Raises:
            InputError: If the model's folder holds no tokenizer.
        """
        import torch

        vectors = np.empty((len(texts), self.spec.dim), np.float32)
        if not texts:
            return vectors
        tokenise = self._tokenise
        with torch.inference_mode():
            for start in range(0, len(texts), TEXTS):
                tokens = tokenise(list(texts[start : start + TEXTS])).to(self.device)
                found = self.network.get_text_features(**tokens)
                vectors[start : start + TEXTS] = _unit(_unwrapped(found))
        return vectors

    @cached_property
    def _tokenise(self) -> Callable[[list[str]], Any]:
        return _tokeniser(self.ref, self.network)  # at the first text only: a build needs none


def load(
    id: str, revision: str | None = None, *, trust_remote_code: bool = False
) -> PictureEncoder | PictureTextEncoder:
    """Vision models of Hugging Face (CLIP, SigLIP, DINOv2, ViT, ...); CLIP-like ones find pictures by words.

    Args:
        id: A folder, or a name on the hub ("openai/clip-vit-base-patch32").
        revision: Branch, tag or commit on the hub; not for folders.
        trust_remote_code: Let the model's own Python files run.

    Raises:
        InputError: If it isn't there, mayn't be loaded, isn't whole, or is no model of pictures.
        MissingExtraError: If transformers is not installed.
    """
    ref = resolve("hf", id, revision, trust_remote_code)
    try:
        import transformers  # noqa: F401
    except ImportError:
        raise MissingExtraError(f"The encoder {ref.name}", "hf") from None
    with quiet():
        config = _config(ref, trust_remote_code)
        _require_pictures(ref, config)
        prepared = read_preprocessing(ref.folder, getattr(config, "model_type", None))
        network, missing = _network(ref, config, trust_remote_code)
        return _encoder(ref, network, missing, prepared)


def _config(ref: ModelRef, trusted: bool) -> Any:
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(ref.folder, trust_remote_code=trusted)
    except Exception as error:  # a damaged config makes the library raise almost anything
        kind = ref.config.get("model_type")
        if kind is None:
            why = "its config.json names no model_type, so it is no model of transformers"
        else:
            why = f"transformers can't make a model of type {kind!r} from its config.json: {first_line(error)}"
        raise InputError(f"The encoder {ref.name} can't be loaded: {why}.") from error


def _require_pictures(ref: ModelRef, config: Any) -> None:
    """Refuse a model that takes no pictures, before gigabytes of it are loaded."""
    from transformers import AutoModel

    try:
        kinds: Any = AutoModel._model_mapping[type(config)]
    except KeyError:
        if "auto_map" in ref.config:  # its own class, seen after loading
            return
        raise InputError(
            f"The encoder {ref.name} can't be loaded: transformers has no bare model of type {config.model_type!r}, "
            "only models with heads. Use one of CLIP, SigLIP, DINOv2, DINOv3, ViT, BEiT, ConvNeXt, ResNet, ..."
        ) from None
    _kind(ref, kinds[0] if isinstance(kinds, tuple | list) else kinds, config)


def _kind(ref: ModelRef, network: type, config: Any) -> str:
    """ "text" for models of pictures and text, "pictures" for those of pictures alone."""
    if hasattr(network, "get_image_features") and hasattr(network, "get_text_features"):
        return "text"
    wants = getattr(network, "main_input_name", "input_ids")
    kind = getattr(config, "model_type", None)
    if hasattr(network, "get_image_features"):
        raise InputError(
            f"The encoder {ref.name} is a language model that looks at pictures ({kind}); it has no vector for a "
            "picture. Use a model such as CLIP, SigLIP or DINOv2."
        )
    if wants == "pixel_values":
        return "pictures"
    if wants == "input_ids":
        id = ref.name.removeprefix("hf:")
        raise InputError(
            f"The encoder {ref.name} is a model of text ({kind}), and hf: takes models of pictures. For text, "
            f"write st:{id}"
        )
    raise InputError(f"The encoder {ref.name} takes {wants} ({kind}); hf: takes models of pictures (pixel_values).")


def _network(ref: ModelRef, config: Any, trusted: bool) -> tuple[Any, list[str]]:
    """The network on its device, and the names of parameters that its files lack."""
    import torch
    from transformers import AutoModel

    from lateen.models.linear import use_onednn

    try:
        network, report = AutoModel.from_pretrained(
            ref.folder,
            config=config,
            dtype=torch.float32,
            use_safetensors=True,
            output_loading_info=True,
            trust_remote_code=trusted,
        )
    except LateenError:
        raise
    except ImportError as error:
        raise InputError(f"The encoder {ref.name} can't be loaded: {first_line(error)}") from error
    except Exception as error:  # SafetensorError, shapes that don't fit, whatever a model's own code raises
        raise InputError(
            f"The encoder {ref.name} can't be loaded: its weights in {ref.weights[0].parent} are damaged or don't "
            f"belong to its config.json: {first_line(error)}"
        ) from error
    device = "cuda" if torch.cuda.is_available() else "cpu"
    network.eval().requires_grad_(False).to(device)
    use_onednn(network)
    return network, sorted(report["missing_keys"])


def _encoder(
    ref: ModelRef, network: Any, missing: list[str], prepared: Preprocessing
) -> PictureEncoder | PictureTextEncoder:
    both = _kind(ref, type(network), network.config) == "text"
    lost = [k for k in missing if not k.endswith(_UNUSED) and (both or "pooler" not in k.split("."))]
    if lost:
        shown = ", ".join(lost[:3]) + (", ..." if len(lost) > 3 else "")
        raise InputError(
            f"The encoder {ref.name} can't be loaded: its files lack {len(lost)} of its weights ({shown}), which would "
            "be random."
        )
    size = prepared.view.size
    pooling = "image_features" if both else _pooling(network, _looked(ref, network, size), "pooler" in str(missing))
    preprocessing = {**prepared.to_dict(), "pooling": pooling, "normalise": True}
    features = _features(network, pooling)
    dim = _dim(ref, features, size)
    spec = LatentSpec(
        encoder=ref.name,
        dim=dim,
        modality="image",
        geometry="sphere",
        fingerprint=files_fingerprint(
            [*ref.weights, *(tokenizer_files(ref.folder) if both else [])],
            {"config": effective(ref.config), **preprocessing},
        ),
        numbers_per_item=3 * size**2,
        preprocessing={**preprocessing, **ref.provenance},
    )
    pictures = PictureEncoder(spec, prepared, features, network.device.type)
    return PictureTextEncoder(pictures, network, ref) if both else pictures


def _pooling(network: Any, output: Any, pooler_lost: bool) -> str:
    """Which output stands for the picture: "pooler_output", "cls" or "mean".

    A dense pooler (ViT's, with tanh) was trained for a task that most checkpoints have no weights of, and its range is
    no feature's; a parameterless or normalising one is the model's own idea of a summary.
    """
    dense = hasattr(getattr(network, "pooler", None), "dense")
    if getattr(output, "pooler_output", None) is not None and not dense and not pooler_lost:
        return "pooler_output"
    tokens = any(name.rpartition(".")[2] in ("cls_token", "class_embedding") for name, _ in network.named_parameters())
    return "cls" if tokens and output.last_hidden_state.ndim == 3 else "mean"


def _features(network: Any, pooling: str) -> Callable[[Any], Any]:
    if pooling == "image_features":
        return lambda pixels: _unwrapped(network.get_image_features(pixel_values=pixels))
    if pooling == "pooler_output":
        return lambda pixels: network(pixels).pooler_output.flatten(1)
    if pooling == "cls":
        return lambda pixels: network(pixels).last_hidden_state[:, 0]

    def mean(pixels: Any) -> Any:
        hidden = network(pixels).last_hidden_state
        return hidden.mean(1) if hidden.ndim == 3 else hidden.flatten(2).mean(2)

    return mean


def _dim(ref: ModelRef, features: Callable[[Any], Any], size: int) -> int:
    """Numbers per picture, from a model that says the same twice."""
    import torch

    first, second = _looked(ref, features, size), _looked(ref, features, size)
    if not torch.isfinite(first).all():
        raise InputError(f"The encoder {ref.name} gives NaN or infinity for a plain picture; its weights are damaged.")
    if not torch.allclose(first, second, rtol=1e-3, atol=1e-4 * float(first.abs().max())):
        raise InputError(f"The encoder {ref.name} gives another vector for the same picture each time; it can't serve.")
    return int(first.shape[1])


def _looked(ref: ModelRef, model: Callable[[Any], Any], size: int) -> Any:
    """What a model gives for one picture, to see that it works."""
    import torch

    picture = torch.linspace(-1, 1, 3 * size * size).reshape(1, 3, size, size)
    try:
        with torch.inference_mode():
            return model(picture.to("cuda" if torch.cuda.is_available() else "cpu"))
    except Exception as error:
        raise InputError(
            f"The encoder {ref.name} can't take pictures of {size} x {size} pixels, as its preprocessing says: "
            f"{first_line(error)}"
        ) from error


def _tokeniser(ref: ModelRef, network: Any) -> Callable[[list[str]], Any]:
    from transformers import AutoTokenizer

    if not has_tokenizer(ref.folder):
        raise InputError(
            f"The encoder {ref.name} takes texts, but {ref.folder} lacks its tokenizer. A folder made by "
            "AutoTokenizer.from_pretrained(NAME).save_pretrained(FOLDER) holds it; put its files there and build "
            "the space again: how texts are cut is a part of what its encoder is."
        )
    try:
        with quiet():
            tokenizer = AutoTokenizer.from_pretrained(ref.folder, trust_remote_code=ref.trusted)
    except Exception as error:  # files that don't fit make the library raise almost anything
        raise InputError(
            f"The tokenizer of the encoder {ref.name} in {ref.folder} can't be loaded: {first_line(error)}"
        ) from error
    text = network.config.get_text_config()
    longest = min(tokenizer.model_max_length, getattr(text, "max_position_embeddings", None) or 512)
    padding = "max_length" if network.config.model_type.startswith("siglip") else True  # as it was trained
    return lambda texts: tokenizer(texts, padding=padding, truncation=True, max_length=longest, return_tensors="pt")


def _unwrapped(found: Any) -> Any:
    """The features themselves; since transformers 5 they come inside an output."""
    return getattr(found, "pooler_output", found)


def _unit(features: Any) -> Latents:
    from torch.nn.functional import normalize

    return np.asarray(normalize(features.float(), dim=1).cpu().numpy(), np.float32)
