"""word2vec text, GloVe and fastText .vec files."""

from __future__ import annotations

import gzip
import os
import pickle
import tempfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lateen.core.errors import InputError
from lateen.sources.source import Batch, Source, batches
from lateen.sources.words import looks_like_words, open_words
from lateen.sources.words import text as text_module

WORD2VEC = b"3 4\nthe 0.25 -1 2e-3 .5\nThe 1 2 3 4\nNew_York 5. -0 +7.125 8\n"
GLOVE = "the 0.25 -1.5 2e-3\n. . . 1 2 3\nat name@domain.com 4 5 6\nÜber -7 8 9\n".encode()
FASTTEXT = b"2 3 \nthe 0.25 -1.5 2 \n</s> 3 4 5 \n"


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def read(source: Source) -> Batch:
    """All of it, through a pickled stretch."""
    stretch = source.take(np.arange(len(source)))
    return pickle.loads(pickle.dumps(stretch)).read(None)


def test_word2vec(tmp_path: Path) -> None:
    path = write(tmp_path / "w.txt", WORD2VEC)
    source = open_words(path)
    assert isinstance(source, Source)
    assert (source.name, source.modality, source.notes, len(source)) == (str(path), "word", (), 3)
    assert list(source.ids) == ["the", "The", "New_York"]
    batch = read(source)
    assert batch.items.dtype == np.float32
    assert batch.items.tolist() == [[0.25, -1, np.float32(2e-3), 0.5], [1, 2, 3, 4], [5, 0, 7.125, 8]]
    assert np.signbit(batch.items[2, 1])
    assert batch.fields.to_pydict() == {"rank": [1, 2, 3]}
    assert batch.fields.schema.equals(source.field_schema)
    assert batch.uris == [path.as_uri()] * 3
    assert batch.numbers.tolist() == [4, 4, 4]
    assert batch.bytes.tolist() == [19, 11, 23]
    assert len(set(batch.digests)) == 3
    assert batch.rejected == []


def test_glove_words_have_spaces_and_letters_keep_their_case(tmp_path: Path) -> None:
    batch = read(open_words(write(tmp_path / "glove.txt", GLOVE)))
    assert batch.ids == ["the", ". . .", "at name@domain.com", "Über"]
    assert batch.items[1:].tolist() == [[1, 2, 3], [4, 5, 6], [-7, 8, 9]]


@pytest.mark.parametrize("suffix", [".vec", ".w2v", ""])
def test_fasttext_vec_and_blanks_at_the_end(tmp_path: Path, suffix: str) -> None:
    source = open_words(write(tmp_path / f"cc{suffix}", FASTTEXT))
    assert source.notes == ()
    assert read(source).items.tolist() == [[0.25, -1.5, 2], [3, 4, 5]]


def test_tabs_runs_of_blanks_returns_and_a_mark_at_the_start(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbfa\t1\t2\r\n b  1 \t 3 \r\n\xc2\xa0c 4 5"
    batch = read(open_words(write(tmp_path / "w.txt", content)))
    assert batch.ids == ["a", " b", "\xa0c"]
    assert batch.items.tolist() == [[1, 2], [1, 3], [4, 5]]


def test_words_that_are_numbers(tmp_path: Path) -> None:
    batch = read(open_words(write(tmp_path / "w.txt", b"7 1 2\n1984 3 4\nroute 66 5 6\n")))
    assert batch.ids == ["7", "1984", "route 66"]
    one = read(open_words(write(tmp_path / "one.txt", b"7 1\n8 2\n9 3\n")))
    assert (one.ids, one.items.tolist()) == (["7", "8", "9"], [[1], [2], [3]])


def test_rows_anywhere_in_any_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = np.random.default_rng(0).normal(size=(3000, 7)).astype(np.float32)
    lines = [f"w{i} " + " ".join(map(repr, v)) for i, v in enumerate(vectors.tolist())]
    path = write(tmp_path / "w.txt", "\n".join(lines).encode())
    monkeypatch.setattr(text_module, "BLOCK", 1000)
    source = open_words(path)
    assert list(source.ids) == [f"w{i}" for i in range(3000)]
    whole = np.concatenate([batch.items for batch in batches(source, rows=700)])
    assert np.array_equal(whole, vectors)
    rows = np.array([0, 3, 4, 1500, 2999])
    batch = source.take(rows).read(None)
    assert np.array_equal(batch.items, vectors[rows])
    assert batch.rows.tolist() == rows.tolist()
    assert batch.fields.column("rank").to_pylist() == (rows + 1).tolist()
    empty = source.take(np.arange(0)).read(None)
    assert (len(empty), empty.items.shape) == (0, (0, 7))


BROKEN = {
    "too few numbers": (b"bad 1 2", "bad", "2 numbers, expected 3"),
    "one number": (b"bad 1", "bad", "1 number, expected 3"),
    "no number": (b"bad", "bad", "0 numbers, expected 3"),
    "two words and too few": (b"very bad 1 2", "very bad", "2 numbers, expected 3"),
    "numbers alone": (b"7 1 2", "7", "2 numbers, expected 3"),
    "no word": (b" 1 2 3", "line 3", "no word before 3 numbers"),
    "no number in the middle": (b"bad 1 x2 3", "bad", "number 2 is 'x2', which is no number"),
    "no number at the end": (b"bad 1 2 3,5", "bad", "number 3 is '3,5', which is no number"),
    "no number at the start": (b"bad 1 2 3 4 1_0", "bad 1 2", "number 3 is '1_0', which is no number"),
    "a point alone": (b"bad 1 . 3", "bad", "number 2 is '.', which is no number"),
    "an exponent without digits": (b"bad 1 2e 3", "bad", "number 2 is '2e', which is no number"),
    "hexadecimal": (b"bad 0x1p3 2 3", "bad", "number 1 is '0x1p3', which is no number"),
    "nan": (b"bad 1 nan 3", "bad", "number 2, nan, is not finite"),
    "nan first": (b"bad NaN 2 3", "bad", "number 1, NaN, is not finite"),
    "infinity": (b"bad 1 2 -inf", "bad", "number 3, -inf, is not finite"),
    "too large": (b"bad 1 2 1e39", "bad", "number 3, 1e39, is too large for a float32"),
    "far too large": (b"bad 1 2 1e999", "bad", "number 3, 1e999, is too large for a float32"),
    "the word of another line": (b"the 1 2", "line 3", "2 numbers, expected 3"),
}


@pytest.mark.parametrize("header", [b"", b"5 3\n"], ids=["without header", "with header"])
@pytest.mark.parametrize("kind", BROKEN)
def test_broken_lines_are_rejected_and_the_others_are_in(tmp_path: Path, kind: str, header: bytes) -> None:
    line, id, reason = BROKEN[kind]
    first = b"" if header else b"zero 0 0 0\n"
    path = write(tmp_path / "w.txt", header + first + b"the 1 2 3\n" + line + b"\n" + b"of 4 5 6\nand 7 8 9\n")
    source = open_words(path)
    assert source.ids[2 - bool(header)] == id
    batch = read(source)
    assert [(r.id, r.reason) for r in batch.rejected] == [(id, f"line 3: {reason}")]
    assert batch.ids[-3:] == ["the", "of", "and"]
    assert batch.items[-3:].tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert batch.fields.column("rank").to_pylist()[-1] == len(source)


def test_an_end_in_the_middle_of_a_line(tmp_path: Path) -> None:
    source = open_words(write(tmp_path / "w.txt", b"3 3\nthe 1 2 3\nof 4 5 6\nand 7 8"))
    batch = read(source)
    assert [(r.id, r.reason) for r in batch.rejected] == [("and", "line 4: 2 numbers, expected 3")]
    assert batch.ids == ["the", "of"]


def test_words_that_occur_twice_stay(tmp_path: Path) -> None:
    assert read(open_words(write(tmp_path / "w.txt", b"a 1 2\nb 3 4\na 5 6\n"))).ids == ["a", "b", "a"]


def test_what_the_notes_say(tmp_path: Path) -> None:
    content = b"9 2\na 1 2\n\nb\xff 3 4\n\\x 5 6\nc 0.5 7 8\n \n"
    source = open_words(write(tmp_path / "w.txt", content))
    assert list(source.ids) == ["a", "b\\xff", "\\x", "c 0.5"]
    assert source.notes == (
        "The header says 9 words; the file has 4.",
        "Blank lines were passed over: 2.",
        "Words that end in a decimal number: 1, such as 'c 0.5'; "
        "perhaps their lines have more numbers than the others.",
        "Words with bytes that are not UTF-8: 1; these bytes are written as \\xNN.",
    )


def test_a_header_with_another_dim(tmp_path: Path) -> None:
    source = open_words(write(tmp_path / "w.txt", b"2 50\na 1 2 3\nb 4 5 6\n"))
    assert source.notes == ("The header says 50 numbers a word; most lines have 3, which are read.",)
    assert read(source).items.tolist() == [[1, 2, 3], [4, 5, 6]]
    less = open_words(write(tmp_path / "less.txt", b"2 2\na 1 2 3\nb 4 5 6\n"))
    assert read(less).items.tolist() == [[1, 2, 3], [4, 5, 6]]


def test_most_lines_decide_without_a_header(tmp_path: Path) -> None:
    batch = read(open_words(write(tmp_path / "w.txt", b"a 1 2\nb 1 2 3\nc 4 5 6\n")))
    assert batch.ids == ["b", "c"]
    assert [r.reason for r in batch.rejected] == ["line 1: 2 numbers, expected 3"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"Call me Ishmael.\nSome years ago\n", "starts with 'Call me Ishmael.'; expected a word and its numbers"),
        (b"\n\n", "expected a word and its numbers"),
        (b"3 4\n", "there is nothing after its first line"),
        ("a 1 2\n".encode("utf-16"), "is UTF-16"),
    ],
)
def test_what_is_no_word_vectors(tmp_path: Path, content: bytes, message: str) -> None:
    path = write(tmp_path / "w.txt", content)
    with pytest.raises(InputError, match=message) as caught:
        open_words(path)
    assert str(path) in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no file"):
        open_words(tmp_path / "w.txt")


def test_a_line_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_module, "LONGEST", 1000)
    monkeypatch.setattr(text_module, "BLOCK", 300)
    path = write(tmp_path / "w.txt", b"a 1 2\nb 3 4\n" * 20 + b"x" * 2000)
    with pytest.raises(InputError, match="a line of more than 1,000 bytes"):
        open_words(path)


def test_a_file_that_changed(tmp_path: Path) -> None:
    path = write(tmp_path / "w.txt", GLOVE)
    source = open_words(path)
    keys = source.keys(np.array([0, 2]))
    stretch = source.take(np.arange(2))
    os.utime(path, ns=(1, 1))
    with pytest.raises(InputError, match="has changed since it was opened"):
        source.take(np.arange(2))
    with pytest.raises(InputError, match="has changed since it was opened"):
        stretch.read(None)
    again = open_words(path).keys(np.array([0, 2]))
    assert len({*keys, *again}) == 4


def test_gz_is_unpacked_and_the_copy_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    path = write(tmp_path / "cc.vec.gz", gzip.compress(FASTTEXT))
    source = open_words(path)
    assert source.name == str(path)
    assert len(list((tmp_path / "temporary").iterdir())) == 1
    assert read(source).items.tolist() == [[0.25, -1.5, 2], [3, 4, 5]]
    assert read(source).uris[0] == path.as_uri()
    del source
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_damaged_gz_gives_what_comes_before(tmp_path: Path) -> None:
    numbers = np.random.default_rng(0).normal(size=(500, 3)).tolist()
    whole = "".join(f"w{i} {a} {b} {c}\n" for i, (a, b, c) in enumerate(numbers)).encode()
    source = open_words(write(tmp_path / "w.txt.gz", gzip.compress(whole)[:-3000]))
    assert "The file is damaged" in source.notes[0]
    batch = read(source)
    assert 50 < len(batch.ids) < 500
    assert batch.ids == [f"w{i}" for i in range(len(batch.ids))]
    assert np.array_equal(batch.items, np.float32(numbers[: len(batch.ids)]))
    with pytest.raises(InputError, match="can't be unpacked as gzip"):
        open_words(write(tmp_path / "no.txt.gz", GLOVE))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.text("ab.1- \té\xa0", max_size=6), st.sampled_from([" ", "\t", "  "])), max_size=12),
    st.sampled_from(["\n", "\r\n", " \n"]),
)
def test_any_word_comes_back(words: list[tuple[str, str]], end: str) -> None:
    plain = [(f"plain{i}", " ") for i in range(len(words) + 2)]
    lines = [f"{word}{gap}{i} -{i}.5 {i}e-1{end}" for i, (word, gap) in enumerate([*plain, *words])]
    with tempfile.TemporaryDirectory() as folder:
        source = open_words(write(Path(folder) / "w.txt", "".join(lines).encode()))
        batch = read(source)
    known = [word.rstrip(" \t") for word, _ in [*plain, *words]]
    assert list(source.ids) == [word or f"line {i + 1}" for i, word in enumerate(known)]
    assert [(r.id, r.reason) for r in batch.rejected] == [
        (f"line {i + 1}", f"line {i + 1}: no word before 3 numbers") for i, word in enumerate(known) if not word
    ]
    rows = [i for i, word in enumerate(known) if word]
    assert batch.rows.tolist() == rows
    assert np.array_equal(batch.items, np.float32([[i, float(f"-{i}.5"), float(f"{i}e-1")] for i in rows]))


def test_what_looks_like_words(tmp_path: Path) -> None:
    looks = {WORD2VEC: True, GLOVE: True, FASTTEXT: True}
    looks |= dict.fromkeys((b"", b"Call me Ishmael.\nSome years ago\n", b"the 1\nof 2\n", b"\x89PNG\r\n\x1a\n"), False)
    for content, expected in looks.items():
        assert looks_like_words(write(tmp_path / "file", content)) is expected, content
        assert looks_like_words(write(tmp_path / "file.gz", gzip.compress(content))) is expected, content
    assert not looks_like_words(write(tmp_path / "file.gz", GLOVE))
    assert not looks_like_words(tmp_path / "none.txt")


def test_a_cut_gz_does_not_trust_its_last_number(tmp_path: Path) -> None:
    packer = zlib.compressobj(wbits=31)
    packed = packer.compress(b"a 1 2\nb 3 4\nc 5 6") + packer.flush(zlib.Z_SYNC_FLUSH)
    batch = read(open_words(write(tmp_path / "w.txt.gz", packed)))
    assert batch.ids == ["a", "b"]
    assert [(r.id, r.reason) for r in batch.rejected] == [
        ("c", "line 3: the file ends here, perhaps within its last number")
    ]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path: Path) -> None:
    path = write(tmp_path / "w.txt", GLOVE)
    path.chmod(0)
    with pytest.raises(InputError, match="can't be read: Permission denied"):
        open_words(path)
