"""Laws of every codec. A codec's tests inherit `CodecLaws` and give the fixtures `codec` and `images`."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lateen.core.codec import Codec
from lateen.core.errors import InputError
from lateen.core.geometry import Geometry


class CodecLaws:
    """Needs the fixtures `codec` and `images`, which are of the codec's size and at least 5."""

    def test_is_a_codec(self, codec):
        assert isinstance(codec, Codec)
        assert isinstance(codec.geometry, Geometry)

    def test_the_spec_describes_the_codes(self, codec, images):
        spec = codec.spec
        codes = codec.encode(images)
        assert codes.shape == (len(images), spec.dim)
        assert codes.dtype == np.dtype(spec.dtype)
        assert spec.numbers_per_item == images[0].size
        assert spec.modality == "image"
        assert spec.geometry == codec.geometry.name
        assert len(spec.fingerprint) == 64
        assert json.loads(json.dumps(spec.to_dict())) == spec.to_dict()

    def test_decoding_gives_images_like_those_encoded(self, codec, images):
        decoded = codec.decode(codec.encode(images))
        assert decoded.shape == images.shape
        assert decoded.dtype == np.uint8
        error = np.mean((decoded.astype(float) - images) ** 2)
        assert error < np.mean((images.mean(axis=0) - images) ** 2)

    def test_encoding_and_decoding_are_deterministic(self, codec, images):
        codes = codec.encode(images)
        assert np.array_equal(codes, codec.encode(images.copy()))
        assert np.array_equal(codec.decode(codes), codec.decode(codes.copy()))

    def test_an_item_does_not_depend_on_its_batch(self, codec, images):
        codes = codec.encode(images)
        scale = np.abs(codes).max()
        for row in (0, len(images) - 1):
            np.testing.assert_allclose(codec.encode(images[row : row + 1])[0], codes[row], atol=1e-5 * scale)
        reversed_codes = codec.encode(np.ascontiguousarray(images[::-1]))[::-1]
        np.testing.assert_allclose(reversed_codes, codes, atol=1e-5 * scale)

    def test_encoding_leaves_the_images_alone(self, codec, images):
        before = images.copy()
        images.setflags(write=False)
        codec.encode(images)
        images.setflags(write=True)
        assert np.array_equal(images, before)

    def test_nothing_encodes_to_nothing(self, codec, images):
        codes = codec.encode(images[:0])
        assert codes.shape == (0, codec.spec.dim)
        assert codec.decode(codes).shape == (0, *images.shape[1:])

    def test_images_of_another_size_are_refused_with_both_sizes(self, codec, images):
        _, height, width, _ = images.shape
        with pytest.raises(InputError, match=rf"{width} x {height}.*{width + 16} x {height + 32}"):
            codec.encode(np.zeros((2, height + 32, width + 16, 3), np.uint8))

    def test_vectors_of_another_dimension_are_refused(self, codec):
        dim = codec.spec.dim
        with pytest.raises(InputError, match=rf"{dim} numbers.*{dim + 1}"):
            codec.decode(np.zeros((2, dim + 1), np.float32))
