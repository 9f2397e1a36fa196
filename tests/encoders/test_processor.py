"""Preprocessing as read from files, against transformers' own processors on two photographs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_images

from lateen.core.errors import InputError
from lateen.encoders.processor import Preprocessing, preprocessing_of, read_preprocessing
from lateen.sources.picture import View, read_picture

CLIP_MEAN, CLIP_STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]
# Files as they are on the hub, new and old; the old ones are silent of much.
FILES: dict[str, dict[str, Any]] = {
    "clip": {
        "crop_size": 224,
        "do_center_crop": True,
        "do_normalize": True,
        "do_resize": True,
        "feature_extractor_type": "CLIPFeatureExtractor",
        "image_mean": CLIP_MEAN,
        "image_std": CLIP_STD,
        "resample": 3,
        "size": 224,
    },
    "siglip": {
        "do_normalize": True,
        "do_rescale": True,
        "do_resize": True,
        "image_mean": [0.5, 0.5, 0.5],
        "image_processor_type": "SiglipImageProcessor",
        "image_std": [0.5, 0.5, 0.5],
        "resample": 3,
        "rescale_factor": 0.00392156862745098,
        "size": {"height": 224, "width": 224},
    },
    "vit": {"do_normalize": True, "do_resize": True, "image_processor_type": "ViTImageProcessor", "size": 224},
    "vit of ImageNet-21k": {
        "do_convert_rgb": None,
        "image_processor_type": "ViTImageProcessorFast",
        "resample": 2,
        "size": {"height": 224, "width": 224},
    },
    "dinov2": {
        "crop_size": {"height": 224, "width": 224},
        "do_center_crop": True,
        "do_convert_rgb": True,
        "image_mean": [0.485, 0.456, 0.406],
        "image_processor_type": "BitImageProcessor",
        "image_std": [0.229, 0.224, 0.225],
        "resample": 3,
        "size": {"shortest_edge": 256},
    },
    "convnext": {
        "crop_pct": 0.875,
        "feature_extractor_type": "ConvNextFeatureExtractor",
        "image_mean": [0.485, 0.456, 0.406],
        "image_std": [0.229, 0.224, 0.225],
        "resample": 3,
        "size": 224,
    },
    "convnext 384": {"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 384}},
    "beit": {
        "crop_size": 224,
        "do_center_crop": False,
        "feature_extractor_type": "BeitFeatureExtractor",
        "resample": 2,
        "size": 224,
    },
    "deit": {"crop_size": 224, "feature_extractor_type": "DeiTFeatureExtractor", "resample": 3, "size": 256},
    "levit": {"image_processor_type": "LevitImageProcessor", "size": {"shortest_edge": 224}},
    "mobilenet": {"image_processor_type": "MobileNetV2ImageProcessor"},
    "chinese clip": {
        "crop_size": {"height": 224, "width": 224},
        "do_center_crop": True,
        "image_processor_type": "ChineseCLIPImageProcessor",
        "size": {"height": 224, "width": 224},
    },
    "pvt": {"image_processor_type": "PvtImageProcessor"},
    "blip": {"image_processor_type": "BlipImageProcessor"},
    "bit": {"image_processor_type": "BitImageProcessor"},
    "values of -1 to 1": {
        "image_processor_type": "ViTImageProcessor",
        "do_normalize": False,
        "rescale_factor": 1 / 127.5,
        "size": 192,
    },
}


@pytest.fixture(scope="module", params=[0, 1], ids=["wide", "high"])
def photo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photograph of 640 x 427, as it is and turned upright."""
    image = Image.fromarray(load_sample_images().images[request.param])
    path = tmp_path_factory.mktemp("photos") / "photo.png"
    (image.transpose(Image.Transpose.ROTATE_90) if request.param else image).save(path)
    return path


def prepared(photo: Path, preprocessing: Preprocessing) -> np.ndarray:
    """(3, size, size) as the network would get it."""
    pixels = read_picture(photo, preprocessing.view).pixels.transpose(2, 0, 1)
    scale, shift = preprocessing.scale, preprocessing.shift
    return np.asarray(pixels * scale[:, None, None] + shift[:, None, None])


@pytest.mark.parametrize("kind", FILES)
def test_pictures_are_prepared_as_transformers_does(kind: str, photo: Path, tmp_path: Path) -> None:
    from transformers import AutoImageProcessor

    (tmp_path / "preprocessor_config.json").write_text(json.dumps(FILES[kind]))
    ours = prepared(photo, read_preprocessing(tmp_path))
    processor = AutoImageProcessor.from_pretrained(tmp_path, backend="pil")
    theirs = processor(Image.open(photo), return_tensors="np")["pixel_values"][0]
    assert ours.shape == theirs.shape
    levels = np.abs(ours - theirs) * np.reshape(read_preprocessing(tmp_path).std, (3, 1, 1)) * 255
    # To cut first and resize then gives the same pixels, but Pillow may resize the sides in another order, and rounds
    # to whole levels between them; half a pixel beside the middle would be 3 levels on average, and 100 at edges.
    assert levels.mean() < 0.3
    assert levels.max() < 6


def test_photographs_of_jpeg_are_read_at_a_fraction_and_still_alike(photo: Path, tmp_path: Path) -> None:
    """A large JPEG is decoded at a half or a quarter, which is quick and costs a level or two."""
    from transformers import AutoImageProcessor

    large = Image.open(photo).resize((1800, 1200), Image.Resampling.BICUBIC)
    large.save(tmp_path / "large.jpg", quality=95)
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(FILES["dinov2"]))
    preprocessing = read_preprocessing(tmp_path)
    processor = AutoImageProcessor.from_pretrained(tmp_path, backend="pil")
    theirs = processor(Image.open(tmp_path / "large.jpg"), return_tensors="np")["pixel_values"][0]
    levels = np.abs(prepared(tmp_path / "large.jpg", preprocessing) - theirs) * 0.226 * 255
    assert levels.mean() < 2


def test_dinov3_which_has_no_processor_without_torchvision() -> None:
    named = {"image_processor_type": "DINOv3ViTImageProcessorFast", "size": {"height": 224, "width": 224}}
    read = preprocessing_of(named)
    assert read.view == View(224, "stretch", "bilinear")
    assert (read.mean, read.std) == ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def test_a_file_that_names_no_class_is_read_as_its_model_type() -> None:
    config = {"size": 224, "image_mean": [0.5, 0.5, 0.5]}
    assert preprocessing_of(config, "vit").view == View(224, "stretch", "bilinear")
    assert preprocessing_of(config, "clip").view == View(224, "crop", "bicubic")
    with pytest.raises(InputError, match="names no image_processor_type, and none is known for the model type 'new'"):
        preprocessing_of(config, "new")


def test_values_are_mapped_as_said() -> None:
    plain = preprocessing_of({"image_processor_type": "ViTImageProcessor", "do_rescale": False, "do_normalize": False})
    np.testing.assert_array_equal(plain.scale, [1, 1, 1])
    np.testing.assert_array_equal(plain.shift, [0, 0, 0])
    usual = preprocessing_of({"image_processor_type": "SiglipImageProcessor"})
    np.testing.assert_allclose(np.array([0, 255])[:, None] * usual.scale + usual.shift, [[-1] * 3, [1] * 3], atol=1e-6)


def test_plain_data_for_the_spec() -> None:
    written = preprocessing_of(FILES["dinov2"]).to_dict()
    assert json.loads(json.dumps(written)) == written
    assert View.of(written) == View(224, "crop", "bicubic", 224 / 256)


def test_the_processor_config_of_newer_folders_is_read(tmp_path: Path) -> None:
    (tmp_path / "processor_config.json").write_text(json.dumps({"image_processor": FILES["siglip"]}))
    assert read_preprocessing(tmp_path).view == View(224, "stretch", "bicubic")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"do_resize": False}, "do_resize is off"),
        ({"size": {"height": 224, "width": 336}}, "size is 224 x 336; .* squares only"),
        ({"size": {"longest_edge": 224}}, "size is .*longest_edge.*; expected a height and a width"),
        ({"size": {"shortest_edge": 224}}, "keep their shape .* needs squares"),
        ({"crop_size": 256, "do_center_crop": True}, "crop_size 256 is larger than size 224"),
        ({"crop_size": {"height": 64, "width": 32}, "do_center_crop": True}, "crop_size is 64 x 32"),
        ({"do_pad": True}, "do_pad is set; lateen has no such step"),
        ({"do_flip_channel_order": True}, "swaps red and blue"),
        ({"resample": 5}, r"resample is 5; expected one of 0 \(nearest\), 1 \(lanczos\)"),
        ({"image_mean": [0.5]}, "image_mean is .*; expected three numbers"),
        ({"image_std": [0.5, 0, 0.5]}, "image_std is .*; expected three numbers"),
        ({"image_processor_type": "Siglip2ImageProcessor"}, "'Siglip2ImageProcessor'; lateen knows .*: Beit"),
    ],
)
def test_what_can_not_be_done_is_refused(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    file = tmp_path / "preprocessor_config.json"
    file.write_text(json.dumps({"image_processor_type": "ViTImageProcessor", **change}))
    with pytest.raises(InputError, match=message) as caught:
        read_preprocessing(tmp_path)
    assert str(file) in str(caught.value)


def test_a_folder_without_the_file_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"lacks preprocessor_config.json.*AutoImageProcessor"):
        read_preprocessing(tmp_path)
    (tmp_path / "preprocessor_config.json").write_text("{")
    with pytest.raises(InputError, match="can't be read as JSON"):
        read_preprocessing(tmp_path)
