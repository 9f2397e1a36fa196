"""Smooth decoders: what they decode is what `decode` rounds, and their gradients are those of small changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import lateen as lt
from lateen.core.codec import SmoothDecoder
from lateen.models.pca import PCA

_RANDOM = np.random.default_rng(0)


@pytest.fixture(params=["vae", "pca"], ids=str)
def decoder(request: pytest.FixtureRequest) -> SmoothDecoder:
    if request.param == "vae":
        return lt.VAE.load(Path(lt.__file__).parent / "models" / "weights" / "portraits.model")
    return PCA(np.full(48, 120, np.float32), _RANDOM.normal(size=(5, 48)).astype(np.float32), 4, "pca:5")


def test_rounded_it_is_what_decode_gives(decoder: SmoothDecoder) -> None:
    vectors = _RANDOM.normal(size=(3, decoder.spec.dim)).astype(np.float32)
    images = decoder.decode(vectors)
    pictures = decoder.decode_smoothly(vectors).pictures
    levels = pictures.reshape(3, 3, *images.shape[1:3]).transpose(0, 2, 3, 1)
    levels = levels if isinstance(decoder, lt.VAE) else pictures.reshape(images.shape)
    assert np.abs(levels.clip(0, 255) - images).max() < 0.6
    assert np.mod(pictures, 1).std() > 0.1


def test_gradients_are_those_of_small_changes(decoder: SmoothDecoder) -> None:
    vectors, moved = _RANDOM.normal(size=(2, 2, decoder.spec.dim)).astype(np.float32)
    smooth = decoder.decode_smoothly(vectors)
    there, back = (decoder.decode_smoothly(vectors + s * moved).pictures.astype(np.float64) for s in (1e-2, -1e-2))
    changed = (there - back) / 2e-2
    for asked in (changed, smooth.pictures):  # more than once
        slope = (changed * asked).sum()
        gradient = smooth.back(asked.astype(np.float32))
        assert gradient.shape == vectors.shape
        assert slope == pytest.approx(float((gradient * moved).sum()), rel=5e-2)
