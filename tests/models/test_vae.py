"""The VAE as a codec, its folder on disk, and that it learns."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from blobs import blobs
from codec_laws import CodecLaws

from lateen.core.errors import InputError, SpaceError, StorageError
from lateen.models.vae import VAE, VAEConfig, train_vae

TINY = VAEConfig(size=32, latent_dim=8, width=8, batch_size=32, augment="none")


@pytest.fixture(scope="module")
def trained(pictures: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("vae") / "blobs.model"
    train_vae(pictures, path, config=TINY, steps=300)
    return path


class TestLaws(CodecLaws):
    @pytest.fixture
    def codec(self, trained: Path) -> VAE:
        return VAE.load(trained)

    @pytest.fixture
    def images(self) -> np.ndarray:
        return blobs(300, seed=1)


def psnr(images: np.ndarray, others: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / np.mean((images.astype(float) - others) ** 2)))


def test_it_learns_far_more_than_the_mean_image(trained: Path, pictures: np.ndarray) -> None:
    vae, unseen = VAE.load(trained), blobs(200, seed=2)
    assert psnr(vae.decode(vae.encode(unseen)), unseen) > psnr(pictures.mean(axis=0), unseen) + 5


def test_samples_look_like_the_data_and_depend_on_the_seed(trained: Path, pictures: np.ndarray) -> None:
    vae = VAE.load(trained)
    draws = vae.sample(2000, seed=3)
    codes = vae.encode(pictures)
    assert draws.dtype == np.float32
    assert np.array_equal(draws, vae.sample(2000, seed=3))
    assert not np.array_equal(draws, vae.sample(2000, seed=4))
    spread = codes.std(axis=0).max()
    np.testing.assert_allclose(draws.mean(axis=0), codes.mean(axis=0), atol=0.15 * spread)
    np.testing.assert_allclose(np.cov(draws.T), np.cov(codes.T), atol=0.15 * spread**2)


def test_the_fitted_gaussian_centres_and_scales_the_codes(trained: Path, pictures: np.ndarray) -> None:
    vae = VAE.load(trained)
    codes, gaussian = vae.encode(pictures), vae.latent_gaussian
    assert gaussian.center is not None
    assert gaussian.spread is not None
    np.testing.assert_allclose(gaussian.center, codes.mean(axis=0), atol=0.1)
    wide = codes.std(axis=0) > 0.2 * codes.std(axis=0).max()
    np.testing.assert_allclose(gaussian.spread[wide], codes.std(axis=0)[wide], rtol=0.2)
    assert (gaussian.spread > 0).all()


def test_a_saved_vae_is_the_same_one(trained: Path, tmp_path: Path, pictures: np.ndarray) -> None:
    vae = VAE.load(trained)
    copy = vae.save(tmp_path / "copy.model")
    assert copy.fingerprint == vae.fingerprint
    assert np.array_equal(copy.encode(pictures[:9]), vae.encode(pictures[:9]))
    assert copy.spec.encoder == f"vae:{tmp_path / 'copy.model'}"


def test_half_precision_halves_the_file_and_changes_the_fingerprint(
    trained: Path, tmp_path: Path, pictures: np.ndarray
) -> None:
    vae = VAE.load(trained)
    half = vae.save(tmp_path / "half.model", dtype="float16")
    sizes = [(p / "weights.safetensors").stat().st_size for p in (trained, tmp_path / "half.model")]
    assert sizes[1] < 0.6 * sizes[0]
    assert half.fingerprint != vae.fingerprint
    codes = vae.encode(pictures)
    np.testing.assert_allclose(half.encode(pictures), codes, atol=0.01 * np.abs(codes).max())
    assert VAE.load(tmp_path / "half.model").fingerprint == half.fingerprint


def test_an_unknown_dtype_is_refused(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'int4'.*float32, float16"):
        VAE.load(trained).save(tmp_path / "x.model", dtype="int4")


@pytest.fixture
def model(trained: Path, tmp_path: Path) -> Path:
    VAE.load(trained).save(tmp_path / "m.model")
    return tmp_path / "m.model"


def edit_config(model: Path, **changes: object) -> None:
    path = model / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no model folder"):
        VAE.load(tmp_path / "none.model")


def test_a_folder_that_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(SpaceError, match=r"no config\.json"):
        VAE.load(tmp_path)


def test_an_unfinished_model_says_how_to_go_on(tmp_path: Path) -> None:
    (tmp_path / "training").mkdir()
    with pytest.raises(SpaceError, match=r"not finished.*--resume"):
        VAE.load(tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 99}, "format 99; this lateen reads 1"),
        ({"kind": "gan"}, "kind 'gan'"),
        ({"vae": {"size": 33}}, "size = 33; expected a multiple of 16"),
        ({"vae": {"depth": 3}}, "hyper-parameter 'depth'"),
        ({"vae": {"size": "32"}}, "size = '32'; expected int"),
        ({"vae": TINY.to_dict() | {"width": 16}}, "don't fit its config.json"),
        ({"fingerprint": "0" * 64}, "fingerprint"),
    ],
)
def test_a_config_that_does_not_fit(model: Path, changes: dict[str, object], message: str) -> None:
    edit_config(model, **changes)
    with pytest.raises(SpaceError, match=message):
        VAE.load(model)


def test_a_config_that_is_no_json(model: Path) -> None:
    (model / "config.json").write_text("{")
    with pytest.raises(SpaceError, match="can't be read as JSON"):
        VAE.load(model)


def test_truncated_weights(model: Path) -> None:
    path = model / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(SpaceError, match="truncated"):
        VAE.load(model)


def test_a_pickle_is_not_opened(model: Path) -> None:
    (model / "weights.safetensors").write_bytes(b"\x80\x04cos\nsystem\n(S'exit 1'\ntR.")
    with pytest.raises(SpaceError, match="not a safetensors file"):
        VAE.load(model)


def test_one_changed_bit_is_noticed(model: Path) -> None:
    path = model / "weights.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(SpaceError, match="fingerprint"):
        VAE.load(model)


def test_a_full_disk_keeps_the_older_weights(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    before = (model / "weights.safetensors").read_bytes()
    vae = VAE.load(model)
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageError, match=r"No space left on device.*kept"):
        vae.save(model, dtype="float16")
    assert (model / "weights.safetensors").read_bytes() == before
    assert [p.name for p in model.iterdir() if p.name.startswith(".tmp-")] == []


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"size": 40}, "size = 40; expected a multiple of 16 from 32 to 128"),
        ({"latent_dim": 0}, "latent_dim = 0"),
        ({"learning_rate": -1.0}, "learning_rate"),
        ({"augment": "flip"}, "'none', 'shift' or 'auto'"),
    ],
)
def test_a_config_refuses_wrong_values(values: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        VAEConfig.from_dict(values)


def test_a_config_survives_json() -> None:
    assert VAEConfig.from_dict(json.loads(json.dumps(TINY.to_dict()))) == TINY


@pytest.mark.parametrize("size", [32, 48, 128])
def test_other_sizes(size: int, tmp_path: Path) -> None:
    images = blobs(6, size=size)
    config = VAEConfig(size=size, latent_dim=4, width=4, batch_size=4)
    train_vae(images, tmp_path / "m.model", config=config, steps=1)
    vae = VAE.load(tmp_path / "m.model")
    assert vae.decode(vae.encode(images)).shape == images.shape
