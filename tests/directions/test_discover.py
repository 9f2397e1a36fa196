"""Axes without labels: each method finds again what was put in, and fields are named only where chance is beaten."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from sklearn.decomposition import PCA

from lateen.core.errors import InputError
from lateen.directions.discover import Axes, discover_axes, goes_along, ica, pca
from lateen.directions.discover.sae import sae


def mixture(m: int = 4_000, dim: int = 12, causes: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Independent causes of several shapes, mixed, with their columns of the mixing matrix."""
    rng = np.random.default_rng(3)
    shapes = [rng.laplace(size=m), rng.exponential(size=m), rng.uniform(-1, 1, m), rng.standard_t(5, size=m)]
    sources = np.stack([(s - s.mean()) / s.std() for s in shapes[:causes]], axis=1)
    mixing = rng.standard_normal((causes, dim))
    return (sources @ mixing + 0.01 * rng.standard_normal((m, dim))).astype(np.float32), mixing


def planted(m: int = 2_000, dim: int = 24, atoms: int = 32, each: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Points of a few atoms of a dictionary each, with the dictionary: more atoms than dimensions."""
    rng = np.random.default_rng(5)
    dictionary = rng.standard_normal((atoms, dim))
    dictionary /= np.linalg.norm(dictionary, axis=1, keepdims=True)
    points = sum(dictionary[rng.integers(atoms, size=m)] * (0.5 + rng.exponential(size=(m, 1))) for _ in range(each))
    return (points + 0.01 * rng.standard_normal((m, dim))).astype(np.float32), dictionary


def assert_axes(axes: Axes, points: np.ndarray) -> None:
    """What holds of all methods."""
    assert np.linalg.norm(axes.vectors, axis=1) == pytest.approx(np.ones(len(axes)), abs=1e-5)
    spread = (points.astype(np.float64) @ axes.vectors.T).std(axis=0)
    assert axes.scale == pytest.approx(spread, rel=1e-3)
    assert 0 < axes.share.min() <= axes.share.sum() <= 1 + 1e-6


def test_pca_is_that_of_scikit_learn() -> None:
    points = np.random.default_rng(0).standard_normal((500, 9)).astype(np.float32) * np.arange(1, 10, dtype=np.float32)
    axes, peer = pca(points, 5), PCA(5).fit(points.astype(np.float64))
    assert_axes(axes, points)
    assert np.abs((axes.vectors * peer.components_).sum(axis=1)) == pytest.approx(np.ones(5), abs=1e-5)
    assert axes.share == pytest.approx(peer.explained_variance_ratio_, rel=1e-4)


def test_pca_of_everything_explains_everything() -> None:
    points = np.random.default_rng(1).standard_normal((300, 6)).astype(np.float32)
    axes = pca(points, 6)
    assert axes.share.sum() == pytest.approx(1)
    assert axes.vectors @ axes.vectors.T == pytest.approx(np.eye(6), abs=1e-5)


def test_ica_finds_the_causes_of_a_mixture_and_pca_does_not() -> None:
    points, mixing = mixture()
    directions = mixing / np.linalg.norm(mixing, axis=1, keepdims=True)
    found = np.abs(directions @ ica(points, 4).vectors.T).max(axis=1)
    assert_axes(ica(points, 4), points)
    assert found.min() > 0.99
    assert np.abs(directions @ pca(points, 4).vectors.T).max(axis=1).min() < 0.9


def test_a_reader_of_ica_reads_its_own_cause_alone() -> None:
    points, _ = mixture()
    axes = ica(points, 4)
    changed = (axes.vectors * axes.scale[:, None]) @ axes.readers.T
    assert np.abs(changed - np.diag(np.diag(changed))).max() < 1e-3
    assert np.diag(changed).min() > 0.1


def test_ica_points_to_the_longer_tail() -> None:
    points, _ = mixture()
    sources = points.astype(np.float64) @ ica(points, 4).readers.T
    assert (((sources - sources.mean(axis=0)) ** 3).mean(axis=0) > -1e-9).all()


def test_sae_finds_a_planted_dictionary() -> None:
    points, dictionary = planted()
    axes = sae(points, 96, features=96, steps=600)
    random = np.random.default_rng(9).standard_normal(axes.vectors.shape)
    random /= np.linalg.norm(random, axis=1, keepdims=True)
    found, chance = ((dictionary @ some.T).max(axis=1).mean() for some in (axes.vectors, random))
    assert_axes(axes, points)
    assert found > 0.93
    assert chance < 0.55
    assert axes.r2 is not None
    assert axes.r2 > 0.9


def test_shown_features_differ() -> None:
    points, _ = planted(m=600)
    axes = sae(points, 10, features=64, steps=100)
    cosines = np.abs(axes.vectors @ axes.vectors.T - np.eye(len(axes)))
    assert cosines.max() <= 0.7
    assert axes.features == 64
    assert axes.fires is not None
    assert axes.fires.min() > 0


@pytest.mark.parametrize("method", [pca, ica, partial(sae, steps=30)], ids=["pca", "ica", "sae"])
def test_same_seed_same_bytes_whatever_the_threads(
    method: Callable[..., Axes], monkeypatch: pytest.MonkeyPatch
) -> None:
    points, _ = planted(m=700, dim=8, atoms=8)
    first = method(points, 3, seed=4)
    monkeypatch.setattr("lateen.core.threads.cores", lambda: 1)
    again = method(points, 3, seed=4)
    assert first.vectors.tobytes() == again.vectors.tobytes()
    assert first.readers.tobytes() == again.readers.tobytes()
    assert first.share.tobytes() == again.share.tobytes()


def test_another_seed_is_another_dictionary() -> None:
    points, _ = planted(m=300, dim=8, atoms=8)
    first, second = (sae(points, 3, seed=seed, steps=20) for seed in (0, 1))
    assert first.vectors.tobytes() != second.vectors.tobytes()


@pytest.mark.parametrize(
    ("method", "points", "n", "said"),
    [
        ("pca", np.zeros((10, 3), np.float32), 2, "at one point"),
        ("pca", np.ones((1, 3), np.float32), 2, "2 items or more; there are 1"),
        ("pca", np.eye(4, dtype=np.float32), 0, "n = 0; ask for 1 to 4"),
        ("pca", np.eye(4, dtype=np.float32), 4, "differ in 3 directions"),
        ("ica", np.eye(4, dtype=np.float32), 2, "10 for 2; there are 4"),
        ("ica", np.eye(8, dtype=np.float32), 8, "differ in 7 directions"),
        ("sae", np.eye(10, dtype=np.float32), 2, "takes 100 items or more; there are 10"),
        ("sae", np.full((200, 3), 7, np.float32), 2, "at one point"),
        ("sae", np.eye(100, dtype=np.float32), 401, "1 to 100 axes"),
        ("tsne", np.eye(10, dtype=np.float32), 2, "no method 'tsne'"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_it_cannot_do_is_said(method: str, points: np.ndarray, n: int, said: str) -> None:
    with pytest.raises(InputError, match=said):
        discover_axes(points, method, n)


def test_features_are_about_the_dictionary() -> None:
    points = np.eye(10, dtype=np.float32)
    with pytest.raises(InputError, match="about --method sae"):
        discover_axes(points, "pca", 2, features=9)
    with pytest.raises(InputError, match="at least 2"):
        sae(np.eye(100, dtype=np.float32), features=1)


def test_without_a_number_there_are_ten_or_as_many_as_there_can_be() -> None:
    rng = np.random.default_rng(0)
    assert len(pca(rng.standard_normal((50, 30)).astype(np.float32))) == 10
    assert len(pca(rng.standard_normal((50, 3)).astype(np.float32))) == 3


def test_fields_that_go_along_are_named_strongest_first() -> None:
    rng = np.random.default_rng(2)
    readings = rng.standard_normal((800, 2)).astype(np.float32)
    noisy = readings[:, 0] + rng.standard_normal(800)
    fields = {
        "some": noisy,
        "same": np.exp(readings[:, 0]),
        "kind": np.where(readings[:, 1] > 1, "rare", np.where(readings[:, 1] < 0, "low", "middle")).astype(object),
        "two": (readings[:, 1] < 0.3).astype(int),
    }
    first, second = goes_along(readings, fields)
    assert [a.field for a in first] == ["same", "some"]
    assert first[0].strength == pytest.approx(1)
    assert {a.field for a in second} == {"kind", "two"}
    assert max(abs(a.strength) for a in second) == pytest.approx(1)
    assert "two = 0 (AUC 1.00)" in map(str, second)


@pytest.mark.parametrize("seed", range(3))
def test_noise_is_not_described(seed: int) -> None:
    rng = np.random.default_rng(seed)
    fields = {f"field {i}": rng.standard_normal(400) for i in range(30)}
    fields |= {f"kind {i}": rng.choice(np.array(["a", "b", "c"], object), 400) for i in range(10)}
    described = goes_along(rng.standard_normal((400, 10)), fields, seed=seed)
    assert sum(map(len, described)) <= 1  # 5 % of such tables have one


def test_missing_values_and_useless_fields() -> None:
    rng = np.random.default_rng(0)
    readings = rng.standard_normal((300, 1))
    numbers = readings[:, 0].copy()
    numbers[::3] = np.nan
    words = np.where(readings[:, 0] > 0, "yes", "no").astype(object)
    words[::5] = None
    names = np.array([f"item {i}" for i in range(300)], object)
    fields = {"numbers": numbers, "words": words, "names": names, "one": np.ones(300), "none": np.full(300, np.nan)}
    (found,) = goes_along(readings, fields)
    assert {(a.field, a.value) for a in found} == {("numbers", None), ("words", "yes")}
    assert min(a.strength for a in found) > 0.95
    assert goes_along(readings, {}) == [()]
