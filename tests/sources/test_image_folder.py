"""Image folders as a source: order, ids, labels, what is left alone, what is rejected, and clear refusals."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import unquote_to_bytes

import numpy as np
import pytest
from PIL import Image

from lateen.core.errors import InputError
from lateen.sources.folder import open_folder
from lateen.sources.opening import open_source
from lateen.sources.picture import View
from lateen.sources.source import Source, batches


def picture(path: Path | str, level: int = 0) -> None:
    Path(os.fsdecode(path)).parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (8, 8), level).save(path)


def test_natural_order_and_ids_with_forward_slashes(tmp_path: Path) -> None:
    for name in ("img10.png", "img2.png", "b/1.jpg", "a/10.jpg", "a/9.JPG", "img01.png", "img1.png"):
        picture(tmp_path / name)
    source = open_folder(tmp_path)
    assert list(source.ids) == ["a/9.JPG", "a/10.jpg", "b/1.jpg", "img01.png", "img1.png", "img2.png", "img10.png"]
    assert isinstance(source, Source)
    assert source.labels is None
    assert source.field_schema.names == []


def test_batches_carry_pixels_uris_and_sizes(tmp_path: Path) -> None:
    for i in range(5):
        picture(tmp_path / f"{i} ä.png", 10 * i)
    source = open_folder(tmp_path)
    read = list(batches(source, View(4), rows=2))
    assert [len(b) for b in read] == [2, 2, 1]
    assert np.concatenate([np.asarray(b.items) for b in read])[:, 0, 0, 0].tolist() == [0, 10, 20, 30, 40]
    assert unquote_to_bytes(read[0].uris[0].removeprefix("file://")) == os.fsencode(tmp_path / "0 ä.png")
    assert read[0].numbers.tolist() == [64, 64]
    assert read[0].bytes[0] == (tmp_path / "0 ä.png").stat().st_size
    assert read[0].fields.num_rows == 2


def test_bad_files_are_rejected_and_the_rest_goes_on(tmp_path: Path) -> None:
    for i in range(4):
        picture(tmp_path / f"{i}.png", i)
    (tmp_path / "1.png").write_bytes(b"")
    (tmp_path / "3.png").unlink()
    (tmp_path / "3.png").symlink_to(tmp_path / "nowhere.png")
    batch = open_folder(tmp_path).take(np.arange(4)).read(View(8))
    assert batch.ids == ["0.png", "2.png"]
    assert [(r.id, r.reason) for r in batch.rejected] == [
        ("1.png", "an empty file (0 bytes)"),
        ("3.png", "the file is gone"),
    ]
    (tmp_path / "0.png").write_text("spoiled")
    (tmp_path / "2.png").write_text("spoiled")
    none = open_folder(tmp_path).take(np.arange(4)).read(View(8))
    assert len(none) == 0
    assert np.shape(none.items) == (0, 8, 8, 3)
    assert len(none.rejected) == 4


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["cat/1.png", "dog/2.png"], ["cat", "dog"]),
        (["images/cat/1.png", "images/dog/deep/2.png"], ["cat", "dog"]),
        (["cat/1.png", "cat/2.png"], ["cat", "cat"]),
        (["cat/1.png", "stray.png"], None),
        (["a.png", "b.png"], None),
    ],
)
def test_labels_are_the_folders_that_tell_pictures_apart(
    tmp_path: Path, names: list[str], labels: list[str] | None
) -> None:
    for name in names:
        picture(tmp_path / name)
    source = open_folder(tmp_path)
    assert source.labels == labels
    fields = source.take(np.arange(2)).read(View(8)).fields
    assert fields.to_pydict() == ({} if labels is None else {"label": labels})


def test_other_and_hidden_files_are_left_alone_and_counted(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    picture(tmp_path / "._a.png")
    picture(tmp_path / ".thumbnails" / "a.png")
    (tmp_path / "notes.txt").touch()
    (tmp_path / "README").touch()
    source = open_folder(tmp_path)
    assert list(source.ids) == ["a.png"]
    assert source.notes == ("3 other files were left alone (.png: 1, no suffix: 1, .txt: 1).",)


def test_a_link_back_up_ends(tmp_path: Path) -> None:
    picture(tmp_path / "sub" / "a.png")
    (tmp_path / "sub" / "loop").symlink_to(tmp_path)
    assert list(open_folder(tmp_path).ids) == ["sub/a.png"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    picture(os.fsencode(tmp_path) + b"/caf\xe9.png")
    source = open_folder(tmp_path)
    assert list(source.ids) == ["caf\\xe9.png"]
    batch = source.take(np.arange(1)).read(View(8))
    assert batch.ids == ["caf\\xe9.png"]
    assert batch.uris[0].endswith("/caf%E9.png")
    picture(tmp_path / "caf\\xe9.png")
    with pytest.raises(InputError, match=r"Two pictures .* have the id"):
        open_folder(tmp_path)


def test_keys_change_with_the_file(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    picture(tmp_path / "b.png")
    before = open_folder(tmp_path).keys(np.arange(2))
    os.utime(tmp_path / "b.png", ns=(1, 1))
    after = open_folder(tmp_path).keys(np.arange(2))
    assert before[0] == after[0]
    assert before[1] != after[1]


def test_empty_folders_and_folders_without_pictures(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no pictures in .*: it is empty\. Files that end in .*\.jpg"):
        open_source(tmp_path)
    (tmp_path / "a.txt").touch()
    with pytest.raises(InputError, match=r"it holds 1 other files \(\.txt: 1\)"):
        open_source(tmp_path)


def test_sources_that_are_not_there_or_not_read(tmp_path: Path) -> None:
    picture(tmp_path / "photos" / "a.png")
    (tmp_path / "table.docx").touch()
    with pytest.raises(InputError, match=r"no source .*Did you mean '.*photos'"):
        open_source(tmp_path / "photo")
    with pytest.raises(InputError, match=r"'\.docx', which is not read; give a folder of pictures, a table "):
        open_source(tmp_path / "table.docx")
    with pytest.raises(InputError, match="is a single picture; give the folder"):
        open_source(tmp_path / "photos" / "a.png")
    with pytest.raises(InputError, match="is not a folder"):
        open_folder(tmp_path / "table.docx")


def test_limit(tmp_path: Path) -> None:
    for i in range(5):
        picture(tmp_path / f"{i}.png")
    source = open_source(tmp_path, limit=3)
    assert len(source) == 3
    assert list(source.ids) == ["0.png", "1.png", "2.png"]
    assert source.notes == ("The first 3 of 5 items are used.",)
    assert source.take(np.arange(3)).read(View(8)).ids == list(source.ids)
    assert len(source.keys(np.arange(3))) == 3
    assert open_source(tmp_path, limit=9).notes == ()
    assert len(open_source(tmp_path, limit=9)) == 5
    with pytest.raises(InputError, match="at least 1 item"):
        open_source(tmp_path, limit=0)
