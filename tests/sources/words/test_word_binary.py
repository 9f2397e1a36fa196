"""word2vec's and fastText's .bin files."""

from __future__ import annotations

import gzip
import pickle
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from lateen.core.errors import InputError, MissingExtraError
from lateen.sources.source import Batch, Source
from lateen.sources.words import binary as binary_module
from lateen.sources.words import open_words

VECTORS = np.array([[1, 2, 3], [-0.5, 0, 1e-7], [4, 5, 6]], np.float32)
WORDS = [b"the", b"\xc3\x9cber", b"New_York"]


def content(words: list[bytes] = WORDS, vectors: np.ndarray = VECTORS, newline: bytes = b"\n", n: int = 0) -> bytes:
    header = b"%d %d\n" % (n or len(words), vectors.shape[1])
    raw = [vector.astype("<f4").tobytes() for vector in vectors]
    return header + b"".join(word + b" " + vector + newline for word, vector in zip(words, raw, strict=True))


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def read(source: Source) -> Batch:
    return pickle.loads(pickle.dumps(source.take(np.arange(len(source))))).read(None)


@pytest.mark.parametrize("newline", [b"", b"\n"])
@pytest.mark.parametrize("name", ["w.bin", "w.bin.gz"])
def test_words_and_vectors(tmp_path: Path, newline: bytes, name: str) -> None:
    data = content(newline=newline)
    source = open_words(write(tmp_path / name, gzip.compress(data) if name.endswith("gz") else data))
    assert isinstance(source, Source)
    assert (list(source.ids), source.modality, source.notes) == (["the", "Über", "New_York"], "word", ())
    batch = read(source)
    assert np.array_equal(batch.items, VECTORS)
    assert batch.fields.to_pydict() == {"rank": [1, 2, 3]}
    assert batch.bytes.tolist() == [15, 17, 20]


def test_another_suffix_is_told_by_the_content(tmp_path: Path) -> None:
    assert np.array_equal(read(open_words(write(tmp_path / "w.w2v", content()))).items, VECTORS)


def test_rows_anywhere_in_any_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = np.random.default_rng(0).normal(size=(500, 9)).astype(np.float32)
    path = write(tmp_path / "w.bin", content([b"w%d" % i for i in range(500)], vectors))
    for block in (50, 100, 1000):
        monkeypatch.setattr(binary_module, "BLOCK", block)
        source = open_words(path)
        assert list(source.ids) == [f"w{i}" for i in range(500)]
        assert np.array_equal(read(source).items, vectors)
        rows = np.array([0, 7, 8, 250, 499])
        assert np.array_equal(source.take(rows).read(None).items, vectors[rows])


def test_bad_words_and_vectors_are_rejected(tmp_path: Path) -> None:
    vectors = VECTORS.copy()
    vectors[1, 2], vectors[2, 0] = np.nan, -np.inf
    source = open_words(write(tmp_path / "w.bin", content([b"", b"a\xff", b"b"], vectors)))
    assert source.notes == ("Words with bytes that are not UTF-8: 1; these bytes are written as \\xNN.",)
    batch = read(source)
    assert batch.ids == []
    assert [(r.id, r.reason) for r in batch.rejected] == [
        ("word 1", "word 1 is empty"),
        ("a\\xff", "word 2: number 3 is nan"),
        ("b", "word 3: number 1 is -inf"),
    ]


def test_a_truncated_file(tmp_path: Path) -> None:
    source = open_words(write(tmp_path / "w.bin", content()[:-5]))
    assert source.notes == ("The header says 3 words; the file holds 2, then it ends or is damaged.",)
    batch = read(source)
    assert batch.ids == ["the", "Über"]
    assert [(r.id, r.reason) for r in batch.rejected] == [
        ("New_York", "word 3: the file ends in its vector, after 8 of 12 bytes")
    ]
    shorter = open_words(write(tmp_path / "shorter.bin", content()[:-15]))
    assert list(shorter.ids) == ["the", "Über"]
    assert shorter.notes == source.notes


def test_more_than_the_header_says(tmp_path: Path) -> None:
    source = open_words(write(tmp_path / "w.bin", content(n=2)))
    assert list(source.ids) == ["the", "Über"]
    assert source.notes == ("The header says 2 words; after them come 23 bytes that are not read.",)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04 a zip file", "is no binary file of word vectors: it starts with 'PK"),
        (b"5 0\nabc", "5 words of 0 numbers"),
        (b"0 5\nabc", "0 words of 5 numbers"),
        (b"5 9999999\nabc", "words of 9,999,999 numbers"),
        (b"5 1000\na bc", "1,000 numbers a word, but it has 11 bytes in all"),
        (b"5 3\na 12345678901", "holds no whole vector of 3 numbers"),
        (b"5 3\n0123456789012", "holds no whole vector of 3 numbers"),
    ],
)
def test_what_is_no_word2vec(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        open_words(write(tmp_path / "w.bin", data))


def test_a_file_that_changed(tmp_path: Path) -> None:
    path = write(tmp_path / "w.bin", content())
    source = open_words(path)
    write(path, content()[:-1])
    with pytest.raises(InputError, match="has changed since it was opened"):
        source.take(np.arange(1))


FASTTEXT = struct.pack("<ii", 793712314, 12)


def test_fasttext_without_gensim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gensim.models.fasttext", None)
    with pytest.raises(MissingExtraError, match=r"lateen\[words\]"):
        open_words(write(tmp_path / "w.bin", FASTTEXT))
