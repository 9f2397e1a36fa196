"""Whole sources edited into a folder: stopped, gone on with, and never over what is not ours."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lateen as lt
from lateen.building.edits_table import file_names
from lateen.core.errors import InputError, InterruptedWorkError
from lateen.core.probe import Probe
from lateen.space import Space
from lateen.store import save_direction

N, SIDE = 80, 16


def picture(rng: np.random.Generator, lit: bool) -> Image.Image:
    pixels = rng.integers(60, 90, (SIDE, SIDE, 3)) + rng.integers(0, 40, 3)
    if lit:
        pixels[4:8, 4:12] += 110
    return Image.fromarray(pixels.astype(np.uint8))


@pytest.fixture(scope="module")
def lamps_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures with and without a light, by principal components, and a direction with a probe."""
    folder = tmp_path_factory.mktemp("lamps")
    rng = np.random.default_rng(0)
    (folder / "in").mkdir()
    lines = ["id,lit"]
    for i in range(N):
        picture(rng, i % 2 == 1).save(folder / "in" / f"{i:02}.png")
        lines.append(f"{i:02}.png,{i % 2}")
    (folder / "f.csv").write_text("\n".join(lines))
    lt.build(folder / "in", encoder="pca:6", out=folder / "lamps.space", fields=folder / "f.csv", size=SIDE)
    space = lt.open(folder / "lamps.space")
    space.direction("lit", field="lit")
    found = space.directions()["lit"]
    reads = np.asarray(space.vectors) @ found.vector
    weights = found.vector * np.float32(8 / np.ptp(reads))
    probe = Probe(weights.astype(np.float32), -float(np.median(np.asarray(space.vectors) @ weights)))
    save_direction(space.folder, replace(found, probe=probe))
    return folder / "lamps.space"


@pytest.fixture
def lamps(lamps_folder: Path) -> Space:
    return lt.open(lamps_folder)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """New pictures in folders, of other sizes and formats; one is broken."""
    rng = np.random.default_rng(1)
    folder = tmp_path / "photos"
    (folder / "a").mkdir(parents=True)
    for name in ("one.png", "a/one.png", "a_one.jpg", "wéird näme (2).png"):
        picture(rng, False).resize((40, 30)).save(folder / name)
    (folder / "broken.png").write_bytes(b"no picture")
    return folder


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "edits.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_items_of_a_space_that_a_condition_admits(lamps: Space, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    made = lamps.edit_all("lit", tmp_path / "out", where="lit = 0", until=0.8, progress=lambda *a: seen.append(a))
    rows = table(tmp_path / "out")
    assert made.n == len(rows) == N // 2
    assert [row["id"] for row in rows] == [f"{i:02}.png" for i in range(0, N, 2)]
    assert seen[-1] == (N // 2, N // 2)
    for row in rows:
        with Image.open(tmp_path / "out" / row["file"]) as image:
            assert image.size == (SIDE, SIDE)
    one = lamps.edit("04.png", "lit", until=0.8)
    row = rows[2]
    assert row["stopped"] == one.until.stopped
    assert float(row["dose"]) == pytest.approx(one.by["lit"], rel=1e-5)
    assert float(row["probe_after"]) == pytest.approx(one.readings["lit"][1], rel=1e-5)
    assert float(row["support_after"]) == pytest.approx(one.support)
    assert row["nearest"] == one.after.nearest
    assert sum(made.stopped.values()) == N // 2
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "out" / row["file"])), one.after.image)
    json.dumps(made.to_dict(), allow_nan=False)


def test_a_source_is_encoded_and_edited_and_what_is_broken_is_told(lamps: Space, photos: Path, tmp_path: Path) -> None:
    made = lamps.edit_all({"lit": 2.0}, tmp_path / "out", source=photos)
    rows = table(tmp_path / "out")
    assert made.n == 4
    assert [id for id, _ in made.rejected] == ["broken.png"]
    told = [json.loads(line) for line in (tmp_path / "out" / "rejected.jsonl").read_text().splitlines()]
    assert told == [{"id": "broken.png", "reason": made.rejected[0][1]}]
    assert "broken.png" in made.describe()
    files = {row["id"]: row["file"] for row in rows}
    assert files["one.png"] == "one.png"
    assert len({name.casefold() for name in files.values()}) == 4
    assert all("/" not in name and (tmp_path / "out" / name).is_file() for name in files.values())
    direct = lamps.edit(str(photos / "a" / "one.png"), {"lit": 2.0})
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "out" / files["a/one.png"])), direct.after.image)


def test_what_was_stopped_is_gone_on_with(lamps: Space, tmp_path: Path) -> None:
    out = tmp_path / "out"

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(InterruptedWorkError, match=r"Stopped. 64 of 80 items are edited and kept"):
        lamps.edit_all({"lit": 1.0}, out, progress=stop)
    first = table(out)
    assert len(first) == 64
    times = {path.name: path.stat().st_mtime_ns for path in out.glob("*.png")}
    (out / first[5]["file"]).unlink()
    with (out / "edits.csv").open("a") as file:
        file.write("70.png,70.png,1")  # killed in the middle of a line
    made = lamps.edit_all({"lit": 1.0}, out)
    assert (made.n, made.resumed) == (80, 63)
    assert [row["id"] for row in table(out)] == list(lamps.ids)
    assert (out / first[5]["file"]).is_file()
    assert all((out / name).stat().st_mtime_ns == time for name, time in times.items() if name != first[5]["file"])
    whole = lamps.edit_all({"lit": 1.0}, tmp_path / "whole")
    assert whole.n == 80
    assert (tmp_path / "whole" / "edits.csv").read_bytes() == (out / "edits.csv").read_bytes()


def test_other_settings_replace_only_by_force_and_only_what_is_ours(lamps: Space, tmp_path: Path) -> None:
    out = tmp_path / "out"
    lamps.edit_all({"lit": 1.0}, out, where="lit = 0")
    mine = out / "mine.txt"
    mine.write_text("mine")
    for settings in ({"by": {"lit": 2.0}}, {"by": "lit", "until": 0.5}, {"by": {"lit": 1.0}, "where": "lit = 1"}):
        with pytest.raises(InputError, match=r"has edits with other settings \(.*--force"):
            lamps.edit_all(settings.pop("by"), out, **{"where": "lit = 0", **settings})
    made = lamps.edit_all({"lit": 2.0}, out, where="lit = 1", force=True)
    assert (made.n, made.resumed) == (40, 0)
    assert {path.name for path in out.glob("*.png")} == {row["file"] for row in table(out)}
    assert mine.read_text() == "mine"


def test_a_table_that_names_files_elsewhere_removes_nothing_there(lamps: Space, tmp_path: Path) -> None:
    out, precious = tmp_path / "out", tmp_path / "precious.png"
    lamps.edit_all({"lit": 1.0}, out, where="lit = 0")
    precious.write_bytes(b"mine")
    text = (out / "edits.csv").read_text()
    (out / "edits.csv").write_text(text.replace("00.png,00.png", "00.png,../precious.png"))
    lamps.edit_all({"lit": 2.0}, out, where="lit = 0", force=True)
    assert precious.read_bytes() == b"mine"


def test_a_folder_of_something_else_is_left_alone(lamps: Space, photos: Path, tmp_path: Path) -> None:
    before = sorted(path.name for path in photos.rglob("*"))
    for force in (False, True):
        with pytest.raises(InputError, match="holds something else"):
            lamps.edit_all({"lit": 1.0}, photos, source=photos, force=force)
    assert sorted(path.name for path in photos.rglob("*")) == before
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="is a file"):
        lamps.edit_all({"lit": 1.0}, tmp_path / "file")


def test_several_directions_have_columns_of_their_own(lamps: Space, tmp_path: Path) -> None:
    lamps.direction("other", field="lit", force=True)
    try:
        lamps.edit_all({"lit": 1.0, "other": -0.5}, tmp_path / "out", where="lit = 0")
        row = table(tmp_path / "out")[0]
        assert (row["dose lit"], row["dose other"]) == ("1", "-0.5")
        assert row["stopped"] == ""
    finally:
        lamps.remove_direction("other")


def test_what_can_not_be_edited_is_said(lamps: Space, photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(InputError, match="--where chooses among the items of the space"):
        lamps.edit_all({"lit": 1.0}, out, source=photos, where="lit = 0")
    with pytest.raises(InputError, match=r"No item of space .* fulfils"):
        lamps.edit_all({"lit": 1.0}, out, where="lit = 7")
    with pytest.raises(InputError, match="between 0 and 1"):
        lamps.edit_all("lit", out, until=1.0)
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "x.png").write_bytes(b"nothing")
    with pytest.raises(InputError, match="None of the 1 items"):
        lamps.edit_all({"lit": 1.0}, out, source=bad)
    np.save(tmp_path / "v.npy", np.zeros((3, 6), np.float32))
    with pytest.raises(InputError, match=r"holds image items; .* holds vector items"):
        lamps.edit_all({"lit": 1.0}, tmp_path / "o2", source=tmp_path / "v.npy")


def test_without_a_decoder_there_is_a_table_and_no_picture(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    np.save(tmp_path / "x.npy", rng.normal(size=(50, 4)).astype(np.float32))
    (tmp_path / "f.csv").write_text("\n".join(["id,k", *(f"{i},{rng.normal():.4f}" for i in range(50))]))
    lt.build(tmp_path / "x.npy", out=tmp_path / "x.space", fields=tmp_path / "f.csv")
    space = lt.open(tmp_path / "x.space")
    space.direction("k", field="k")
    made = space.edit_all({"k": 1.0}, tmp_path / "out")
    assert made.n == 50
    assert any("no pictures are written" in note for note in made.notes)
    assert not list((tmp_path / "out").glob("*.png"))
    row = table(tmp_path / "out")[7]
    assert row["file"] == ""
    assert row["nearest"] == space.edit("7", {"k": 1.0}).after.nearest
    assert space.edit_all({"k": 1.0}, tmp_path / "out").resumed == 50


@pytest.mark.parametrize(
    "ids",
    [
        ["a.png", "A.jpg", "a/../../b.png", "..", "/etc/passwd", "", "con.png", "x" * 400 + "1", "x" * 400 + "2"],
        ["a b", "a_b", "a?b", "ü", "u\u0308", "日本.png", "\x00", "-", "."],
    ],
    ids=["paths", "letters"],
)
def test_file_names_are_safe_and_their_own(ids: list[str], tmp_path: Path) -> None:
    names = file_names(ids)
    assert len({name.casefold() for name in names.values()}) == len(ids)
    for name in names.values():
        assert Path(name).name == name
        (tmp_path / name).write_bytes(b"")
    assert file_names(ids[:1]) == file_names(ids[:1])
