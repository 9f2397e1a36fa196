"""Tables as sources: what is found, what is guessed and said, what is refused row by row, and what altogether."""

from __future__ import annotations

import gc
import gzip
import json
import os
import pickle
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather as pa_feather
import pyarrow.parquet as pq
import pytest
from PIL import Image

from lateen.core.errors import InputError
from lateen.sources import json_lines, spool
from lateen.sources.columns import Columns
from lateen.sources.opening import open_source
from lateen.sources.picture import View, content_digest
from lateen.sources.source import Batch, Source
from lateen.sources.table import TableSource, open_table

REVIEWS = [("7", "It sails.", 5, 0.5), ("8", "It sinks: ä.", 1, 0.25), ("9", "So so, really", 3, 1.0)]


def read(source: Source, view: View | None = None) -> Batch:
    """All of it, through a pickle as to a worker."""
    return pickle.loads(pickle.dumps(source.take(np.arange(len(source))))).read(view)


def refused(source: Source, view: View | None = None) -> list[tuple[str, str]]:
    return [(r.id, r.reason) for r in read(source, view).rejected]


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def texts(tmp_path: Path) -> dict[str, Path]:
    columns = ["id", "text", "stars", "weight"]
    table = pa.table(dict(zip(columns, map(list, zip(*REVIEWS, strict=True)), strict=True)))
    rows = [dict(zip(columns, row, strict=True)) for row in REVIEWS]
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    paths = {kind: tmp_path / f"reviews.{kind}" for kind in ("csv", "tsv", "jsonl", "ndjson", "parquet", "arrow")}
    cells = [[str(v) for v in row] for row in [columns, *REVIEWS]]
    written(paths["csv"], "\n".join(",".join(f'"{v}"' for v in row) for row in cells))
    written(paths["tsv"], "\ufeff" + "\n".join("\t".join(row) for row in cells))
    written(paths["jsonl"], lines + "\n")
    written(paths["ndjson"], lines.replace("\n", "\r\n\n"))
    pq.write_table(table, paths["parquet"], row_group_size=2)
    paths["feather"] = tmp_path / "reviews.feather"
    pa_feather.write_feather(table, paths["feather"])
    with pa.ipc.new_stream(str(paths["arrow"]), table.schema) as writer:
        writer.write_table(table)
    for kind in ("csv", "jsonl"):
        paths[f"{kind}.gz"] = tmp_path / f"packed.{kind}.gz"
        paths[f"{kind}.gz"].write_bytes(gzip.compress(paths[kind].read_bytes()))
    return paths


KINDS = ["csv", "tsv", "jsonl", "ndjson", "parquet", "arrow", "feather", "csv.gz", "jsonl.gz"]


@pytest.mark.parametrize("kind", KINDS)
def test_texts_of_every_kind_of_file(texts: dict[str, Path], kind: str) -> None:
    source = open_source(texts[kind])
    assert isinstance(source, Source)
    assert source.modality == "text"
    assert list(source.ids) == ["7", "8", "9"]
    assert source.notes == (
        "The column 'text' is taken as the text of each item; choose with --text, --image, --vector.",
    )
    batch = read(source)
    said = [text for _, text, _, _ in REVIEWS]
    assert list(batch.items) == said
    assert batch.rows.tolist() == [0, 1, 2]
    assert batch.digests == [content_digest(text.encode()) for text in said]
    assert batch.numbers.tolist() == [9, 12, 13]
    assert batch.bytes.tolist() == [9, 13, 13]
    assert batch.uris[1] == texts[kind].as_uri() + "#1"
    assert batch.fields.schema.equals(source.field_schema)
    assert batch.fields.to_pydict() == {"text": said, "stars": [5, 1, 3], "weight": [0.5, 0.25, 1.0]}
    assert batch.rejected == []
    assert read(open_source(texts[kind], limit=2)).ids[:2] == ["7", "8"]


@pytest.mark.parametrize("kind", KINDS)
def test_any_rows_can_be_taken_in_any_order(texts: dict[str, Path], kind: str) -> None:
    source = open_table(texts[kind])
    for rows in ([2], [0, 2], [1], [0, 1, 2], [0]):
        batch = source.take(np.array(rows)).read(None)
        assert batch.ids == [REVIEWS[row][0] for row in rows]
        assert list(batch.items) == [REVIEWS[row][1] for row in rows]


def test_ids_are_spelled_as_in_the_file_and_types_hold_for_the_last_row(tmp_path: Path) -> None:
    lines = [f"{i:06d},word {i},{i},{i % 2 == 0},2020-01-31,NA" for i in range(5000)]
    path = written(tmp_path / "t.csv", "\n".join(["id,text,n,even,day,none", *lines, "last,word,2.5,,,x"]))
    source = open_table(path)
    assert source.ids[1] == "000001"
    assert source.ids[5000] == "last"
    kinds = dict(zip(source.field_schema.names, map(str, source.field_schema.types), strict=True))
    assert kinds == {"text": "string", "n": "double", "even": "bool", "day": "date32[day]", "none": "string"}
    last = source.take(np.array([4999, 5000])).read(None).fields.to_pydict()
    assert (last["n"], last["even"], last["none"]) == ([4999.0, 2.5], [False, None], ["NA", "x"])


def test_blocks_of_a_large_file_meet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "BLOCK", 2000)
    monkeypatch.setattr(json_lines, "BLOCK", 2000)
    rows = [{"id": f"a{i}", "text": f"text {i}", "n": i if i < 900 else i + 0.5} for i in range(1000)]
    rows[500]["late"] = True
    csv = [f"{r['id']},{r['text']},{r['n']}" + (",one too many" if i % 97 == 0 else "") for i, r in enumerate(rows)]
    sources = [
        open_table(written(tmp_path / "t.jsonl", "\n".join(map(json.dumps, rows)))),
        open_table(written(tmp_path / "t.csv", "\n".join(["id,text,n", *csv]))),
    ]
    for source in sources:
        assert len(source.table.ends) > 5
        batch = read(source)
        assert batch.rows.tolist() == [i for i in range(1000) if source is sources[0] or i % 97]
        assert list(batch.items) == [f"text {i}" for i in batch.rows]
        assert batch.ids == [f"a{i}" for i in batch.rows]
        assert batch.fields.column("n").to_pylist() == [float(rows[i]["n"]) for i in batch.rows]
    assert read(sources[0]).fields.column("late").to_pylist()[499:502] == [None, True, None]
    reason = "row 99 (the header is 1) has 4 columns, not 3: 'a97,text 97,97,one too many'"
    assert refused(sources[1])[1] == ("row 97", reason)


def test_lines_of_a_csv_with_other_lengths_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", 'text,n\none,1\ntwo,2,22\n"three\nlines",3\nfour\nfive,5\n')
    source = open_table(path)
    assert list(read(source).items) == ["one", "three\nlines", "five"]
    assert read(source).ids == ["0", "2", "4"]
    assert refused(source) == [
        ("1", "row 3 (the header is 1) has 3 columns, not 2: 'two,2,22'"),
        ("3", "row 5 (the header is 1) has 1 columns, not 2: 'four'"),
    ]


def test_broken_lines_of_a_jsonl_are_refused(tmp_path: Path) -> None:
    good = [b'{"text": "one", "n": 1}', '{"text": "zwei ä", "n": 2}'.encode()]
    bad = [b'{"text": "cut', b"[1, 2]", b'{"text": "\xe4"}', b'{"text": "a"} {"text": "b"}']
    path = tmp_path / "t.jsonl"
    path.write_bytes(b"\n".join([good[0], *bad, b"", good[1]]))
    source = open_table(path)
    batch = read(source)
    assert list(batch.items) == ["one", "zwei ä"]
    assert batch.fields.column("n").to_pylist() == [1, 2]
    assert batch.ids == ["0", "5"]
    reasons = [reason for _, reason in refused(source)]
    assert reasons[0].startswith("line 2 is no JSON (Unterminated string")
    assert reasons[1] == "line 3 is no JSON object: '[1, 2]'"
    assert reasons[2] == "line 4 is not UTF-8: '{\"text\": \"\\\\xe4\"}'"
    assert reasons[3].startswith("line 5 is no JSON (Extra data)")
    halves = written(tmp_path / "h.jsonl", '{"text": "\\ud83d"}\n{"text": "\\ud83d\\ude00"}\n')
    assert read(open_table(halves)).items == ["\U0001f600"]
    assert refused(open_table(halves))[0][1].startswith("line 1 is no JSON (UnicodeEncodeError)")


def test_times_and_mixed_values_of_a_jsonl_stay_what_they_are(tmp_path: Path) -> None:
    rows = [{"text": "a", "id": "2020-01-01", "x": 1}, {"text": 5, "x": "one"}, {"text": "c", "id": 3, "x": [1]}, {}]
    source = open_table(written(tmp_path / "t.jsonl", "\n".join(map(json.dumps, rows))))
    assert list(source.ids) == ["2020-01-01", "row 1", "3", "row 3"]
    batch = read(source)
    assert list(batch.items) == ["a", "c"]
    assert batch.fields.column("x").to_pylist() == ["1", "[1]"]
    assert refused(source) == [("row 1", "it has no id"), ("row 3", "it has no id")]


def test_texts_that_are_missing_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a", None, "", "  ", "b"]}), tmp_path / "t.parquet")
    for path in (tmp_path / "t.parquet", written(tmp_path / "t.csv", 'text,n\na,1\n,2\n"",3\n"  ",4\nb,5\n')):
        source = open_table(path)
        assert list(read(source).items) == ["a", "b"]
        assert refused(source) == [(str(i), "it has no text") for i in (1, 2, 3)]


def test_numbers_are_no_texts(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "text,n\na,1\nb,2\n")
    with pytest.raises(InputError, match=r"'n' of .*t\.csv holds numbers \(int64\); --text takes a column of texts"):
        open_table(path, Columns(text="n"))
    pq.write_table(pa.table({"x": [[1.0]], "none": pa.nulls(1)}), tmp_path / "t.parquet")
    with pytest.raises(InputError, match=r"'none' of .* is empty in every row"):
        open_table(tmp_path / "t.parquet", Columns(text="none"))
    with pytest.raises(InputError, match=r"holds list<element: double>; --image takes a column of paths"):
        open_table(tmp_path / "t.parquet", Columns(image="x"))


def test_vectors_of_a_parquet_file(tmp_path: Path) -> None:
    rows = [[1.0, 2.0], [3.0, 4.0, 5.0], None, [6.0, float("nan")], [7.0, None], [8.0, float("inf")], [1e300, 0.0], []]
    table = pa.table({"id": list("abcdefgh"), "vector": [*rows], "n": range(8)})
    pq.write_table(table, tmp_path / "t.parquet")
    source = open_source(tmp_path / "t.parquet")
    assert (source.modality, source.field_schema.names) == ("vector", ["n"])
    batch = read(source)
    assert (batch.ids, np.asarray(batch.items).tolist()) == (["a"], [[1.0, 2.0]])
    assert np.asarray(batch.items).dtype == np.float32
    assert (batch.numbers.tolist(), batch.bytes.tolist()) == ([2], [16])
    assert batch.digests == [content_digest(np.array([1, 2], "<f4").tobytes())]
    assert refused(source) == [
        ("b", "its vector has 3 numbers, the others 2"),
        ("c", "it has no vector"),
        ("d", "its vector holds NaN or null"),
        ("e", "its vector holds NaN or null"),
        ("f", "its vector holds infinity"),
        ("g", "its vector holds numbers too large for float32"),
        ("h", "its vector has 0 numbers, the others 2"),
    ]


@pytest.mark.parametrize("kind", [pa.list_(pa.float32(), 3), pa.large_list(pa.float16()), pa.list_(pa.int8())])
def test_kinds_of_lists(tmp_path: Path, kind: pa.DataType) -> None:
    values = np.arange(12).reshape(4, 3)
    rows = [list(row.astype(kind.value_type.to_pandas_dtype())) for row in values]
    column = pa.array([*rows[:3], None], kind)
    pq.write_table(pa.table({"vector": column}), tmp_path / "t.parquet")
    batch = read(open_table(tmp_path / "t.parquet"))
    assert np.array_equal(batch.items, values[:3])
    assert refused(open_table(tmp_path / "t.parquet")) == [("3", "it has no vector")]
    assert batch.bytes[0] == 3 * kind.value_type.bit_width // 8


def test_vectors_that_are_spelled(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", 'vector,n\n"[0.1, 0.2]",1\n0.3 0.4,2\n0.5;x,3\n1 2 3,4\n,5\n"(1e-3,2)",6\n')
    source = open_table(path)
    assert np.allclose(read(source).items, [[0.1, 0.2], [0.3, 0.4], [0.001, 2]])
    assert refused(source) == [
        ("2", "its vector can't be read: '0.5;x'"),
        ("3", "its vector has 3 numbers, the others 2"),
        ("4", "it has no vector"),
    ]
    jsonl = written(tmp_path / "t.jsonl", '{"vector": [1, 2]}\n{"vector": [1.5, 2]}\n{"vector": "oops"}\n')
    assert np.array_equal(read(open_table(jsonl)).items, [[1, 2], [1.5, 2]])
    with pytest.raises(InputError, match="holds no vectors, but 'word'; --vector takes a column of lists of numbers"):
        open_table(written(tmp_path / "w.csv", "text\nword\n"), Columns(vector="text"))


def test_pictures_by_path_and_by_content(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(3):
        Image.new("L", (8, 6), 50 * i).save(folder / f"{i}.png")
    data = [(folder / f"{i}.png").read_bytes() for i in range(3)]
    paths = ["photos/0.png", str(folder / "1.png"), "photos/2.png", "photos/none.png", None, "https://a.org/b.png"]
    pq.write_table(pa.table({"path": paths, "n": range(6)}), tmp_path / "paths.parquet")
    pq.write_table(pa.table({"image": [*data, b"x", None, b""], "n": range(6)}), tmp_path / "bytes.parquet")
    structs = [{"bytes": d, "path": None} for d in data] + [{"bytes": None, "path": "photos/0.png"}, None]
    pq.write_table(pa.table({"image": structs}), tmp_path / "structs.parquet")
    for name, bad in (("paths", ["3", "4", "5"]), ("bytes", ["3", "4", "5"]), ("structs", ["4"])):
        source = open_source(tmp_path / f"{name}.parquet")
        batch = read(source, View(4))
        assert source.modality == "image"
        assert np.asarray(batch.items)[:3, 0, 0, 0].tolist() == [0, 50, 100]
        assert batch.digests[:3] == [content_digest(d) for d in data]
        assert batch.numbers[0] == 48
        assert sorted(id for id, _ in refused(source, View(4))) == bad
    source = open_source(tmp_path / "paths.parquet")
    assert source.field_schema.names == ["n"]
    assert refused(source, View(4)) == [
        ("5", "its picture is on the web; download it first"),
        ("3", "the file is gone"),
        ("4", "it has no picture"),
    ]
    before = source.keys(np.arange(3))
    os.utime(folder / "1.png", ns=(1, 1))
    assert [a == b for a, b in zip(before, source.keys(np.arange(3)), strict=True)] == [True, False, True]


def test_stretches_carry_their_own_rows_only(tmp_path: Path) -> None:
    columns = {"text": [f"text {i}" * 50 for i in range(20_000)], "vector": [[float(i)] * 8 for i in range(20_000)]}
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    for columns in (Columns(text="text"), Columns(vector="vector")):
        source = open_table(tmp_path / "t.parquet", columns)
        assert len(pickle.dumps(source.take(np.arange(500, 510)))) < 20_000


def test_the_row_groups_of_a_parquet_file_in_any_order(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": [str(i) for i in range(1000)]}), tmp_path / "t.parquet", row_group_size=70)
    source = open_table(tmp_path / "t.parquet")
    rng = np.random.default_rng(0)
    for _ in range(20):
        rows = np.sort(rng.choice(1000, rng.integers(1, 300), replace=False))
        assert source.take(rows).read(None).items == [str(i) for i in rows]


def test_the_encoding_of_a_csv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("text,n\nok,1\nschön,2\n".encode("latin-1"))
    with pytest.raises(InputError) as caught:
        open_table(path)
    assert str(caught.value).startswith(f"Line 3 of {path} is not UTF-8: 'sch\\\\xf6n,2'.")
    assert "iconv -f windows-1252 -t utf-8 t.csv > utf8-t.csv" in str(caught.value)
    path.write_bytes("text,schön\nok,1\n".encode("latin-1"))
    with pytest.raises(InputError, match=r"Line 1 of .* is not UTF-8"):
        open_table(path)
    said: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", said.append)  # what would be printed as a traceback
    path.write_bytes("text,n\nok,1\nschön,2,spare\n".encode("latin-1"))
    with pytest.raises(InputError, match=r"Line 3 of .* is not UTF-8"):
        open_table(path)
    assert not said
    path.write_bytes("text,n\nok,1\n".encode("utf-16"))
    with pytest.raises(InputError, match="is UTF-16; convert it: iconv -f utf-16"):
        open_table(path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"", "is empty; its first line must name the columns"),
        ("t.csv", b"text,n\n", "is empty: it has the columns text, n and no rows"),
        ("t.csv", b"text,text\na,b\n", "each needs a name of its own"),
        ("t.jsonl", b"", "No line of .* it is empty"),
        ("t.jsonl", b"no\n[]\n", "its first bad line: line 1 is no JSON"),
        ("t.parquet", b"no parquet at all", "can't be read as parquet"),
        ("t.arrow", b"no arrow at all", "can't be read as arrow"),
        ("t.csv.gz", gzip.compress(b"text,n\na,1\n" * 9999)[:-40], "can't be read"),
    ],
)
def test_files_that_are_no_tables(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        open_source(tmp_path / name)


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_table_that_changes_is_noticed(texts: dict[str, Path], kind: str) -> None:
    source = open_source(texts[kind])
    before = source.keys(np.arange(3))
    os.utime(texts[kind], ns=(1, 1))
    with pytest.raises(InputError, match=r"has changed since it was opened\. A space that was there stays .* --force"):
        source.take(np.arange(3))
    assert not set(before) & set(open_source(texts[kind]).keys(np.arange(3)))
    texts[kind].unlink()
    with pytest.raises(InputError, match="is gone since it was opened"):
        source.take(np.arange(3))


def test_keys_name_the_chosen_column(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "a,b\nx,y\n")
    keys = [open_source(path, columns=Columns(text=name)).keys(np.arange(1)) for name in ("a", "b")]
    assert keys[0] != keys[1]


def test_the_temporary_copy_is_removed(texts: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = tmp_path / "room"
    room.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(room))
    source: TableSource | None = open_table(texts["csv"])
    assert len(list(room.iterdir())) == 1
    del source
    gc.collect()
    assert list(room.iterdir()) == []
    with pytest.raises(InputError):
        open_table(written(tmp_path / "bad.jsonl", "no\n"))
    assert list(room.iterdir()) == []


def test_columns_that_are_no_fields_are_left_out_and_said(tmp_path: Path) -> None:
    table = pa.table({"text": ["a"], "vector": [3], "tags": [["x"]], "kind": pa.array(["k"]).dictionary_encode()})
    pq.write_table(table, tmp_path / "t.parquet")
    source = open_table(tmp_path / "t.parquet", Columns(text="text"))
    assert source.notes == (
        "The field 'vector' is called 'vector_' in the space.",
        "The field 'tags' is left out: it holds list<element: string>, not numbers, texts or times.",
    )
    assert read(source).fields.to_pydict() == {"text": ["a"], "vector_": [3], "kind": ["k"]}
