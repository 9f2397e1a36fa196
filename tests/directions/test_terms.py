"""What a direction of words is fitted on, as it is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lateen.core.errors import InputError
from lateen.directions.terms import listed, read_pairs, read_poles

EXPECTED = (("he", "she"), ("man", "woman"))
WORD = st.text(st.characters(exclude_characters=":,\0", exclude_categories=["Cs"]), min_size=1).map(str.strip)


def test_pairs_as_they_are_typed_and_as_they_are_given() -> None:
    assert read_pairs("he:she,man:woman") == read_pairs(" he : she , man:woman, ") == EXPECTED
    assert read_pairs([("he", "she"), ["man", "woman"]]) == read_pairs({"he": "she", "man": "woman"}) == EXPECTED


@pytest.mark.parametrize(
    "text",
    [
        "he:she\nman:woman\n",
        "he\tshe\r\nman\twoman\r\n",
        "\ufeff# two pairs\n\n he  she \nman woman",
    ],
)
def test_pairs_of_a_file(tmp_path: Path, text: str) -> None:
    file = tmp_path / "pairs.txt"
    file.write_bytes(text.encode())
    assert read_pairs(file) == read_pairs(str(file)) == EXPECTED


def test_tabs_keep_phrases_and_paths_whole(tmp_path: Path) -> None:
    file = tmp_path / "pairs.tsv"
    file.write_text("with a hat\twithout: bare\n")
    assert read_pairs(file) == (("with a hat", "without: bare"),)


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ("he", "'he', which is no pair"),
        ("nofile.txt", r"There is no file nofile\.txt, and that is no pair"),
        ("my/pairs", "There is no file my/pairs"),
        ("he.txt:", "one side is empty"),
        ("he:she:it", "no pair"),
        ("he:", "one side is empty"),
        (":she", "one side is empty"),
        ("he:he", "same word on both sides"),
        ("he:she,he:she", "he:she more than once"),
        ("he:she,she:it", "'she' on both sides of the colon"),
        ("", "no pairs"),
        (" , ", "no pairs"),
        ([], "no pairs"),
        (["ab"], "give pairs of two words"),
        ([("a", "b", "c")], "give pairs of two words"),
    ],
)
def test_what_is_no_list_of_pairs(pairs: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_pairs(pairs)


def test_a_bad_line_of_a_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "pairs.txt"
    file.write_text("he she\none two three\n")
    with pytest.raises(InputError, match=r"line 2 of .*pairs\.txt, 'one two three', which is no pair"):
        read_pairs(file)
    file.write_bytes(b"he:sh\xe9\n")
    with pytest.raises(InputError, match=r"can't be read: .*UTF-8"):
        read_pairs(file)
    with pytest.raises(InputError, match="can't be read"):
        read_pairs(tmp_path / "missing.txt")
    file.write_text("# nothing\n")
    with pytest.raises(InputError, match="no pairs"):
        read_pairs(file)


def test_poles() -> None:
    assert read_poles("warm, hot:cold,icy") == (("warm", "hot"), ("cold", "icy"))
    assert read_poles((["warm"], "cold,icy")) == (("warm",), ("cold", "icy"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("warm", "two sides with one colon"),
        ("warm:cold,hot:icy", "two sides with one colon between.*--pairs"),
        ("warm:", "one side is empty"),
        (":", "one side is empty"),
        ("warm:warm", "'warm' on both sides"),
        ("warm,warm:cold", "'warm' twice on one side"),
        ([["warm"]], "two sides"),
    ],
)
def test_what_are_no_poles(words: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_poles(words)


@given(st.text(max_size=60))
def test_any_text_is_pairs_or_bad_input(text: str) -> None:
    for read in (read_pairs, read_poles):
        try:
            found = read(text)
        except InputError:
            continue
        assert all(word == word.strip() and word for side in found for word in side)


@given(st.lists(st.tuples(WORD, WORD), min_size=1, max_size=5))
def test_what_is_written_is_read_back(pairs: list[tuple[str, str]]) -> None:
    words = [word for pair in pairs for word in pair]
    if len(set(words)) < len(words) or not all(words) or any(Path(w).is_file() for w in words):
        return
    assert read_pairs(",".join(f"{a}:{b}" for a, b in pairs)) == tuple(pairs)


def test_long_lists_are_shortened() -> None:
    assert listed(["a", "b", "c"]) == "a, b, c"
    assert listed(["a", "b", "c", "d"]) == "a, b, c, ..."
