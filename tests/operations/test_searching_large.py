"""Search of a space that is too large to be compared row by row: the coarse copy, where it is kept, what it finds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest

import lateen as lt
import lateen.building.run
from lateen.neighbors import Coarse, Vectors, nearest
from lateen.operations import searching
from lateen.operations.searching import Search
from lateen.store import SpaceFolder

N, DIM = 3_000, 24


COPIED = pytest.mark.parametrize("built", ["euclidean", "sphere"], indirect=True)  # others have no coarse copy


@pytest.fixture(scope="module", params=["euclidean", "sphere", "gaussian"])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large")
    x = np.random.default_rng(0).normal(size=(N, DIM)).astype(np.float32)
    np.savez(folder / "v.npz", vectors=x + 0.2, label=np.arange(N) % 7)
    lt.build(folder / "v.npz", encoder="none", out=folder / "v.space", dtype="float16", geometry=request.param)
    return folder / "v.space"


@pytest.fixture
def large(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SpaceFolder:
    monkeypatch.setattr(searching, "PREPARED_NUMBERS", 1_000)
    monkeypatch.setattr(searching, "FITTED_ROWS", 2_000)
    return SpaceFolder.open(Path(copytree(built, tmp_path / "v.space")))


def asked(folder: SpaceFolder) -> np.ndarray:
    x = np.asarray(folder.vectors())
    return np.concatenate([x[:3], x[3:6] - x[6:9] + x[9:12]])


def assert_exact(search: Search, where: str | None = None, k: int = 12) -> None:
    vectors, queries = np.asarray(search.folder.vectors()), asked(search.folder)
    among = None if where is None else search.among(where)
    expected = nearest(vectors, queries, k, geometry=search.geometry, among=among)
    found = search.nearest(queries, k, where)
    np.testing.assert_array_equal(found.rows, expected.rows)
    np.testing.assert_array_equal(found.distances, expected.distances)


@pytest.mark.parametrize("exact_rows", [1_000, 1_000_000])
@pytest.mark.parametrize("where", [None, "label = 3", "label < 5"])
def test_finds_what_comparing_all_rows_finds(
    large: SpaceFolder, where: str | None, exact_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "EXACT_ROWS", exact_rows)
    assert_exact(Search(large), where)
    assert_exact(Search(large), where, k=2 * N)
    kept = list((large.path / "derived").glob("coarse-*"))
    assert len(kept) == (0 if large.meta.spec.geometry == "gaussian" else 1)


def test_small_spaces_keep_no_copy(built: Path, tmp_path: Path) -> None:
    folder = SpaceFolder.open(Path(copytree(built, tmp_path / "v.space")))
    assert_exact(Search(folder))
    assert_exact(Search(folder), "label = 3")
    assert not list((folder.path / "derived").glob("coarse-*"))


@COPIED
def test_the_copy_is_made_once(large: SpaceFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_exact(Search(large))
    monkeypatch.setattr(searching, "write_coarse", lambda *_: pytest.fail("it was made again"))
    assert_exact(Search(large))


@COPIED
@pytest.mark.parametrize("damage", ["empty", "cut", "other"])
def test_a_damaged_copy_is_made_again(large: SpaceFolder, damage: str) -> None:
    assert_exact(Search(large))
    (kept,) = (large.path / "derived").glob("coarse-*")
    whole = kept.read_bytes()
    kept.write_bytes({"empty": b"", "cut": whole[: len(whole) // 2], "other": b"something else" * 9_000}[damage])
    assert_exact(Search(large))
    (kept,) = (large.path / "derived").glob("coarse-*")
    assert kept.read_bytes() == whole


def test_a_disk_without_room_costs_memory_only(large: SpaceFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    large.vectors()
    monkeypatch.setattr(searching, "write_coarse", full)
    assert_exact(Search(large))
    assert not list((large.path / "derived").glob("coarse-*"))


def test_a_space_that_may_only_be_read(large: SpaceFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lateen.store.derived.os.access", lambda *_: False)
    before = sorted((large.path / "derived").glob("*"))
    assert_exact(Search(large))
    assert sorted((large.path / "derived").glob("*")) == before


def test_threads_may_search_at_once(large: SpaceFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lateen.neighbors.coarse._PART", 1_000)  # each search has threads of its own, too
    search, queries = Search(large), asked(large)
    expected = search.nearest(queries, 9).rows
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: search.nearest(queries, 9).rows, range(40)):
            np.testing.assert_array_equal(found, expected)


@COPIED
def test_an_old_copy_is_removed(large: SpaceFolder) -> None:
    (large.path / "derived").mkdir(exist_ok=True)
    (large.path / "derived" / "coarse-of-another-time.npy").write_bytes(b"old")
    assert_exact(Search(large))
    assert len(list((large.path / "derived").glob("coarse-*"))) == 1


@pytest.mark.parametrize("numbers", [1_000, 10_000_000])
def test_cosines_lie_within_their_bounds(large: SpaceFolder, numbers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "PREPARED_NUMBERS", numbers)
    vectors, queries = np.asarray(large.vectors(), np.float64), asked(large)
    low, high = Search(large).cosine_bounds(queries)
    assert low.shape == high.shape == (len(queries), N)
    q = queries / np.linalg.norm(queries.astype(np.float64), axis=1, keepdims=True)
    true = q @ (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).T
    assert (low <= true + 1e-15).all()
    assert (true - 1e-15 <= high).all()
    coarse = large.meta.spec.geometry == "sphere" and numbers == 1_000
    assert (high - low).max() < (0.05 if coarse else 1e-4)


def test_what_a_search_reads_is_said(large: SpaceFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Search(large).note is None
    monkeypatch.setattr(searching, "EXACT_ROWS", 1_000)
    note = Search(large).note
    if large.meta.spec.geometry == "gaussian":
        assert note is None
    else:
        assert note is not None
        assert "lateen index" in note


def test_vectors_that_became_zero_are_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A float16 has no room for 1e-9; what it keeps of such a vector, where a build lets it, is no direction."""
    monkeypatch.setattr(searching, "PREPARED_NUMBERS", 1_000)
    monkeypatch.setattr(lateen.building.run, "_VANISHES", -1)
    x = np.random.default_rng(0).normal(size=(400, 8)).astype(np.float32)
    x[5] *= np.float32(1e-9)
    np.save(tmp_path / "v.npy", x)
    lt.build(tmp_path / "v.npy", encoder="none", out=tmp_path / "v.space", dtype="float16", geometry="sphere")
    search = Search(SpaceFolder.open(tmp_path / "v.space"))
    rows = search.nearest(x[:2], 400).rows
    assert rows.shape == (2, 399)
    assert 5 not in rows


@COPIED
def test_a_copy_of_every_kind_of_vectors(large: SpaceFolder) -> None:
    geometry = Search(large).geometry
    scanned: Vectors = large.scanned_vectors()
    a, b = Coarse.of(scanned, geometry), Coarse.of(large.vectors(), geometry)
    np.testing.assert_array_equal(a.codes, b.codes)
    np.testing.assert_array_equal(a.sizes.origin, b.sizes.origin)
