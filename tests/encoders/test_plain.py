"""Vectors as they come, pixels as they are, and PCA from a name."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from lateen.core.codec import Codec, Encoder, Unfitted
from lateen.core.errors import InputError, SpaceError
from lateen.encoders.plain import AsTheyCome, Pixels, load_none, load_pixels

sys.path.insert(0, str(Path(__file__).parents[1] / "laws"))
pytest.register_assert_rewrite("codec_laws")
from codec_laws import CodecLaws  # noqa: E402

RNG = np.random.default_rng(0)
VECTORS = RNG.normal(size=(20, 7)).astype(np.float32)
PICTURES = RNG.integers(0, 256, (6, 12, 12, 3)).astype(np.uint8)


def fitted(items: np.ndarray = VECTORS, modality: str = "vector") -> AsTheyCome:
    unseen = load_none()
    assert isinstance(unseen, Unfitted)
    return unseen.fit(items, modality, 0)


class TestPixelsFollowTheLaws(CodecLaws):
    @pytest.fixture
    def codec(self) -> Pixels:
        return load_pixels("12")

    @pytest.fixture
    def images(self) -> np.ndarray:
        return PICTURES.copy()


def test_vectors_come_out_as_they_went_in() -> None:
    encoder = fitted()
    assert isinstance(encoder, Encoder)
    assert not isinstance(encoder, Codec)
    assert encoder.encode(VECTORS).tobytes() == VECTORS.tobytes()
    spec = encoder.spec
    assert (spec.encoder, spec.dim, spec.numbers_per_item, spec.modality) == ("none", 7, 7, "vector")
    assert spec.geometry == "euclidean"
    assert json.loads(json.dumps(spec.to_dict())) == spec.to_dict()


def test_words_are_compared_by_angle_but_keep_their_length() -> None:
    encoder = fitted(VECTORS * 3, "word")
    assert encoder.spec.geometry == "sphere"
    assert np.array_equal(encoder.encode(VECTORS * 3), VECTORS * 3)


def test_the_fingerprint_tells_what_can_not_be_mixed() -> None:
    marks = {fitted(VECTORS[:, :w], m).spec.fingerprint for w in (6, 7) for m in ("vector", "word")}
    assert len(marks) == 4
    assert all(len(mark) == 64 for mark in marks)


def test_vectors_of_another_width_are_refused() -> None:
    with pytest.raises(InputError, match="vector items of 7 numbers; it got 6"):
        fitted().encode(VECTORS[:, :6])


@pytest.mark.parametrize(
    ("items", "modality", "instead"),
    [(PICTURES, "image", r"it got image items\. .*pca:64"), (["a text"], "text", r"it got text items\. .*st:ORG/NAME")],
)
def test_items_that_are_no_vectors_are_refused_with_what_to_use(items: object, modality: str, instead: str) -> None:
    with pytest.raises(InputError, match=instead):
        load_none().fit(items, modality, 0)  # type: ignore[union-attr]


def test_it_comes_back_from_its_folder(tmp_path: Path) -> None:
    saved = fitted(modality="word").save(tmp_path / "codec")
    loaded = load_none(str(tmp_path / "codec"))
    assert loaded == saved == fitted(modality="word")
    assert isinstance(loaded, AsTheyCome)
    assert loaded.spec == fitted(modality="word").spec


def test_folders_that_hold_something_else(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no folder"):
        load_none(str(tmp_path / "missing"))
    with pytest.raises(SpaceError, match="can't be read"):
        load_none(str(tmp_path))
    (tmp_path / "config.json").write_text('{"kind": "vae", "format": 1}')
    with pytest.raises(SpaceError, match="kind 'vae', format 1; expected kind 'none'"):
        load_none(str(tmp_path))
    (tmp_path / "config.json").write_text('{"kind": "none", "format": 1, "dim": true, "modality": "word"}')
    with pytest.raises(SpaceError, match="dim True"):
        load_none(str(tmp_path))


def test_pixels_are_exact() -> None:
    codec = load_pixels("12")
    codes = codec.encode(PICTURES)
    np.testing.assert_allclose(codes[0, :3], PICTURES[0, 0, 0] / 255, rtol=1e-6)
    assert np.array_equal(codec.decode(codes), PICTURES)
    beyond = codec.decode(np.array([[-1.0, 2.0, 0.5] * 144], np.float32))
    assert beyond[0, 0, 0].tolist() == [0, 255, 128]


def test_the_size_of_pixels() -> None:
    assert load_pixels().size == 32
    assert load_pixels(size=48).spec.encoder == "pixels:48"
    assert load_pixels("48", size=48) == load_pixels("48")
    assert load_pixels().spec.preprocessing["size"] == 32
    assert load_pixels("8").spec.fingerprint != load_pixels("9").spec.fingerprint


@pytest.mark.parametrize(
    ("id", "size", "message"),
    [
        ("many", None, r"pixels:many can't be read; write pixels:SIZE"),
        ("-3", None, r"pixels:-3 can't be read"),
        ("0", None, "size of at least 1"),
        ("", 0, "size of at least 1"),
        ("8", 9, r"pixels:8 got --size 9; give one size"),
    ],
)
def test_sizes_that_can_not_be(id: str, size: int | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_pixels(id, size=size)


def test_there_are_no_revisions() -> None:
    with pytest.raises(InputError, match=r"none@v1 asks for a revision"):
        load_none("", "v1")
    with pytest.raises(InputError, match=r"pixels:8@v1 asks for a revision"):
        load_pixels("8", "v1")
