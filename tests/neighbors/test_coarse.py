"""A coarse copy finds what sorting all distances finds, bit for bit, and its bounds hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lateen.core.errors import InputError
from lateen.core.geometry import Euclidean, Gaussian, Sphere
from lateen.neighbors import Coarse, Found, Prepared, coarse, cosine_bounds, nearest, read_coarse, write_coarse

GEOMETRIES = [Euclidean(), Sphere()]
both = pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)


def sorted_distances(
    x: np.ndarray, queries: np.ndarray, k: int, geometry: Euclidean | Sphere, among: np.ndarray | None = None
) -> Found:
    """By the definition: every distance is taken, equal ones are ordered by row."""
    rows = np.arange(len(x)) if among is None else np.sort(among)
    distances = np.stack([geometry.distance(x[rows], q) for q in queries])
    order = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return Found(rows[order], np.take_along_axis(distances, order, axis=1))


def assert_same(found: Found, expected: Found) -> None:
    np.testing.assert_array_equal(found.rows, expected.rows)
    np.testing.assert_array_equal(found.distances, expected.distances)
    assert found.distances.dtype == np.float32


def cloud(seed: int, n: int, dim: int, kind: str) -> np.ndarray:
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, dim)).astype(np.float32)
    if kind == "duplicates":
        x = x[random.integers(0, max(1, n // 8), n)]
    if kind == "whole numbers":
        x = random.integers(-1, 2, (n, dim)).astype(np.float32)
        x[~x.any(axis=1), 0] = 1
    if kind == "halves":
        x = x.astype(np.float16).astype(np.float32)
    if kind == "of all lengths":
        x = (x * np.exp(random.uniform(-30, 30, (n, 1)))).astype(np.float32)
    if kind == "far from the origin":
        x = (x + 3e4).astype(np.float32)
    if kind == "one long axis":
        x[:, 0] *= 1e4
    if kind == "tight":
        x = (x[:1] + 1e-4 * x).astype(np.float32)
    return x


KINDS = ["normal", "duplicates", "whole numbers", "halves", "of all lengths", "far from the origin", "one long axis"]


@settings(max_examples=120, deadline=None)
@given(
    seed=st.integers(0, 2**20),
    n=st.integers(1, 300),
    dim=st.integers(2, 40),
    kind=st.sampled_from([*KINDS, "tight"]),
    k=st.integers(1, 40),
    geometry=st.sampled_from(GEOMETRIES),
    some=st.booleans(),
)
def test_finds_what_sorting_all_distances_finds(
    seed: int, n: int, dim: int, kind: str, k: int, geometry: Euclidean | Sphere, some: bool
) -> None:
    x = cloud(seed, n, dim, kind)
    random = np.random.default_rng(seed + 1)
    queries = np.stack([x[0], (x[random.integers(n)] + x[random.integers(n)]) / 2 + x[-1] / 8])
    queries[~queries.any(axis=1)] = x[0]
    among = np.sort(random.permutation(n)[: max(1, n // 3)]) if some else None
    found = Coarse.of(x, geometry).nearest(x, queries, k, among)
    assert_same(found, sorted_distances(x, queries, k, geometry, among))
    if kind != "of all lengths":
        assert_same(found, nearest(x, queries, min(k, n), geometry=geometry, among=among))


@both
@pytest.mark.parametrize("dim", [1, 3, 7, 64, 1000])
def test_any_number_of_dimensions(geometry: Euclidean | Sphere, dim: int) -> None:
    x = np.random.default_rng(dim).normal(size=(500, dim)).astype(np.float32)
    assert_same(Coarse.of(x, geometry).nearest(x, x[:9], 7), sorted_distances(x, x[:9], 7, geometry))


@both
def test_sums_of_products_never_overflow(geometry: Euclidean | Sphere) -> None:
    """Every number is the largest of its row, in more dimensions than queries of 16 bits leave room for."""
    dim = 20_000
    signs = np.where(np.random.default_rng(0).normal(size=(6, dim)) > 0, 1, -1).astype(np.float32)
    x = np.concatenate([signs, -signs])
    copy = Coarse.of(x, geometry)
    assert_same(copy.nearest(x, x, 3), sorted_distances(x, x, 3, geometry))
    low, high = copy.bounds(x)
    width = (high - low).max()
    assert width < (0.1 if geometry == Sphere() else 0.1 * dim)


@both
def test_bounds_hold_and_are_narrow(geometry: Euclidean | Sphere) -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(2_000, 100)).astype(np.float32)
    queries = random.normal(size=(5, 100)).astype(np.float32)
    low, high = Coarse.of(x, geometry).bounds(queries)
    wide, q = x.astype(np.float64), queries.astype(np.float64)
    cosines = (q / np.linalg.norm(q, axis=1)[:, None]) @ (wide / np.linalg.norm(wide, axis=1)[:, None]).T
    true = -cosines if geometry == Sphere() else ((wide[None] - q[:, None]) ** 2).sum(-1)
    assert (low <= true).all()
    assert (true <= high).all()
    assert (high - low).max() < (0.03 if geometry == Sphere() else 0.03 * true.max())


@both
def test_a_long_axis_does_not_make_the_others_coarse(
    geometry: Euclidean | Sphere, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = np.random.default_rng(0).normal(size=(3_000, 100)).astype(np.float32)
    x[:, 0] *= 20
    copy = Coarse.of(x, geometry)
    assert copy.sizes.weights.argmax() == 0
    monkeypatch.setattr(coarse, "_spread", lambda *_: (copy.sizes.origin, np.ones(100, np.float32)))
    alike = Coarse.of(x, geometry)
    assert np.median(copy.sizes.residuals) < 0.5 * np.median(alike.sizes.residuals)
    assert_same(copy.nearest(x, x[:9], 5), sorted_distances(x, x[:9], 5, geometry))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**20), dim=st.integers(1, 60), kind=st.sampled_from(KINDS))
def test_bounds_of_cosines(seed: int, dim: int, kind: str) -> None:
    x = cloud(seed, 100, dim, kind)
    wide = x.astype(np.float64)
    units = wide / np.linalg.norm(wide, axis=1, keepdims=True)
    true = units[:3] @ units.T
    ways = [Coarse.of(x, Sphere()).cosines(x[:3]), cosine_bounds(x, x[:3]), Prepared.of(x, Sphere()).cosines(x[:3])]
    for (low, high), width in zip(ways, (0.2, 1e-4, 1e-4), strict=True):
        assert low.dtype == high.dtype == np.float32
        assert (low <= true + 1e-15).all()
        assert (true - 1e-15 <= high).all()
        assert (low >= -1).all()
        assert (high <= 1).all()
        assert (high - low).max() < width


def test_rows_without_a_direction_are_never_found_on_a_sphere() -> None:
    x = np.random.default_rng(0).normal(size=(50, 5)).astype(np.float32)
    x[::5] = 0
    x[1] = 1e-30  # its square is zero in float32
    copy, there = Coarse.of(x, Sphere()), np.setdiff1d(np.arange(50), [1, *range(0, 50, 5)])
    assert_same(copy.nearest(x, x[2:4], 50), sorted_distances(x, x[2:4], 50, Sphere(), there))
    assert copy.nearest(x, x[2:4], 3, np.array([0, 5])).rows.shape == (2, 0)
    x[1] = 0
    for k in (3, 39, 40, 50):
        expected = sorted_distances(x, x[2:4], k, Sphere(), there)
        assert_same(nearest(x, x[2:4], k, geometry=Sphere()), expected)
        assert_same(Prepared.of(x, Sphere()).nearest(x[2:4], k), expected)
    with pytest.raises(InputError, match="zero vector has no direction"):
        nearest(x, x[:1], 3, geometry=Sphere())
    with pytest.raises(InputError, match="zero vector has no direction"):
        Prepared.of(x, Sphere()).nearest(x[:1], 3)
    for low, high in (copy.cosines(x[2:4]), cosine_bounds(x, x[2:4])):
        assert (low[:, 0] == -1).all()
        assert (high[:, 0] == -1).all()


def test_zero_is_a_point_like_any_other_in_euclidean_space() -> None:
    x = np.random.default_rng(0).normal(size=(50, 5)).astype(np.float32)
    x[7] = 0
    assert Coarse.of(x, Euclidean()).nearest(x, np.zeros((1, 5), np.float32), 3).rows[0, 0] == 7
    same = np.zeros((9, 5), np.float32)
    found = Coarse.of(same, Euclidean()).nearest(same, same[:2], 4)
    assert_same(found, sorted_distances(same, same[:2], 4, Euclidean()))


@pytest.mark.parametrize("length", [1e-21, 1e-18, 1e-10, 1e10, 5e17])
def test_lengths_at_the_ends_of_float32(length: float) -> None:
    x = np.random.default_rng(0).normal(size=(200, 6))
    x = (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)
    x[50:100] *= np.float32(length)
    queries = np.concatenate([x[:2], x[60:62]])
    for geometry in GEOMETRIES:
        if geometry == Euclidean() or length > 1e-15:
            found = Coarse.of(x, geometry).nearest(x, queries, 9)
            assert_same(found, sorted_distances(x, queries, 9, geometry))
    found = Coarse.of(x, Sphere()).nearest(x, x[:2], 9)
    assert_same(found, sorted_distances(x, x[:2], 9, Sphere()))


@both
def test_blocks_parts_and_groups_change_nothing(geometry: Euclidean | Sphere, monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(0).normal(size=(3_000, 9)).astype(np.float32)
    whole = Coarse.of(x, geometry)
    monkeypatch.setattr(coarse, "BLOCK_NUMBERS", 900)
    monkeypatch.setattr(coarse, "_PART", 64)
    monkeypatch.setattr(coarse, "_TOGETHER", 7_000)
    pieces = Coarse.of(x, geometry)
    np.testing.assert_array_equal(pieces.codes, whole.codes)
    np.testing.assert_array_equal(pieces.sizes.residuals, whole.sizes.residuals)
    assert_same(pieces.nearest(x, x[:7], 5), sorted_distances(x, x[:7], 5, geometry))
    assert_same(pieces.nearest(x, x[:7], 2_500), sorted_distances(x, x[:7], 2_500, geometry))


def test_few_rows_are_read() -> None:
    class Counted:
        shape, read = (20_000, 30), 0

        def __len__(self) -> int:
            return self.shape[0]

        def __getitem__(self, rows: slice | np.ndarray, /) -> np.ndarray:
            self.read += len(x[rows])
            return x[rows]

    x = np.random.default_rng(0).normal(size=Counted.shape).astype(np.float32)
    copy, counted = Coarse.of(x, Sphere()), Counted()
    assert_same(copy.nearest(counted, x[:1], 10), sorted_distances(x, x[:1], 10, Sphere()))
    assert 10 <= counted.read < 100


@both
def test_as_a_file(geometry: Euclidean | Sphere, tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(300, 9)).astype(np.float32) + 2
    path = tmp_path / "copy.npy"
    with path.open("wb") as file:
        write_coarse(file, x, geometry)
    kept = path.read_bytes()
    copy = read_coarse(path, x.shape, geometry)
    assert isinstance(copy.codes, np.memmap)
    np.testing.assert_array_equal(copy.codes, Coarse.of(x, geometry).codes)
    assert_same(copy.nearest(x, x[:4], 5), sorted_distances(x, x[:4], 5, geometry))
    with pytest.raises(ValueError, match="of other vectors"):
        read_coarse(path, (300, 8), geometry)
    for size in (0, 40, 2_000, len(kept) - 1):
        path.write_bytes(kept[:size])
        with pytest.raises((ValueError, OSError, EOFError)):
            read_coarse(path, x.shape, geometry)


def test_nothing_to_find() -> None:
    x = np.ones((5, 3), np.float32)
    copy = Coarse.of(x, Sphere())
    assert copy.nearest(x, x[:0], 2).rows.shape == (0, 2)
    assert copy.nearest(x, x, 2, np.zeros(0, np.int64)).rows.shape == (5, 0)
    assert Coarse.of(x[:0], Euclidean()).nearest(x[:0], x, 2).rows.shape == (5, 0)


def test_refuses_what_can_not_be_searched() -> None:
    x = np.ones((5, 3), np.float32)
    with pytest.raises(InputError, match="k = 0"):
        Coarse.of(x, Sphere()).nearest(x, x, 0)
    with pytest.raises(InputError, match="queries of 2 numbers for vectors of 3"):
        Coarse.of(x, Sphere()).nearest(x, x[:, :2], 1)
    with pytest.raises(InputError, match="zero vector has no direction"):
        Coarse.of(x, Sphere()).nearest(x, 0 * x, 1)
    with pytest.raises(InputError, match="zero vector has no direction"):
        Coarse.of(x, Sphere()).cosines(0 * x)
    with pytest.raises(InputError, match="zero vector has no direction"):
        cosine_bounds(x, 0 * x)
    with pytest.raises(InputError, match="holds no directions"):
        Coarse.of(x, Euclidean()).cosines(x)
    with pytest.raises(InputError, match="Sphere and Euclidean"):
        Coarse.of(x, Gaussian())
