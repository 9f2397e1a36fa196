"""Analogy sets from files: what is read, and what is said of the rest."""

from __future__ import annotations

from pathlib import Path

import pytest
from gensim.test.utils import datapath

from lateen.arithmetic.analogies import Pair, QuestionSet, read_questions
from lateen.core.errors import InputError


def google(folder: Path, text: str | bytes) -> QuestionSet:
    path = folder / "set.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_questions(path)


def test_the_google_set() -> None:
    questions = read_questions(datapath("questions-words.txt"))
    assert len(questions) == 19_544
    assert len(questions.sections) == 14
    assert len(questions.words()) == 905
    assert questions.notes == ()
    family = next(s for s in questions.sections if s.name == "family")
    assert len(family) == 506
    assert len(family.pairs) == 23
    assert next(iter(family)) == ("boy", "girl", "brother", ("sister",))
    lines = [line.split() for line in Path(datapath("questions-words.txt")).read_text().splitlines()]
    expected = [tuple(words) for words in lines if words[0] != ":"]
    assert [(a, b, c, d[0]) for s in questions.sections for a, b, c, d in s] == expected


@pytest.mark.parametrize(
    ("encoding", "note"),
    [("utf-8", None), ("utf-8-sig", None), ("utf-16", "utf-16"), ("latin-1", "latin-1")],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(tmp_path: Path, encoding: str, note: str | None, end: str) -> None:
    text = end.join([": métiers", "roi reine père\tmère", "", "  frère sœur roi reine  ".replace("œ", "oe"), ""])
    questions = google(tmp_path, text.encode(encoding))
    assert [s.name for s in questions.sections] == ["métiers"]
    assert list(questions.sections[0]) == [("roi", "reine", "père", ("mère",)), ("frère", "soeur", "roi", ("reine",))]
    assert questions.sections[0].pairs == (Pair("roi", ("reine",)), Pair("père", ("mère",)), Pair("frère", ("soeur",)))
    assert len(questions.notes) == (note is not None)
    assert note is None or note in questions.notes[0]


def test_lines_that_are_no_questions_are_said(tmp_path: Path) -> None:
    questions = google(tmp_path, "a b c d\n: one\na b c\na b c d e\na b c d\n: two\n:) b c d\n: one\nb c d e\n")
    assert [(s.name, len(s)) for s in questions.sections] == [("set", 1), ("one", 2), ("two", 1)]
    assert questions.notes == (
        "set.txt: 2 lines are left out, which hold not four words (line 3: 3 words, line 4: 5 words).",
    )
    many = google(tmp_path, ": x\na b c d\n" + "a\n" * 1000)
    assert many.notes[0].startswith("set.txt: 1,000 lines are left out")
    assert many.notes[0].endswith("line 7: 1 word, ...).")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"  \n\n", "is empty"),
        (b": section\n", "holds no question"),
        (b": section\na b c\nd e f\n", r"holds no question.*2 lines are left out"),
        (bytes(range(256)) * 20, "is no text"),
        (b"\x1f\x8b\x08\x00", "is packed"),
    ],
)
def test_what_is_no_set(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        google(tmp_path, content)


def test_a_missing_file_and_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no file"):
        read_questions(tmp_path / "none.txt")
    with pytest.raises(InputError, match=r"holds no \.txt file"):
        read_questions(tmp_path)


def bats(folder: Path) -> Path:
    part = folder / "BATS" / "1_Inflectional"
    part.mkdir(parents=True)
    (part / "I01 [noun - plural].txt").write_text("car\tcars\nchild\tchildren/kids\nman\tmen\n")
    (part / "E02.txt").write_bytes(b"red\tcolor/colour\r\nbroken line here\r\n\r\nrose flower/plant\r\n")
    (part / "._E02.txt").write_bytes(b"\0\1")
    (folder / "BATS" / "metadata.txt").write_text("BATS 3.0 by its authors\n")
    return folder / "BATS"


def test_bats(tmp_path: Path) -> None:
    questions = read_questions(bats(tmp_path))
    assert [s.name for s in questions.sections] == ["E02", "I01 [noun - plural]"]
    plural = questions.sections[1]
    assert len(plural) == 6
    assert next(iter(plural)) == ("car", "cars", "child", ("children", "kids"))
    assert list(plural)[2] == ("child", "children", "car", ("cars",))
    assert list(questions.sections[0]) == [
        ("red", "color", "rose", ("flower", "plant")),
        ("rose", "flower", "red", ("color", "colour")),
    ]
    assert questions.notes == (
        "E02.txt: 1 line is left out, which holds not a word and its answers (line 2: 3 words).",
        "metadata.txt: 1 line is left out, which holds not a word and its answers (line 1: 5 words).",
    )


def test_one_list_of_bats(tmp_path: Path) -> None:
    questions = read_questions(bats(tmp_path) / "1_Inflectional" / "I01 [noun - plural].txt")
    assert [(s.name, len(s)) for s in questions.sections] == [("I01 [noun - plural]", 6)]


def test_a_list_that_makes_too_many_questions(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"lists 2,300 pairs, which make 5,287,700 questions"):
        google(tmp_path, "".join(f"a{i}\tb{i}\n" for i in range(2_300)))
