"""`pca:D` fits itself to the source, `pca:PATH` comes back from a folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lateen.core.codec import Codec, Encoder, Unfitted
from lateen.core.errors import InputError, SpaceError
from lateen.encoders.trained import UnfittedPCA, load_pca
from lateen.models.pca import PCA
from lateen.models.vector_pca import VectorPCA

RNG = np.random.default_rng(0)
PICTURES = RNG.integers(0, 256, (20, 8, 8, 3)).astype(np.uint8)
VECTORS = RNG.normal(size=(20, 7)).astype(np.float32)


def unfitted(id: str, size: int | None = None) -> UnfittedPCA:
    pca = load_pca(id, size=size)
    assert isinstance(pca, UnfittedPCA)
    return pca


def test_a_number_is_what_is_still_to_be_fitted() -> None:
    pca = load_pca("5")
    assert isinstance(pca, Unfitted)
    assert not isinstance(pca, Encoder)
    assert (pca.size, unfitted("5", 32).size) == (64, 32)


def test_it_is_fitted_to_pictures() -> None:
    codec = unfitted("5", 8).fit(PICTURES, "image", 0)
    assert isinstance(codec, Codec)
    assert (codec.spec.encoder, codec.spec.dim, codec.spec.modality) == ("pca:5", 5, "image")
    assert np.array_equal(codec.encode(PICTURES), PCA.fit(PICTURES, 5).encode(PICTURES))


@pytest.mark.parametrize(("modality", "geometry"), [("vector", "euclidean"), ("word", "sphere")])
def test_it_is_fitted_to_vectors(modality: str, geometry: str) -> None:
    encoder = unfitted("5").fit(VECTORS, modality, 0)
    assert not isinstance(encoder, Codec)
    spec = encoder.spec
    assert (spec.encoder, spec.dim, spec.modality, spec.geometry) == ("pca:5", 5, modality, geometry)
    assert encoder.encode(VECTORS).shape == (20, 5)


def test_more_dimensions_than_the_items_have_are_refused() -> None:
    with pytest.raises(
        InputError, match=r"pca:8 was to be fitted to 20 items of 7 numbers.* at most 7 .*such as pca:3"
    ):
        unfitted("8").fit(VECTORS, "vector", 0)
    with pytest.raises(InputError, match=r"pca:21 was to be fitted to 20 items of 192 numbers"):
        unfitted("21", 8).fit(PICTURES, "image", 0)
    for few in (0, 1):
        with pytest.raises(InputError, match=rf"pca:1 needs 2 items or more to be fitted to; it got {few}"):
            unfitted("1").fit(VECTORS[:few], "vector", 0)


def test_what_can_not_be_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"got text items\. .*st:ORG/NAME"):
        unfitted("2").fit(["a", "b"], "text", 0)
    with pytest.raises(InputError, match="D of at least 1"):
        load_pca("0")
    with pytest.raises(InputError, match="--size 0; give at least 1 pixel"):
        load_pca("4", size=0)
    with pytest.raises(InputError, match=r"pca:4@v1 asks for a revision"):
        load_pca("4", "v1")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"pca:\./64 can't be loaded: 64 doesn't exist\. .*pca:D"):
        load_pca("./64")


def test_both_kinds_come_back_from_their_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    unfitted("5", 8).fit(PICTURES, "image", 0).save(tmp_path / "64")  # type: ignore[attr-defined]
    unfitted("5").fit(VECTORS, "word", 0).save(tmp_path / "words.model")  # type: ignore[attr-defined]
    of_pictures, of_words = load_pca("./64"), load_pca("words.model")
    assert isinstance(of_pictures, PCA)
    assert isinstance(of_words, VectorPCA)
    assert (of_pictures.spec.encoder, of_words.spec.encoder) == ("pca:./64", "pca:words.model")
    with pytest.raises(InputError, match="--size 32; a fitted PCA has its own"):
        load_pca("./64", size=32)
    (tmp_path / "words.model" / "config.json").unlink()
    with pytest.raises(SpaceError, match="can't be read"):
        load_pca("words.model")
