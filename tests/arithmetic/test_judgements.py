from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest
from gensim.test.utils import datapath
from hypothesis import given, settings
from hypothesis import strategies as st

from lateen.arithmetic.judgements import read_judgements
from lateen.core.errors import InputError, UnknownNameError

SIMLEX = (
    "word1\tword2\tPOS\tSimLex999\tconc(w1)\tconc(w2)\tconcQ\tAssoc(USF)\tSimAssoc333\tSD(SimLex)\n"
    "old\tnew\tA\t1.58\t2.72\t2.81\t2\t7.25\t1\t0.41\n"
    "smart\tintelligent\tA\t9.2\t1.75\t2.46\t1\t7.11\t1\t0.67\n"
    "hard\tdifficult\tA\t8.77\t3.76\t2.21\t2\t5.94\t1\t1.19\n"
)
PAIRS = (("old", "new"), ("smart", "intelligent"), ("hard", "difficult"))
ROWS = (("tiger", "cat", "7.35"), ("book", "paper", "7.46"), ("king", "cabbage", "0.23"))


def made(folder: Path, content: str | bytes, name: str = "set.txt") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def lines(separator: str, rows: tuple[tuple[str, ...], ...] = ROWS) -> str:
    return "".join(separator.join(row) + "\n" for row in rows)


@pytest.mark.parametrize(
    ("file", "name", "n", "first"),
    [
        ("simlex999.txt", "SimLex-999", 999, (("old", "new"), 1.58)),
        ("wordsim353.tsv", "WordSim-353", 353, (("love", "sex"), 6.77)),
    ],
)
def test_the_sets_that_gensim_ships(file: str, name: str, n: int, first: tuple[tuple[str, str], float]) -> None:
    read = read_judgements(datapath(file))
    assert (read.name, len(read), read.column) == (name, n, "column Human (mean)")
    assert (read.pairs[0], read.scores[0]) == first
    with Path(datapath(file)).open(encoding="utf-8") as content:
        rows = [row for row in csv.reader(content, delimiter="\t") if not row[0].startswith("#")]
    assert read.pairs == tuple((a, b) for a, b, _ in rows)
    np.testing.assert_array_equal(read.scores, [float(score) for _, _, score in rows])


def test_simlex_as_published(tmp_path: Path) -> None:
    read = read_judgements(made(tmp_path, SIMLEX))
    assert read.pairs == PAIRS
    assert read.scores.tolist() == [1.58, 9.2, 8.77]
    assert (read.column, read.layout) == ("column SimLex999", "tabs, column SimLex999")
    assert read.notes == (
        "Scores are read from column SimLex999; there are numbers in column conc(w1), column conc(w2), column concQ, "
        "column Assoc(USF), ... too (--column chooses).",
    )


@pytest.mark.parametrize("column", ["Assoc(USF)", "assoc usf", "8"])
def test_another_column_can_be_asked_for(tmp_path: Path, column: str) -> None:
    read = read_judgements(made(tmp_path, SIMLEX), column=column)
    assert read.scores.tolist() == [7.25, 7.11, 5.94]
    assert (read.column, read.notes) == ("column Assoc(USF)", ())


def test_a_column_that_is_not_there(tmp_path: Path) -> None:
    path = made(tmp_path, SIMLEX)
    with pytest.raises(UnknownNameError, match=r"no column 'SimLex' .* Did you mean 'SimLex999'"):
        read_judgements(path, column="SimLex")
    with pytest.raises(UnknownNameError, match="no column '11'"):
        read_judgements(path, column="11")
    with pytest.raises(InputError, match=r"'POS' .* holds no numbers"):
        read_judgements(path, column="POS")


def test_wordsim_as_published(tmp_path: Path) -> None:
    combined = "Word 1,Word 2,Human (mean)\n" + lines(",")
    one = read_judgements(made(tmp_path, combined.replace("\n", "\r\n"), "combined.csv"))
    assert (one.pairs[0], one.scores.tolist()) == (("tiger", "cat"), [7.35, 7.46, 0.23])
    assert (one.layout, one.notes) == ("commas, column Human (mean)", ())
    judges = [("Word 1", "Word 2", "Human (mean)", "1", "2"), *((*row, "9", f"{i}") for i, row in enumerate(ROWS))]
    set1 = read_judgements(made(tmp_path, lines(",", tuple(judges)), "set1.csv"))
    assert (set1.pairs, set1.scores.tolist(), set1.column) == (one.pairs, [7.35, 7.46, 0.23], "column Human (mean)")
    similar = read_judgements(made(tmp_path, lines("\t"), "wordsim_similarity_goldstandard.txt"))
    assert (similar.name, similar.column) == ("wordsim_similarity_goldstandard", "column 3")
    assert similar.pairs == one.pairs


def test_men_as_published(tmp_path: Path) -> None:
    natural = read_judgements(made(tmp_path, "sun sunlight 50.000000\nmoon sea 20.5\nbakery zebra 0.000000\n"))
    assert (natural.layout, natural.notes) == ("spaces, column 3", ())
    lemma = "sun-n sunlight-n 50.000000\nmoon-n grow-v 20.5\nwet-j zebra-n 0.000000\n"
    read = read_judgements(made(tmp_path, lemma))
    assert read.pairs == (("sun", "sunlight"), ("moon", "grow"), ("wet", "zebra"))
    assert read.notes == ("All words end in their part of speech, which is taken off: 'sun-n' is 'sun'.",)
    mixed = read_judgements(made(tmp_path, lemma + "e-mail letter 30\n"))
    assert mixed.pairs[0] == ("sun-n", "sunlight-n")
    whole = "".join(f"a{i} b{i} {i / 60:.6f}\n" for i in range(3000))
    assert read_judgements(made(tmp_path, whole, "MEN_dataset_natural_form_full")).name == "MEN"


def test_more_layouts(tmp_path: Path) -> None:
    simverb = "take\tremove\tV\t6.81\tSYNONYMS\nwalk\ttrail\tV\t4.81\tCOHYPONYMS\ndo\tdie\tV\t0.5\tNONE\n"
    assert read_judgements(made(tmp_path, simverb)).scores.tolist() == [6.81, 4.81, 0.5]
    rows = [("", "word_1", "word_2", "n", "score"), *((str(i), *row[:2], "9", row[2]) for i, row in enumerate(ROWS))]
    pandas = read_judgements(made(tmp_path, lines(",", tuple(rows))))
    assert (pandas.column, pandas.scores.tolist(), pandas.pairs[0]) == ("column score", [7.35, 7.46, 0.23], ROWS[0][:2])
    quoted = read_judgements(made(tmp_path, '"New York, N.Y.","city",9\n"a ""b""",c,1\nd,e,2\n'))
    assert quoted.pairs[:2] == (("New York, N.Y.", "city"), ('a "b"', "c"))
    exported = read_judgements(made(tmp_path, '"tiger"\t"cat"\t"7.35"\nnan\tinfinity\t3\nbook\tpaper\t7\n'))
    assert exported.pairs[:2] == (("tiger", "cat"), ("nan", "infinity"))
    decimal = read_judgements(made(tmp_path, "wort1;wort2;wert\nTiger;Katze;7,35\nBuch;Papier;7,46\nKohl;Rabi;0,5\n"))
    assert (decimal.scores.tolist(), decimal.column) == ([7.35, 7.46, 0.5], "column wert")
    assert decimal.notes == ("Scores are written with a decimal comma: 7,35 is read as 7.35.",)
    phrases = read_judgements(made(tmp_path, "New York\tNew Jersey\t7\nLos Angeles\tcity\t8\na\tb\t1\n"))
    assert phrases.pairs[0] == ("New York", "New Jersey")


def test_lines_that_cannot_be_used_are_counted_and_named(tmp_path: Path) -> None:
    bad = "sun\tmoon\nsun\tmoon\tnan\nonly\n\tmoon\t4\nbook\tpaper\t?\n"
    good = "cat\ttiger\t7\nsun\tmoon\t2\n"
    read = read_judgements(made(tmp_path, "# a comment\n\n" + lines("\t") + bad + good))
    assert read.pairs[3:] == (("cat", "tiger"), ("sun", "moon"))
    assert read.notes == (
        "5 lines hold no two words and a number and are left out: lines 6, 7, 8, 9, 10.",
        "1 pair is there again (cat tiger); each line counts.",
    )
    with pytest.raises(InputError, match=r"Only 3 of 8 lines of .* could be used"):
        read_judgements(made(tmp_path, lines("\t") + bad))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(tmp_path: Path, encoding: str, end: str) -> None:
    content = "naïve\tcafé\t3.5\nÜbel\tgut\t1\nSüd\tWest\t6\n".replace("\n", end)
    read = read_judgements(made(tmp_path, content.encode(encoding)))
    assert read.pairs == (("naïve", "café"), ("Übel", "gut"), ("Süd", "West"))
    assert read.scores.tolist() == [3.5, 1, 6]
    said = () if encoding.startswith("utf-8") else (f"set.txt is not in utf-8; it is read as {encoding}.",)
    assert read.notes == said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        (" \n\r\n", "is empty"),
        ("# nothing\n#\n", "comments only"),
        ("sun moon\ntiger cat\nbook paper\n", "has no scores; it starts with 'sun moon'"),
        (": capital\nAthens Greece Oslo Norway\n", "looks like analogies, for `lateen analogies`"),
        ("Athens Greece Oslo Norway\nRome Italy Oslo Norway\n", "looks like analogies"),
        ("the 0.1 0.2 0.3 0.4\nof 0.3 0.1 0.2 0.9\n", "looks like word vectors"),
        ("1 2 3\n4 5 6\n7 8 9\n", "has no scores"),
        ("a b 1\nc d 2\n", "holds 2 usable judgements; at least 3"),
        ("a b 5\nc d 5\ne f 5.0\n", "All 3 scores of .* are 5"),
        ("a b 1e999\nc d 2\ne f nan\n", "Only 1 of 3 lines"),
        (bytes(range(256)) * 9, "is no text"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" * 9, "is no text"),
        (gzip.compress(SIMLEX.encode()), r"is packed \(gzip\)"),
        (b"PK\x03\x04....", r"is packed \(zip\)"),
    ],
)
def test_files_that_are_no_judgements(tmp_path: Path, content: str | bytes, said: str) -> None:
    with pytest.raises(InputError, match=said) as error:
        read_judgements(made(tmp_path, content))
    assert str(tmp_path) in str(error.value)


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"There is no file .*absent\.txt; give one of judgements"):
        read_judgements(tmp_path / "absent.txt")
    made(tmp_path, SIMLEX, "SimLex-999.txt")
    with pytest.raises(InputError, match=r"is a folder; give one file .* It holds SimLex-999\.txt"):
        read_judgements(tmp_path)
    with pytest.raises(InputError, match="can't be read"):
        read_judgements(tmp_path / ("long" * 100))
    large = made(tmp_path, SIMLEX, "large.txt")
    with large.open("r+b") as file:
        file.truncate((64 << 20) + 1)
    with pytest.raises(InputError, match="67,108,865 bytes, too many"):
        read_judgements(large)


WORD = st.text(st.characters(categories=["L"]), min_size=1, max_size=8)
ROW = st.tuples(WORD, WORD, st.floats(-100, 100, allow_nan=False))


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(ROW, min_size=3, max_size=20).filter(lambda rows: len({score for _, _, score in rows}) > 1),
    separator=st.sampled_from("\t,; "),
)
def test_any_words_and_numbers_are_read_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, float]], separator: str
) -> None:
    content = "".join(f"{a}{separator}{b}{separator}{score!r}\n" for a, b, score in rows)
    read = read_judgements(made(tmp_path_factory.mktemp("rows"), content))
    assert read.pairs == tuple((a, b) for a, b, _ in rows)
    assert read.scores.tolist() == [score for _, _, score in rows]


PIECES = st.sampled_from(["sun", "moon", "é", "-n", "5", "1,5", " ", "\t", ",", ";", "\n", "\r\n", "#", '"', ":", "\0"])


@settings(max_examples=200, deadline=None)
@given(content=st.one_of(st.binary(max_size=200), st.lists(PIECES, max_size=60).map(lambda p: "".join(p).encode())))
def test_whatever_a_file_holds_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = made(tmp_path_factory.mktemp("any"), content)
    try:
        read = read_judgements(path)
    except InputError:
        return
    assert len(read) >= 3
    assert np.isfinite(read.scores).all()


@pytest.mark.parametrize("score", ["1e400", "inf", "-1e999", "nan"])
def test_a_first_line_beyond_numbers_is_no_header(score: str, tmp_path: Path) -> None:
    path = tmp_path / "pairs.txt"
    path.write_text(f"king queen {score}\nman woman 3\nboy girl 2\nhouse home 9\n")
    read = read_judgements(path)
    assert len(read.scores) == 3
    assert any("line 1" in note for note in read.notes)
