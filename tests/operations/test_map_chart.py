"""A map in both directions, and new items on it: real portraits, vectors, words, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image
from typer.testing import CliRunner

import lateen as lt
from lateen.cli.main import app
from lateen.core.errors import InputError
from lateen.operations.place import place
from lateen.plot.map_html import read_map_html
from lateen.space import Space


@pytest.fixture
def vectors(tmp_path: Path) -> Space:
    """Three blobs of vectors with a class each."""
    random = np.random.default_rng(0)
    label = np.arange(240) % 3
    points = random.standard_normal((3, 6))[label] * 4 + random.standard_normal((240, 6))
    np.save(tmp_path / "v.npy", points.astype(np.float32))
    lines = "\n".join(f"{i},{'abc'[k]}" for i, k in enumerate(label.tolist()))
    (tmp_path / "f.csv").write_text(f"id,kind\n{lines}\n")
    lt.build(tmp_path / "v.npy", out=tmp_path / "v.space", fields=tmp_path / "f.csv")
    return lt.open(tmp_path / "v.space")


def test_items_keep_their_places_and_places_have_vectors(faces: Space) -> None:
    made = faces.map(method="pca")
    np.testing.assert_array_equal(made.forward(faces.vectors[:50]), made.positions[:50])
    assert made.inverse(made.positions[:5]).shape == (5, 64)
    quality = made.to_dict()["chart"]
    assert quality["held_out"] == 40
    assert quality["inverse_error"] < quality["nearest_error"]
    assert quality["class_field"] in ("woman", "glasses")


def test_what_was_measured_is_kept(faces: Space) -> None:
    derived = Path(faces.folder) / "derived"
    first = faces.map(method="pca").chart
    (kept,) = derived.glob("chart-*.npz")
    before = kept.read_bytes()
    again = lt.open(faces.folder).map(method="pca").chart
    assert again.quality == first.quality
    np.testing.assert_array_equal(again.honesty.doubts, first.honesty.doubts)
    kept.unlink()
    lt.open(faces.folder).map(method="pca").chart.judge(np.zeros((1, 2)))
    assert kept.read_bytes() == before


@pytest.mark.parametrize("damage", [b"", b"no zip", "short"], ids=["empty", "garbage", "cut"])
def test_a_damaged_chart_is_made_again(faces: Space, damage: bytes | str) -> None:
    first = faces.map(method="pca").chart
    (kept,) = (Path(faces.folder) / "derived").glob("chart-*.npz")
    whole = kept.read_bytes()
    kept.write_bytes(whole[: len(whole) // 2] if isinstance(damage, str) else damage)
    assert lt.open(faces.folder).map(method="pca").chart.quality == first.quality
    assert kept.read_bytes() == whole


def test_nothing_is_measured_unasked(faces: Space) -> None:
    made = faces.map(method="pca")
    assert "chart" not in made.to_dict()
    assert not list((Path(faces.folder) / "derived").glob("chart-*"))


def test_pictures_of_the_space_land_on_themselves(faces: Space) -> None:
    """The first items of the space as if they were new: encoded again, they lie where they were."""
    some = 40
    before = faces.map(method="pca")
    placed = before.place(f"portraits:{some}").new
    assert placed is not None
    assert list(placed.ids) == list(faces.ids)[:some]
    assert [*placed.nearest] == [*faces.ids][:some]
    np.testing.assert_allclose(placed.positions, before.positions[:some], atol=1e-3)
    np.testing.assert_array_equal(faces.map(method="pca").positions, before.positions)


def test_new_portraits_in_every_face(faces: Space, tmp_path: Path) -> None:
    made = faces.map(method="pca").place("portraits:20:9")
    listed = made.to_dict()["new"]
    assert [set(item) for item in listed] == [{"id", "x", "y", "support", "nearest"}] * 20
    table = pq.read_table(made.save(tmp_path / "map.parquet"))
    assert table["new"].to_pylist() == [False] * 400 + [True] * 20
    assert table["support"].to_pylist()[399:401] == [None, pytest.approx(made.new.support[0])]
    assert table["nearest"].to_pylist()[399:] == [None, *made.new.nearest]
    lt.build("portraits:20:9", encoder="vae:portraits", out=tmp_path / "own.space")
    own = lt.open(tmp_path / "own.space").points
    for name in ("glasses", "smile", "hair_colour"):
        assert table[name].to_pylist()[400:] == own.column(name).tolist()
    np.testing.assert_allclose(table["x"].to_pylist()[400:], [item["x"] for item in listed], atol=1e-6)
    page = read_map_html(made.save(tmp_path / "map.html").read_text())
    assert len(page["ids"]) == 420
    fields = {field["name"]: field for field in page["fields"]}
    kinds = fields["new"]["names"]
    assert kinds[0] == "on the map"
    assert set(kinds[1:]) <= {"new", "new, unlike the data"}
    assert fields["new"]["inks"]["0"] is None
    assert page["front"] == list(range(400, 420))
    assert {"support", "nearest"} <= set(fields)
    with Image.open(made.save(tmp_path / "map.png")) as image:
        colours = {colour for _, colour in image.convert("RGB").getcolors(1 << 24)}
    assert len(colours) > 1_000


def test_three_axes(faces: Space, tmp_path: Path) -> None:
    made = faces.map(method="pca", dims=3).place("portraits:3:9")
    assert set(made.to_dict()["new"][0]) == {"id", "x", "y", "z", "support", "nearest"}
    made.save(tmp_path / "map.png")
    assert pq.read_table(made.save(tmp_path / "map.parquet"))["z"].null_count == 0


def test_vectors_that_are_new(vectors: Space, tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    far = random.standard_normal((1, 6)) * 1e4
    new = np.concatenate([np.asarray(vectors.vectors[:3]) + 0.01, far, [[np.nan] * 6], 1e26 * far])
    np.save(tmp_path / "new.npy", new.astype(np.float32))
    made = vectors.map(method="pca").place(tmp_path / "new.npy")
    placed = made.new
    assert placed is not None
    assert [*placed.ids] == ["0", "1", "2", "3"]
    assert [*placed.nearest[:3]] == ["0", "1", "2"]
    assert placed.support[3] == 0
    assert np.isfinite(placed.positions).all()
    assert any("'4' is not on the map" in note for note in placed.notes)
    assert any("'5' is not on the map: its vector has no place in the space" in note for note in placed.notes)
    assert any("1 of 4 new items is farther from the data than nearly any item" in note for note in placed.notes)
    assert placed.unlike.tolist() == [False, False, False, True]
    assert placed.describe().count("(unlike the data)") == 1
    made.save(tmp_path / "map.png")
    page = read_map_html(made.save(tmp_path / "map.html").read_text())
    assert {field["name"]: field for field in page["fields"]}["new"]["names"] == [
        "on the map", "new", "new, unlike the data",
    ]  # fmt: skip


def test_fields_of_another_kind_are_left_out(vectors: Space, tmp_path: Path) -> None:
    new = np.asarray(vectors.vectors[:3])
    np.savez(tmp_path / "new.npz", vectors=new, kind=np.array(["a", "z", "b"]), colour=np.arange(3))
    table = vectors.map(method="pca").place(tmp_path / "new.npz").to_arrow()
    assert table["kind"].to_pylist()[240:] == ["a", "z", "b"]
    assert "colour" not in table.column_names


def test_what_is_no_source_is_refused(vectors: Space) -> None:
    made = vectors.map(method="pca")
    with pytest.raises(InputError, match="place got a list; give a source"):
        place(made._opened, made.chart.forward, ["7"])


def test_a_field_called_new_keeps_its_name(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", np.random.default_rng(0).standard_normal((30, 4)).astype(np.float32))
    (tmp_path / "f.csv").write_text("id,new\n" + "\n".join(f"{i},{i % 2}" for i in range(30)))
    lt.build(tmp_path / "v.npy", out=tmp_path / "v.space", fields=tmp_path / "f.csv")
    table = lt.open(tmp_path / "v.space").map(method="pca").place(tmp_path / "v.npy").to_arrow()
    assert table["new item"].to_pylist() == [False] * 30 + [True] * 30
    assert table["new"].to_pylist()[:2] == [0, 1]


def test_words_by_their_angle(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    rows = [f"w{i} " + " ".join(f"{x:.4f}" for x in row) for i, row in enumerate(random.standard_normal((80, 5)))]
    (tmp_path / "words.vec").write_text("80 5\n" + "\n".join(rows) + "\n")
    longer = [f"v{i} " + " ".join(f"{3 * float(x):.4f}" for x in row.split()[1:]) for i, row in enumerate(rows[:10])]
    (tmp_path / "new.vec").write_text("10 5\n" + "\n".join(longer) + "\n")
    lt.build(tmp_path / "words.vec", out=tmp_path / "words.space")
    made = lt.open(tmp_path / "words.space").map(method="pca")
    placed = made.place(tmp_path / "new.vec").new
    assert placed is not None
    assert [*placed.nearest] == [f"w{i}" for i in range(10)]
    np.testing.assert_allclose(placed.positions, made.positions[:10], atol=0.02)
    np.testing.assert_allclose(np.linalg.norm(made.inverse(np.zeros((2, 2))), axis=1), 1, atol=1e-6)
    made.place(tmp_path / "new.vec").save(tmp_path / "words.png")


def test_other_items_are_refused(faces: Space, vectors: Space, tmp_path: Path) -> None:
    np.save(tmp_path / "wide.npy", np.zeros((4, 9), np.float32))
    with pytest.raises(InputError, match=r"vectors of 9 numbers; those of space v\.space have 6"):
        vectors.map(method="pca").place(tmp_path / "wide.npy")
    with pytest.raises(InputError, match=r"holds vector items; space faces\.space holds image items"):
        faces.map(method="pca").place(tmp_path / "wide.npy")
    np.save(tmp_path / "nan.npy", np.full((4, 6), np.nan, np.float32))
    with pytest.raises(InputError, match=r"No item of .*nan\.npy can be placed"):
        vectors.map(method="pca").place(tmp_path / "nan.npy")


def test_the_command(faces: Space, tmp_path: Path) -> None:
    arguments = ["map", str(faces.folder), "--method", "pca"]
    shown = CliRunner().invoke(app, [*arguments, "--new", "portraits:3:5", "-o", str(tmp_path / "map.png")])
    assert shown.exit_code == 0, shown.output
    assert "On 40 held-out items" in shown.stdout
    assert "3 new items at (x, y):" in shown.stdout
    assert (tmp_path / "map.png").is_file()
    plain = json.loads(CliRunner().invoke(app, [*arguments, "--new", "portraits:3:5", "--json"]).stdout)
    assert [item["id"] for item in plain["new"]] == ["0", "1", "2"]
    assert plain["chart"]["held_out"] == 40
    measured = json.loads(CliRunner().invoke(app, [*arguments, "--chart", "--json"]).stdout)
    assert measured["chart"] == plain["chart"]
    assert "new" not in measured
    wrong = CliRunner().invoke(app, [*arguments, "--new", str(tmp_path / "nothing")])
    assert wrong.exit_code == 2
