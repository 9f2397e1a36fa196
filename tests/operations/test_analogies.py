"""Analogy tests on spaces: gensim's answer to every question, what the result holds, and what can't be asked."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gensim.models import KeyedVectors, Word2Vec
from gensim.models.word2vec import LineSentence
from gensim.test.utils import datapath

import lateen as lt
from lateen.core.errors import InputError
from lateen.operations.analogies import Analogies
from lateen.space import Space


class Listening(KeyedVectors):  # type: ignore[misc]
    """Keeps what `evaluate_word_analogies` found for each question."""

    def most_similar(self, *args: Any, **options: Any) -> Any:
        found = super().most_similar(*args, **options)
        self.heard.append(([*options["positive"], *options["negative"]], [word for word, _ in found]))
        return found


def space_of(vectors: KeyedVectors, folder: Path, geometry: str | None = None) -> Space:
    vectors.save_word2vec_format(str(folder / "words.bin"), binary=True)
    lt.build(folder / "words.bin", out=folder / "words.space", geometry=geometry)
    return lt.open(folder / "words.space")


def keyed(words: list[str], vectors: np.ndarray) -> KeyedVectors:
    made = KeyedVectors(vectors.shape[1])
    made.add_vectors(words, vectors.astype(np.float32))
    return made


def written(folder: Path, sections: dict[str, list[tuple[str, ...]]]) -> Path:
    path = folder / "questions.txt"
    lines = [line for name, asked in sections.items() for line in (f": {name}", *map(" ".join, asked))]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def theirs(vectors: KeyedVectors, path: Path, **options: Any) -> tuple[list[tuple[str, ...]], list[dict[str, Any]]]:
    """gensim's answers, as (a, b, c, answer), and its sections."""
    listening = Listening(vectors.vector_size)
    listening.__dict__.update(vectors.__dict__)
    listening.heard, listening.norms = [], None
    _, sections = listening.evaluate_word_analogies(str(path), **options)
    fold = options.get("case_insensitive", True)
    answers = []
    for (b, c, a), found in listening.heard:
        words = [word.upper() if fold else word for word in found]
        answers.append((a, b, c, next((w for w in words if w not in {a, b, c}), words[-1] if words else "")))
    return answers, sections


def ours(result: Analogies, fold: bool = True, method: str = "add") -> list[tuple[str, ...]]:
    def key(word: object) -> str:
        return str(word).upper() if fold else str(word)

    rows = [row for row in result.answers() if row[0] == method and row[7] is not None]
    return [(*map(key, row[2:5]), key(row[6])) for row in rows]


def same_as_gensim(space: Space, vectors: KeyedVectors, path: Path, vocabulary: int, fold: bool, unknown: str) -> int:
    """How many answers were compared."""
    options = {"restrict_vocab": vocabulary, "case_insensitive": fold, "dummy4unknown": unknown == "wrong"}
    answers, sections = theirs(vectors, path, **options)
    result = space.analogies(path, vocabulary=vocabulary, match_case=not fold, unknown=unknown)
    assert ours(result, fold) == answers
    for section in sections[:-1]:
        part = result["add"].sections[section["section"]].score
        assert (part.correct, part.total) == (len(section["correct"]), len(section["correct"] + section["incorrect"]))
    total = result["add"].total.score
    assert (total.correct, total.total) == (len(sections[-1]["correct"]), sum(len(sections[-1][k]) for k in CORRECT))
    return len(answers)


CORRECT = ("correct", "incorrect")


@pytest.fixture(scope="module")
def trained() -> KeyedVectors:
    return Word2Vec(
        LineSentence(datapath("lee_background.cor")), vector_size=40, min_count=2, epochs=8, workers=1, seed=1
    ).wv


@pytest.fixture(scope="module")
def news(trained: KeyedVectors, tmp_path_factory: pytest.TempPathFactory) -> Space:
    return space_of(trained, tmp_path_factory.mktemp("news"))


@pytest.fixture(scope="module")
def asked_of_news(trained: KeyedVectors, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Questions of the corpus's own words: any case, repeated words, unknown ones, and pairs that it may know."""
    rng = np.random.default_rng(0)
    words = trained.index_to_key
    sections: dict[str, list[tuple[str, ...]]] = {"any": [], "twice": [], "near": []}
    for _ in range(250):
        chosen = [words[i] for i in rng.zipf(1.3, 4) % len(words)]
        cased = [str(rng.choice([word, word.upper(), word.title()])) for word in chosen]
        sections["any"].append(tuple(word if rng.random() < 0.95 else "unheard" for word in cased))
        a, b, c, d = chosen
        repeated = [(a, b, a, d), (a, a, c, d), (a, b, b, d), (a, b, c, a), (a, b, c, c), (a, a, a, b)]
        sections["twice"].append(repeated[rng.integers(6)])
        near = [word for word, _ in trained.most_similar(positive=[b, c], negative=[a], topn=2)]
        sections["near"].append((a, b, c, near[0]))
    return written(tmp_path_factory.mktemp("asked"), sections)


@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize(("vocabulary", "unknown"), [(300_000, "skip"), (900, "skip"), (900, "wrong"), (60, "skip")])
def test_gensims_answers_on_trained_vectors(
    news: Space, trained: KeyedVectors, asked_of_news: Path, vocabulary: int, fold: bool, unknown: str
) -> None:
    compared = same_as_gensim(news, trained, asked_of_news, vocabulary, fold, unknown)
    assert compared > (500 if vocabulary == 300_000 else 50)


@pytest.fixture(scope="module")
def variants() -> KeyedVectors:
    """Random words, of which many are spelled in up to nine ways, close together."""
    rng = np.random.default_rng(3)
    spellings, vectors = [], []
    for i in range(400):
        base = rng.normal(size=12)
        name = f"word{chr(97 + i % 26)}{chr(97 + i // 26)}"
        ways = {"".join(rng.choice([c, c.upper()]) for c in name) for _ in range(6)}
        ways |= {name, name.upper(), name.title()}
        for way in sorted(ways)[: int(rng.integers(1, 10))]:
            spellings.append(way)
            vectors.append(base + 0.05 * rng.normal(size=12))
    order = rng.permutation(len(spellings))
    return keyed([spellings[i] for i in order], np.array(vectors)[order])


@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize("vocabulary", [300_000, 700, 150])
def test_gensims_answers_where_words_are_spelled_in_many_ways(
    variants: KeyedVectors, tmp_path: Path, vocabulary: int, fold: bool
) -> None:
    rng = np.random.default_rng(4)
    words = variants.index_to_key[:700]
    asked = [tuple(rng.choice(words, 4)) for _ in range(600)]
    questions = written(tmp_path, {"one": asked[:300], "two": asked[300:]})
    space = space_of(variants, tmp_path)
    assert same_as_gensim(space, variants, questions, vocabulary, fold, "skip") >= 1
    if fold and vocabulary == 300_000:
        answers = ours(space.analogies(questions))
        assert len(answers) == 600
        assert sum(answer in words for *words, answer in answers) > 100  # the fifth of five, all of them such variants


@pytest.mark.parametrize("size", [3, 4, 7, 9])
def test_gensims_answers_in_a_handful_of_words(tmp_path: Path, size: int) -> None:
    """With so few words, the five best are all there are, and may all be spelled like the question's."""
    words = ["king", "King", "man", "MAN", "woman", "kinG", "KING", "kING", "mAN"][:size]
    vectors = keyed(words, np.random.default_rng(size).normal(size=(size, 4)))
    asked = [("man", "king", "king", "king"), ("king", "king", "king", "man"), ("man", "man", "king", "man")]
    questions = written(tmp_path, {"few": asked})
    assert same_as_gensim(space_of(vectors, tmp_path), vectors, questions, 300_000, True, "skip") == 3


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # gensim calls what it deprecates
def test_gensims_products(news: Space, trained: KeyedVectors, asked_of_news: Path) -> None:
    """3CosMul is `most_similar_cosmul`, where nothing is folded."""
    result = news.analogies(asked_of_news, "mul", match_case=True)
    rows = ours(result, fold=False, method="mul")
    assert len(rows) > 300
    for a, b, c, answer in rows:
        found = trained.most_similar_cosmul(positive=[b, c], negative=[a], topn=1)
        assert answer == found[0][0]


@pytest.fixture
def kings(tmp_path: Path) -> Space:
    """Eight pairs in one relation, each with a near neighbour, among random words."""
    rng = np.random.default_rng(0)
    left = rng.normal(size=(8, 20))
    offset = 1.5 * rng.normal(size=20)
    groups = {"he": left, "she": left + offset, "by": left + 0.4 * rng.normal(size=(8, 20))}
    words = [f"{name}{i}" for name in groups for i in range(8)] + [f"other{i}" for i in range(300)]
    vectors = np.concatenate([*groups.values(), rng.normal(size=(300, 20))])
    return space_of(keyed(words, vectors), tmp_path)


def relation(folder: Path, extra: dict[str, list[tuple[str, ...]]] | None = None) -> Path:
    asked = [(f"he{i}", f"she{i}", f"he{j}", f"she{j}") for i in range(8) for j in range(8) if i != j]
    return written(folder, {"sex": asked} | (extra or {}))


def test_what_a_result_holds(kings: Space, tmp_path: Path) -> None:
    path = relation(tmp_path, {"lone": [("he0", "by0", "he1", "by1")], "none": [("who", "what", "he1", "she1")]})
    result = kings.analogies(path)
    found = result.to_dict()
    assert json.loads(json.dumps(found)) == found
    assert {"name", "method", "correct", "total", "accuracy", "low", "high", "sections", "protocol"} <= set(found)
    assert {"nearest_to_c", "no_exclusion", "unknown", "notes"} <= set(found)
    assert (found["method"], found["total"], found["unknown"]) == ("add", 57, 1)
    assert found["accuracy"] == round(found["correct"] / 57, 4)
    assert found["low"] <= found["accuracy"] <= found["high"]
    assert found["nearest_to_c"]["accuracy"] < 0.2 < found["accuracy"]
    assert found["sections"]["none"]["accuracy"] is None
    assert found["sections"]["none"]["unknown"] == 1
    assert sum(found["no_exclusion"]["answers"].values()) + found["no_exclusion"]["correct"] <= 57
    assert "the first 324 of 324 words" in found["protocol"]["vocabulary"]
    assert repr(result).startswith("Analogies(questions.txt: add ")
    assert repr(result["add"]) in repr(result)
    assert repr(result["add"].total).startswith(f"{result.accuracy:.1%} (")
    assert repr(result["add"].sections["none"]) == "could be asked nothing"
    assert result.accuracy == result["add"].total.score.accuracy
    with pytest.raises(InputError, match="'mul' was not asked; there are add"):
        result["mul"]


def test_all_methods_and_those_that_learn_from_a_section(kings: Space, tmp_path: Path) -> None:
    result = kings.analogies(relation(tmp_path, {"lone": [("he0", "by0", "he0", "by0")]}), "all")
    found = result.to_dict()
    assert list(found["methods"]) == ["add", "mul", "pair", "avg", "lrcos"]
    totals = {name: part["total"] for name, part in found["methods"].items()}
    assert totals == {"add": 57, "mul": 57, "pair": 57, "avg": 8, "lrcos": 8}
    assert found["methods"]["avg"]["sections"]["lone"]["total"] == 0
    assert found["methods"]["avg"]["sections"]["lone"]["unknown"] == 1
    assert all(part["sections"]["sex"]["accuracy"] > 0.7 for part in found["methods"].values())
    assert "held_out" in found["protocol"]
    again = kings.analogies(relation(tmp_path, {"lone": [("he0", "by0", "he0", "by0")]}), ["lrcos", "add", "add"])
    assert list(again.methods) == ["add", "lrcos"]
    assert again["lrcos"] == result["lrcos"]
    only = kings.analogies(written(tmp_path, {"lone": [("he0", "she0", "he0", "she0")]}), "avg")
    assert math.isnan(only.accuracy)
    assert only.to_dict()["accuracy"] is None
    assert only.notes[-1] == "avg could be asked nothing: no section has two known pairs."
    assert "could be asked nothing" in repr(only)


def test_without_exclusion_the_answer_is_mostly_in_the_question(news: Space, asked_of_news: Path) -> None:
    """Rogers, Drozd and Li (2017): b and c are among the nearest words to b - a + c."""
    part = news.analogies(asked_of_news)["add"].sections["near"]
    assert part.score.accuracy > 0.9
    assert part.no_exclusion.accuracy < 0.5
    assert part.landed["b"] + part.landed["c"] > 0.4 * part.score.total > part.landed["a"]


def test_any_answer_of_bats_counts(kings: Space, tmp_path: Path) -> None:
    folder = tmp_path / "BATS" / "1"
    folder.mkdir(parents=True)
    lines = [f"he{i}\tnobody/she{i}/SHE{i}" for i in range(7)] + ["he7\tnobody/nothing"]
    (folder / "L01.txt").write_text("\n".join(lines))
    result = kings.analogies(tmp_path / "BATS", "all")
    part = result["add"].sections["L01"]
    assert (part.score.total, part.unknown) == (42, 14)
    assert part.score.accuracy > 0.7
    assert result["avg"].sections["L01"].score.total == 7
    counted = kings.analogies(tmp_path / "BATS", "avg", unknown="wrong")["avg"].total
    assert (counted.score.total, counted.unknown) == (8, 1)
    row = next(result.answers())
    assert row[:6] == ("add", "L01", "he0", "she0", "he1", "nobody/she1/SHE1")


def test_every_answer_in_a_file(kings: Space, tmp_path: Path) -> None:
    path = relation(tmp_path, {"none": [("who", "what", "he1", "she1")]})
    result = kings.analogies(path, ["add", "avg"])
    file = result.save(tmp_path / "answers.csv")
    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert len(rows) == 57 + 10
    assert sum(row["correct"] == "1" for row in rows if row["method"] == "add") == result["add"].total.score.correct
    unknown = [row for row in rows if row["a"] == "who"]
    assert [(row["answer"], row["correct"]) for row in unknown] == [("", "")]
    for row in rows:
        if row["correct"]:
            assert row["correct"] == str(int(row["answer"] == row["expected"]))
    with pytest.raises(InputError, match="exists already"):
        result.save(file)


def test_a_word_without_a_direction_is_unknown(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(30, 5))
    vectors[3] = 0
    space = space_of(keyed([f"w{i}" for i in range(30)], vectors), tmp_path, "euclidean")
    result = space.analogies(written(tmp_path, {"s": [("w0", "w1", "w2", "w3"), ("w0", "w1", "w2", "w4")]}))
    assert (result["add"].total.score.total, result["add"].total.unknown) == (1, 1)
    assert result.notes[-1] == "Words with a vector of zeros, which count as unknown: 1."


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "cosadd"}, "There is no method 'cosadd'; choose add, mul, pair, avg, lrcos or all"),
        ({"method": []}, "No method was given"),
        ({"unknown": "maybe"}, "Got 'maybe' for unknown words; expected skip or wrong"),
        ({"vocabulary": -1}, "A vocabulary of -1 words"),
        ({"seed": -1}, "Got the seed -1"),
        ({"vocabulary": 4}, r"its first 4 words of 324\) can be asked none of the 56 questions.*widen the vocabulary"),
    ],
)
def test_options_that_make_no_sense(kings: Space, tmp_path: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        kings.analogies(relation(tmp_path), **options)


def test_a_set_in_another_language(kings: Space, tmp_path: Path) -> None:
    path = written(tmp_path, {"s": [("roi", "reine", "homme", "femme")]})
    with pytest.raises(InputError, match=r"lacks 4 of their 4 words \('femme', .*Its ids are such as 'he0', 'he1'"):
        kings.analogies(path)
    cased = written(tmp_path, {"s": [("HE0", "SHE0", "HE1", "SHE1")]})
    with pytest.raises(InputError, match="fold case"):
        kings.analogies(cased, match_case=True)


def test_progress_reaches_the_end(kings: Space, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    kings.analogies(relation(tmp_path), "lrcos", progress=lambda *state: told.append(state))
    assert told[-1] == ("scoring", 324, 324)
    assert [done for what, done, _ in told if what == "learning"] == list(range(1, 9))
