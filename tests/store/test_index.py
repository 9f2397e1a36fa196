"""The search index of a space: made, measured, asked, outlived by an append, removed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lateen.core.codec import LatentSpec
from lateen.core.errors import InputError, SpaceError
from lateen.core.geometry import Euclidean, Geometry, geometry_named
from lateen.neighbors import nearest
from lateen.store import index
from lateen.store.folder import POINTS, SpaceFolder
from lateen.store.index import IndexSearch, build_index, drop_index, index_kinds
from lateen.store.meta import SpaceMeta
from lateen.store.writer import Shard, SpaceWriter

FIELDS = pa.schema([("label", pa.int64())])
N, DIM = 20_000, 16


def cloud(n: int, dim: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    centres = random.normal(size=(60, dim))
    return (centres[random.integers(0, 60, n)] + 0.5 * random.normal(size=(n, dim))).astype(np.float32)


def shard(first: int, vectors: np.ndarray) -> Shard:
    n, dim = vectors.shape
    rows = np.arange(first, first + n)
    return Shard(
        ids=[f"v{row}" for row in rows],
        uris=[""] * n,
        vectors=vectors,
        fields=pa.table({"label": rows % 10}, schema=FIELDS),
        digests=[int(row).to_bytes(16, "big") for row in rows],
        thumbnails=[],
        rejected=[],
        numbers=dim * n,
        bytes=4 * dim * n,
    )


def make(path: Path, vectors: np.ndarray, geometry: str = "euclidean", dtype: str = "float32") -> SpaceFolder:
    n, dim = vectors.shape
    spec = LatentSpec("none", dim, "vector", geometry, dtype, "f00d", dim)
    meta = SpaceMeta(spec, "cloud", n, given_fingerprint="f00d", created="2026-01-01T00:00:00+00:00")
    folder = SpaceFolder.create(path, meta, FIELDS)
    with SpaceWriter.on(folder) as writer:
        for number, first in enumerate(range(0, n, 7_000)):
            writer.write(number, f"key-{number}", shard(first, vectors[first : first + 7_000]))
        return writer.finish()


def opened(folder: SpaceFolder) -> tuple[IndexSearch, Geometry]:
    geometry = geometry_named(folder.meta.spec.geometry)
    search = IndexSearch.of(folder, geometry)
    assert search is not None
    return search, geometry


def recall(folder: SpaceFolder, queries: np.ndarray, where: str | None = None) -> float:
    search, geometry = opened(folder)
    rows = None if where is None else folder.rows_where(where)
    true = nearest(folder.vectors(), queries, 10, geometry=geometry, among=rows)
    hits = 0
    for i, query in enumerate(queries):
        found = search.nearest(query, 10, where, None if rows is None else len(rows))
        hits += len(set(found.rows[0].tolist()) & set(true.rows[i].tolist()))
    return hits / (10 * len(queries))


@pytest.fixture(
    scope="module", params=[("euclidean", "float32", 16), ("sphere", "float16", 16), ("sphere", "float32", 12)]
)
def indexed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> SpaceFolder:
    geometry, dtype, dim = request.param
    path = tmp_path_factory.mktemp("indexed") / "a.space"
    return build_index(make(path, cloud(N, dim), geometry, dtype))


def test_finds_what_exact_search_finds(indexed: SpaceFolder) -> None:
    settings = indexed.meta.index
    assert settings is not None
    assert settings.rows == N
    assert settings.partitions == 141
    assert settings.probes < settings.partitions
    assert settings.recall >= 0.99
    assert settings.kind == index_kinds(indexed.meta.spec.dim)[0]
    random = np.random.default_rng(5)
    vectors = indexed.vectors()
    queries = vectors[random.integers(0, N, 100)] + 0.01
    assert recall(indexed, queries) >= 0.97


def test_distances_are_the_geometrys_own_and_sorted(indexed: SpaceFolder) -> None:
    search, geometry = opened(indexed)
    query = indexed.vectors()[5] * np.float32(1.5)
    found = search.nearest(query, 25)
    assert found.rows.shape == (1, 25)
    assert (np.diff(found.distances[0]) >= 0).all()
    expected = geometry.distance(np.asarray(indexed.vectors()[found.rows[0]]), query)
    np.testing.assert_allclose(found.distances[0], expected, rtol=1e-5, atol=1e-6)


def test_conditions_hold(indexed: SpaceFolder) -> None:
    queries = indexed.vectors()[:40] + 0.01
    assert recall(indexed, queries, "label = 3") >= 0.95
    search, _ = opened(indexed)
    rows = search.nearest(queries[0], 10, "label = 3", N // 10).rows[0]
    assert (rows % 10 == 3).all()


def test_is_there_when_the_space_is_opened_again(indexed: SpaceFolder) -> None:
    again = SpaceFolder.open(indexed.path)
    assert again.meta.index == indexed.meta.index
    query = indexed.vectors()[3]
    assert opened(again)[0].nearest(query, 1).rows.tolist() == [[3]]


def test_rows_that_came_later_are_found(tmp_path: Path) -> None:
    before = build_index(make(tmp_path / "a.space", cloud(8_000, DIM)))
    late = cloud(500, DIM, seed=9) + 3
    with SpaceWriter.on(before) as writer:
        writer.write(len(writer.entries), "late", shard(8_000, late))
        grown = writer.finish()
    assert grown.meta.index == before.meta.index
    search, _ = opened(grown)
    for row in (0, 250, 499):
        found = search.nearest(late[row], 3)
        assert found.rows[0][0] == 8_000 + row
        assert found.distances[0][0] == 0
    assert recall(grown, late[::25]) == 1
    assert opened(before)[0].nearest(late[0], 1).rows[0][0] < 8_000  # who opened it before sees it as it was
    renewed = build_index(grown)
    assert renewed.meta.index is not None
    assert renewed.meta.index.rows == 8_500
    assert recall(renewed, late[::25]) >= 0.97


def test_removing_it_leaves_the_items(tmp_path: Path) -> None:
    folder = build_index(make(tmp_path / "a.space", cloud(6_000, DIM)))
    vectors = np.array(folder.vectors())
    assert list((folder.path / POINTS / "_indices").iterdir())
    bare = drop_index(folder)
    assert bare.meta.index is None
    assert IndexSearch.of(bare, Euclidean()) is None
    assert not [f for f in (folder.path / POINTS / "_indices").rglob("*") if f.is_file()]
    np.testing.assert_array_equal(SpaceFolder.open(bare.path).vectors(), vectors)
    with pytest.raises(InputError, match=r"has no index.*lateen index"):
        drop_index(bare)


def test_small_spaces_need_none(tmp_path: Path) -> None:
    folder = make(tmp_path / "a.space", cloud(200, DIM))
    with pytest.raises(InputError, match=r"200 items.*exact search is quick.*--force"):
        build_index(folder)
    assert SpaceFolder.open(folder.path).meta.index is None
    forced = build_index(folder, force=True)
    assert recall(forced, forced.vectors()[:20]) >= 0.95


@pytest.mark.parametrize("n", [2, 3, 30])
def test_the_smallest_can_be_forced(tmp_path: Path, n: int) -> None:
    forced = build_index(make(tmp_path / "a.space", cloud(n, 5), "sphere"), force=True)
    found = opened(forced)[0].nearest(forced.vectors()[0], 10)
    assert found.rows[0][0] == 0
    assert len(found.rows[0]) == min(n, 10)


def test_a_gaussian_space_has_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gaussian geometry.*searched exactly"):
        build_index(make(tmp_path / "a.space", cloud(6_000, 4), "gaussian"))


def test_refused_while_a_build_writes_or_was_stopped(tmp_path: Path) -> None:
    folder = make(tmp_path / "a.space", cloud(6_000, DIM))
    with SpaceWriter.on(folder), pytest.raises(SpaceError, match="Another build is writing"):
        build_index(folder)
    stopped = replace(folder.meta, compression=replace(folder.meta.compression, n=5_500))  # rows beyond space.json's
    with pytest.raises(SpaceError, match=r"6,000 rows.*--resume"):
        build_index(SpaceFolder(folder.path, stopped))


def test_equal_vectors_are_found(tmp_path: Path) -> None:
    folder = build_index(make(tmp_path / "a.space", np.ones((6_000, 8), np.float32)))
    found = opened(folder)[0].nearest(np.ones(8, np.float32), 10)
    assert found.distances.tolist() == [[0.0] * 10]


def test_an_index_that_finds_too_little_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "LEAST", 1.1)
    folder = make(tmp_path / "a.space", cloud(6_000, DIM))
    with pytest.raises(InputError, match="stays searched exactly"):
        build_index(folder)
    assert SpaceFolder.open(folder.path).meta.index is None
