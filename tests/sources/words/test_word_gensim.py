"""Files that gensim wrote are read as gensim reads them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lateen.core.errors import InputError
from lateen.sources.source import Batch, Source
from lateen.sources.words import looks_like_words, open_words

gensim = pytest.importorskip("gensim")


def read(source: Source) -> Batch:
    return source.take(np.arange(len(source))).read(None)


def keyed_vectors() -> gensim.models.KeyedVectors:
    rng = np.random.default_rng(0)
    vectors = (rng.normal(size=(300, 20)) * 10.0 ** rng.integers(-9, 9, size=(300, 1))).astype(np.float32)
    kept = gensim.models.KeyedVectors(20)
    kept.add_vectors([f"wörd_{i}" for i in range(300)], vectors)
    return kept


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # gensim leaves files open
@pytest.mark.parametrize(("binary", "header"), [(False, True), (False, False), (True, True)])
def test_word2vec_format(tmp_path: Path, binary: bool, header: bool) -> None:
    path = tmp_path / ("w.bin" if binary else "w.txt")
    written = keyed_vectors()
    written.save_word2vec_format(str(path), binary=binary, write_header=header)
    source = open_words(path)
    assert source.notes == ()
    assert looks_like_words(path)
    theirs = gensim.models.KeyedVectors.load_word2vec_format(str(path), binary=binary, no_header=not header)
    batch = read(source)
    assert batch.ids == list(theirs.index_to_key)
    assert np.array_equal(batch.items, theirs.vectors)
    assert np.array_equal(batch.items, written.vectors)
    assert batch.rejected == []


def fasttext(path: Path, bucket: int = 100) -> gensim.models.FastText:
    sentences = [["the", "red", "shoe"], ["the", "blue", "shoe"], ["Über", "the", "hill"]] * 20
    model = gensim.models.FastText(sentences, vector_size=8, min_count=1, epochs=2, bucket=bucket, seed=1, workers=1)
    gensim.models.fasttext.save_facebook_model(model, str(path))
    return model


def test_a_damaged_fasttext_model(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    fasttext(path)
    whole = path.read_bytes()
    end_of_words = max(whole.index(word + b"\0") + len(word) + 10 for word in (b"blue", b"hill", b"red"))
    for size in (4, 50, 80, whole.index(b"shoe\0") + 2, end_of_words + 5, end_of_words + 100):
        path.write_bytes(whole[:size])
        with pytest.raises(InputError, match="is a damaged fastText model: it ends"):
            open_words(path)
    for at, message in ((8, "don't fit"), (40, "don't fit"), (72, "a supervised fastText model"), (64, "damaged")):
        path.write_bytes(whole[:at] + b"\x07" + whole[at + 1 :])
        with pytest.raises(InputError, match=message):
            open_words(path)
    path.write_bytes(whole[:end_of_words] + b"\1" + whole[end_of_words + 1 :])
    with pytest.raises(InputError, match="a quantized fastText model"):
        open_words(path)


@pytest.mark.parametrize("bucket", [100, 1])
def test_a_fasttext_model(tmp_path: Path, bucket: int) -> None:
    path = tmp_path / "model.bin"
    model = fasttext(path, bucket)
    source = open_words(path)
    assert source.notes[0].startswith("Vectors of the words in the file; those of unknown words")
    assert looks_like_words(path)
    batch = read(source)
    theirs = gensim.models.fasttext.load_facebook_vectors(str(path))
    assert sorted(batch.ids) == ["blue", "hill", "red", "shoe", "the", "Über"]
    assert batch.ids == list(theirs.index_to_key)
    assert np.array_equal(batch.items, np.stack([theirs[word] for word in batch.ids]))
    assert np.allclose(batch.items, np.stack([model.wv[word] for word in batch.ids]))
    assert batch.fields.column("rank").to_pylist() == [1, 2, 3, 4, 5, 6]
