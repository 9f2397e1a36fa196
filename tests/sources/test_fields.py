"""`--fields FILE`: the join is checked, and says what matched."""

from __future__ import annotations

from pathlib import Path

import lance
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from lateen.core.errors import InputError
from lateen.sources.fields import usable
from lateen.sources.opening import open_source
from lateen.sources.picture import View
from lateen.sources.source import Source


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for name in ("a/001.jpg", "a/002.jpg", "b/003.jpg"):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8)).save(path)
    return tmp_path / "photos"


def joined(photos: Path, text: str, name: str = "fields.csv") -> Source:
    path = photos.parent / name
    path.write_text(text, encoding="utf-8")
    return open_source(photos, fields=path)


def columns(source: Source) -> dict[str, list[object]]:
    table = source.take(np.arange(len(source))).read(View(8)).fields
    assert table.schema.equals(source.field_schema)
    result: dict[str, list[object]] = table.to_pydict()
    return result


@pytest.mark.parametrize(
    "names",
    [
        ("a/001.jpg", "a/002.jpg", "b/003.jpg"),
        ("a/001", "a/002", "b/003"),
        ("001.jpg", "002.jpg", "003.jpg"),
        ("001", "002", "003"),
    ],
)
def test_rows_are_found_by_path_or_stem(photos: Path, names: tuple[str, ...]) -> None:
    lines = [f"{name},{age}" for name, age in zip(names, (30, 40, 50), strict=True)]
    source = joined(photos, "\n".join(["file,age", *reversed(lines)]))
    assert columns(source) == {"label": ["a", "a", "b"], "age": [30, 40, 50]}
    assert source.notes == ("3 of 3 items have a row in fields.csv.",)


def test_the_id_column_comes_before_the_first(photos: Path) -> None:
    assert columns(joined(photos, "age,id\n7,001\n8,002\n9,003"))["age"] == [7, 8, 9]


def test_types_are_inferred_and_missing_rows_are_null(photos: Path) -> None:
    source = joined(
        photos, "id,n,x,yes,day,word\n001,1,0.5,true,2020-01-31,one\n003,3,,false,2021-01-31,\nzzz,9,9,true,,no"
    )
    assert [str(t) for t in source.field_schema.types] == ["string", "int64", "double", "bool", "date32[day]", "string"]
    read = columns(source)
    assert read["n"] == [1, None, 3]
    assert read["x"] == [0.5, None, None]
    assert read["word"] == ["one", None, ""]
    assert source.notes == ("2 of 3 items have a row in fields.csv; 1 of its rows match no item.",)


def test_tsv_semicolons_parquet_and_byte_order_marks(photos: Path) -> None:
    assert columns(joined(photos, "id\tage\n001\t5", "f.tsv"))["age"] == [5, None, None]
    assert columns(joined(photos, "id;age\n001;5", "f.csv"))["age"] == [5, None, None]
    assert columns(joined(photos, "\ufeffid,age\n001,5", "f.csv"))["age"] == [5, None, None]
    words = pa.array(["x", "y"]).dictionary_encode()
    pq.write_table(pa.table({"id": ["001", "002"], "kind": words, "none": pa.nulls(2)}), photos.parent / "f.parquet")
    source = open_source(photos, fields=photos.parent / "f.parquet")
    assert columns(source) == {"label": ["a", "a", "b"], "kind": ["x", "y", None], "none": [None, None, None]}


def test_odd_columns_of_parquet_become_plain_or_are_left_out_and_said(photos: Path) -> None:
    table = pa.table(
        {
            "id": ["001", "002"],
            "view": pa.array(["x", "y"], pa.string_view()),
            "json": pa.array(["{}", "[]"], pa.json_()),
            "map": pa.array([[("a", 1)], []], pa.map_(pa.string(), pa.int64())),
            "list": [[1], [2]],
            "pair": [{"a": 1}, {"a": 2}],
            "blob": [b"x", b"y"],
            "span": pa.array([pa.MonthDayNano([1, 2, 3]), None], pa.month_day_nano_interval()),
        }
    )
    pq.write_table(table.drop_columns(["view", "span"]), photos.parent / "f.parquet")
    source = open_source(photos, fields=photos.parent / "f.parquet")
    assert columns(source) == {"label": ["a", "a", "b"], "json": ["{}", "[]", None]}
    assert [note.split("'")[1] for note in source.notes[1:]] == ["map", "list", "pair", "blob"]
    plain, notes = usable(table.drop_columns(["id"]), [])
    assert plain.schema.types == [pa.string(), pa.string()]
    assert "The field 'span' is left out: it holds month_day_nano_interval" in notes[-1]


def test_names_that_a_space_can_not_hold_are_changed_and_said(photos: Path) -> None:
    source = joined(photos, "file,vector,a.b,a`c,label\n001,1,2,3,mine\n002,1,2,3,mine")
    more = {"a_c": [3, 3, None], "label": ["mine", "mine", None]}
    assert columns(source) == {"vector_": [1, 1, None], "a_b": [2, 2, None], **more}
    assert source.notes[1:] == (
        "The field 'vector' is called 'vector_' in the space.",
        "The field 'a.b' is called 'a_b' in the space.",
        "The field 'a`c' is called 'a_c' in the space.",
        "The field 'label' is the file's, not the one found in the source.",
    )


def test_the_keys_hold_the_values(photos: Path) -> None:
    assert joined(photos, "id,age\n001,5").keys(np.arange(3)) != joined(photos, "id,age\n001,6").keys(np.arange(3))


def test_nothing_matches(photos: Path) -> None:
    with pytest.raises(InputError, match=r"No row of .*fields\.csv matches .* holds 'x', 'y'; .* called 'a/001\.jpg'"):
        joined(photos, "id,age\nx,1\ny,2")


def test_ambiguous_stems(photos: Path) -> None:
    Image.new("RGB", (8, 8)).save(photos / "b" / "001.png")
    with pytest.raises(
        InputError, match=r"'001' in .* fits several items: 'a/001\.jpg', 'b/001\.png'; write the whole"
    ):
        joined(photos, "id,age\n001,1")
    assert columns(joined(photos, "id,age\na/001,1\nb/001,2"))["age"] == [1, None, 2, None]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,age\n001,1\n001,2", "more than one row with id '001'"),
        ("id,age\n001,1\na/001.jpg,2", "both name the item 'a/001.jpg'"),
        ("id,id\n1,2", "each needs a name of its own"),
        ("", "can't be read as csv"),
        ("id,age\n1,2\n1,2,3", "can't be read as csv"),
    ],
)
def test_files_that_contradict_themselves(photos: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        joined(photos, text)


def test_files_that_can_not_be_read(photos: Path) -> None:
    with pytest.raises(InputError, match=r"no fields file .*none\.csv"):
        open_source(photos, fields=photos.parent / "none.csv")
    (photos.parent / "f.xlsx").touch()
    with pytest.raises(InputError, match=r"ends in \.csv, \.tsv, \.parquet"):
        open_source(photos, fields=photos.parent / "f.xlsx")
    (photos.parent / "latin.csv").write_bytes(b"id,n\xe4me\n001,x\n")
    with pytest.raises(InputError, match="can't be read as csv"):
        open_source(photos, fields=photos.parent / "latin.csv")
    (photos.parent / "f.parquet").write_text("no")
    with pytest.raises(InputError, match="can't be read as parquet"):
        open_source(photos, fields=photos.parent / "f.parquet")
    pq.write_table(pa.table({"id": ["001", None], "x": [1, 2]}), photos.parent / "f.parquet")
    with pytest.raises(InputError, match="1 rows without id"):
        open_source(photos, fields=photos.parent / "f.parquet")


def test_fields_of_portraits_join_on_their_numbers(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("id,mine\n0,10\n2,12\n")
    source = open_source("portraits:3", fields=tmp_path / "f.csv")
    assert source.take(np.arange(1, 3)).read(View(16)).fields.column("mine").to_pylist() == [None, 12]
    assert {"mine", "glasses"} <= set(source.field_schema.names)


def test_names_that_lance_keeps_for_itself_are_changed(photos: Path) -> None:
    source = joined(photos, "id,_rowid,_rowaddr\n001,1,2\n")
    assert source.field_schema.names[-2:] == ["rowid", "rowaddr"]
    source = joined(photos, "id,_distance,distance,_score,_fragid,_mine\n001,1,2,3,4,5\n")
    names = ["distance_", "distance", "score", "fragid", "_mine"]
    assert source.field_schema.names[-5:] == names
    columns = {name: pa.array([1, 2]) for name in names}
    columns["vector"] = pa.FixedSizeListArray.from_arrays(pa.array([0, 0, 3, 4], pa.float32()), 2)
    points = lance.write_dataset(pa.table(columns), photos.parent / "points.lance")
    asked = {"column": "vector", "q": np.zeros(2, np.float32), "k": 2}
    found = points.scanner(columns=[*names, "_distance"], nearest=asked).to_table()
    assert found.column("_distance").to_pylist() == [0, 25]


def test_a_table_without_fields(photos: Path) -> None:
    with pytest.raises(InputError, match="has no field to join besides id; give a table with one"):
        joined(photos, "id\n001\n")


def test_lists_objects_and_bytes_are_left_out_and_said(photos: Path) -> None:
    path = photos.parent / "fields.parquet"
    data = {"id": ["001"], "age": [3], "box": [[1, 2]], "who": [{"a": 1}], "raw": [b"\xff"]}
    pq.write_table(pa.table(data), path)
    source = open_source(photos, fields=path)
    assert source.field_schema.names[-1] == "age"
    assert [note for note in source.notes if "left out" in note] == [
        "The field 'box' is left out: it holds list<element: int64>, not numbers, texts or times.",
        "The field 'who' is left out: it holds struct<a: int64>, not numbers, texts or times.",
        "The field 'raw' is left out: it holds binary, not numbers, texts or times.",
    ]
