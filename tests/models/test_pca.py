"""PCA as a codec and as a baseline."""

from __future__ import annotations

import numpy as np
import pytest
from blobs import blobs
from codec_laws import CodecLaws

from lateen.core.errors import InputError
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
    assert fitted.psnr(unseen) > PCA.fit(pictures, 2).psnr(unseen) + 3


def test_psnr_is_that_of_the_pooled_error(fitted: PCA, pictures: np.ndarray) -> None:
    error = fitted.decode(fitted.encode(pictures)).astype(float) - pictures
    assert fitted.psnr(pictures) == pytest.approx(10 * np.log10(255**2 / np.mean(error**2)))


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


@pytest.mark.parametrize("dim", [0, 11])
def test_a_dimension_that_is_too_large_or_small(dim: int) -> None:
    with pytest.raises(InputError, match=rf"dim = {dim} for 10 images.*from 1 to 10"):
        PCA.fit(blobs(10), dim)
