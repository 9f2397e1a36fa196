"""A source that grew: what is new is added, what is there is left, what changed, moved or vanished is said."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from standins import DIM, RandomProjection

import lateen.building.plan
from lateen.building import BuildProgress, BuildResult, build
from lateen.core.direction import Direction
from lateen.core.errors import InputError, InterruptedWorkError, SpaceError
from lateen.store import SpaceFolder, save_direction
from lateen.store import lance_tables as tables
from lateen.store.folder import POINTS, THUMBS


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(lateen.building.plan.SHARD_ROWS, "image", (4, 4))


def paint(path: Path, shade: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (10, 10), (shade, 0, 255 - shade)).save(path)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for i in range(10):
        paint(tmp_path / "photos" / f"{i}.png", 10 * i)
    return tmp_path / "photos"


def grow(photos: Path, **options: object) -> BuildResult:
    return build(photos, encoder=RandomProjection(), out=photos.parent / "a.space", **options)  # type: ignore[arg-type]


def vectors(space: SpaceFolder) -> dict[str, bytes]:
    return {id: np.array(v).tobytes() for id, v in zip(space.ids(), space.vectors(), strict=True)}


def test_what_is_new_is_added_and_the_rest_is_as_it_was(photos: Path) -> None:
    first = grow(photos)
    assert first.growth is None
    before = vectors(SpaceFolder.open(first.path))
    save_direction(first.path, Direction("red", np.eye(DIM, dtype=np.float32)[0], 1.0, "mean_difference"))
    for name in ("00.png", "new.png", "sub/11.png"):
        paint(photos / name, 200 + len(name))
    seen: list[BuildProgress] = []
    result = grow(photos, progress=seen.append)
    assert result.growth is not None
    assert (result.n, result.growth.added, result.growth.unchanged) == (13, 3, 10)
    assert [(p.doing, p.total) for p in seen] == [("comparing", 10), ("encoding", 3)], "only what is new is encoded"
    space = SpaceFolder.open(result.path)
    assert space.ids() == [*before, "00.png", "new.png", "sub/11.png"]
    after = vectors(space)
    assert {id: after[id] for id in before} == before
    fresh = SpaceFolder.open(build(photos, encoder=RandomProjection(), out=photos.parent / "fresh.space").path)
    assert sorted(fresh.ids()) == sorted(after)
    np.testing.assert_allclose(fresh.vectors(), space.vectors()[[space.row(id) for id in fresh.ids()]], rtol=1e-4)
    assert set(space.thumbnails(space.ids())) == set(space.ids())
    assert (result.path / "directions" / "red.json").is_file()
    assert "3 items added, 10 there already. 13 items now" in str(result)


def test_again_and_again_changes_nothing(photos: Path) -> None:
    grow(photos)
    whole = (photos.parent / "a.space" / "space.json").read_bytes()
    for _ in range(2):
        result = grow(photos)
        assert result.growth is not None
        assert (result.n, result.growth.added) == (10, 0)
    plain = json.loads(whole)
    now = json.loads((result.path / "space.json").read_bytes())
    assert {k: now[k] for k in ("spec", "compression", "items")} == {
        k: plain[k] for k in ("spec", "compression", "items")
    }
    assert len(list((result.path / POINTS / "data").glob("*.lance"))) == 3


def test_what_vanished_changed_and_moved_is_said(photos: Path) -> None:
    grow(photos)
    (photos / "0.png").unlink()
    paint(photos / "1.png", 77)
    (photos / "2.png").rename(photos / "two.png")
    shutil.copy(photos / "3.png", photos / "copy of 3.png")
    (photos / "4.png").write_bytes(b"")
    result = grow(photos)
    grown = result.growth
    assert grown is not None
    assert grown.vanished == ("0.png",)
    assert grown.changed == ("1.png", "4.png")
    assert grown.moved == (("2.png", "two.png"),)
    assert grown.counts == {"vanished": 1, "changed": 2, "moved": 1}
    assert SpaceFolder.open(result.path).ids() == [f"{i}.png" for i in range(10)] + ["copy of 3.png"]
    said = str(result)
    assert "1 vanished from the source ('0.png'): kept in the space" in said
    assert "'2.png', now 'two.png'" in said
    assert json.loads(json.dumps(result.to_dict()))["growth"]["moved"] == [["2.png", "two.png"]]


def test_what_was_rejected_is_tried_again(photos: Path) -> None:
    (photos / "bad.png").write_text("no picture")
    (photos / "worse.png").write_text("no picture")
    assert grow(photos).rejected == 2
    paint(photos / "bad.png", 99)
    result = grow(photos)
    assert (result.n, result.rejected) == (11, 1)
    (line,) = (result.path / "rejected.jsonl").read_text().splitlines()
    assert json.loads(line)["id"] == "worse.png"
    assert grow(photos).rejected == 1


def test_a_stopped_append_leaves_the_space_as_it_was_and_is_gone_on_with(photos: Path) -> None:
    grow(photos)
    for i in range(20, 40):
        paint(photos / f"{i}.png", 4 * i)
    (photos / "2.png").rename(photos / "2b.png")

    def stop(progress: BuildProgress) -> None:
        if progress.doing == "encoding" and progress.done > 12:
            raise KeyboardInterrupt

    with pytest.raises(InterruptedWorkError, match=r"a.space is as it was, \d+ new items wait beside it"):
        grow(photos, progress=stop)
    assert len(SpaceFolder.open(photos.parent / "a.space")) == 10
    result = grow(photos, resume=True)
    assert result.resumed >= 8
    assert result.growth is not None
    assert (result.n, result.growth.added, result.growth.vanished) == (30, 20, ())
    assert result.growth.moved == (("2.png", "2b.png"),)
    assert len(SpaceFolder.open(result.path)) == 30


def test_a_stopped_append_of_a_source_that_changed_again_starts_over(photos: Path) -> None:
    grow(photos)
    for i in range(20, 32):
        paint(photos / f"{i}.png", 4 * i)

    def stop(progress: BuildProgress) -> None:
        if progress.doing == "encoding" and progress.done > 8:
            raise KeyboardInterrupt

    with pytest.raises(InterruptedWorkError):
        grow(photos, progress=stop)
    paint(photos / "20.png", 3)
    paint(photos / "19.png", 5)
    result = grow(photos)
    space = SpaceFolder.open(result.path)
    assert (result.resumed, len(space)) == (0, 23)
    assert space.ids()[10:] == [f"{i}.png" for i in range(19, 32)]
    for name in (POINTS, THUMBS):
        assert len(list((space.path / name / "data").glob("*.lance"))) == 3 + 4


@pytest.mark.parametrize("commits", [1, 2])
def test_a_crash_between_the_commits_of_an_append(
    photos: Path, commits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow(photos)
    paint(photos / "20.png", 3)
    append, calls = tables.append, 0

    class Crash(Exception):
        pass

    def crashing(path: Path, fragments: list[dict[str, object]]) -> None:
        nonlocal calls
        append(path, fragments)
        calls += 1
        if calls == commits:
            raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(tables, "append", crashing)
        with pytest.raises(Crash):
            grow(photos)
    assert len(SpaceFolder.open(photos.parent / "a.space")) == 10, "space.json names the versions that it belongs to"
    assert grow(photos).n == 11
    assert SpaceFolder.open(photos.parent / "a.space").ids()[10:] == ["20.png"]


def test_a_crash_after_the_commits_of_an_append_and_a_source_that_changed_again(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow(photos)
    for i in range(20, 27):
        paint(photos / f"{i}.png", 4 * i)

    class Crash(Exception):
        pass

    def crash(self: SpaceFolder, meta: object) -> None:
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(SpaceFolder, "described", crash)
        with pytest.raises(Crash):
            grow(photos)
    assert tables.open_table(photos.parent / "a.space" / POINTS).count_rows() == 17
    paint(photos / "20.png", 3)
    result = grow(photos)
    space = SpaceFolder.open(result.path)
    assert (result.n, result.resumed) == (17, 0)
    assert space.ids()[10:] == [f"{i}.png" for i in range(20, 27)]
    assert grow(photos).n == 17


def test_another_source_needs_append_and_another_encoder_is_refused(photos: Path, tmp_path: Path) -> None:
    grow(photos)
    paint(tmp_path / "more" / "x.png", 9)
    with pytest.raises(InputError, match=r"was built from .*photos, not from .*more. Use --append to add"):
        build(tmp_path / "more", encoder=RandomProjection(), out=tmp_path / "a.space")
    with pytest.raises(InputError, match=r"can't be added to: the encoder's fingerprint was seed0, now it is seed1"):
        build(photos, encoder=RandomProjection(1), out=tmp_path / "a.space")
    with pytest.raises(InputError, match="can't be added to: the fit was crop, now it is pad"):
        grow(photos, fit="pad")
    added = build(tmp_path / "more", encoder=RandomProjection(), out=tmp_path / "a.space", append=True)
    assert SpaceFolder.open(added.path).ids()[10:] == ["x.png"]
    assert added.growth is not None
    assert added.growth.vanished == (), "what another source lacks has not vanished"


def test_row_numbers_of_another_source_are_no_ids(tmp_path: Path) -> None:
    for i, name in enumerate("ab"):
        np.save(tmp_path / f"{name}.npy", np.full((3, 2), i, np.float32))
    build(tmp_path / "a.npy", out=tmp_path / "a.space")
    with pytest.raises(InputError, match=r"3 items of .*b.npy are called by the numbers of their rows, such as '0'"):
        build(tmp_path / "b.npy", out=tmp_path / "a.space", append=True)
    np.savez(tmp_path / "b.npz", vectors=np.ones((3, 2), np.float32), ids=np.array(["x", "y", "z"]))
    assert build(tmp_path / "b.npz", out=tmp_path / "a.space", append=True).n == 6


def test_resume_of_a_finished_space_whose_source_grew_adds_to_it(photos: Path) -> None:
    assert grow(photos, resume=True).growth is None
    assert grow(photos, resume=True).growth is None
    paint(photos / "20.png", 3)
    assert grow(photos, resume=True).n == 11


def test_fields_of_new_items_follow_those_of_the_space(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("id,age\n" + "".join(f"{i}.png,{i}\n" for i in range(10)))
    grow(photos, fields=tmp_path / "f.csv")
    paint(photos / "20.png", 3)
    assert grow(photos).n == 11, "no fields: null"
    paint(photos / "21.png", 4)
    (tmp_path / "f.csv").write_text("id,age\n21.png,2.5\n")
    with pytest.raises(InputError, match=r"field 'age' of the new items holds double, in the space int64"):
        grow(photos, fields=tmp_path / "f.csv")
    (tmp_path / "f.csv").write_text("id,age,name\n21.png,2,x\n")
    with pytest.raises(InputError, match=r"have the field 'name', which the space lacks \(it has: age\)"):
        grow(photos, fields=tmp_path / "f.csv")
    (tmp_path / "f.csv").write_text("id,age\n21.png,2\n")
    assert grow(photos, fields=tmp_path / "f.csv").n == 12
    assert SpaceFolder.open(tmp_path / "a.space").fields()["age"].to_pylist()[8:] == [8, 9, None, 2]
    (tmp_path / "f.csv").write_text("id,age,name\n21.png,2,x\n")
    with pytest.raises(InputError, match="which the space lacks"):
        grow(photos, fields=tmp_path / "f.csv")  # nothing is new, but the field would be lost in silence


def test_a_space_without_digests_is_not_added_to(tmp_path: Path) -> None:
    golden = Path(__file__).parent.parent / "golden" / "space-format-1"
    shutil.copytree(golden, tmp_path / "a.space")
    space = SpaceFolder.open(tmp_path / "a.space")
    with pytest.raises((SpaceError, InputError), match=r"earlier lateen|can't be added|was built from"):
        build("portraits:3", encoder="vae:portraits", out=space.path)


def test_ids_that_occur_twice_are_rejected_the_second_time(tmp_path: Path) -> None:
    from standins import Noise

    class Doubled(Noise):
        @property
        def ids(self) -> list[str]:
            return [f"n{i % 30}" for i in range(self.n)]

    result = build(Doubled(32), encoder=RandomProjection(), out=tmp_path / "a")
    assert (result.n, result.rejected) == (30, 2)
    lines = [json.loads(line) for line in (tmp_path / "a" / "rejected.jsonl").read_text().splitlines()]
    assert lines[0] == {"id": "n0", "reason": "its id occurs before, in item 1"}
    assert len(lines) == 2


def test_ids_that_occur_twice_have_not_changed(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text("id,vector\na,1 2\nb,3 4\na,5 6\n")
    for _ in range(2):
        result = build(tmp_path / "v.csv", out=tmp_path / "v.space")
        assert (result.n, result.rejected) == (2, 1)
    assert result.growth is not None
    assert (result.growth.unchanged, result.growth.changed) == (2, ())


def test_what_was_not_said_is_as_it_was(photos: Path, tmp_path: Path) -> None:
    build(photos, encoder="pca:4", out=tmp_path / "p.space", dtype="float16", fit="pad", size=16)
    paint(photos / "20.png", 3)
    result = build(photos, out=tmp_path / "p.space")
    assert result.n == 11
    assert SpaceFolder.open(result.path).meta.spec.encoder == "pca:4"
    build(photos, encoder="pixels", out=tmp_path / "x.space", size=8)
    paint(photos / "21.png", 3)
    assert build(photos, out=tmp_path / "x.space").n == 12


def test_an_interrupt_while_comparing(photos: Path) -> None:
    grow(photos)

    def stop(progress: BuildProgress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(InterruptedWorkError, match=r"a\.space is as it was"):
        grow(photos, progress=stop)


def test_pictures_without_an_encoder_become_their_principal_components(photos: Path, tmp_path: Path) -> None:
    result = build(photos, out=tmp_path / "p.space")
    assert SpaceFolder.open(result.path).meta.spec.encoder == "pca:5"
    assert "fitted to these very pictures: a plain baseline" in result.notes[-1]
