"""PCA in pieces is that of double precision, for any unit and number of threads."""

from __future__ import annotations

import numpy as np
import pytest

from lateen.core import threads
from lateen.projection.pca import pca


def cloud(n: int = 9000, d: int = 60) -> np.ndarray:
    rng = np.random.default_rng(0)
    turn, _ = np.linalg.qr(rng.normal(size=(d, d)))
    return (rng.normal(size=(n, d)) * np.geomspace(8, 0.1, d) @ turn).astype(np.float32)


def in_double(x: np.ndarray, dims: int) -> np.ndarray:
    centred = x.astype(np.float64) - x.mean(axis=0, dtype=np.float64)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    axes = axes[:dims] * np.sign(axes[np.arange(dims), np.abs(axes[:dims]).argmax(axis=1)])[:, None]
    return np.asarray(centred @ axes.T)


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("unit", [1e-25, 1.0, 1e25])
def test_single_precision_is_enough(dims: int, unit: float) -> None:
    x = cloud()
    np.testing.assert_allclose(pca((x * np.float32(unit)), dims=dims) / unit, in_double(x, dims), atol=1e-3)


def test_far_from_the_origin() -> None:
    x = cloud() + np.float32(1000)
    np.testing.assert_allclose(pca(x), in_double(x, 2), atol=5e-3)


def test_any_number_of_threads_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    x = cloud(20_000)
    made = []
    for count in (1, 2, 5):
        monkeypatch.setattr(threads, "cores", lambda count=count: count)
        made.append(pca(x).tobytes())
    assert made[0] == made[1] == made[2]
