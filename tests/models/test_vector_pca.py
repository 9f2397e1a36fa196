"""PCA on vectors: what it keeps, and the folder it comes back from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lateen.core.codec import Decoder, Encoder
from lateen.core.errors import InputError, SpaceError
from lateen.models.vector_pca import VectorPCA


def plane(n: int, width: int = 40, rank: int = 3, seed: int = 0) -> np.ndarray:
    """Vectors that lie in a plane which doesn't go through the origin."""
    rng = np.random.default_rng(seed)
    return (5 + rng.normal(size=(n, rank)) @ rng.normal(size=(rank, width))).astype(np.float32)


@pytest.fixture(scope="module")
def fitted() -> VectorPCA:
    return VectorPCA.fit(plane(200), 3)


def test_it_finds_the_plane_that_vectors_lie_in(fitted: VectorPCA) -> None:
    vectors = plane(200)
    codes = fitted.encode(vectors)
    assert codes.shape == (200, 3)
    np.testing.assert_allclose(fitted.reconstruct(codes), vectors, atol=1e-4)
    np.testing.assert_allclose(fitted.axes @ fitted.axes.T, np.eye(3), atol=1e-5)
    before, after = (np.linalg.norm(x[:1] - x[1:], axis=1) for x in (vectors, codes))
    np.testing.assert_allclose(after, before, rtol=1e-4)
    assert codes[:, 0].var() >= codes[:, 1].var() >= codes[:, 2].var()


def test_it_is_an_encoder_that_decodes_to_no_pictures(fitted: VectorPCA) -> None:
    assert isinstance(fitted, Encoder)
    assert not isinstance(fitted, Decoder)
    spec = fitted.spec
    assert (spec.dim, spec.numbers_per_item, spec.modality, spec.geometry) == (3, 40, "vector", "euclidean")


def test_angles_between_words_are_kept() -> None:
    words = plane(100, seed=1)
    pca = VectorPCA.fit(words, 4, modality="word")  # three dimensions, and one for the way from the origin
    before, after = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (words, pca.encode(words)))
    np.testing.assert_allclose(after @ after.T, before @ before.T, atol=1e-5)
    assert pca.spec.geometry == "sphere"
    assert not pca.mean.any()


def test_as_many_axes_as_numbers_lose_nothing() -> None:
    vectors = np.random.default_rng(3).normal(size=(50, 6)).astype(np.float32)
    pca = VectorPCA.fit(vectors, 6)
    np.testing.assert_allclose(pca.reconstruct(pca.encode(vectors)), vectors, atol=1e-5)


def test_wide_vectors_are_fitted_by_the_randomised_decomposition() -> None:
    vectors = plane(1100, width=1200, rank=5, seed=4)
    fits = [VectorPCA.fit(vectors, 5, seed=7) for _ in range(2)]
    assert fits[0].spec == fits[1].spec
    error = fits[0].reconstruct(fits[0].encode(vectors)) - vectors
    assert np.abs(error).max() < 1e-2 * np.abs(vectors).max()


def test_a_sample_is_enough_and_its_seed_counts() -> None:
    vectors = np.random.default_rng(5).normal(size=(300, 8)).astype(np.float32)
    marks = [VectorPCA.fit(vectors, 4, seed=seed, sample=100).spec.fingerprint for seed in (1, 1, 2)]
    assert marks[0] == marks[1] != marks[2]


@pytest.mark.parametrize("dim", [0, 11])
def test_a_dimension_that_is_too_large_or_small(dim: int) -> None:
    with pytest.raises(InputError, match=rf"dim = {dim} for 10 vectors.*from 1 to 10"):
        VectorPCA.fit(plane(10), dim)


def test_what_is_no_vector_of_its_kind_is_refused(fitted: VectorPCA) -> None:
    with pytest.raises(InputError, match="'image' items"):
        VectorPCA.fit(plane(10), 2, modality="image")
    with pytest.raises(InputError, match="vectors of 40 numbers; it got 39"):
        fitted.encode(plane(2, width=39))
    with pytest.raises(InputError, match="from 3 numbers; it got 4"):
        fitted.reconstruct(np.zeros((2, 4), np.float32))


def test_it_comes_back_from_its_folder(fitted: VectorPCA, tmp_path: Path) -> None:
    loaded = fitted.save(tmp_path / "a.model")
    assert loaded.spec.fingerprint == fitted.spec.fingerprint
    assert loaded.spec.encoder == f"pca:{tmp_path}/a.model"
    assert loaded.encode(plane(9)).tobytes() == fitted.encode(plane(9)).tobytes()


def test_folders_that_hold_none_or_a_damaged_one(fitted: VectorPCA, tmp_path: Path) -> None:
    fitted.save(tmp_path / "a.model")
    VectorPCA.fit(plane(50, seed=9), 3).save(tmp_path / "b.model")
    (tmp_path / "b.model" / "axes.safetensors").replace(tmp_path / "a.model" / "axes.safetensors")
    with pytest.raises(SpaceError, match=r"not the file that config\.json belongs to"):
        VectorPCA.load(tmp_path / "a.model")
    config = tmp_path / "a.model" / "config.json"
    config.write_text(config.read_text().replace('"vector"', '"image"'))
    with pytest.raises(SpaceError, match="not the axes of image items"):
        VectorPCA.load(tmp_path / "a.model")
    config.write_text('{"kind": "pca", "format": 1}')
    with pytest.raises(SpaceError, match="kind 'pca', format 1; expected kind 'vector_pca'"):
        VectorPCA.load(tmp_path / "a.model")
