"""Which columns of a table hold the items: guessed where there is one candidate, else asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from lateen.core.errors import InputError, UnknownNameError
from lateen.sources.columns import Columns
from lateen.sources.opening import open_source
from lateen.sources.table import open_table


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("header", "modality", "name"),
    [
        ("caption,stars,review_id", "text", "caption"),
        ("title,Sentence", "text", "Sentence"),
        ("stars,opinion", "text", "opinion"),
        ("name,image_path", "image", "image_path"),
        ("name,embedding", "vector", "embedding"),
    ],
)
def test_columns_are_guessed_where_there_is_one(tmp_path: Path, header: str, modality: str, name: str) -> None:
    row = ",".join("1 2 3" if c == "embedding" else "5" if "stars" in c else "word" for c in header.split(","))
    source = open_table(written(tmp_path / "t.csv", f"{header}\n{row}\n"))
    assert (source.modality, source.content.name) == (modality, name)
    assert f"The column {name!r} is taken" in source.notes[0]


def test_nothing_is_guessed_where_there_are_several(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "text,image,n\na,b,1\n")
    with pytest.raises(InputError) as caught:
        open_table(path)
    assert "several could (--text text, --image image)" in str(caught.value)
    assert "Give --text, --image or --vector. Columns: text (string), image (string), n (int64)." in str(caught.value)
    assert open_table(path, Columns(text="text")).notes == ()
    with pytest.raises(InputError, match=r"none does by its name\. Give --text"):
        open_table(written(tmp_path / "n.csv", "a,b\n1,2\n"))


def test_flags_that_contradict_or_name_no_column(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "text,image\na,b\n")
    with pytest.raises(InputError, match="--text a and --image b were given; an item is one of them"):
        Columns(text="a", image="b")
    with pytest.raises(UnknownNameError, match=r"no column 'txt' in .*t\.csv\. Did you mean 'text'"):
        open_source(path, columns=Columns(text="txt"))
    with pytest.raises(UnknownNameError, match="no column 'key'"):
        open_source(path, columns=Columns(text="text", id="key"))
    assert list(open_source(path, columns=Columns(text="text", id="image")).ids) == ["b"]
