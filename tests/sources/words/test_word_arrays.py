"""npz and safetensors files of words and vectors."""

from __future__ import annotations

import gc
import json
import pickle
import tempfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from safetensors.torch import save_file as save_torch

from lateen.core.errors import InputError
from lateen.sources.source import Batch, Source
from lateen.sources.words import open_words

WORDS = ["the", "New York", "Über"]
VECTORS = np.array([[1, 2], [-0.5, 1e-7], [4, 5]], np.float32)


def read(source: Source, rows: list[int] | None = None) -> Batch:
    taken = source.take(np.arange(len(source)) if rows is None else np.array(rows))
    return pickle.loads(pickle.dumps(taken)).read(None)


def joined(words: list[str]) -> np.ndarray:
    return np.frombuffer("\n".join(words).encode(), np.uint8)


@pytest.mark.parametrize("names", [("words", "vectors"), ("vocab", "table")])
@pytest.mark.parametrize("kind", ["float32", "float16", "float64"])
def test_npz(tmp_path: Path, names: tuple[str, str], kind: str) -> None:
    path = tmp_path / "w.npz"
    np.savez(path, **{names[0]: np.array(WORDS), names[1]: VECTORS.astype(kind)})
    source = open_words(path)
    assert isinstance(source, Source)
    assert (list(source.ids), source.modality, source.notes) == (WORDS, "word", ())
    batch = read(source)
    assert batch.items.dtype == np.float32
    assert np.array_equal(batch.items, VECTORS.astype(kind).astype(np.float32))
    assert batch.bytes.tolist() == [2 * np.dtype(kind).itemsize] * 3
    part = read(source, [0, 2])
    assert (part.ids, part.fields.to_pydict()) == (["the", "Über"], {"rank": [1, 3]})


def test_npz_vectors_stay_in_a_file_until_they_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "room"))
    (tmp_path / "room").mkdir()
    vectors = np.random.default_rng(0).normal(size=(2000, 50)).astype(np.float32)
    np.savez_compressed(tmp_path / "w.npz", words=np.array([f"w{i}" for i in range(2000)]), vectors=vectors)
    source = open_words(tmp_path / "w.npz")
    assert len(pickle.dumps(source.take(np.array([0, 7])))) < 5000
    assert np.array_equal(read(source, [3, 4, 1999]).items, vectors[[3, 4, 1999]])
    assert len(list((tmp_path / "room").iterdir())) == 1
    del source
    gc.collect()
    assert list((tmp_path / "room").iterdir()) == []


def test_npz_with_words_as_bytes(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", words=np.array([b"a", b"\xff", b""]), vectors=VECTORS)
    source = open_words(tmp_path / "w.npz")
    assert list(source.ids) == ["a", "\\xff", "row 2"]
    assert "not UTF-8: 1" in source.notes[0]
    assert [(r.id, r.reason) for r in read(source).rejected] == [("row 2", "row 2 has no word")]


def test_bad_vectors_are_rejected(tmp_path: Path) -> None:
    vectors = np.array([[1, 2], [np.nan, 1], [1e300, 0]])
    np.savez(tmp_path / "w.npz", words=np.array(WORDS), vectors=vectors)
    save_file({"vectors": vectors}, tmp_path / "w.safetensors", {"words": json.dumps(WORDS)})
    for name in ("w.npz", "w.safetensors"):
        batch = read(open_words(tmp_path / name))
        assert batch.ids == ["the"]
        assert [(r.id, r.reason) for r in batch.rejected] == [
            ("New York", "row 1: number 1 is nan"),
            ("Über", "row 2: number 1 is inf"),
        ]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"words": np.array(WORDS[:2]), "vectors": VECTORS}, "2 words and 3 vectors"),
        ({"words": np.array(WORDS, object), "vectors": VECTORS}, "'words' holds Python objects, which are not loaded"),
        ({"vectors": VECTORS}, "found none that could be the words"),
        ({"words": np.array(WORDS)}, "found none that could be the vectors"),
        ({"words": np.array(WORDS), "a": VECTORS, "b": VECTORS}, "found 'a', 'b' that could be the vectors"),
        ({"words": np.array(WORDS), "vectors": VECTORS[:, :0]}, "there is nothing in it"),
    ],
)
def test_npz_that_cannot_be_used(tmp_path: Path, arrays: dict[str, np.ndarray], message: str) -> None:
    np.savez(tmp_path / "w.npz", **arrays)
    with pytest.raises(InputError, match=message):
        open_words(tmp_path / "w.npz")


@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
def test_damaged(tmp_path: Path, suffix: str) -> None:
    np.savez(tmp_path / "w.npz", words=np.array(WORDS), vectors=VECTORS)
    save_file({"vectors": VECTORS}, tmp_path / "w.safetensors", {"words": json.dumps(WORDS)})
    path = tmp_path / f"w.{suffix}"
    whole = path.read_bytes()
    for size in (0, 10, len(whole) // 2, len(whole) - 3):
        path.write_bytes(whole[:size])
        with pytest.raises(InputError, match=f"can't be read as {suffix}"):
            open_words(path)


def beside(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("where", ["metadata", "tensor", "vocab.txt", "wordpiece", "unigram"])
def test_safetensors_and_where_the_words_are(tmp_path: Path, where: str) -> None:
    path = tmp_path / "w.safetensors"
    tensors = {"embeddings": VECTORS} | ({"words": joined(WORDS)} if where == "tensor" else {})
    save_file(tensors, path, {"words": json.dumps(WORDS)} if where == "metadata" else None)
    if where == "vocab.txt":
        beside(tmp_path, where, "\n".join(WORDS) + "\n")
    if where == "wordpiece":
        model = {"type": "WordPiece", "vocab": {"New York": 1, "the": 0}}
        beside(tmp_path, "tokenizer.json", json.dumps({"model": model, "added_tokens": [{"id": 2, "content": "Über"}]}))
    if where == "unigram":
        model = {"type": "Unigram", "vocab": [[word, -1.5] for word in WORDS]}
        beside(tmp_path, "tokenizer.json", json.dumps({"model": model}))
    source = open_words(path)
    assert list(source.ids) == WORDS
    batch = read(source)
    assert np.array_equal(batch.items, VECTORS)
    assert np.array_equal(read(source, [0, 2]).items, VECTORS[[0, 2]])
    assert bool(source.notes) == (where not in ("metadata", "tensor"))


@pytest.mark.parametrize("kind", [torch.float32, torch.float16, torch.bfloat16, torch.float64])
def test_safetensors_of_other_numbers(tmp_path: Path, kind: torch.dtype) -> None:
    table = torch.from_numpy(VECTORS).to(kind)
    save_torch({"x": table, "bias": torch.zeros(3)}, tmp_path / "w.safetensors", {"words": json.dumps(WORDS)})
    assert np.array_equal(read(open_words(tmp_path / "w.safetensors")).items, table.float().numpy())


def test_safetensors_with_rows_that_have_no_token(tmp_path: Path) -> None:
    save_file({"embeddings": VECTORS}, tmp_path / "w.safetensors")
    beside(tmp_path, "tokenizer.json", json.dumps({"model": {"vocab": {"a": 0, "b": 2}}}))
    source = open_words(tmp_path / "w.safetensors")
    assert "Rows without one: 1." in source.notes[0]
    batch = read(source)
    assert (batch.ids, [r.id for r in batch.rejected]) == (["a", "b"], ["row 1"])


@pytest.mark.parametrize(
    ("tensors", "metadata", "files", "message"),
    [
        ({"a": VECTORS}, {}, {}, "has no words for its vectors"),
        ({"a": VECTORS, "b": VECTORS}, {"words": '["a"]'}, {}, "expected one table of vectors"),
        ({"a": VECTORS[0]}, {"words": '["a"]'}, {}, "expected one table of vectors"),
        ({"a": VECTORS}, {"words": '["a"]'}, {}, "1 words and 3 vectors"),
        ({"a": VECTORS}, {"words": "the of"}, {}, "is no JSON"),
        ({"a": VECTORS}, {"words": "[1, 2, 3]"}, {}, "no JSON list of texts"),
        ({"a": VECTORS, "words": joined(WORDS[:2])}, {}, {}, "2 words and 3 vectors"),
        ({"a": VECTORS}, {}, {"vocab.txt": "a\nb\n"}, "2 words and 3 vectors"),
        ({"a": VECTORS}, {}, {"tokenizer.json": "{}"}, "can't be read as a tokenizer"),
        ({"a": VECTORS}, {}, {"tokenizer.json": '{"model": {"vocab": {"a": 3}}}'}, "up to number 3, but there are 3"),
    ],
)
def test_safetensors_that_cannot_be_used(
    tmp_path: Path, tensors: dict[str, np.ndarray], metadata: dict[str, str], files: dict[str, str], message: str
) -> None:
    save_file(tensors, tmp_path / "w.safetensors", metadata or None)
    for name, text in files.items():
        beside(tmp_path, name, text)
    with pytest.raises(InputError, match=message):
        open_words(tmp_path / "w.safetensors")
