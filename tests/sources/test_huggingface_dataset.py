"""`hf:dataset[:split]`: folders of save_to_disk and files that load_dataset reads, made here; the hub stays out."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lateen.core.errors import InputError, UnknownNameError
from lateen.sources.columns import Columns
from lateen.sources.opening import open_source
from lateen.sources.picture import View, content_digest
from lateen.sources.source import Batch, Source

datasets: Any = pytest.importorskip("datasets")


@pytest.fixture(autouse=True)
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def png(level: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (8, 8), level).save(buffer, "PNG")
    return buffer.getvalue()


def reviews(n: int = 6) -> Any:
    return datasets.Dataset.from_dict(
        {"text": [f"text {i}" for i in range(n)], "label": [i % 2 for i in range(n)], "n": list(range(n))},
        features=datasets.Features(
            text=datasets.Value("string"), label=datasets.ClassLabel(names=["bad", "good"]), n=datasets.Value("int64")
        ),
    )


def read(source: Source, rows: Any = None, view: View | None = None) -> Batch:
    stretch = source.take(np.arange(len(source)) if rows is None else np.array(rows))
    return pickle.loads(pickle.dumps(stretch)).read(view)


def test_texts_with_the_names_of_their_classes(tmp_path: Path) -> None:
    reviews().save_to_disk(tmp_path / "reviews")
    source = open_source(f"hf:{tmp_path}/reviews")
    assert isinstance(source, Source)
    assert (source.modality, source.name) == ("text", f"hf:{tmp_path}/reviews:train")
    batch = read(source, [1, 2, 5])
    assert list(batch.items) == ["text 1", "text 2", "text 5"]
    assert batch.fields.to_pydict() == {"text": batch.items, "label": ["good", "bad", "good"], "n": [1, 2, 5]}
    assert batch.fields.schema.equals(source.field_schema)
    assert batch.uris[2] == f"hf:{tmp_path}/reviews:train#5"
    assert len(pickle.dumps(source.take(np.arange(1)))) < 5000


def test_shuffled_and_selected_rows_and_unknown_classes(tmp_path: Path) -> None:
    datasets.Dataset.from_dict(
        {"text": ["a", "b", "c"], "label": [0, -1, None]},
        features=datasets.Features(text=datasets.Value("string"), label=datasets.ClassLabel(names=["bad", "good"])),
    ).select([2, 1, 0]).save_to_disk(tmp_path / "d")
    batch = read(open_source(f"hf:{tmp_path}/d"))
    assert list(batch.items) == ["c", "b", "a"]
    assert batch.fields.column("label").to_pylist() == [None, None, "bad"]


def test_splits(tmp_path: Path) -> None:
    datasets.DatasetDict(train=reviews(4), test=reviews(2)).save_to_disk(tmp_path / "two")
    assert len(open_source(f"hf:{tmp_path}/two")) == 4
    assert len(open_source(f"hf:{tmp_path}/two:test")) == 2
    with pytest.raises(UnknownNameError, match=r"no split 'tset' in .*Did you mean 'test'"):
        open_source(f"hf:{tmp_path}/two:tset")
    datasets.DatasetDict(valid=reviews(3), test=reviews(2)).save_to_disk(tmp_path / "no-train")
    with pytest.raises(InputError, match=r"has the splits valid, test; choose one: hf:.*no-train:valid"):
        open_source(f"hf:{tmp_path}/no-train")
    datasets.DatasetDict(only=reviews(3)).save_to_disk(tmp_path / "one")
    assert open_source(f"hf:{tmp_path}/one").name.endswith(":only")


def test_pictures_stay_bytes_until_they_are_read(tmp_path: Path) -> None:
    data = [png(10), png(20), b"broken"]
    datasets.Dataset.from_dict(
        {"picture": [{"bytes": d, "path": None} for d in data] + [None], "caption": list("abcd")},
        features=datasets.Features(picture=datasets.Image(), caption=datasets.Value("string")),
    ).save_to_disk(tmp_path / "photos")
    source = open_source(f"hf:{tmp_path}/photos", columns=Columns(image="picture"))
    batch = read(source, view=View(4))
    assert np.asarray(batch.items)[:, 0, 0, 0].tolist() == [10, 20]
    assert batch.digests == [content_digest(d) for d in data[:2]]
    assert batch.fields.to_pydict() == {"caption": ["a", "b"]}
    assert [(r.id, r.reason[:10]) for r in batch.rejected] == [("2", "not a pict"), ("3", "it has no ")]
    with pytest.raises(InputError, match=r"'picture' of hf:.* holds struct<bytes: .*>; ids are texts or"):
        open_source(f"hf:{tmp_path}/photos", columns=Columns(id="picture"))


def test_vectors(tmp_path: Path) -> None:
    rows = {"embedding": [[1.0, 2.0], [3.0, 4.0], [5.0]], "id": [7, 8, 9]}
    datasets.Dataset.from_dict(rows).save_to_disk(tmp_path / "v")
    batch = read(open_source(f"hf:{tmp_path}/v"))
    assert batch.ids == ["7", "8"]
    assert np.asarray(batch.items).tolist() == [[1, 2], [3, 4]]
    assert batch.rejected[0].reason == "its vector has 1 number, the others 2"


def test_keys_change_with_the_content(tmp_path: Path) -> None:
    reviews(3).save_to_disk(tmp_path / "a")
    keys = open_source(f"hf:{tmp_path}/a").keys(np.arange(3))
    assert keys == open_source(f"hf:{tmp_path}/a").keys(np.arange(3))
    reviews(4).save_to_disk(tmp_path / "b")
    assert not set(keys) & set(open_source(f"hf:{tmp_path}/b").keys(np.arange(3)))


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl", "t.parquet", "folder"])
def test_files_and_folders_of_data(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "folder":
        path.mkdir()
        reviews().to_csv(path / "train.csv", index=False)
    else:
        getattr(reviews(), {"t.csv": "to_csv", "t.jsonl": "to_json", "t.parquet": "to_parquet"}[name])(path)
    assert list(read(open_source(f"hf:{path}"), [3]).items) == ["text 3"]


def test_what_can_not_be_loaded(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.docx").touch()
    with pytest.raises(InputError, match=r"The data set hf:.*empty can't be loaded: "):
        open_source(f"hf:{tmp_path}/empty")
    with pytest.raises(InputError, match="a file of a kind that is not read"):
        open_source(f"hf:{tmp_path}/a.docx")
    with pytest.raises(InputError, match=r"There is no folder or file .*none"):
        open_source(f"hf:{tmp_path}/none")
    with pytest.raises(InputError, match=r"The data set hf:nobody/nothing can't be loaded: "):
        open_source("hf:nobody/nothing")
    with pytest.raises(InputError, match="names no data set; write hf:dataset"):
        open_source("hf:")


def test_a_saved_folder_without_its_scheme(tmp_path: Path) -> None:
    reviews().save_to_disk(tmp_path / "reviews")
    with pytest.raises(InputError, match=r"is a data set made by save_to_disk; write hf:.*reviews"):
        open_source(tmp_path / "reviews")
