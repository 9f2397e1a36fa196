"""SOURCEs that can't be opened: each is restated, none is a traceback."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from lateen.core.errors import InputError
from lateen.sources.columns import Columns
from lateen.sources.opening import open_source
from lateen.sources.source import Source


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The source is empty; give a folder of pictures, a table (csv"),
        ("  ", "The source is empty"),
        ("x" * 300, "can't be looked at: File name too long. Give a folder"),
        ("~nobody-of-this-name/x", "can't be looked at: Could not determine home directory. Give a folder"),
        ("portraits:5:99999999999999999999", "SEED from 0 to 2^64 - 1"),
        ("portraits:99999999999", "N from 1 to 100,000,000"),
    ],
)
def test_sources_that_can_not_be_opened(text: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        open_source(text)
    assert message in str(error.value)


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, Path]:
    """One file or folder of each kind."""
    (tmp_path / "photos").mkdir()
    Image.new("L", (8, 8)).save(tmp_path / "photos" / "a.png")
    (tmp_path / "t.csv").write_text("text\nword\n")
    (tmp_path / "t.jsonl").write_text('{"text": "word"}\n')
    pq.write_table(pa.table({"vector": [[1.0, 2.0]]}), tmp_path / "T.PARQUET")
    np.save(tmp_path / "a.npy", np.eye(2))
    np.savez(tmp_path / "a.npz", x=np.zeros((2, 4, 4), np.uint8))
    np.savez(tmp_path / "w.npz", words=np.array(["a", "b"]), vectors=np.eye(2))
    (tmp_path / "digits.idx").write_bytes(bytes([0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 2, 5, 6]))
    (tmp_path / "glove.txt").write_text("sea 1 2 3\nsail 3 4 5\n")
    return {path.name: path for path in tmp_path.iterdir()}


@pytest.mark.parametrize(
    ("name", "modality", "n"),
    [
        ("photos", "image", 1),
        ("t.csv", "text", 1),
        ("t.jsonl", "text", 1),
        ("T.PARQUET", "vector", 1),
        ("a.npy", "vector", 2),
        ("a.npz", "image", 2),
        ("w.npz", "word", 2),
        ("digits.idx", "vector", 1),
        ("glove.txt", "word", 2),
    ],
)
def test_every_kind_is_opened_by_what_it_is(sources: dict[str, Path], name: str, modality: str, n: int) -> None:
    source = open_source(str(sources[name]))
    assert isinstance(source, Source)
    assert (source.modality, len(source)) == (modality, n)
    assert source.name == str(sources[name])


def test_word_vectors_without_their_suffix_are_told_to_be_renamed(sources: dict[str, Path], tmp_path: Path) -> None:
    shutil.copy(sources["glove.txt"], tmp_path / "vectors.dat")
    with pytest.raises(InputError, match=r"kind '.dat', which .* looks like word vectors: .* end in \.vec\.$"):
        open_source(tmp_path / "vectors.dat")
    (tmp_path / "notes.dat").write_text("Call me Ishmael.\n")
    with pytest.raises(InputError, match=r"portraits:N\[:SEED\]\.$"):
        open_source(tmp_path / "notes.dat")


@pytest.mark.parametrize("name", ["photos", "a.npy", "w.npz", "digits.idx", "glove.txt"])
def test_columns_are_for_tables(sources: dict[str, Path], name: str) -> None:
    with pytest.raises(InputError, match=r"--text a --id b was given for .*, which has no columns; --text, .* are for"):
        open_source(sources[name], columns=Columns(text="a", id="b"))
    assert len(open_source(sources[name], columns=Columns())) > 0


def test_columns_of_portraits_and_of_an_open_source(sources: dict[str, Path]) -> None:
    with pytest.raises(InputError, match="--text a was given for portraits:5, which has no columns"):
        open_source("portraits:5", columns=Columns(text="a"))
    with pytest.raises(InputError, match=r"--text a was given for .*photos, which has no columns"):
        open_source(open_source(sources["photos"]), columns=Columns(text="a"))


def test_fields_are_joined_to_tables_and_arrays(sources: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("id,age\n0,40\n")
    for name in ("t.csv", "a.npy"):
        batch = open_source(sources[name], fields=tmp_path / "f.csv").take(np.arange(1)).read(None)
        assert batch.fields.column("age").to_pylist() == [40]
