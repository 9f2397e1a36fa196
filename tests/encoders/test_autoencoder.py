"""Autoencoders of diffusers, saved by diffusers' own classes with random weights, loaded through the real path."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lateen.core.codec import Codec
from lateen.core.errors import InputError, SpaceError
from lateen.encoders.autoencoder import KINDS, load
from lateen.models.grid_codec import GridCodec
from lateen.sources.picture import View

diffusers = pytest.importorskip("diffusers")

sys.path.insert(0, str(Path(__file__).parents[1] / "laws"))
pytest.register_assert_rewrite("codec_laws")
from codec_laws import CodecLaws  # noqa: E402


def smooth(n: int, size: int, seed: int = 0) -> np.ndarray:
    """Pictures of slow colour gradients."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:size, 0:size] / size
    slopes = rng.uniform(-1, 1, (n, 1, 1, 3, 2))
    levels = 0.5 + 0.4 * (slopes[..., 0] * (x - 0.5)[None, ..., None] + slopes[..., 1] * (y - 0.5)[None, ..., None])
    return (255 * levels).round().astype(np.uint8)


def kl(**changes: Any) -> Any:
    blocks = {"down_block_types": ("DownEncoderBlock2D",) * 2, "up_block_types": ("UpDecoderBlock2D",) * 2}
    settings = {"block_out_channels": (8, 8), "norm_num_groups": 4, "latent_channels": 3, "sample_size": 32}
    return diffusers.AutoencoderKL(**{**blocks, **settings, **changes})


def tiny(**changes: Any) -> Any:
    widths = {"encoder_block_out_channels": (8, 8, 8), "decoder_block_out_channels": (8, 8, 8)}
    blocks = {"num_encoder_blocks": (1, 1, 1), "num_decoder_blocks": (1, 1, 1)}
    return diffusers.AutoencoderTiny(**{**widths, **blocks, **changes})


def dc(**changes: Any) -> Any:
    halves: dict[str, Any] = {}
    for half in ("encoder", "decoder"):
        halves |= {f"{half}_block_out_channels": (8, 16), f"{half}_layers_per_block": (1, 1)}
        halves |= {f"{half}_qkv_multiscales": ((), ()), f"{half}_block_types": "ResBlock"}
    return diffusers.AutoencoderDC(**{**halves, "latent_channels": 8, "scaling_factor": 0.4, **changes})


def vq() -> Any:
    return diffusers.VQModel(block_out_channels=(8,), norm_num_groups=4, latent_channels=3, num_vq_embeddings=16)


def asymmetric() -> Any:
    return diffusers.AsymmetricAutoencoderKL(
        down_block_out_channels=(8, 8),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_out_channels=(8, 8),
        up_block_types=("UpDecoderBlock2D",) * 2,
        norm_num_groups=4,
    )


MAKERS: dict[str, tuple[Callable[[], Any], list[int]]] = {
    "AutoencoderKL": (lambda: kl(scaling_factor=0.3, shift_factor=0.2), [3, 16, 16]),
    "AutoencoderTiny": (tiny, [4, 8, 8]),
    "AutoencoderDC": (dc, [8, 16, 16]),
    "VQModel": (vq, [3, 32, 32]),
    "AsymmetricAutoencoderKL": (asymmetric, [4, 16, 16]),
}


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One saved model of each class."""
    found = {}
    for name, (make, _) in MAKERS.items():
        torch.manual_seed(0)
        found[name] = tmp_path_factory.mktemp("models") / name
        make().save_pretrained(found[name])
    return found


def loaded(folder: Path, size: int | None = 32) -> GridCodec:
    codec = load(str(folder), size=size)
    assert isinstance(codec, GridCodec)
    return codec


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An autoencoder that has learnt gradients for a second, because the laws ask for a likeness."""
    torch.manual_seed(0)
    widths = {"encoder_block_out_channels": (16, 16), "decoder_block_out_channels": (16, 16)}
    model = diffusers.AutoencoderTiny(**widths, num_encoder_blocks=(0, 0), num_decoder_blocks=(0, 0))
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    pictures = torch.from_numpy(smooth(64, 16, seed=9)).permute(0, 3, 1, 2) / 127.5 - 1
    for step in range(100):
        batch = pictures[16 * (step % 4) :][:16]
        loss = (model.decode(model.encode(batch).latents).sample - batch).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    folder = tmp_path_factory.mktemp("models") / "trained"
    model.save_pretrained(folder)
    return folder


class TestLaws(CodecLaws):
    @pytest.fixture
    def codec(self, trained: Path) -> Codec:
        return load(str(trained), size=16)

    @pytest.fixture
    def images(self) -> np.ndarray:
        return smooth(20, 16, seed=1)


@pytest.mark.parametrize("name", MAKERS)
def test_values_are_those_of_diffusers(folders: dict[str, Path], name: str) -> None:
    codec, model = loaded(folders[name]), getattr(diffusers, name).from_pretrained(folders[name])
    pictures = smooth(3, 32)
    codes = codec.encode(pictures)
    with torch.inference_mode():
        output = model.encode(torch.from_numpy(pictures).permute(0, 3, 1, 2) / 127.5 - 1)
        latents = output.latent_dist.mode() if "KL" in name else output[0]
        config = model.config
        factor, shift = config.get("scaling_factor", 1.0), config.get("shift_factor") or 0.0
        expected = (latents - shift) * factor
        sample = model.decode(latents).sample
    assert list(expected.shape[1:]) == MAKERS[name][1] == codec.spec.preprocessing["grid"]
    np.testing.assert_allclose(codes, expected.flatten(1).numpy(), atol=1e-5 * float(expected.abs().max()))
    wanted = ((sample / 2 + 0.5).clamp(0, 1) * 255).permute(0, 2, 3, 1).numpy()
    assert np.abs(codec.decode(codes).astype(float) - wanted).max() < 0.51


def test_a_representation_autoencoder_sees_one_size(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = diffusers.AutoencoderRAE(
        encoder_hidden_size=64,
        encoder_patch_size=8,
        encoder_num_hidden_layers=1,
        encoder_type="mae",
        decoder_hidden_size=16,
        decoder_num_hidden_layers=1,
        decoder_num_attention_heads=2,
        decoder_intermediate_size=16,
        patch_size=4,
        encoder_input_size=32,
    ).eval()
    model.save_pretrained(tmp_path / "rae")
    codec = loaded(tmp_path / "rae", None)
    pictures = smooth(2, 16)
    codes = codec.encode(pictures)
    with torch.inference_mode():
        latents = model.encode(torch.from_numpy(pictures).permute(0, 3, 1, 2) / 255).latent
        sample = model.decode(latents).sample
    np.testing.assert_allclose(codes, latents.flatten(1).numpy(), atol=1e-5)
    wanted = (sample.clamp(0, 1) * 255).permute(0, 2, 3, 1).numpy()
    assert np.abs(codec.decode(codes).astype(float) - wanted).max() < 0.51
    assert codec.spec.preprocessing["range"] == [0, 1]
    with pytest.raises(InputError, match=r"32 x 32 pixels; it was made for 16 x 16\. Leave --size out"):
        loaded(tmp_path / "rae", 32)


def test_every_class_it_offers_exists() -> None:
    assert all(hasattr(diffusers, name) for name in KINDS)


def test_the_spec_says_what_was_done(folders: dict[str, Path]) -> None:
    codec = loaded(folders["AutoencoderKL"])
    spec = codec.spec
    assert spec.encoder == f"diffusers:{folders['AutoencoderKL']}"
    assert (spec.dim, spec.numbers_per_item, spec.geometry) == (3 * 16 * 16, 3 * 32 * 32, "euclidean")
    said = spec.preprocessing
    assert (said["scaling"], said["shift"], said["range"], said["latent"]) == ([0.3], [0.2], [-1, 1], "mode")
    assert said["options"] == {"size": 32}
    assert View.of(said) == View(32)
    assert "options" not in loaded(folders["AutoencoderKL"], None).spec.preprocessing
    assert "grid of 3 x 16 x 16 numbers" in codec.notes[0]
    assert "not aligned blend their pixels" in codec.notes[1]


def test_latents_may_be_scaled_channel_by_channel(tmp_path: Path) -> None:
    model = kl(scaling_factor=0.5, latents_mean=(1.0, 2.0, 3.0), latents_std=(0.5, 1.0, 2.0))
    model.save_pretrained(tmp_path / "vae")
    codec = loaded(tmp_path / "vae")
    with torch.inference_mode():
        latents = model.encode(torch.zeros(1, 3, 32, 32) - 1).latent_dist.mode()
    expected = (latents - torch.tensor([1.0, 2, 3]).view(3, 1, 1)) * 0.5 / torch.tensor([0.5, 1, 2]).view(3, 1, 1)
    black = np.zeros((1, 32, 32, 3), np.uint8)
    np.testing.assert_allclose(codec.encode(black)[0], expected.flatten().numpy(), atol=1e-4)


def test_the_fingerprint_follows_weights_config_and_size(folders: dict[str, Path], tmp_path: Path) -> None:
    first = folders["AutoencoderKL"]
    other = shutil.copytree(first, tmp_path / "other")
    mark = loaded(first).spec.fingerprint
    assert loaded(other).spec.fingerprint == mark
    assert loaded(first, None).spec.fingerprint == mark
    assert loaded(first, 16).spec.fingerprint != mark
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps({**config, "scaling_factor": 0.31}))
    assert loaded(other).spec.fingerprint != mark


@pytest.mark.parametrize(("trained_on", "default"), [(32, 32), (1024, 256), ([64, 48], 48), (33, 32), (None, 256)])
def test_the_size_by_default(tmp_path: Path, trained_on: object, default: int) -> None:
    kl(sample_size=trained_on if isinstance(trained_on, int) else 32).save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    if trained_on is None:  # an AutoencoderTiny says nothing of it
        tiny().save_pretrained(tmp_path)
    elif not isinstance(trained_on, int):
        (tmp_path / "config.json").write_text(json.dumps({**config, "sample_size": [96, 48]}))
    assert loaded(tmp_path, None).spec.preprocessing["size"] == default


def test_a_size_that_does_not_fit_is_refused_with_one_that_does(folders: dict[str, Path]) -> None:
    with pytest.raises(InputError, match=r"50 x 50 pixels; give --size a multiple of 4, such as 48"):
        loaded(folders["AutoencoderTiny"], 50)
    with pytest.raises(InputError, match=r"multiple of 2, such as 2"):
        loaded(folders["AutoencoderKL"], 0)


def test_many_pictures_are_as_each_alone(folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    codec, pictures = loaded(folders["AutoencoderDC"]), smooth(7, 32)
    whole = codec.encode(pictures)
    monkeypatch.setattr("lateen.models.grid_codec.PIXELS_CPU", 2 * 32 * 32)
    monkeypatch.setattr("lateen.models.grid_codec.PIXELS_GPU", 2 * 32 * 32)
    np.testing.assert_allclose(codec.encode(pictures), whole, atol=1e-5 * float(np.abs(whole).max()))


def test_a_pipeline_is_entered(folders: dict[str, Path], tmp_path: Path) -> None:
    shutil.copytree(folders["AutoencoderKL"], tmp_path / "vae")
    (tmp_path / "model_index.json").write_text('{"_class_name": "StableDiffusionPipeline"}')
    assert loaded(tmp_path).spec.fingerprint == loaded(folders["AutoencoderKL"]).spec.fingerprint


def test_what_is_no_autoencoder_of_pictures(tmp_path: Path) -> None:
    kl(in_channels=4, out_channels=4).save_pretrained(tmp_path / "four")
    with pytest.raises(InputError, match="takes 4 channels; pictures have 3"):
        loaded(tmp_path / "four")
    config = tmp_path / "four" / "config.json"
    config.write_text(config.read_text().replace('"AutoencoderKL"', '"UNet2DModel"'))
    with pytest.raises(InputError, match=r"names the class 'UNet2DModel'\. Supported are AutoencoderKL, "):
        loaded(tmp_path / "four")


def test_weights_that_are_missing_or_pickled(folders: dict[str, Path], tmp_path: Path) -> None:
    bare = shutil.copytree(folders["AutoencoderTiny"], tmp_path / "bare")
    (bare / "diffusion_pytorch_model.safetensors").unlink()
    with pytest.raises(InputError, match="lacks weights"):
        loaded(bare)
    torch.save({}, bare / "diffusion_pytorch_model.bin")
    with pytest.raises(InputError, match="pickled weights only"):
        loaded(bare)
    deeper = shutil.copytree(folders["AutoencoderTiny"], tmp_path / "deeper")
    config = json.loads((deeper / "config.json").read_text())
    (deeper / "config.json").write_text(json.dumps({**config, "num_encoder_blocks": [1, 1, 2]}))
    with pytest.raises(SpaceError, match=r"lack \d+ tensors that its config\.json means, such as encoder\."):
        loaded(deeper)
    (deeper / "config.json").write_text(json.dumps({**config, "encoder_block_out_channels": [8, 8, 16]}))
    with pytest.raises(SpaceError, match="deeper"):
        loaded(deeper)
    (deeper / "config.json").write_text(json.dumps(config))
    (deeper / "diffusion_pytorch_model.safetensors").write_bytes(b"cut")
    with pytest.raises(SpaceError, match="can't be loaded as AutoencoderTiny"):
        loaded(deeper)


def test_published_halves_come_with_the_command_that_converts_them(tmp_path: Path) -> None:
    for half in ("encoder", "decoder"):
        torch.save({}, tmp_path / f"taef2_{half}.pth")
    with pytest.raises(InputError, match="pickled weights only") as caught:
        load(str(tmp_path))
    command = f"{tmp_path}/taef2_encoder.pth {tmp_path}/taef2_decoder.pth -o taef2.model"
    assert f"python -m lateen.models.tiny_autoencoder {command}" in str(caught.value)
