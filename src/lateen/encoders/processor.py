"""From preprocessor_config.json to a `View` and the numbers that a model wants to see.

One idea: what a processor of transformers does to a picture is a resize, a cut of the middle and an affine map of the
values. Those three are read from its file, with the defaults of its class; what is more than that is refused, never
left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, UInt8

from lateen.core.errors import InputError
from lateen.sources.picture import View

FILE = "preprocessor_config.json"
_FILTERS = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic"}
_HALF = (0.5, 0.5, 0.5)
_CLIP = {"image_mean": (0.48145466, 0.4578275, 0.40821073), "image_std": (0.26862954, 0.26130258, 0.27577711)}
_IMAGENET = {"image_mean": (0.485, 0.456, 0.406), "image_std": (0.229, 0.224, 0.225)}
_BASE: dict[str, Any] = {
    "do_resize": True,
    "do_rescale": True,
    "do_normalize": True,
    "rescale_factor": 1 / 255,
    "image_mean": _HALF,
    "image_std": _HALF,
    "size": 224,
    "crop_size": 224,
    "resample": 3,
    "square": True,
}
_CROPS = {"do_center_crop": True, "square": False}
# What each class takes for granted where its file is silent; older files often are.
_CLASSES: dict[str, dict[str, Any]] = {
    "Beit": {},
    "Bit": {**_CROPS, **_CLIP},
    "Blip": {"size": 384, **_CLIP},
    "CLIP": {**_CROPS, **_CLIP},
    "ChineseCLIP": {**_CROPS, **_CLIP},
    "ConvNext": {"size": 384, "square": False, "crop_pct": 224 / 256},
    "DINOv3ViT": {"resample": 2, **_IMAGENET},
    "DeiT": {"do_center_crop": True, "size": 256},
    "Levit": {**_CROPS, **_IMAGENET},
    "MobileNetV1": {**_CROPS, "size": 256, "resample": 2},
    "MobileNetV2": {**_CROPS, "size": 256, "resample": 2},
    "Pvt": _IMAGENET,
    "Siglip": {},
    "ViT": {"resample": 2},
}
# The class of files that don't name one, by the model_type in config.json.
_MODELS = {
    "beit": "Beit",
    "chinese_clip": "ChineseCLIP",
    "clip": "CLIP",
    "convnext": "ConvNext",
    "convnextv2": "ConvNext",
    "data2vec-vision": "Beit",
    "deit": "DeiT",
    "dinov2": "Bit",
    "dinov3_vit": "DINOv3ViT",
    "levit": "Levit",
    "mobilenet_v1": "MobileNetV1",
    "mobilenet_v2": "MobileNetV2",
    "regnet": "ConvNext",
    "resnet": "ConvNext",
    "siglip": "Siglip",
    "swin": "ViT",
    "vit": "ViT",
}
_EXTRA_STEPS = {
    "do_pad": "pads pictures",
    "do_flip_channel_order": "swaps red and blue",
    "do_color_quantize": "reduces pictures to a palette",
    "do_thumbnail": "shrinks pictures to a thumbnail first",
    "do_align_long_axis": "turns pictures",
    "do_image_splitting": "cuts pictures into tiles",
    "rescale_offset": "shifts values after rescaling",
}


@dataclass(frozen=True)
class Preprocessing:
    """What happens to a picture before a network: pixels as `view` says, then (pixel * factor - mean) / std.

    Args:
        view: How a picture becomes square.
        mean: Of red, green and blue.
        std: Of red, green and blue.
        factor: What pixels of 0 to 255 are multiplied by first: 1/255 for values of 0 to 1.
    """

    view: View
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    factor: float = 1 / 255

    @property
    def scale(self) -> Float32[np.ndarray, " 3"]:
        """What a pixel of 0 to 255 is multiplied by, per channel."""
        return np.array([self.factor / s for s in self.std], np.float32)

    @property
    def shift(self) -> Float32[np.ndarray, " 3"]:
        """What is added after that."""
        return np.array([-m / s for m, s in zip(self.mean, self.std, strict=True)], np.float32)

    def require_size(self, images: UInt8[np.ndarray, "n height width 3"], encoder: str) -> None:
        """Refuse pictures of another size than the network sees.

        Args:
            images: (n, height, width, 3).
            encoder: What is asked to encode them.

        Raises:
            InputError: If their sides differ from the view's.
        """
        size = self.view.size
        height, width = images.shape[1:3]
        if (height, width) != (size, size):
            raise InputError(
                f"The encoder {encoder} takes pictures of {size} x {size} pixels; it got {width} x {height} "
                f"(width x height). Resize them to {size} x {size}."
            )

    def to_dict(self) -> dict[str, object]:
        """Plain data for a spec's preprocessing: that of the view, mean, std and factor."""
        return {**self.view.to_dict(), "mean": list(self.mean), "std": list(self.std), "factor": self.factor}


def read_preprocessing(folder: Path, model_type: str | None = None) -> Preprocessing:
    """Read how a model's folder says that its pictures are prepared.

    Args:
        folder: A model's folder, with preprocessor_config.json (or a processor_config.json that holds it).
        model_type: The model_type of its config.json, for files that don't name their class.

    Raises:
        InputError: If there is no such file, or it asks for what a `View` and an affine map can't do.
    """
    file, config = _read(folder)
    try:
        return preprocessing_of(config, model_type)
    except InputError as error:
        raise InputError(f"The preprocessing in {file} can't be used: {error}") from error


def preprocessing_of(config: Mapping[str, Any], model_type: str | None = None) -> Preprocessing:
    """Understand the content of a preprocessor_config.json; arguments and errors as for `read_preprocessing`."""
    name = _class_name(config, model_type)
    given = {key: value for key, value in config.items() if value is not None}
    full = {**_BASE, "do_center_crop": False, **_CLASSES[name], **given}
    for key, step in _EXTRA_STEPS.items():
        if full.get(key):
            raise InputError(f"{key} is set; lateen has no such step ({step}).")
    if not full["do_resize"]:
        raise InputError("do_resize is off, so that pictures of any size would come in; expected a fixed size.")
    if full["resample"] not in _FILTERS:
        known = ", ".join(f"{code} ({filter})" for code, filter in _FILTERS.items())
        raise InputError(f"resample is {full['resample']!r}; expected one of {known}.")
    normalises = bool(full["do_normalize"])
    return Preprocessing(
        view=_view(name, full, _FILTERS[full["resample"]]),
        mean=_three("image_mean", full["image_mean"]) if normalises else (0.0, 0.0, 0.0),
        std=_three("image_std", full["image_std"]) if normalises else (1.0, 1.0, 1.0),
        factor=float(full["rescale_factor"]) if full["do_rescale"] else 1.0,
    )


def _read(folder: Path) -> tuple[Path, dict[str, Any]]:
    for name, part in ((FILE, None), ("processor_config.json", "image_processor")):
        file = folder / name
        if not file.is_file():
            continue
        try:
            config = json.loads(file.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(f"{file} can't be read as JSON: {error}.") from error
        if part is not None and isinstance(config, dict):
            config = config.get(part)
        if isinstance(config, dict):
            return file, config
    raise InputError(
        f"{folder} lacks {FILE}, which says how pictures are prepared for the model. A folder made by "
        "AutoImageProcessor.from_pretrained(NAME).save_pretrained(FOLDER) holds it; put it there."
    )


def _class_name(config: Mapping[str, Any], model_type: str | None) -> str:
    written = config.get("image_processor_type") or config.get("feature_extractor_type")
    if written is None:
        if model_type in _MODELS:
            return _MODELS[model_type]
        raise InputError(f"it names no image_processor_type, and none is known for the model type {model_type!r}.")
    name = re.sub(r"(ImageProcessor|FeatureExtractor)(Fast|Pil)?$", "", str(written))
    if name not in _CLASSES:
        raise InputError(
            f"image_processor_type is {written!r}; lateen knows what these do: {', '.join(sorted(_CLASSES))}."
        )
    return name


def _view(name: str, full: Mapping[str, Any], resample: str) -> View:
    height, width, square = _sides("size", full["size"], bool(full["square"]))
    if name == "ConvNext" and not square:
        if height >= 384:  # the class stretches large pictures and cuts small ones
            return View(height, "stretch", resample)
        return View(height, "crop", resample, height / int(height / float(full["crop_pct"])))
    if name == "Levit" and not square:
        height = width = int(256 / 224 * height)
    if height != width:
        raise InputError(f"size is {height} x {width}; lateen shows pictures to models as squares only.")
    fit = "stretch" if square else "crop"
    if not full["do_center_crop"]:
        if not square:
            raise InputError(
                f"pictures keep their shape (shortest_edge {height}, no do_center_crop); lateen needs squares: "
                "set do_center_crop and crop_size there, or size to a height and a width."
            )
        return View(height, fit, resample)
    crop, crop_width, _ = _sides("crop_size", full["crop_size"], True)
    if crop != crop_width:
        raise InputError(f"crop_size is {crop} x {crop_width}; lateen shows pictures to models as squares only.")
    if crop > height:
        raise InputError(f"crop_size {crop} is larger than size {height}, so that pictures would get a margin.")
    return View(crop, fit, resample, crop / height)


def _sides(key: str, value: object, square: bool) -> tuple[int, int, bool]:
    """Height, width, and whether both sides are set (else it is the shorter side)."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value, value, square
    if isinstance(value, list | tuple) and len(value) == 2 and all(isinstance(v, int) for v in value):
        return value[0], value[1], True
    if isinstance(value, dict):
        sides = {k: v for k, v in value.items() if v is not None}
        if set(sides) == {"height", "width"} and all(isinstance(v, int) for v in sides.values()):
            return sides["height"], sides["width"], True
        if set(sides) == {"shortest_edge"} and isinstance(sides["shortest_edge"], int):
            return sides["shortest_edge"], sides["shortest_edge"], False
    raise InputError(f"{key} is {value!r}; expected a height and a width, or a shortest_edge.")


def _three(key: str, value: object) -> tuple[float, float, float]:
    values = [value] * 3 if isinstance(value, int | float) else value
    if isinstance(values, list | tuple) and len(values) == 3 and all(isinstance(v, int | float) for v in values):
        red, green, blue = (float(v) for v in values)
        if key != "image_std" or red * green * blue != 0:
            return red, green, blue
    raise InputError(f"{key} is {value!r}; expected three numbers, one per channel.")
