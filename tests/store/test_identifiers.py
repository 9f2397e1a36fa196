"""Ids by row and rows by id, in memory and from mapped files."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lateen.core.errors import UnknownNameError
from lateen.store import identifiers
from lateen.store.derived import Derived
from lateen.store.identifiers import BLOCK, Identifiers

ODD = ["b", "a", "ü/ß.png", "", "Z", "日本", "a b", "b/1", "a.png", "\U0001f600"]


def column(ids: list[str], step: int) -> list[pa.Array]:
    return [pa.array(ids[i : i + step], pa.string()) for i in range(0, len(ids), step)]


def many(n: int) -> list[str]:
    return [f"folder/{i * 7919 % n:07d}.png" for i in range(n)]


@pytest.mark.parametrize("step", [1, 3, 100])
def test_lookup_both_ways(step: int) -> None:
    ids = Identifiers.of(column(ODD, step))
    assert list(ids) == ODD
    assert ids == ODD
    assert ids != ODD[::-1]
    assert [ids.row(id) for id in ODD] == list(range(len(ODD)))
    assert ids.row("c") is None
    assert ids.row("\udc80") is None
    assert "a" in ids
    assert "nobody" not in ids
    assert ids[-1] == ODD[-1]
    assert ids[2:5] == ODD[2:5]
    assert ids[::-2] == ODD[::-2]
    assert ids[5:2] == []
    assert ids.rows_of(["b", "nobody", "Z"]).tolist() == [0, -1, 4]
    with pytest.raises(IndexError):
        ids[len(ODD)]


def test_no_ids() -> None:
    ids = Identifiers.of([])
    assert len(ids) == 0
    assert ids.row("a") is None
    assert list(ids) == ids[:] == []


def test_many_are_kept_in_files_and_mapped(tmp_path: Path) -> None:
    names, derived, reads = many(150_001), Derived(tmp_path), []

    def read() -> list[pa.Array]:
        reads.append(1)
        return column(names, 10_000)

    first = Identifiers.kept(len(names), read, derived, "k")
    assert len(reads) == 1
    again = Identifiers.kept(len(names), read, derived, "k")
    assert len(reads) == 1
    for ids in (first, again):
        assert ids[BLOCK - 2 : BLOCK + 2] == names[BLOCK - 2 : BLOCK + 2]
        rows = np.random.default_rng(0).integers(0, len(names), 200)
        assert ids.rows_of([names[r] for r in rows]).tolist() == rows.tolist()
    assert again == names
    assert again.column().to_pylist() == names


@pytest.mark.parametrize("file", ["ids-k.arrow", "ids-k.order.npy"])
@pytest.mark.parametrize("keep", [0, 1000, None])
def test_damaged_files_are_made_anew(tmp_path: Path, file: str, keep: int | None) -> None:
    names, derived = many(100_002), Derived(tmp_path)
    Identifiers.kept(len(names), lambda: column(names, 50_000), derived, "k")
    if keep is None:
        (tmp_path / file).unlink()
    else:
        (tmp_path / file).write_bytes((tmp_path / file).read_bytes()[:keep])
    assert Identifiers.kept(len(names), lambda: column(names, 50_000), derived, "k") == names


def test_another_content_replaces_the_files(tmp_path: Path) -> None:
    names, derived = many(100_002), Derived(tmp_path)
    Identifiers.kept(len(names), lambda: column(names, 50_000), derived, "k")
    more = [*names, "one more"]
    assert Identifiers.kept(len(more), lambda: column(more, 50_000), derived, "m").row("one more") == len(names)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["ids-m.arrow", "ids-m.order.npy"]


def test_few_leave_no_files(tmp_path: Path) -> None:
    assert Identifiers.kept(len(ODD), lambda: column(ODD, 4), Derived(tmp_path), "k") == ODD
    assert not list(tmp_path.iterdir())


def test_a_space_that_may_only_be_read(tmp_path: Path) -> None:
    (tmp_path / "derived").write_text("a file where the folder should be")
    names = many(100_002)
    assert Identifiers.kept(len(names), lambda: column(names, 50_000), Derived(tmp_path / "derived"), "k") == names


def test_near_spellings_among_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identifiers, "IN_MEMORY", 10)
    ids = Identifiers.of(column([*many(3000), "anna.jpg"], 500))
    for typed in ("ann.jpg", "anna.jpeg", "Anna", "ANNA.JPG", "anma.jpg"):
        assert len(ids.like(typed)) < 3001
        assert UnknownNameError("id", typed, ids.like(typed), "here").near[0] == "anna.jpg"
    assert list(ids.like("q")) == ids[:13]
    assert list(ids.like("")) == ids[:13]


def test_half_a_letter_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = Identifiers.of(column(many(3000), 500))
    assert "\ud800" not in ids
    assert ids.rows_of(["\ud800", ids[7]]).tolist() == [-1, 7]
    monkeypatch.setattr(identifiers, "IN_MEMORY", 10)
    assert len(ids.like("a\ud800")) <= 3000
