"""Text becomes sentences of words as the module says, in whatever pieces it comes."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lateen.sources.corpus.sentences import BLOCK, LONGEST_RUN, LONGEST_SENTENCE, Splitter, layout_of


def split(text: str, layout: str = "prose", *, keep_case: bool = False, block: int = BLOCK) -> list[list[str]]:
    splitter = Splitter(layout, keep_case=keep_case, block=block)
    return splitter.feed(text) + splitter.finish()


def words(text: str) -> list[str]:
    return [word for sentence in split(text, "lines") for word in sentence]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't you?", ["don't", "you"]),
        ("don’t donʼt don＇t", ["don't"] * 3),
        ("‘So,’ he said, “rock 'n' roll”", ["so", "he", "said", "rock", "n", "roll"]),
        ("my mother-in-law--she--left - now", ["my", "mother-in-law", "she", "left", "now"]),
        ("New_York _quite_ __init__", ["new_york", "quite", "init"]),
        ("3.14 and 1,000,000; 2,3, 4. 5", ["3.14", "and", "1,000,000", "2,3", "4", "5"]),
        ("in 1852, A1 b2b", ["in", "1852", "a1", "b2b"]),
        ("Straße Ärger Ωραῖος ДОМ", ["straße", "ärger", "ωραῖος", "дом"]),
        ("cafe\u0301 co\xadoperate", ["café", "cooperate"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("می\u200cخواهم", ["می\u200cخواهم"]),
        ("@!? -- ... '' _ -", []),
        ("a\x00b\x0cc", ["a", "b", "c"]),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_capitals_stay_where_they_are_wanted() -> None:
    assert split("The King. İstanbul", keep_case=True) == [["The", "King"], ["İstanbul"]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It rained. He left! Why?", ["it rained", "he left", "why"]),
        ("“Oh!” he said. ‘No.’ She went", ["oh", "he said", "no", "she went"]),
        ("Mr. Darcy met Mrs. Bennet and Dr. J. Smith. Then", ["mr darcy met mrs bennet and dr j smith", "then"]),
        ("A line\nthat goes on.\nNext", ["a line that goes on", "next"]),
        ("CHAPTER I\n \nIt was so\r\n\r\nAnd so on", ["chapter i", "it was so", "and so on"]),
        ("he came to... nothing at www.x.org today", ["he came to", "nothing at www x org today"]),
        ("the end .\nof a tokenised one .", ["the end", "of a tokenised one"]),
        ("一句话。又一句！", ["一句话", "又一句"]),
    ],
)
def test_prose(text: str, expected: list[str]) -> None:
    assert [" ".join(sentence) for sentence in split(text.replace("\r\n", "\n"))] == expected


def test_lines() -> None:
    assert split("One. Two.\n\nThree\n", "lines") == [["one", "two"], ["three"]]


def test_a_long_sentence_is_cut() -> None:
    sentences = split("word " * 25_001, block=4096)
    assert [len(sentence) for sentence in sentences] == [LONGEST_SENTENCE, LONGEST_SENTENCE, 5001]


def test_what_is_longer_than_a_word_is_cut() -> None:
    parts = words("a" * 250 + " b")
    assert parts == ["a" * LONGEST_RUN, "a" * LONGEST_RUN, "a" * 50, "b"]


@given(st.text(), st.sampled_from(["prose", "lines"]), st.lists(st.integers(1, 20)), st.integers(1, 64))
def test_pieces_leave_no_trace(text: str, layout: str, sizes: list[int], block: int) -> None:
    splitter = Splitter(layout, block=block)
    done, rest = [], text
    for size in sizes:
        done += splitter.feed(rest[:size])
        rest = rest[size:]
    done += splitter.feed(rest) + splitter.finish()
    assert done == split(text, layout, block=block)


sentence = st.lists(st.text("abcdéß'’-", min_size=1, max_size=8).map(lambda word: f"x{word}x"), min_size=2, max_size=8)
prose = st.lists(st.tuples(sentence, st.sampled_from([". ", "!\n", "?” ", "\n\n", " ... ", ", "])), max_size=30)


@settings(max_examples=50)
@given(prose, st.sampled_from(["prose", "lines"]), st.integers(100, 300))
def test_blocks_leave_no_trace_in_what_people_write(
    text: list[tuple[list[str], str]], layout: str, block: int
) -> None:
    whole = "".join(" ".join(words) + end for words, end in text)
    assert split(whole, layout, block=block) == split(whole, layout)


@pytest.mark.parametrize("text", ["." * 3_000_000 + "x", "\n" * 3_000_000, " " * 3_000_000, "a-" * 1_500_000])
def test_strange_texts_take_no_longer(text: str) -> None:
    begun = time.process_time()
    split(text)
    assert time.process_time() - begun < 5


PROSE = "It was the best of times, it was the worst\nof times. It was the age of wisdom; it was so\nto all.\n\n" * 20


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        (PROSE, "prose"),
        (PROSE.replace("\n", " ").replace("all.  ", "all.\n"), "prose"),
        ("The cat sat on the mat.\nA dog barked at it!\nWhy did it?\n" * 20, "lines"),
        ("the cat sat on the mat\na dog barked at it\n" * 20, "lines"),
        ("anarchism originated as a term of abuse first used against early working class radicals " * 20, "lines"),
        ("He came . Then he saw .\nHe won at last . Now he is home .\n" * 20, "prose"),
        ("", "lines"),
    ],
)
def test_layout(sample: str, expected: str) -> None:
    assert layout_of(sample) == expected
