"""Layouts are deterministic, centred, in [-1, 1], and keep what they promise to keep."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from lateen.core.errors import InputError, UnknownNameError
from lateen.projection import METHODS, largest_k, layout, map_quality
from lateen.projection.pca import pca


def blobs(n: int, d: int = 12, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centres = rng.normal(scale=6, size=(3, d))
    return (centres[np.arange(n) % 3] + rng.normal(size=(n, d))).astype(np.float32)


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("method", METHODS)
def test_positions_fill_the_unit_box(method: str, dims: int) -> None:
    positions = layout(blobs(90), method=method, dims=dims)
    assert positions.shape == (90, dims)
    assert positions.dtype == np.float32
    spans = positions.max(axis=0) - positions.min(axis=0)
    assert spans.max() == pytest.approx(2, abs=1e-5)
    np.testing.assert_allclose(positions.max(axis=0) + positions.min(axis=0), 0, atol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_same_seed_gives_the_same_bytes(method: str) -> None:
    x = blobs(60)
    assert layout(x, method=method, seed=3).tobytes() == layout(x, method=method, seed=3).tobytes()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 7, 16])
def test_few_points(method: str, n: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        positions = layout(blobs(n), method=method)
    assert positions.shape == (n, 2)
    assert np.isfinite(positions).all()
    if n == 1:
        assert (positions == 0).all()
    if n > 1:
        assert np.abs(positions).max() == pytest.approx(1, abs=1e-6)


def test_umap_separates_groups_and_keeps_neighbours() -> None:
    x = blobs(150)
    positions = layout(x, method="umap")
    centres = np.stack([positions[i::3].mean(axis=0) for i in range(3)])
    spread = max(np.linalg.norm(positions[i::3] - centres[i], axis=1).max() for i in range(3))
    gaps = [np.linalg.norm(centres[i] - centres[j]) for i, j in [(0, 1), (0, 2), (1, 2)]]
    assert min(gaps) > 1.5 * spread
    assert map_quality(x, positions).trustworthiness > 0.8


def test_repeated_and_flat_points_are_laid_out() -> None:
    assert (layout(np.ones((9, 4), np.float32)) == 0).all()
    line = np.outer(np.arange(20), [1, 0, 0]).astype(np.float32)
    for method in METHODS:
        assert np.isfinite(layout(line, method=method)).all()
    assert np.abs(layout(line, method="pca")[:, 1]).max() == 0


def test_pca_finds_the_plane_and_fixes_the_sign() -> None:
    rng = np.random.default_rng(0)
    plane = rng.normal(size=(200, 2)) * [5, 2]
    turn, _ = np.linalg.qr(rng.normal(size=(6, 6)))
    x = (plane @ turn[:2] + 7).astype(np.float32)
    found = pca(x)
    d_true = np.linalg.norm((plane[:, None] - plane[None]), axis=-1)
    d_found = np.linalg.norm((found[:, None] - found[None]), axis=-1)
    np.testing.assert_allclose(d_found, d_true, atol=1e-3)
    np.testing.assert_allclose(pca(x[::-1].copy())[::-1], found, atol=1e-3)


def test_pca_of_wide_vectors_agrees_with_the_exact_one(monkeypatch: pytest.MonkeyPatch) -> None:
    x = blobs(80, d=300)
    exact = pca(x)
    monkeypatch.setattr("lateen.projection.pca.WIDEST_COVARIANCE", 10)
    np.testing.assert_allclose(pca(x), exact, atol=1e-2)


def test_bad_input_is_named() -> None:
    x = blobs(5)
    with pytest.raises(UnknownNameError, match=r"no layout method 'ump'.*'umap'"):
        layout(x, method="ump")
    with pytest.raises(InputError, match="2 or 3 dimensions, got 4"):
        layout(x, dims=4)
    x[3, 0] = np.nan
    with pytest.raises(InputError, match="row 3 of 5"):
        layout(x)
    assert [largest_k(n) for n in (0, 2, 3, 30, 31, 100)] == [0, 0, 1, 14, 15, 15]
