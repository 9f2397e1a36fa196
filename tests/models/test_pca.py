"""PCA as a codec and as a baseline."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from blobs import blobs
from codec_laws import CodecLaws

from lateen.core.errors import InputError, SpaceError
from lateen.measures import psnr
from lateen.models.pca import PCA


@pytest.fixture(scope="module")
def fitted(pictures: np.ndarray) -> PCA:
    return PCA.fit(pictures, 16)


class TestLaws(CodecLaws):
    @pytest.fixture
    def codec(self, fitted: PCA) -> PCA:
        return fitted

    @pytest.fixture
    def images(self) -> np.ndarray:
        return blobs(30, seed=1)


def test_axes_are_orthonormal_and_psnr_grows_with_them(fitted: PCA, pictures: np.ndarray) -> None:
    np.testing.assert_allclose(fitted.axes @ fitted.axes.T, np.eye(16), atol=1e-4)
    unseen = blobs(100, seed=5)
    by_16, by_2 = (psnr(unseen, pca.decode(pca.encode(unseen))) for pca in (fitted, PCA.fit(pictures, 2)))
    assert by_16 > by_2 + 3


def test_it_finds_the_plane_that_pictures_lie_in() -> None:
    rng = np.random.default_rng(0)
    axes = rng.integers(-20, 21, (2, 16 * 16 * 3))
    images = (128 + rng.integers(-3, 4, (50, 2)) @ axes).astype(np.uint8).reshape(50, 16, 16, 3)
    pca = PCA.fit(images, 2)
    assert np.array_equal(pca.decode(pca.encode(images)), images)


def test_the_same_seed_gives_the_same_fit() -> None:
    images = blobs(700, seed=6)
    fits = [PCA.fit(images, 8, seed=1, sample=600) for _ in range(2)]
    assert fits[0].spec == fits[1].spec


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("n", "dim"), [(40, 2), (4, 3), (2, 1)])
def test_equal_pictures_give_axes_without_a_warning(n: int, dim: int) -> None:
    images = np.full((n, 16, 16, 3), 90, np.uint8)
    pca = PCA.fit(images, dim)
    assert np.isfinite(pca.axes).all()
    assert (pca.encode(images) == 0).all()
    assert np.array_equal(pca.decode(pca.encode(images)), images)


@pytest.mark.parametrize("dim", [0, 11])
def test_a_dimension_that_is_too_large_or_small(dim: int) -> None:
    with pytest.raises(InputError, match=rf"dim = {dim} for 10 images.*from 1 to 10"):
        PCA.fit(blobs(10), dim)


def test_images_that_are_not_square_are_refused() -> None:
    with pytest.raises(InputError, match="12 x 16 pixels"):
        PCA.fit(blobs(10)[:, :16, :12], 2)


def test_it_comes_back_from_its_folder(fitted: PCA, pictures: np.ndarray, tmp_path: Path) -> None:
    loaded = fitted.save(tmp_path / "a.model")
    assert loaded.spec.fingerprint == fitted.spec.fingerprint
    assert loaded.spec.encoder == f"pca:{tmp_path}/a.model"
    assert loaded.encode(pictures).tobytes() == fitted.encode(pictures).tobytes()
    assert sorted(file.name for file in (tmp_path / "a.model").iterdir()) == ["axes.safetensors", "config.json"]


def test_folders_that_hold_no_pca_or_a_damaged_one(fitted: PCA, pictures: np.ndarray, tmp_path: Path) -> None:
    fitted.save(tmp_path / "a.model")
    PCA.fit(pictures, 3).save(tmp_path / "b.model")
    (tmp_path / "b.model" / "axes.safetensors").replace(tmp_path / "a.model" / "axes.safetensors")
    with pytest.raises(SpaceError, match=r"not the file that config\.json belongs to"):
        PCA.load(tmp_path / "a.model")
    (tmp_path / "a.model" / "axes.safetensors").write_bytes(b"cut")
    with pytest.raises(SpaceError, match="not a safetensors file"):
        PCA.load(tmp_path / "a.model")
    (tmp_path / "a.model" / "config.json").write_text('{"kind": "vae", "format": 1}')
    with pytest.raises(SpaceError, match="kind 'vae', format 1; expected kind 'pca'"):
        PCA.load(tmp_path / "a.model")
    with pytest.raises(SpaceError, match="can't be read"):
        PCA.load(tmp_path / "none.model")
