"""`hf:` through the real path: tiny random models in folders, compared with transformers' own forward."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_models import SIZE, clip_like, pictures, pixel_values, save_model, vit_like, write_tokenizer

from lateen.core.codec import Decoder, Encoder, QueryEncoder
from lateen.core.errors import InputError
from lateen.encoders import load_encoder
from lateen.encoders.hf_vision import BATCH, load
from lateen.sources.picture import View

Folder = Callable[..., Path]
TEXTS = ["a red shoe", "a photo of a green dog", "dog"]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = save_model(clip_like("CLIP"), tmp_path_factory.mktemp("models") / "clip")
    write_tokenizer(folder)
    return folder


@pytest.fixture(scope="module")
def dino(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(vit_like("Dinov2"), tmp_path_factory.mktemp("models") / "dino")


def unit(features: torch.Tensor) -> np.ndarray:
    return (features / features.norm(dim=1, keepdim=True)).detach().numpy()


def _pooler(model: Any, pixels: torch.Tensor) -> torch.Tensor:
    return model(pixels).pooler_output.flatten(1)


def _class_token(model: Any, pixels: torch.Tensor) -> torch.Tensor:
    return model(pixels).last_hidden_state[:, 0]


def _mean(model: Any, pixels: torch.Tensor) -> torch.Tensor:
    return model(pixels).last_hidden_state.mean(1)


@pytest.mark.parametrize(
    ("kind", "pooling", "expected"),
    [
        ("ViT", "cls", _class_token),  # its pooler has a tanh
        ("Dinov2", "pooler_output", _pooler),
        ("DINOv3ViT", "pooler_output", _pooler),
        ("Beit", "pooler_output", _pooler),
        ("IJepa", "mean", _mean),  # no class token, and ViT's pooler
        ("ConvNext", "pooler_output", _pooler),
        ("ResNet", "pooler_output", _pooler),
    ],
)
def test_vision_models_give_what_transformers_gives(kind: str, pooling: str, expected: Any, tmp_path: Path) -> None:
    model = vit_like(kind)
    encoder = load(str(save_model(model, tmp_path / kind)))
    assert isinstance(encoder, Encoder)
    assert not isinstance(encoder, QueryEncoder | Decoder)
    assert encoder.spec.preprocessing["pooling"] == pooling
    images = pictures(5)
    with torch.inference_mode():
        np.testing.assert_allclose(encoder.encode(images), unit(expected(model, pixel_values(images))), atol=2e-5)


def test_a_pooler_that_the_files_lack_is_not_used(tmp_path: Path) -> None:
    model = vit_like("Beit", use_mean_pooling=True)
    folder = save_model(model, tmp_path / "beit")
    weights = {name: t for name, t in model.state_dict().items() if not name.startswith("pooler.")}
    model.save_pretrained(folder, state_dict=weights)
    encoder = load(str(folder))
    assert encoder.spec.preprocessing["pooling"] == "cls"
    with torch.inference_mode():
        expected = unit(_class_token(model, pixel_values(pictures(2))))
    np.testing.assert_allclose(encoder.encode(pictures(2)), expected, atol=2e-5)


def test_classifiers_serve_without_their_head(tmp_path: Path) -> None:
    from transformers import ViTForImageClassification

    torch.manual_seed(0)
    model = ViTForImageClassification(vit_like("ViT").config).eval()
    encoder = load(str(save_model(model, tmp_path / "classifier")))
    with torch.inference_mode():
        expected = unit(_class_token(model.vit, pixel_values(pictures(3))))
    np.testing.assert_allclose(encoder.encode(pictures(3)), expected, atol=2e-5)


def test_other_weights_that_lack_are_refused(tmp_path: Path) -> None:
    model = vit_like("Dinov2")
    folder = save_model(model, tmp_path / "dino")
    weights = {name: t for name, t in model.state_dict().items() if "layer.1.mlp.fc1" not in name}
    model.save_pretrained(folder, state_dict=weights)
    with pytest.raises(InputError, match=r"lack 2 of its weights \(.*layer\.1\.mlp\.fc1\.bias.*would be random"):
        load(str(folder))


@pytest.mark.parametrize("kind", ["CLIP", "Siglip"])
def test_pictures_and_texts_as_transformers_encodes_them(kind: str, tmp_path: Path) -> None:
    model = clip_like(kind)
    folder = save_model(model, tmp_path / kind)
    names = ["input_ids", "attention_mask"] if kind == "CLIP" else ["input_ids"]
    tokenizer = write_tokenizer(folder, model_input_names=names)
    encoder = load(str(folder))
    assert isinstance(encoder, QueryEncoder)
    assert encoder.spec.preprocessing["pooling"] == "image_features"
    images = pictures(4)
    with torch.inference_mode():
        seen = unit(model.get_image_features(pixel_values(images)).pooler_output)
        rule: dict[str, Any] = {"padding": "max_length", "max_length": 12} if kind == "Siglip" else {"padding": True}
        tokens = tokenizer(TEXTS, return_tensors="pt", **rule)
        read = unit(model.get_text_features(**tokens).pooler_output)
    np.testing.assert_allclose(encoder.encode(images), seen, atol=2e-5)
    np.testing.assert_allclose(encoder.encode_query(TEXTS), read, atol=2e-5)
    assert encoder.encode_query([]).shape == (0, encoder.spec.dim)


def test_a_text_does_not_depend_on_the_texts_beside_it(clip: Path) -> None:
    encoder = load(str(clip))
    assert isinstance(encoder, QueryEncoder)
    together = encoder.encode_query(TEXTS)
    for text, row in zip(TEXTS, together, strict=True):
        np.testing.assert_allclose(encoder.encode_query([text])[0], row, atol=2e-6)
    endless = encoder.encode_query(["dog " * 500])
    np.testing.assert_allclose(np.linalg.norm(endless, axis=1), 1, atol=1e-5)


def test_texts_without_a_tokenizer_say_what_is_missing(clip: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(clip, tmp_path / "clip")
    for file in folder.glob("tokenizer*"):
        file.unlink()
    encoder = load(str(folder))
    assert isinstance(encoder, QueryEncoder)
    assert encoder.encode(pictures(1)).shape == (1, 16)
    with pytest.raises(InputError, match=r"takes texts, but .* lacks its tokenizer\. .*AutoTokenizer"):
        encoder.encode_query(TEXTS)


def test_the_spec_says_all_that_happens(dino: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(dino.parent)
    spec = load("dino").spec
    assert spec.encoder == f"hf:{dino}"
    assert (spec.dim, spec.modality, spec.geometry) == (24, "image", "sphere")
    assert spec.numbers_per_item == 3 * SIZE**2
    assert View.of(spec.preprocessing) == View(SIZE, "stretch", "bilinear")
    assert spec.preprocessing["normalise"] is True
    assert spec.preprocessing["mean"] == [0.485, 0.456, 0.406]
    assert len(spec.fingerprint) == 64
    assert json.loads(json.dumps(spec.to_dict())) == spec.to_dict()
    assert load(str(dino)).spec == spec
    assert load_encoder(f"hf:{dino}").spec == spec  # type: ignore[union-attr]


def test_other_weights_and_other_preprocessing_have_another_fingerprint(dino: Path, tmp_path: Path) -> None:
    first = load(str(dino)).spec.fingerprint
    reseeded = load(str(save_model(vit_like("Dinov2", seed=1), tmp_path / "reseeded"))).spec.fingerprint
    nearest = load(str(save_model(vit_like("Dinov2"), tmp_path / "nearest", resample=0))).spec.fingerprint
    copied = load(str(shutil.copytree(dino, tmp_path / "copied"))).spec.fingerprint
    assert len({first, reseeded, nearest}) == 3
    assert copied == first


def test_what_the_config_says_has_another_fingerprint_and_what_has_no_effect_the_same(
    dino: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(dino, tmp_path / "dino")
    config = json.loads((folder / "config.json").read_text())

    def configured(**entries: Any) -> str:
        (folder / "config.json").write_text(json.dumps({**config, **entries}))
        return load(str(folder)).spec.fingerprint

    first = configured()
    assert len({first, configured(num_attention_heads=4), configured(layer_norm_eps=0.1)}) == 3
    assert configured(transformers_version="9", torch_dtype="float16", _name_or_path="org/dino") == first


def test_a_model_that_takes_texts_is_another_with_another_tokenizer(clip: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(clip, tmp_path / "clip")
    first = load(str(folder)).spec.fingerprint
    assert first == load(str(clip)).spec.fingerprint
    tokenizer = folder / "tokenizer.json"
    tokenizer.write_text(tokenizer.read_text().replace('"shoe"', '"boot"'))
    assert load(str(folder)).spec.fingerprint != first


@pytest.mark.parametrize("kind", ["clip", "dino"])
def test_the_laws_of_an_encoder(kind: str, request: pytest.FixtureRequest) -> None:
    encoder = load(str(request.getfixturevalue(kind)))
    images = pictures(2 * BATCH + 3)
    images.setflags(write=False)
    codes = encoder.encode(images)
    assert codes.shape == (len(images), encoder.spec.dim)
    assert codes.dtype == np.float32
    assert not hasattr(encoder, "decode")
    assert np.array_equal(codes, encoder.encode(images.copy()))
    np.testing.assert_allclose(np.linalg.norm(codes, axis=1), 1, atol=1e-6)
    # A batch of another size sums in another order: the last digits of float32 may differ, no more.
    for rows in (slice(0, 1), slice(3, 10), slice(BATCH - 1, BATCH + 2)):
        np.testing.assert_allclose(encoder.encode(images[rows]), codes[rows], atol=2e-6)
    assert encoder.encode(images[:0]).shape == (0, encoder.spec.dim)
    with pytest.raises(InputError, match=rf"{SIZE} x {SIZE} pixels; it got {SIZE + 8} x {SIZE + 16}"):
        encoder.encode(np.zeros((1, SIZE + 16, SIZE + 8, 3), np.uint8))


def test_models_of_text_are_sent_to_st(tmp_path: Path) -> None:
    from transformers import BertConfig, BertModel

    config = BertConfig(
        vocab_size=10, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8
    )
    BertModel(config).save_pretrained(tmp_path / "bert")
    with pytest.raises(InputError, match=rf"is a model of text \(bert\).*write st:{tmp_path}/bert"):
        load(str(tmp_path / "bert"))


def test_a_model_of_nan_is_refused(tmp_path: Path) -> None:
    model = vit_like("ViT")
    model.layernorm.weight.data[:] = float("nan")
    with pytest.raises(InputError, match="gives NaN or infinity for a plain picture; its weights are damaged"):
        load(str(save_model(model, tmp_path / "nan")))


def test_models_that_look_different_each_time_are_refused(tmp_path: Path) -> None:
    folder = save_model(vit_like("ViTMAE"), tmp_path / "mae")
    with pytest.raises(InputError, match="another vector for the same picture each time"):
        load(str(folder))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model_type": None}, "names no model_type"),
        ({"model_type": "martian"}, "can't make a model of type 'martian'"),
        ({"hidden_size": 36}, "damaged or don't belong to its config"),
    ],
)
def test_configs_that_do_not_fit_are_explained(
    change: dict[str, Any], message: str, dino: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(dino, tmp_path / "dino")
    config = {**json.loads((folder / "config.json").read_text()), **change}
    (folder / "config.json").write_text(json.dumps({k: v for k, v in config.items() if v is not None}))
    with pytest.raises(InputError, match=message):
        load(str(folder))


def test_truncated_weights_are_explained(dino: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(dino, tmp_path / "dino")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"its weights in .* are damaged"):
        load(str(folder))


def test_pictures_of_a_size_that_the_network_does_not_take(tmp_path: Path) -> None:
    folder = save_model(vit_like("ViT"), tmp_path / "vit", size={"height": 64, "width": 64})
    with pytest.raises(InputError, match="can't take pictures of 64 x 64 pixels, as its preprocessing says"):
        load(str(folder))


def test_loading_is_silent(clip: Path, capfd: pytest.CaptureFixture[str]) -> None:
    encoder = load(str(clip))
    assert isinstance(encoder, QueryEncoder)
    encoder.encode_query(["dog " * 500])
    encoder.encode(pictures(1))
    shown = capfd.readouterr()
    assert shown.out == ""
    assert shown.err == ""
